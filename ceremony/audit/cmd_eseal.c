#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/commands.h"
#include "audit/eseal_list.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/file.h"
#include "core/json.h"
#include "core/limits.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/eseal.h"
#include "pki/name.h"
#include "pki/show_eseal.h"
#include "pki/show_parts.h"

#define ADVICE N_("do not rely on this seal")

/* What was given, taken apart, and how it was judged. */
struct subject {
    struct buf file, value_file;
    struct eseal seal;
    struct eseal_value value; /* when there is a signed value */
    bool has_value, has_anchor, has_list;
    struct eseal_list_answer list; /* once it was judged */
    X509 *anchor;
};

static void subject_free(struct subject *s)
{
    buf_free(&s->file);
    buf_free(&s->value_file);
    X509_free(s->anchor);
}

/* The place of an error is the file that it is in. */
static enum err in_file(enum err e, const char *path, struct diag *d)
{
    const struct diag inner = *d;
    return e == E_OK ? E_OK : diag_wrap(d, e, &inner, "%s", path);
}

static enum err subject_read(const char *path, struct subject *s, struct diag *d)
{
    enum err e = file_read_path(path, LIMIT_ESEAL_BYTES, E_ESEAL_FORMAT, &s->file, d);
    if (e == E_OK)
        e = in_file(eseal_parse(buf_span(&s->file), &s->seal, d), path, d);
    s->has_value = options.signed_value != NULL;
    if (e == E_OK && s->has_value)
        e = file_read_path(options.signed_value, LIMIT_ESEAL_BYTES, E_ESEAL_FORMAT, &s->value_file, d);
    if (e == E_OK && s->has_value)
        e = in_file(eseal_value_parse(buf_span(&s->value_file), &s->value, d), options.signed_value, d);
    s->has_list = options.list != NULL;
    s->has_anchor = options.anchor != NULL;
    if (e == E_OK && s->has_anchor)
        e = cert_load(options.anchor, &s->anchor, d);
    return e;
}

static enum err judge_list(struct subject *s, struct diag *d)
{
    char when[CLOCK_TEXT];
    enum err e = eseal_list_look(options.list, &s->seal, &s->list, d);
    clock_format(s->list.at, when);
    return e == E_OK && s->list.revoked ? diag_set(d, E_ESEAL_REVOKED, "at %s", when) : e;
}

static enum err subject_judge(struct subject *s, struct diag *d)
{
    struct picture picture;
    bool known;
    enum err e = eseal_verify(&s->seal, d);
    if (e == E_OK && s->has_anchor)
        e = eseal_check_maker(&s->seal, s->anchor, d);
    if (e == E_OK)
        e = eseal_picture(&s->seal.info, &known, &picture, d);
    if (e == E_OK && s->has_value && !der_same(s->seal.whole, s->value.seal.whole)) {
        e = diag_set(d, E_ESEAL_OTHER, "%zu bytes there, %zu here", s->value.seal.whole.n, s->seal.whole.n);
    } else if (e == E_OK && s->has_value) {
        e = eseal_value_verify(&s->value, d);
    }
    if (e == E_OK && s->has_list)
        e = judge_list(s, d);
    return e;
}

/* Today's place in the validity, which is told and not judged: an old seal may still be asked about. */
static const char *standing(const struct subject *s)
{
    const struct eseal_info *x = &s->seal.info;
    int64_t now = clock_now();
    if (s->list.revoked)
        return N_("revoked");
    return now < x->from ? N_("not valid yet") : now > x->until ? N_("expired") : N_("valid");
}

/* -- text -- */

static enum err put_value(const struct eseal_value *v, struct buf *out, struct diag *d)
{
    char time[CLOCK_TEXT], hex[2 * 32 + 1];
    clock_format(v->time, time);
    hex_encode(v->digest.p, v->digest.n, hex);
    buf_append_str(out, _("signed value\n"));
    show_put_label(out, N_("time"));
    buf_printf(out, "%s\n", time);
    show_put_label(out, N_("property"));
    name_display_text(v->property, out);
    buf_append_byte(out, '\n');
    show_put_label(out, N_("digest"));
    buf_printf(out, "%s\n", hex);
    return show_eseal_person(N_("signer"), v->holder.cert, out, d);
}

static void put_list(const struct eseal_list_answer *l, struct buf *out)
{
    char from[CLOCK_TEXT], until[CLOCK_TEXT], at[CLOCK_TEXT];
    clock_format(l->this_update, from);
    clock_format(l->next_update, until);
    clock_format(l->at, at);
    buf_append_str(out, _("list of revoked seals\n"));
    show_put_label(out, N_("number"));
    buf_printf(out, "%" PRId64 "\n", l->number);
    show_put_label(out, N_("of"));
    buf_printf(out, "%s\n", from);
    show_put_label(out, N_("next"));
    buf_printf(out, "%s\n", until);
    show_put_label(out, N_("revoked"));
    buf_printf(out, "%s\n", l->revoked ? at : _("no"));
}

