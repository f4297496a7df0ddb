#include "room/anchor_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/cert.h"

#define LABEL 8 /* columns */

enum err anchor_log(struct state *s, const struct policy_key *row, const struct buf *cert, struct diag *d)
{
    char *text = base64_string(cert->data, cert->len);
    if (text == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", row->name);
    enum err e = log_append(s->log, RECORD_ANCHOR, json_pack("{s:s,s:s}", "key", row->name, "certificate", text), d);
    free(text);
    return e != E_OK ? e : log_sync(s->log, d);
}

enum err anchor_write_pem(int dir_fd, const char *what, const char *folder, const char *name, X509 *x, struct diag *d)
{
    struct buf pem = {0};
    uint8_t digest[DIGEST_LEN];
    char file[2 * LIMIT_TOKEN_TEXT], hex[DIGEST_HEX];
    snprintf(file, sizeof file, "%s.pem", name);
    enum err e = cert_write_pem(x, &pem);
    if (e == E_OK)
        e = file_write(dir_fd, file, pem.data, pem.len, d);
    if (e == E_OK)
        e = cert_digest(x, digest);
    if (e == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        screen_field(what, LABEL, "%s/%s", folder, file);
        screen_field("sha256", LABEL, "%s", hex);
        screen_words(_("words"), LABEL, digest);
    }
    buf_free(&pem);
    return e;
}

enum err anchor_write(struct state *s, int dir_fd, const struct policy_key *row, struct diag *d)
{
    X509 *x = NULL;
    enum err e = state_anchor(s, row->name, &x, d);
    if (e == E_OK)
        e = anchor_write_pem(dir_fd, _("anchor"), ANCHORS_DIR, row->name, x, d);
    X509_free(x);
    return e;
}
