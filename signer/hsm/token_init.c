#include "hsm/token_init.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/file.h"
#include "hsm/session.h"

#define SOFTHSM "SoftHSM"
#define LABEL_LEN 32   /* of a token, filled up with blanks (PKCS#11 v2.40 3.2) */
#define OFFICER_BYTES 16

/* ---------------------------------------------------------------- where */

static enum err write_conf(int folder_fd, const char *folder, const char *tokens, struct diag *d)
{
    char text[PATH_MAX + 256];
    int n = snprintf(text, sizeof text, "directories.tokendir = %s/%s\nobjectstore.backend = file\nlog.level = ERROR\n",
                     folder, tokens);
    if (strchr(folder, '\n') != NULL || n < 0 || (size_t)n >= sizeof text)
        return diag_set(d, E_USAGE, "SoftHSM's configuration cannot name this folder");
    return file_write(folder_fd, TOKEN_INIT_CONF, text, (size_t)n, d);
}

enum err token_init_folder(const char *folder, const char *tokens, struct diag *d)
{
    char path[PATH_MAX], conf[PATH_MAX + sizeof TOKEN_INIT_CONF + 1];
    int fd = -1, tokens_fd = -1;
    enum err e = file_open_dir(folder, &fd, d);
    if (e == E_OK && realpath(folder, path) == NULL)
        e = diag_set(d, E_MEDIUM, "%s", folder);
    if (e == E_OK)
        e = file_make_dir(fd, tokens, &tokens_fd, d);
    if (e == E_OK)
        e = write_conf(fd, path, tokens, d);
    if (e == E_OK) {
        snprintf(conf, sizeof conf, "%s/" TOKEN_INIT_CONF, path);
        if (setenv("SOFTHSM2_CONF", conf, 1) != 0)
            e = diag_set(d, E_NO_MEMORY, "SOFTHSM2_CONF");
    }
    if (tokens_fd >= 0)
        close(tokens_fd);
    if (fd >= 0)
        close(fd);
    return e;
}

/* ---------------------------------------------------------------- the token */

static enum err check_softhsm(struct hsm *h, const char *module, struct diag *d)
{
    CK_INFO info;
    CK_RV rv = CALL(h, C_GetInfo, &info);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_GetInfo", d);
    if (memcmp(info.manufacturerID, SOFTHSM, strlen(SOFTHSM)) != 0)
        return diag_set(d, E_TOKEN_OTHER, "%s is not SoftHSM: a rehearsal makes its token in no other", module);
    return E_OK;
}

/* The one slot whose token was never made. */
static enum err find_free(struct hsm *h, struct diag *d)
{
    CK_SLOT_ID *ids = NULL;
    CK_ULONG n = 0;
    bool found = false;
    enum err e = module_slots(h, &ids, &n, d);
    for (CK_ULONG i = 0; e == E_OK && i < n; i++) {
        CK_RV rv = CALL(h, C_GetTokenInfo, ids[i], &h->token);
        if (rv != CKR_OK)
            e = session_fail(h, rv, "C_GetTokenInfo", d);
        else if ((h->token.flags & CKF_TOKEN_INITIALIZED) != 0)
            e = diag_set(d, E_TOKEN_USED, "the module has a token labelled \"%.*s\" already", LABEL_LEN,
                         (const char *)h->token.label);
        h->slot_id = ids[i];
        found = true;
    }
    if (e == E_OK && !found)
        e = diag_set(d, E_TOKEN_MISSING, "the module has no slot for a new token");
    free(ids);
    return e;
}

static enum err set_pin(struct hsm *h, CK_UTF8CHAR *officer, CK_ULONG officer_n, const struct pin *pin, struct diag *d)
{
    CK_RV rv = CALL(h, C_Login, h->session, CKU_SO, officer, officer_n);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_Login", d);
    rv = CALL(h, C_InitPIN, h->session, (CK_UTF8CHAR *)pin->text, pin->n);
    if (rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
        return diag_set(d, E_PIN_WRONG, "the token takes PINs of %lu to %lu bytes", h->token.ulMinPinLen,
                        h->token.ulMaxPinLen);
    return rv == CKR_OK ? E_OK : session_fail(h, rv, "C_InitPIN", d);
}

static enum err make(struct hsm *h, const char *label, const struct pin *pin, struct diag *d)
{
    uint8_t chance[OFFICER_BYTES];
    char officer[2 * OFFICER_BYTES + 1];
    CK_UTF8CHAR padded[LABEL_LEN];
    memset(padded, ' ', sizeof padded);
    memcpy(padded, label, strlen(label));
    if (RAND_bytes(chance, sizeof chance) != 1)
        return diag_set(d, E_CRYPTO, "random numbers");
    hex_encode(chance, sizeof chance, officer);
    CK_RV rv = CALL(h, C_InitToken, h->slot_id, (CK_UTF8CHAR *)officer, sizeof officer - 1, padded);
    enum err e = rv == CKR_OK ? session_open(h, true, &h->session, d) : session_fail(h, rv, "C_InitToken", d);
    h->session_open = e == E_OK;
    if (e == E_OK)
        e = set_pin(h, (CK_UTF8CHAR *)officer, sizeof officer - 1, pin, d);
    OPENSSL_cleanse(chance, sizeof chance);
    OPENSSL_cleanse(officer, sizeof officer);
    return e;
}

enum err token_init(const char *module, const char *label, const struct pin *pin, const struct hsm_patience *patience,
                    struct diag *d)
{
    if (strlen(label) == 0 || strlen(label) > LABEL_LEN)
        return diag_set(d, E_URI, "\"%s\" is no token's label: it has 1 to %d bytes", label, LABEL_LEN);
    struct hsm *h = calloc(1, sizeof *h);
    if (h == NULL)
        return diag_set(d, E_NO_MEMORY, "token");
    enum err e = watch_start(patience, label, &h->watch, d);
    if (e == E_OK)
        e = module_load(h, module, d);
    if (e == E_OK)
        e = check_softhsm(h, module, d);
    if (e == E_OK)
        e = find_free(h, d);
    if (e == E_OK)
        e = make(h, label, pin, d);
    hsm_close(h);
    return e;
}
