/* sub-ca: a certificate for a CA whose key is on another machine, from its PKCS#10 request. */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/csr.h"
#include "pki/pem.h"
#include "room/certify_spec.h"

#define NAME_CAP 32
#define PEM_BYTES (2 * LIMIT_CSR_BYTES) /* what a request in PEM may have */

static void name_of(const struct script_step *s, char out[NAME_CAP])
{
    snprintf(out, NAME_CAP, "step-%d.csr", s->n);
}

static enum err check_digest(struct room *r, const struct script_step *s, const struct buf *file, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = digest_bytes(DIGEST_SHA256, file->data, file->len, digest);
    if (e != E_OK)
        return diag_set(d, e, "the request");
    hex_encode(digest, DIGEST_LEN, hex);
    screen_field(_("request"), 8, "%s", s->from != NULL ? s->from : "");
    screen_field("sha256", 8, "%s", hex);
    return step_expect(r, s, "request", s->digest, hex, d);
}

static enum err take_in(const struct script_step *s, struct buf *file, struct diag *d)
{
    if (s->from == NULL)
        return diag_set(d, E_SCRIPT, "step %d: \"from\" names no request", s->n);
    return file_read_path(s->from, PEM_BYTES, E_CSR_FORMAT, file, d);
}

/* What the file holds, in PEM or DER. */
static enum err request_der(const struct buf *file, struct buf *der)
{
    if (!pem_only(buf_span(file), "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", der))
        buf_append(der, file->data, file->len);
    return buf_err(der);
}

/* Nobody else's key, and none that anybody could guess. */
static enum err check_key(struct room *r, const struct key *key, struct diag *d)
{
    bool own = false, taken = false;
    uint8_t subject[DIGEST_LEN];
    enum err e = key_check_strength(key, d);
    if (e == E_OK)
        e = index_is_own_key(r->state.index, key->digest, &own, d);
    if (e == E_OK && own)
        e = diag_set(d, E_KEY_OF_CA, "it is one of the policy's keys: a cross step certifies it");
    if (e == E_OK)
        e = index_key_subject(r->state.index, key->digest, subject, &taken, d);
    return e == E_OK && taken ? diag_set(d, E_KEY_OTHER_SUBJECT, "a certificate was issued for it") : e;
}

/* The request as it lies in the record, where a good one is put once, as it came: what is certified is what was taken in,
 * whatever lies on the medium later, and it has the digest that the ceremony's file says, whoever put it there. */
static enum err open_request(struct room *r, const struct script_step *s, bool may_take_in, struct csr *csr, struct diag *d)
{
    char name[NAME_CAP];
    struct buf file = {0}, der = {0};
    bool found = false;
    *csr = (struct csr){0};
    name_of(s, name);
    enum err e = file_read(r->dir_fd, name, PEM_BYTES, &file, &found, d);
    if (e == E_OK && !found)
        e = may_take_in ? take_in(s, &file, d) : diag_set(d, E_ARCHIVE, "%s is not there", name);
    if (e == E_OK)
        e = check_digest(r, s, &file, d);
    if (e == E_OK)
        e = request_der(&file, &der);
    if (e == E_OK)
        e = csr_parse_ca(buf_span(&der), csr, d);
    if (e == E_OK)
        e = check_key(r, &csr->key, d);
    if (e == E_OK && !found)
        e = file_write(r->dir_fd, name, file.data, file.len, d);
    buf_free(&file);
    buf_free(&der);
    return e;
}

typedef enum err certify_function(struct room *, const struct script_step *, const struct certify_spec *, struct diag *);

static enum err with_request(struct room *r, const struct script_step *s, bool may_take_in, certify_function *certify,
                             struct diag *d)
{
    struct certify_spec spec;
    struct csr csr = {0};
    enum err e = open_request(r, s, may_take_in, &csr, d);
    if (e == E_OK)
        e = certify_spec_sub_ca(s, &csr, &spec, d);
    if (e == E_OK)
        e = certify(r, s, &spec, d);
    csr_free(&csr);
    return e;
}

static enum err agree(struct room *r, const struct script_step *s, struct diag *d)
{
    return with_request(r, s, true, certify_agree, d);
}

enum err step_sub_ca_agree(struct room *r, const struct script_step *s, struct diag *d)
{
    return certify_with_state(r, s, agree, d);
}

enum err step_sub_ca(struct room *r, const struct script_step *s, struct diag *d)
{
    return with_request(r, s, false, certify_sign, d);
}
