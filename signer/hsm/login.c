#include "hsm/login.h"

#include <stdio.h>

enum err login_run(struct hsm *h, int pin_fd, struct diag *d)
{
    const struct hsm_identity *token = hsm_identity(h);
    struct pin pin = {0};
    char prompt[256];
    if (token->pinpad && pin_fd < 0) {
        fprintf(stderr, "Type the PIN on the pad of token %s.\n", token->label);
        return hsm_login(h, NULL, d);
    }
    snprintf(prompt, sizeof prompt, "%sPIN of token %s: ", token->pin_final ? "One try is left. " : "", token->label);
    enum err e = pin_read(pin_fd, prompt, &pin, d);
    if (e == E_OK)
        e = hsm_login(h, &pin, d);
    pin_wipe(&pin);
    return e;
}
