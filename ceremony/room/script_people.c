#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/text.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/der.h"
#include "policy/scalar.h"
#include "room/script_build.h"

enum err script_build_error(struct script_build *b, const char *list, int i, const char *field, const char *format, ...)
{
    char path[WHERE_PATH];
    va_list ap;
    if (i < 0)
        snprintf(path, sizeof path, "%s%s%s", list, list[0] != '\0' && field[0] != '\0' ? "." : "", field);
    else
        snprintf(path, sizeof path, "%s[%d]%s%s", list, i, field[0] != '\0' ? "." : "", field);
    va_start(ap, format);
    enum err e = where_verror(b->where, b->diag, path, format, ap);
    va_end(ap);
    return e;
}

static enum err build_digest(struct script_build *b, const char *field, const char *text, uint8_t out[DIGEST_LEN])
{
    if (!hex_decode(text, out, DIGEST_LEN))
        return script_build_error(b, "", -1, field, "\"%s\" is not a SHA-256 of 64 lower-case hexadecimal digits", text);
    return E_OK;
}

enum err script_build_head(struct script_build *b, struct script *out)
{
    const struct yaml_script *y = out->memory->yaml;
    enum err e = E_OK;
    if (!text_is_token(y->ceremony, LIMIT_TOKEN_TEXT))
        return script_build_error(b, "", -1, "ceremony", "\"%s\" is not a name (1 to %d of A-Z a-z 0-9 . _ -, no dot first)",
                                  y->ceremony, LIMIT_TOKEN_TEXT);
    if (!scalar_filled(y->title) || scalar_characters(y->title) > SCRIPT_NAME)
        return script_build_error(b, "", -1, "title", "it is empty or longer than %d characters", SCRIPT_NAME);
    out->name = y->ceremony;
    out->title = y->title;
    out->has_policy = y->policy != NULL;
    out->follows_any = strcmp(y->follows, "none") != 0;
    if (y->pin_parts != NULL && strcmp(y->pin_parts, "1") != 0 && strcmp(y->pin_parts, "2") != 0)
        return script_build_error(b, "", -1, "pin-parts", "\"%s\" is neither 1 nor 2", y->pin_parts);
    out->pin_parts = y->pin_parts != NULL ? y->pin_parts[0] - '0' : 0;
    if (out->has_policy)
        e = build_digest(b, "policy", y->policy, out->policy);
    if (e == E_OK && out->follows_any)
        e = build_digest(b, "follows", y->follows, out->follows);
    return e;
}

static bool are_initials(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n >= 1 && n <= 8 && s[n] == '\0';
}

/* Nobody is there twice, under whatever name. */
static enum err check_distinct(struct script_build *b, const struct script *s, int i)
{
    const struct script_person *p = &s->persons[i];
    for (int k = 0; k < i; k++) {
        const struct script_person *other = &s->persons[k];
        const char *field = strcmp(p->id, other->id) == 0               ? "id"
                            : strcmp(p->name, other->name) == 0         ? "name"
                            : strcmp(p->initials, other->initials) == 0 ? "initials"
                                                                        : NULL;
        if (field != NULL)
            return script_build_error(b, "present", i, field, "present[%d] has the same", k);
    }
    return E_OK;
}

/* What stands between the first and the last line of a PEM file, its lines put together by YAML with blanks between them. */
static enum err read_certificate(const char *text, struct buf *out)
{
    struct buf packed = {0};
    X509 *cert = NULL;
    for (const char *p = text; *p != '\0'; p++)
        if (*p != ' ')
            buf_append_byte(&packed, (uint8_t)*p);
    enum err e = buf_err(&packed);
    if (e == E_OK)
        e = base64_decode((const char *)packed.data, packed.len, out);
    if (e == E_OK && (out->len == 0 || out->data[0] != DER_SEQUENCE))
        e = E_CERTIFICATE;
    if (e == E_OK)
        e = cert_parse(buf_span(out), &cert, NULL);
    if (e == E_OK && cms_alg(X509_get0_pubkey(cert)) == SIG_ALG_COUNT)
        e = E_CERTIFICATE;
    X509_free(cert);
    buf_free(&packed);
    return e;
}

static bool has_key_of(const X509 *cert, struct span other)
{
    const uint8_t *p = other.p;
    X509 *x = other.n > 0 ? d2i_X509(NULL, &p, (long)other.n) : NULL;
    bool same = x != NULL && EVP_PKEY_eq(X509_get0_pubkey(cert), X509_get0_pubkey(x)) == 1;
    X509_free(x);
    return same;
}

