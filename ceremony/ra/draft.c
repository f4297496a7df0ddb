#include "ra/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "core/text.h"
#include "ra/draft_files.h"
#include "ra/ident.h"

static const char *const names[DRAFT_FIELDS] = {[DRAFT_ID] = "id",
                                                [DRAFT_OP] = "op",
                                                [DRAFT_PROFILE] = "profile",
                                                [DRAFT_CSR] = "csr",
                                                [DRAFT_SERIAL] = "serial",
                                                [DRAFT_CERTIFICATE] = "certificate",
                                                [DRAFT_BY] = "by",
                                                [DRAFT_REASON] = "reason",
                                                [DRAFT_KEY] = "key",
                                                [DRAFT_NAME] = "name",
                                                [DRAFT_PICTURE] = "picture",
                                                [DRAFT_WIDTH] = "width",
                                                [DRAFT_HEIGHT] = "height",
                                                [DRAFT_HOLDER] = "holder",
                                                [DRAFT_PAIR] = "pair",
                                                [DRAFT_PAIR_SERIAL] = "pair-serial",
                                                [DRAFT_ENVELOPED_KEY] = "enveloped-key",
                                                [DRAFT_REQUESTED_AT] = "requested-at",
                                                [DRAFT_EVIDENCE] = "evidence",
                                                [DRAFT_OPERATOR] = "operator",
                                                [DRAFT_OVERRIDE] = "override"};

static bool is_identity(enum draft_field f)
{
    return f >= DRAFT_RESIDENT_ID && f < DRAFT_IDENTITY_END;
}

const char *draft_name(enum draft_field f)
{
    return is_identity(f) ? policy_identity_name((enum policy_identity)(f - DRAFT_RESIDENT_ID)) : names[f];
}

enum draft_field draft_by_name(const char *name)
{
    int f = 0;
    while (f < DRAFT_FIELDS && strcmp(draft_name((enum draft_field)f), name) != 0)
        f++;
    return (enum draft_field)f;
}

/* At hand while one draft becomes a request. */
struct work {
    const struct draft *draft;
    const struct policy_authority *authority;
    struct request *out;
    enum draft_field at; /* what is looked at */
    bool bad[DRAFT_FIELDS + 1];
    enum err first; /* error, and the field that it is of */
    enum draft_field first_at;
    struct diag *d;
};

/* The text of the field, which is looked at from here on; NULL when it is not given, or was found bad. */
static const char *look(struct work *w, enum draft_field f)
{
    const char *text = w->draft->text[f];
    w->at = f;
    return text != NULL && text[0] != '\0' && !w->bad[f] ? text : NULL;
}

/* What came of looking: an error is told, and the next field has its turn. */
static void settle(struct work *w, enum err e, const struct diag *why)
{
    bool stops = e == E_NO_MEMORY || e == E_CRYPTO;
    if (e == E_OK || w->bad[w->at])
        return;
    w->bad[w->at] = true;
    if (w->first == E_OK || stops) {
        w->first = e;
        w->first_at = w->at;
        if (w->d != NULL)
            *w->d = *why;
    }
    if (w->draft->tell != NULL && !stops)
        w->draft->tell(w->draft->arg, w->at, why);
}

/* -- which fields there are -- */

/* The kind of requests that have this field; 0: every request may have it. */
static unsigned group_of(enum draft_field f)
{
    static const unsigned groups[DRAFT_FIELDS] = {
        [DRAFT_PROFILE] = OP_PROFILE,  [DRAFT_CSR] = OP_CSR,        [DRAFT_SERIAL] = OP_SERIAL,
        [DRAFT_CERTIFICATE] = OP_SERIAL, [DRAFT_BY] = OP_BY,        [DRAFT_REASON] = OP_REASON,
        [DRAFT_KEY] = OP_KEY,          [DRAFT_NAME] = OP_SEAL,      [DRAFT_PICTURE] = OP_SEAL,
        [DRAFT_WIDTH] = OP_SEAL,       [DRAFT_HEIGHT] = OP_SEAL,    [DRAFT_HOLDER] = OP_SEAL,
        [DRAFT_PAIR] = OP_CSR,         [DRAFT_PAIR_SERIAL] = OP_CSR, [DRAFT_ENVELOPED_KEY] = OP_CSR,
        [DRAFT_OVERRIDE] = OP_CSR};
    return is_identity(f) ? OP_CSR : groups[f];
}

/* Must it be there whenever the kind of request has it? The certificate stands for the serial number. */
static bool is_required(enum draft_field f)
{
    return group_of(f) != 0 && !is_identity(f) && f != DRAFT_CERTIFICATE && f != DRAFT_PAIR && f != DRAFT_PAIR_SERIAL &&
           f != DRAFT_ENVELOPED_KEY && f != DRAFT_OVERRIDE;
}

