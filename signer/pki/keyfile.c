#include "pki/keyfile.h"

#include <stdio.h>

#include "core/i18n.h"
#include "core/pin.h"
#include "pki/cert.h"

#define TRIES 3

static enum err open_once(const char *path, int pass_fd, const char *prompt, EVP_PKEY **out, struct diag *d)
{
    struct pin pass = {0};
    struct diag why = {0};
    enum err e = pin_read(pass_fd, prompt, &pin_any_length, &pass, &why);
    if (e == E_OK)
        e = cert_load_private_key(path, pass.text, pass.n, out, d);
    else
        e = diag_again(d, e == E_PIN_MISSING ? E_PASSPHRASE_MISSING : e, &why);
    pin_wipe(&pass);
    return e;
}

enum err keyfile_open(const char *path, int pass_fd, const char *whose, EVP_PKEY **out, struct diag *d)
{
    char prompt[200];
    *out = NULL;
    enum err e = cert_check_private_key(path, d);
    if (e != E_OK)
        return e;
    for (int i = 0; i < TRIES; i++) {
        snprintf(prompt, sizeof prompt,
                 i > 0 ? _("It does not open the key. Passphrase of %.64s's key: ") : _("Passphrase of %.64s's key: "), whose);
        e = open_once(path, pass_fd, prompt, out, d);
        if (e != E_PRIVATE_KEY || pass_fd >= 0)
            break;
    }
    return e;
}