/* Each signs for one person: neither somebody before in the file nor an officer of the policy has this key. */
static enum err check_own_key(struct script_build *b, const struct script *s, int i)
{
    const struct script_person *p = &s->persons[i];
    const uint8_t *der = p->certificate.p;
    X509 *cert = d2i_X509(NULL, &der, (long)p->certificate.n);
    enum err e = cert != NULL ? E_OK : script_build_error(b, "present", i, "certificate", "it cannot be read");
    for (int k = 0; k < i && e == E_OK; k++)
        if (has_key_of(cert, s->persons[k].certificate))
            e = script_build_error(b, "present", i, "certificate", "present[%d] has the same key", k);
    for (size_t k = 0; k < b->policy->officers_n && e == E_OK; k++)
        if (strcmp(b->policy->officers[k].id, p->id) != 0 && has_key_of(cert, b->policy->officers[k].certificate))
            e = script_build_error(b, "present", i, "certificate", "it has the key of %s", b->policy->officers[k].id);
    X509_free(cert);
    return e;
}

/* With which key the person signs the minutes, if with any. */
static enum err build_certificate(struct script_build *b, struct script *out, int i)
{
    const char *text = out->memory->yaml->present[i].certificate;
    struct script_person *p = &out->memory->persons[i];
    struct buf *der = &out->memory->certificates[i];
    const struct policy_officer *officer = policy_officer_find(b->policy, p->id);
    if (officer != NULL)
        p->certificate = officer->certificate;
    if (text == NULL)
        return E_OK;
    if (officer != NULL)
        return script_build_error(b, "present", i, "certificate", "the certificate of %s is the policy's", p->id);
    enum err e = read_certificate(text, der);
    p->certificate = buf_span(der);
    if (e == E_NO_MEMORY)
        return diag_set(b->diag, e, "a certificate");
    return e == E_OK ? check_own_key(b, out, i)
                     : script_build_error(b, "present", i, "certificate", "it is not one certificate with an SM2 or RSA key, in base64");
}

static enum err build_person(struct script_build *b, struct script *out, int i)
{
    const struct yaml_person *y = &out->memory->yaml->present[i];
    struct script_person *p = &out->memory->persons[i];
    *p = (struct script_person){.id = y->id, .name = y->name, .initials = y->initials};
    if (!text_is_token(y->id, LIMIT_TOKEN_TEXT))
        return script_build_error(b, "present", i, "id", "\"%s\" is not a name (1 to %d of A-Z a-z 0-9 . _ -, no dot first)",
                                  y->id, LIMIT_TOKEN_TEXT);
    if (!scalar_filled(y->name) || scalar_characters(y->name) > SCRIPT_NAME)
        return script_build_error(b, "present", i, "name", "it is empty or longer than %d characters", SCRIPT_NAME);
    if (!are_initials(y->initials))
        return script_build_error(b, "present", i, "initials", "\"%s\" is not 1 to 8 of A-Z", y->initials);
    if (!script_role_by_name(y->role, &p->role))
        return script_build_error(b, "present", i, "role", "\"%s\" is none of operator, officer, witness, auditor", y->role);
    if (p->role == ROOM_OFFICER && policy_officer_find(b->policy, p->id) == NULL)
        return script_build_error(b, "present", i, "id", "the policy has no officer %s", p->id);
    if (p->role != ROOM_OFFICER && policy_officer_find(b->policy, p->id) != NULL)
        return script_build_error(b, "present", i, "role", "%s is an officer of the policy and can be nothing else", p->id);
    enum err e = check_distinct(b, out, i);
    return e == E_OK ? build_certificate(b, out, i) : e;
}

enum err script_build_persons(struct script_build *b, struct script *out)
{
    const unsigned n = out->memory->yaml->present_n;
    int have[ROOM_ROLES] = {0};
    enum err e = E_OK;
    if (n > SCRIPT_PERSONS)
        return script_build_error(b, "present", -1, "", "there are more than %d persons", SCRIPT_PERSONS);
    out->persons = out->memory->persons;
    for (out->persons_n = 0; out->persons_n < n && e == E_OK; out->persons_n++) {
        e = build_person(b, out, (int)out->persons_n);
        if (e == E_OK)
            have[out->persons[out->persons_n].role]++;
    }
    if (e == E_OK && (have[ROOM_OPERATOR] == 0 || have[ROOM_WITNESS] == 0))
        e = script_build_error(b, "present", -1, "", "an operator and a witness must be there");
    if (e == E_OK && have[ROOM_OFFICER] < b->policy->quorum)
        e = script_build_error(b, "present", -1, "", "%d officers are there, the policy asks for %d", have[ROOM_OFFICER],
                               b->policy->quorum);
    return e;
}
