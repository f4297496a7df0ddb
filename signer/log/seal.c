#include "log/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/limits.h"
#include "core/text.h"

#define FORMAT "rootseal-seal-1"
#define WHERE "seal.json"

static bool set_key(struct seal *s, const char *key)
{
    if (!text_is_token(key, LIMIT_TOKEN_TEXT))
        return false;
    snprintf(s->key, sizeof s->key, "%s", key);
    return true;
}

enum err seal_of(const struct log_position *at, const char *key, struct seal *out)
{
    *out = (struct seal){.hash = at->hash, .size = at->size};
    memcpy(out->log, at->id, DIGEST_LEN);
    memcpy(out->head, at->head, DIGEST_LEN);
    if (!set_key(out, key))
        return E_FIELD_VALUE;
    return merkle_root(&at->merkle, out->root);
}

enum err seal_text(const struct seal *s, struct buf *out)
{
    char log[DIGEST_HEX];
    char head[DIGEST_HEX];
    char root[DIGEST_HEX];
    hex_encode(s->log, DIGEST_LEN, log);
    hex_encode(s->head, DIGEST_LEN, head);
    hex_encode(s->root, DIGEST_LEN, root);
    buf_printf(out, FORMAT "\nlog %s\nsize %llu\nhead %s\nroot %s\n", log,
               (unsigned long long)s->size, head, root);
    return buf_err(out);
}

/* -- in the log -- */

json_t *seal_fields(const struct seal *s)
{
    char root[DIGEST_HEX];
    hex_encode(s->root, DIGEST_LEN, root);
    char *signature = base64_string(s->signature.data, s->signature.len);
    if (signature == NULL)
        return NULL;
    json_t *fields = json_pack("{s:I, s:s, s:s, s:s}", "size", (json_int_t)s->size, "root", root,
                               "key", s->key, "signature", signature);
    free(signature);
    return fields;
}

enum err seal_from_record(const struct record *r, const struct log_position *before,
                          struct seal *out, struct diag *d)
{
    char where[64];
    snprintf(where, sizeof where, "%s line %llu", LOG_FILE, (unsigned long long)r->seq);
    *out = (struct seal){0};
    if (r->type != RECORD_SEAL)
        return diag_set(d, E_LOG_FORMAT, "%s: not a seal line", where);
    int64_t size = 0;
    uint8_t root[DIGEST_LEN];
    const char *key = NULL;
    enum err e = json_get_integer(r->obj, "size", 1, INT64_MAX, &size, where, d);
    if (e == E_OK)
        e = json_get_digest(r->obj, "root", root, where, d);
    if (e == E_OK)
        e = json_get_string(r->obj, "key", &key, where, d);
    if (e != E_OK)
        return e;
    e = seal_of(before, key, out);
    if (e != E_OK) {
        diag_set(d, e, "%s", where);
        goto out;
    }
    if ((uint64_t)size != out->size || memcmp(root, out->root, DIGEST_LEN) != 0) {
        e = diag_set(d, E_LOG_SEAL,
                     "%s: the seal is over another size or root than the lines before it", where);
        goto out;
    }
    e = json_get_base64(r->obj, "signature", &out->signature, where, d);
out:
    if (e != E_OK)
        seal_free(out);
    return e;
}

/* -- as a file -- */

enum err seal_write(const struct seal *s, struct buf *out)
{
    char log[DIGEST_HEX];
    char head[DIGEST_HEX];
    char root[DIGEST_HEX];
    hex_encode(s->log, DIGEST_LEN, log);
    hex_encode(s->head, DIGEST_LEN, head);
    hex_encode(s->root, DIGEST_LEN, root);
    char *signature = base64_string(s->signature.data, s->signature.len);
    if (signature == NULL)
        return E_NO_MEMORY;
    json_t *obj = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "format", FORMAT, "log",
                            log, "hash", digest_name(s->hash), "size", (json_int_t)s->size, "head",
                            head, "root", root, "key", s->key, "signature", signature);
    free(signature);
    if (obj == NULL)
        return E_NO_MEMORY;
    enum err e = json_line_write(obj, out);
    json_decref(obj);
    if (e != E_OK)
        return e;
    buf_append_byte(out, '\n');
    return buf_err(out);
}