static enum err report_text(const struct subject *s, enum err verdict, struct diag *d)
{
    struct buf out = {0};
    buf_append_str(&out, _("electronic seal\n"));
    enum err e = show_eseal(&s->seal.info, &out, d);
    if (e == E_OK)
        e = show_eseal_person(N_("maker"), s->seal.maker.cert, &out, d);
    if (e == E_OK && s->has_value)
        e = put_value(&s->value, &out, d);
    if (s->list.number > 0)
        put_list(&s->list, &out);
    if (s->seal.maker.stamped || s->value.seal.maker.stamped || s->value.holder.stamped)
        buf_append_str(&out, _("\nA time stamp is there; it was not looked at.\n"));
    if (!s->has_anchor)
        buf_append_str(&out, _("\nThe maker's certificate was taken from the seal itself; --anchor names one to trust.\n"));
    buf_printf(&out, "\n%s, %s\n", _(standing(s)), verdict == E_OK ? _("verified") : _("NOT verified"));
    if (e == E_OK && (e = buf_err(&out)) != E_OK)
        diag_set(d, e, "an electronic seal");
    if (e == E_OK)
        fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return e;
}

/* -- JSON -- */

static json_t *pack_text(struct span s)
{
    return json_stringn((const char *)s.p, s.n);
}

static json_t *pack_time(int64_t t)
{
    char text[CLOCK_TEXT];
    clock_format(t, text);
    return json_string(text);
}

static json_t *pack_hex(struct span bytes)
{
    struct buf hex = {0};
    for (size_t i = 0; i < bytes.n; i++)
        buf_printf(&hex, "%02x", bytes.p[i]);
    json_t *s = hex.failed ? NULL : json_stringn((const char *)hex.data, hex.len);
    buf_free(&hex);
    return s;
}

static json_t *pack_sha256(struct span bytes)
{
    uint8_t digest[DIGEST_LEN];
    return digest_bytes(DIGEST_SHA256, bytes.p, bytes.n, digest) == E_OK
               ? pack_hex((struct span){digest, sizeof digest})
               : NULL;
}

static json_t *pack_person(struct span cert)
{
    X509 *x;
    struct buf name = {0};
    struct diag why = {0};
    enum err e = cert_parse(cert, &x, &why);
    if (e == E_OK)
        name_display(X509_get_subject_name(x), &name);
    json_t *subject = e != E_OK && e != E_CERTIFICATE ? NULL : json_stringn(name.len > 0 ? (const char *)name.data : "", name.len);
    X509_free(x);
    buf_free(&name);
    return json_pack("{s:o,s:o}", "subject", subject, "sha256", pack_sha256(cert));
}

static json_t *pack_holders(const struct eseal_info *x)
{
    json_t *list = json_array();
    for (size_t i = 0; i < x->signers_n; i++) {
        const struct eseal_signer *h = &x->signers[i];
        json_t *one = x->list == ESEAL_CERTIFICATES
                          ? pack_person(h->value)
                          : json_pack("{s:o,s:o}", "kind", pack_text(h->type), "digest", pack_hex(h->value));
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *pack_picture(const struct eseal_info *x)
{
    struct picture p;
    struct diag why = {0};
    bool known;
    enum err e = eseal_picture(x, &known, &p, &why);
    (void)e; /* the verdict has it; the sides are 0 then */
    return json_pack("{s:o,s:[I,I],s:I,s:I,s:I,s:o}", "type", pack_text(x->picture_type), "pixels", (json_int_t)p.width,
                     (json_int_t)p.height, "width", (json_int_t)x->width, "height", (json_int_t)x->height, "bytes",
                     (json_int_t)x->picture.n, "sha256", pack_sha256(x->picture));
}

static json_t *pack_value(const struct subject *s)
{
    const struct eseal_value *v = &s->value;
    return !s->has_value ? json_null()
                         : json_pack("{s:o,s:o,s:o,s:o}", "time", pack_time(v->time), "property", pack_text(v->property),
                                     "digest", pack_hex(v->digest), "signer", pack_person(v->holder.cert));
}

static enum err report_json(const struct subject *s, enum err verdict, struct diag *d)
{
    const struct eseal_info *x = &s->seal.info;
    struct buf out = {0};
    json_t *obj = json_pack(
        "{s:b,s:s,s:s,s:o,s:o,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:I,s:o}", "verified", verdict == E_OK, "code",
        err_name(verdict), "standing", standing(s), "seal", pack_text(x->id), "name", pack_text(x->name), "type",
        (json_int_t)x->type, "version", (json_int_t)x->version, "vendor", pack_text(x->vendor), "made",
        pack_time(x->created), "from", pack_time(x->from), "to", pack_time(x->until), "holders", pack_holders(x), "picture",
        pack_picture(x), "maker", pack_person(s->seal.maker.cert), "anchor-compared", s->has_anchor, "list",
        (json_int_t)s->list.number, "signed-value",
        pack_value(s));
    enum err e = json_line_write(obj, &out);
    if (e == E_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.data);
    else
        diag_set(d, e, "an electronic seal");
    json_decref(obj);
    buf_free(&out);
    return e;
}

enum err cmd_eseal(int n, char **operands, struct diag *d)
{
    struct subject s = {0};
    struct diag why = {0};
    if (n != 1)
        return diag_set(d, E_USAGE, "one seal is looked at");
    enum err e = subject_read(operands[0], &s, d);
    if (e == E_OK) {
        enum err verdict = subject_judge(&s, &why);
        e = options.json ? report_json(&s, verdict, d) : report_text(&s, verdict, d);
        if (e == E_OK && (e = verdict) != E_OK) {
            *d = why;
            diag_advise(d, ADVICE);
        }
    }
    subject_free(&s);
    return e;
}
