#include "pki/show_eseal.h"

#include <inttypes.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/i18n.h"
#include "pki/cert.h"
#include "pki/name.h"
#include "pki/show_parts.h"

static void put_text(struct buf *out, const char *label, struct span text)
{
    show_put_label(out, label);
    name_display_text(text, out);
    buf_append_byte(out, '\n');
}

static void put_number(struct buf *out, const char *label, int64_t n)
{
    show_put_label(out, label);
    buf_printf(out, "%" PRId64 "\n", n);
}

static void put_time(struct buf *out, const char *label, int64_t t)
{
    char text[CLOCK_TEXT];
    clock_format(t, text);
    show_put_label(out, label);
    buf_printf(out, "%s\n", text);
}

static enum err put_digest(struct buf *out, struct span bytes, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    enum err e = digest_bytes(DIGEST_SHA256, bytes.p, bytes.n, digest);
    if (e != E_OK)
        return diag_set(d, e, "a digest");
    show_put_label(out, "  SHA-256");
    show_put_hex(out, (struct span){digest, sizeof digest});
    buf_append_byte(out, '\n');
    return E_OK;
}

enum err show_eseal_person(const char *label, struct span cert, struct buf *out, struct diag *d)
{
    X509 *x;
    struct diag why = {0};
    size_t start = out->len;
    show_put_label(out, label);
    enum err e = cert_parse(cert, &x, &why);
    if (e == E_OK)
        name_display(X509_get_subject_name(x), out);
    else if (e == E_CERTIFICATE)
        buf_append_str(out, _("no certificate"));
    else
        diag_again(d, e, &why);
    buf_append_byte(out, '\n');
    if (e == E_OK || e == E_CERTIFICATE)
        e = put_digest(out, cert, d);
    if (e == E_OK && (e = buf_err(out)) != E_OK)
        diag_set(d, e, "a subject");
    if (e != E_OK)
        out->len = start;
    X509_free(x);
    return e;
}

static enum err put_holders(struct buf *out, const struct eseal_info *x, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < x->signers_n && e == E_OK; i++) {
        if (x->list == ESEAL_CERTIFICATES) {
            e = show_eseal_person(N_("holder"), x->signers[i].value, out, d);
            continue;
        }
        put_text(out, N_("holder"), x->signers[i].type);
        show_put_label(out, N_("  digest"));
        show_put_hex(out, x->signers[i].value);
        buf_append_byte(out, '\n');
    }
    return e;
}

static enum err put_picture(struct buf *out, const struct eseal_info *x, struct diag *d)
{
    struct picture p;
    struct diag why = {0};
    bool known;
    show_put_label(out, N_("picture"));
    name_display_text(x->picture_type, out);
    enum err e = eseal_picture(x, &known, &p, &why);
    if (known && e == E_OK)
        buf_printf(out, _(", %" PRIu32 " x %" PRIu32 " pixels"), p.width, p.height);
    else if (known)
        buf_append_str(out, _(", and is not"));
    buf_printf(out, _(", %zu bytes, for %" PRId64 " x %" PRId64 " mm\n"), x->picture.n, x->width, x->height);
    return put_digest(out, x->picture, d);
}

enum err show_eseal(const struct eseal_info *x, struct buf *out, struct diag *d)
{
    size_t start = out->len;
    put_text(out, N_("seal"), x->id);
    put_text(out, N_("name"), x->name);
    put_number(out, N_("type"), x->type);
    put_number(out, N_("version"), x->version);
    put_text(out, N_("vendor"), x->vendor);
    put_time(out, N_("made"), x->created);
    put_time(out, N_("from"), x->from);
    put_time(out, N_("to"), x->until);
    enum err e = put_holders(out, x, d);
    if (e == E_OK)
        e = put_picture(out, x, d);
    if (e == E_OK && x->extensions.n > 0) {
        show_put_label(out, N_("extensions"));
        buf_printf(out, _("%zu bytes\n"), x->extensions.n);
        e = put_digest(out, x->extensions, d);
    }
    if (e == E_OK && (e = buf_err(out)) != E_OK)
        diag_set(d, e, "showing an electronic seal");
    if (e != E_OK)
        out->len = start;
    return e;
}
