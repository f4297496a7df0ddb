#include "audit/consistency.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit/seals.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/json.h"
#include "core/limits.h"
#include "log/log.h"

#define FORMAT "rootseal-consistency-1"
#define FILE_MAX (2 * LIMIT_LOG_LINE + PROOF_MAX * (DIGEST_HEX + 2) + 128)

enum err consistency_read_seal(const char *path, struct seal *out, struct diag *d)
{
    struct buf bytes = {0};
    struct diag why = {0};
    *out = (struct seal){0};
    enum err e = file_read_path(path, LIMIT_LOG_LINE, E_BUNDLE_FORMAT, &bytes, d);
    if (e == E_OK && (e = seal_parse(buf_span(&bytes), out, &why)) != E_OK)
        e = diag_wrap(d, e, &why, "%s", path);
    buf_free(&bytes);
    return e;
}

/* -- making -- */

/* What is told of another log would all follow from that. */
static enum err check_genesis(const struct consistency *c, const struct log_position *first, struct diag *d)
{
    if (memcmp(first->id, c->earlier.log, DIGEST_LEN) == 0)
        return E_OK;
    return diag_set(d, E_SEAL_OTHER, "the log begins with another line than the one that both seals name");
}

static enum err take_lines(struct proof_maker *m, struct log_reader *r, const struct consistency *c, struct diag *d)
{
    enum err e = E_OK;
    bool more = true;
    while (e == E_OK && log_reader_position(r)->size < c->later.size) {
        struct span line;
        struct record rec;
        e = log_reader_next(r, &line, &rec, &more, d);
        if (e == E_OK && !more)
            return diag_set(d, E_LOG_ROLLED_BACK, "it has %" PRIu64 " lines, and the later seal is over %" PRIu64,
                            log_reader_position(r)->size, c->later.size);
        if (e != E_OK)
            return e;
        e = proof_take(m, line);
        record_free(&rec);
        const struct log_position *at = log_reader_position(r);
        if (e == E_OK && at->size == 1)
            e = check_genesis(c, at, d);
        if (e == E_OK && at->size == c->earlier.size)
            e = seal_check_position(&c->earlier, at, d);
        if (e == E_OK && at->size == c->later.size)
            e = seal_check_position(&c->later, at, d);
    }
    return e;
}

/* A slip of whoever names them, which says nothing about the log. */
static enum err wrong_order(const struct consistency *c, struct diag *d)
{
    diag_set(d, E_LOG_SEAL, "the first seal is over %" PRIu64 " lines, the second over %" PRIu64, c->earlier.size,
             c->later.size);
    diag_advise(d, N_("name the seal over fewer lines first"));
    return E_LOG_SEAL;
}