/* The values of the object; its form is proven by writing it again. */
static enum err read_fields(const json_t *obj, struct seal *out, struct diag *d)
{
    const char *format = NULL;
    const char *hash = NULL;
    const char *key = NULL;
    int64_t size = 0;
    enum err e = json_get_string(obj, "format", &format, WHERE, d);
    if (e == E_OK)
        e = json_get_digest(obj, "log", out->log, WHERE, d);
    if (e == E_OK)
        e = json_get_string(obj, "hash", &hash, WHERE, d);
    if (e == E_OK)
        e = json_get_integer(obj, "size", 1, INT64_MAX, &size, WHERE, d);
    if (e == E_OK)
        e = json_get_digest(obj, "head", out->head, WHERE, d);
    if (e == E_OK)
        e = json_get_digest(obj, "root", out->root, WHERE, d);
    if (e == E_OK)
        e = json_get_string(obj, "key", &key, WHERE, d);
    if (e == E_OK)
        e = json_get_base64(obj, "signature", &out->signature, WHERE, d);
    if (e != E_OK)
        return e;
    out->size = (uint64_t)size;
    if (strcmp(format, FORMAT) != 0 || !digest_by_name(hash, &out->hash) || !set_key(out, key))
        return diag_set(d, E_BUNDLE_FORMAT,
                        "%s: format, hash or key has a value that is not allowed", WHERE);
    if (out->signature.len == 0)
        return diag_set(d, E_BUNDLE_FORMAT, "%s: no signature", WHERE);
    return E_OK;
}

enum err seal_parse(struct span bytes, struct seal *out, struct diag *d)
{
    *out = (struct seal){0};
    json_t *obj = NULL;
    struct buf again = {0};
    struct diag cause = {0};
    if (bytes.n == 0 || bytes.n > LIMIT_LOG_LINE)
        return diag_set(d, E_BUNDLE_FORMAT, "%s: %zu bytes long", WHERE, bytes.n);
    enum err e = json_line_parse((const char *)bytes.p, bytes.n - 1, WHERE, &obj, &cause);
    if (e == E_OK)
        e = read_fields(obj, out, &cause);
    if (e != E_OK) {
        e = diag_again(d, e == E_NO_MEMORY ? e : E_BUNDLE_FORMAT, &cause);
        goto out;
    }
    /* Exactly what we would write: no other field, order or spelling. */
    e = seal_write(out, &again);
    if (e != E_OK)
        e = diag_set(d, e, WHERE);
    else if (again.len != bytes.n || memcmp(again.data, bytes.p, bytes.n) != 0)
        e = diag_set(d, E_BUNDLE_FORMAT, "%s: not in canonical form", WHERE);
out:
    if (e != E_OK)
        seal_free(out);
    json_decref(obj);
    buf_free(&again);
    return e;
}

/* -- checking -- */

enum err seal_verify(const struct seal *s, enum sig_alg alg, EVP_PKEY *key, struct diag *d)
{
    struct buf text = {0};
    enum err e = seal_text(s, &text);
    if (e == E_OK)
        e = alg_verify(alg, key, buf_span(&text), buf_span(&s->signature));
    if (e == E_SIGNATURE_BAD)
        e = diag_set(d, E_LOG_SEAL, "the seal over %llu lines is not signed by the log key",
                     (unsigned long long)s->size);
    else if (e != E_OK)
        diag_set(d, e, "the seal over %llu lines", (unsigned long long)s->size);
    buf_free(&text);
    return e;
}

enum err seal_check_position(const struct seal *s, const struct log_position *at, struct diag *d)
{
    uint8_t root[DIGEST_LEN];
    enum err e = merkle_root(&at->merkle, root);
    if (e != E_OK)
        return diag_set(d, e, "the seal over %llu lines", (unsigned long long)s->size);
    if (s->size != at->size)
        return diag_set(d, E_LOG_SEAL, "the seal over %llu lines has another size than the log", (unsigned long long)s->size);
    if (memcmp(s->log, at->id, DIGEST_LEN) != 0 || s->hash != at->hash)
        return diag_set(d, E_LOG_SEAL, "the seal over %llu lines has another genesis line than the log", (unsigned long long)s->size);
    if (memcmp(s->head, at->head, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_SEAL, "the seal over %llu lines has another head than the log", (unsigned long long)s->size);
    if (memcmp(s->root, root, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_SEAL, "the seal over %llu lines has another Merkle root than the log", (unsigned long long)s->size);
    return E_OK;
}

void seal_free(struct seal *s)
{
    buf_free(&s->signature);
    *s = (struct seal){0};
}