static void check_utf8(struct work *w)
{
    for (int f = 0; f < DRAFT_FIELDS; f++) {
        const char *text = look(w, (enum draft_field)f);
        struct diag why = {0};
        if (text != NULL && !text_is_utf8(text, strlen(text)))
            settle(w, diag_set(&why, E_UTF8, "%s", draft_name((enum draft_field)f)), &why);
    }
}

static enum err check_field(struct work *w, enum draft_field f, struct diag *d)
{
    const char *op = w->out->op_text;
    unsigned group = group_of(f);
    bool has = group == 0 || (op_fields(w->out->op) & group) != 0;
    bool there = look(w, f) != NULL || w->bad[f] || (f == DRAFT_SERIAL && look(w, DRAFT_CERTIFICATE) != NULL) ||
                 (f == DRAFT_CSR && w->draft->csr.n > 0);
    w->at = f;
    if (there && !has)
        return diag_set(d, E_FIELD_UNKNOWN, "a request to %s has no %s", op, draft_name(f));
    if (!there && has && is_required(f))
        return diag_set(d, E_FIELD_MISSING, f == DRAFT_SERIAL ? N_("a request to %s needs %s, or the certificate")
                                                              : N_("a request to %s needs %s"), op, draft_name(f));
    return E_OK;
}

static void check_fields(struct work *w)
{
    struct diag why;
    for (int f = 0; f < DRAFT_FIELDS; f++)
        settle(w, check_field(w, (enum draft_field)f, &why), &why);
    if (look(w, DRAFT_SERIAL) != NULL && look(w, DRAFT_CERTIFICATE) != NULL)
        settle(w, diag_set(&why, E_FIELD_VALUE, "there is a serial, too: give one of the two"), &why);
}

/* -- texts -- */