enum err consistency_prove(struct consistency *c, const char *state, struct diag *d)
{
    struct proof_maker m;
    struct log_reader *r = NULL;
    int fd = -1;
    if (memcmp(c->earlier.log, c->later.log, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_SEAL, "the seals are of two logs");
    if (c->earlier.size > c->later.size)
        return wrong_order(c, d);
    proof_of_growth(&m, c->earlier.size, c->later.size);
    enum err e = file_open_dir(state, &fd, d);
    if (e == E_OK)
        e = log_reader_open(fd, LOG_FILE, NULL, &r, d);
    if (e == E_OK)
        e = take_lines(&m, r, c, d);
    if (e == E_OK)
        c->proof = m.proof;
    log_reader_close(r);
    if (fd >= 0)
        close(fd);
    return e;
}

/* -- checking -- */

enum err consistency_check(const struct consistency *c, struct diag *d)
{
    const struct seal *a = &c->earlier, *b = &c->later;
    if (memcmp(a->log, b->log, DIGEST_LEN) != 0 || a->hash != b->hash)
        return diag_set(d, E_LOG_SEAL, "the seals are of two logs");
    if (a->size > b->size)
        return wrong_order(c, d);
    if (a->size == b->size && memcmp(a->head, b->head, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_SEAL, "both seals are over %" PRIu64 " lines, and their last lines differ", a->size);
    enum err e = proof_check_growth(&c->proof, a->size, a->root, b->size, b->root);
    return e == E_OK ? E_OK : diag_set(d, e, "from %" PRIu64 " lines to %" PRIu64, a->size, b->size);
}

enum err consistency_check_signatures(const struct consistency *c, const struct policy *policy, const char *anchors,
                                      struct diag *d)
{
    enum err e = seals_verify(&c->earlier, policy, anchors, d);
    return e == E_OK ? seals_verify(&c->later, policy, anchors, d) : e;
}

/* -- the file -- */

static json_t *path_of(const struct proof *p)
{
    json_t *path = json_array();
    for (size_t i = 0; i < p->n && path != NULL; i++) {
        char hex[DIGEST_HEX];
        hex_encode(p->hash[i], DIGEST_LEN, hex);
        if (json_array_append_new(path, json_string(hex)) != 0) {
            json_decref(path);
            return NULL;
        }
    }
    return path;
}

static json_t *seal_object(const struct seal *s)
{
    struct buf text = {0};
    json_t *obj = NULL;
    if (seal_write(s, &text) == E_OK &&
        json_line_parse((const char *)text.data, text.len - 1, FORMAT, &obj, NULL) != E_OK)
        obj = NULL;
    buf_free(&text);
    return obj;
}

enum err consistency_write(const struct consistency *c, struct buf *out)
{
    json_t *obj = json_pack("{s:s, s:o, s:o, s:o}", "format", FORMAT, "earlier", seal_object(&c->earlier), "later",
                            seal_object(&c->later), "path", path_of(&c->proof));
    enum err e = json_line_write(obj, out);
    json_decref(obj);
    buf_append_byte(out, '\n');
    return e == E_OK ? buf_err(out) : e;
}

static enum err read_object(const json_t *obj, const char *key, struct seal *out, struct diag *d)
{
    struct buf text = {0};
    const json_t *seal = json_object_get(obj, key);
    enum err e = json_is_object(seal) ? json_line_write(seal, &text) : diag_set(d, E_PROOF_FORMAT, "there is no seal %s", key);
    buf_append_byte(&text, '\n');
    if (e == E_OK)
        e = seal_parse(buf_span(&text), out, d);
    buf_free(&text);
    return e;
}

static enum err read_path(const json_t *obj, struct proof *out, struct diag *d)
{
    const json_t *path = json_object_get(obj, "path");
    out->n = json_array_size(path);
    if (!json_is_array(path) || out->n > PROOF_MAX)
        return diag_set(d, E_PROOF_FORMAT, "path is no list of at most %d digests", PROOF_MAX);
    for (size_t i = 0; i < out->n; i++) {
        const char *hex = json_string_value(json_array_get(path, i));
        if (hex == NULL || !hex_decode(hex, out->hash[i], DIGEST_LEN))
            return diag_set(d, E_PROOF_FORMAT, "hash %zu of the path is no digest", i + 1);
    }
    return E_OK;
}

static enum err read_all(struct span file, struct consistency *out, struct diag *d)
{
    json_t *obj = NULL;
    struct buf again = {0};
    enum err e = file.n > 0 && file.p[file.n - 1] == '\n'
                     ? json_line_parse((const char *)file.p, file.n - 1, FORMAT, &obj, d)
                     : diag_set(d, E_PROOF_FORMAT, "it does not end with a newline");
    if (e == E_OK)
        e = read_object(obj, "earlier", &out->earlier, d);
    if (e == E_OK)
        e = read_object(obj, "later", &out->later, d);
    if (e == E_OK)
        e = read_path(obj, &out->proof, d);
    if (e == E_OK)
        e = consistency_write(out, &again);
    if (e == E_OK && (again.len != file.n || memcmp(again.data, file.p, file.n) != 0))
        e = diag_set(d, E_PROOF_FORMAT, "it is not in canonical form");
    json_decref(obj);
    buf_free(&again);
    return e;
}

enum err consistency_read(const char *path, struct consistency *out, struct diag *d)
{
    struct buf bytes = {0};
    struct diag why = {0};
    *out = (struct consistency){0};
    enum err e = file_read_path(path, FILE_MAX, E_PROOF_FORMAT, &bytes, d);
    if (e == E_OK && (e = read_all(buf_span(&bytes), out, &why)) != E_OK)
        e = diag_wrap(d, e == E_NO_MEMORY ? e : E_PROOF_FORMAT, &why, "%s", path);
    buf_free(&bytes);
    return e;
}

void consistency_free(struct consistency *c)
{
    seal_free(&c->earlier);
    seal_free(&c->later);
}