static enum err take_token(struct work *w, enum draft_field f, char out[LIMIT_TOKEN_TEXT + 1], struct diag *d)
{
    const char *text = look(w, f);
    if (text != NULL && !text_is_token(text, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_FIELD_VALUE, "%s is not 1 to %d of A-Z a-z 0-9 . _ - without a dot in front", text,
                        LIMIT_TOKEN_TEXT);
    if (text != NULL)
        snprintf(out, LIMIT_TOKEN_TEXT + 1, "%s", text);
    return E_OK;
}

/* As people copy it from somewhere: capital letters, colons and blanks do not matter. */
static enum err take_serial(struct work *w, enum draft_field f, uint8_t serial[SERIAL_LEN], bool *there, struct diag *d)
{
    const char *text = look(w, f);
    char hex[2 * SERIAL_LEN + 1];
    size_t n = 0;
    *there = text != NULL;
    for (const char *c = text; c != NULL && *c != '\0'; c++) {
        if (*c == ':' || *c == ' ')
            continue;
        if (n < 2 * SERIAL_LEN)
            hex[n] = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
        n++;
    }
    hex[n < sizeof hex ? n : sizeof hex - 1] = '\0';
    return text == NULL || (n == 2 * SERIAL_LEN && hex_decode(hex, serial, SERIAL_LEN))
               ? E_OK
               : diag_set(d, E_FIELD_VALUE, "%s is not a serial number of %d hexadecimal digits", text, 2 * SERIAL_LEN);
}

static enum err take_number(struct work *w, enum draft_field f, int64_t *out, struct diag *d)
{
    const char *text = look(w, f);
    char *end = NULL;
    *out = 0;
    if (text == NULL)
        return E_OK;
    long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
    if (end == NULL || *end != '\0' || n < 1 || n > LIMIT_ESEAL_SIDE)
        return diag_set(d, E_FIELD_VALUE, "%s is not a number of 1 to %d millimetres", text, LIMIT_ESEAL_SIDE);
    *out = n;
    return E_OK;
}

static enum err take_time(struct work *w, int64_t now, struct diag *d)
{
    const char *text = look(w, DRAFT_REQUESTED_AT);
    w->out->requested_at = now;
    return text == NULL || clock_parse(text, &w->out->requested_at)
               ? E_OK
               : diag_set(d, E_FIELD_VALUE, "%s is not a time like 2026-11-20T19:36:17Z", text);
}

static enum err take_identity(struct work *w, int i, struct diag *d)
{
    const char *text = look(w, (enum draft_field)(DRAFT_RESIDENT_ID + i));
    if (text != NULL && strlen(text) > LIMIT_IDENTITY_TEXT)
        return diag_set(d, E_FIELD_VALUE, "it has more than %d bytes", LIMIT_IDENTITY_TEXT);
    if (text != NULL)
        snprintf(w->out->identity.value[i], sizeof w->out->identity.value[i], "%s", text);
    return E_OK;
}

static enum err take_override(struct work *w, struct diag *d)
{
    const char *text = look(w, DRAFT_OVERRIDE);
    if (text != NULL && strlen(text) >= sizeof w->out->override_)
        return diag_set(d, E_FIELD_VALUE, "it has more than %d characters", LIMIT_OVERRIDE_TEXT);
    if (text != NULL)
        snprintf(w->out->override_, sizeof w->out->override_, "%s", text);
    return E_OK;
}

/* -- what the policy has -- */

static enum err check_profile(const struct work *w, struct diag *d)
{
    const struct policy_authority *a = w->authority;
    struct buf all = {0};
    if (policy_profile_find(a, w->out->profile) != NULL)
        return E_OK;
    for (size_t i = 0; i < a->profiles_n; i++)
        buf_printf(&all, "%s%s", i > 0 ? ", " : "", a->profiles[i].name);
    enum err e = buf_err(&all);
    e = diag_set(d, e == E_OK ? E_PROFILE : e, "%s has no %s, but %.*s", a->name, w->out->profile, (int)all.len,
                 all.len > 0 ? (const char *)all.data : "");
    buf_free(&all);
    return e;
}

static enum err check_reason(const struct work *w, enum policy_by by, struct diag *d)
{
    const struct policy_authority *a = w->authority;
    struct buf all = {0};
    if (policy_reason_find(a, by, w->out->reason) != NULL)
        return E_OK;
    for (size_t i = 0; i < a->reasons_n; i++)
        if (a->reasons[i].by == by)
            buf_printf(&all, "%s%s", all.len > 0 ? ", " : "", a->reasons[i].name);
    enum err e = buf_err(&all);
    e = diag_set(d, e == E_OK ? E_REASON : e, "by %s %s has no %s, but %.*s", w->out->by, a->name, w->out->reason,
                 (int)all.len, all.len > 0 ? (const char *)all.data : "");
    buf_free(&all);
    return e;
}

static enum err check_op(struct work *w, struct diag *d)
{
    const struct policy_authority *a = w->authority;
    w->at = DRAFT_OP;
    bool list = op_is_list(w->out->op) && w->out->op != OP_OCSP; /* only the appliance asks for responses */
    if (list || policy_service_find(a, w->out->op_text) != NULL)
        return E_OK;
    return diag_set_clause(d, E_OP_NOT_OFFERED, a->services_clause, "%s does not offer %s", a->name, w->out->op_text);
}

static enum err check_by(struct work *w, struct diag *d)
{
    const struct policy_service *service = policy_service_find(w->authority, w->out->op_text);
    enum policy_by by;
    w->at = DRAFT_BY;
    if (!policy_by_by_name(w->out->by, &by))
        return diag_set(d, E_FIELD_VALUE, "%s is not subscriber, ceased or operator", w->out->by);
    if (service == NULL)
        return E_OK;
    if (!service->by[by])
        return diag_set_clause(d, E_OP_NOT_OFFERED, w->authority->services_clause, "%s does not offer %s by %s",
                               w->authority->name, w->out->op_text, w->out->by);
    w->at = DRAFT_REASON;
    return w->out->reason[0] != '\0' ? check_reason(w, by, d) : E_OK;
}

/* An authority that this program does not know is the matter of ra check. */
static void check_policy(struct work *w)
{
    struct diag why;
    if (w->authority == NULL)
        return;
    if (w->out->op != OP_UNKNOWN)
        settle(w, check_op(w, &why), &why);
    if (w->out->by[0] != '\0')
        settle(w, check_by(w, &why), &why);
    w->at = DRAFT_PROFILE;
    if (w->out->profile[0] != '\0')
        settle(w, check_profile(w, &why), &why);
}

/* -- files -- */

static enum err take_file(struct work *w, enum draft_field f, struct diag *d)
{
    struct request *r = w->out;
    const char *name = look(w, f);
    char *path = name != NULL ? draft_path(w->draft->folder, name) : NULL;
    if (name == NULL)
        return E_OK;
    if (path == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", name);
    enum err e = f == DRAFT_CSR             ? draft_csr(path, &r->csr, d)
                 : f == DRAFT_CERTIFICATE   ? draft_certificate_serial(path, r->serial, d)
                 : f == DRAFT_PICTURE       ? draft_bytes(path, LIMIT_PICTURE_BYTES, &r->seal.picture, d)
                 : f == DRAFT_HOLDER        ? draft_certificate(path, &r->seal.holder, d)
                 : f == DRAFT_ENVELOPED_KEY ? draft_bytes(path, LIMIT_ENVELOPED_BYTES, &r->pair.enveloped_key, d)
                                            : draft_digest(path, r->evidence, d);
    r->has_serial = r->has_serial || f == DRAFT_CERTIFICATE;
    r->has_evidence = r->has_evidence || f == DRAFT_EVIDENCE;
    free(path);
    return e;
}

static void take_files(struct work *w)
{
    static const enum draft_field files[] = {DRAFT_CSR,    DRAFT_CERTIFICATE,   DRAFT_PICTURE,
                                             DRAFT_HOLDER, DRAFT_ENVELOPED_KEY, DRAFT_EVIDENCE};
    struct diag why;
    w->at = DRAFT_CSR;
    if (w->draft->csr.n > 0)
        settle(w, draft_csr_der(w->draft->csr, &w->out->csr, &why), &why);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        settle(w, take_file(w, files[i], &why), &why);
}

/* -- the whole -- */

static enum err take_op(struct work *w, struct diag *d)
{
    const char *text = look(w, DRAFT_OP);
    w->out->op = w->bad[DRAFT_OP] ? OP_UNKNOWN : text != NULL ? op_by_name(text) : OP_ISSUE;
    if (w->out->op == OP_UNKNOWN)
        return diag_set(d, E_FIELD_VALUE, "%s is no service", text != NULL ? text : "");
    snprintf(w->out->op_text, sizeof w->out->op_text, "%s", op_name(w->out->op));
    return E_OK;
}

static void take_texts(struct work *w, int64_t now)
{
    struct request *r = w->out;
    struct diag why;
    settle(w, take_token(w, DRAFT_PROFILE, r->profile, &why), &why);
    settle(w, take_serial(w, DRAFT_SERIAL, r->serial, &r->has_serial, &why), &why);
    settle(w, take_token(w, DRAFT_BY, r->by, &why), &why);
    settle(w, take_token(w, DRAFT_REASON, r->reason, &why), &why);
    settle(w, take_token(w, DRAFT_KEY, r->key, &why), &why);
    settle(w, take_number(w, DRAFT_WIDTH, &r->seal.width, &why), &why);
    settle(w, take_number(w, DRAFT_HEIGHT, &r->seal.height, &why), &why);
    for (int i = 0; i < POLICY_IDENTITY_COUNT; i++)
        settle(w, take_identity(w, i, &why), &why);
    settle(w, take_token(w, DRAFT_PAIR, r->pair.request, &why), &why);
    settle(w, take_serial(w, DRAFT_PAIR_SERIAL, r->pair.serial, &r->pair.has_serial, &why), &why);
    settle(w, take_time(w, now, &why), &why);
    settle(w, take_token(w, DRAFT_OPERATOR, r->operator_, &why), &why);
    settle(w, take_override(w, &why), &why);
    const char *name = look(w, DRAFT_NAME);
    if (name != NULL)
        buf_append_str(&r->seal.name, name);
}

static enum err take_id(struct work *w, struct diag *d)
{
    struct request *r = w->out;
    char hex[2 * SERIAL_LEN + 1];
    const char *file = look(w, DRAFT_CSR) != NULL ? look(w, DRAFT_CSR) : look(w, DRAFT_HOLDER);
    if (look(w, DRAFT_ID) != NULL)
        return take_token(w, DRAFT_ID, r->id, d);
    if (file != NULL) {
        const char *slash = strrchr(file, '/');
        return ident_from_name(slash != NULL ? slash + 1 : file, r->id, d);
    }
    if (r->op == OP_UNKNOWN)
        return E_OK;
    hex_encode(r->serial, SERIAL_LEN, hex);
    int n = snprintf(r->id, sizeof r->id, "%s-%s", r->op_text, r->has_serial ? hex : r->key);
    return n < (int)sizeof r->id ? E_OK : diag_set(d, E_FIELD_MISSING, "the request needs an id");
}

/* What is written must be what the appliance reads. */
static enum err check_line(struct work *w, struct diag *d)
{
    struct buf line = {0};
    struct request again;
    w->at = DRAFT_FIELDS;
    enum err e = request_write(w->out, &line);
    if (e == E_OK)
        e = buf_err(&line);
    if (e != E_OK) {
        diag_set(d, e, "%s", w->out->id);
    } else {
        e = request_parse(buf_span(&line), 0, &again, d);
        request_free(&again);
    }
    buf_free(&line);
    return e;
}

enum err draft_request(const struct draft *draft, const struct policy_authority *authority, int64_t now,
                       struct request *out, enum draft_field *wrong, struct diag *d)
{
    struct work w = {.draft = draft, .authority = authority, .out = out, .at = DRAFT_FIELDS, .d = d};
    struct diag why;
    *out = (struct request){0};
    check_utf8(&w);
    settle(&w, take_op(&w, &why), &why);
    if (out->op != OP_UNKNOWN)
        check_fields(&w);
    take_texts(&w, now);
    check_policy(&w);
    take_files(&w);
    settle(&w, take_id(&w, &why), &why);
    if (w.first == E_OK)
        settle(&w, check_line(&w, &why), &why);
    *wrong = w.first_at;
    return w.first;
}
