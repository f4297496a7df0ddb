/* help_bundle_log.c - the lines of a made bundle changed, its list made, its log chained and sealed. */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_crl.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "ra/lines.h"

#define NOW HELP_BUNDLE_NOW
#define OLD HELP_BUNDLE_OLD

static json_t *parse(struct span line)
{
    json_t *obj = NULL;
    struct diag d = {0};
    expect_ok_diag(json_line_parse((const char *)line.p, line.n, "a line", &obj, &d), &d);
    return obj;
}

void help_bundle_set(struct help_bundle *b, enum manifest_file file, int64_t n, const char *key, json_t *value)
{
    struct buf out = {0};
    struct lines lines = {.rest = buf_span(&b->files[file])};
    struct span line;
    int found = 0;
    while (lines_next(&lines, &line, NULL)) {
        json_t *obj = parse(line);
        if (json_integer_value(json_object_get(obj, "n")) == n && json_object_get(obj, key) != NULL) {
            ck_assert_int_eq(json_object_set(obj, key, value), 0);
            found++;
        }
        expect_ok(json_line_write(obj, &out));
        buf_append_byte(&out, '\n');
        json_decref(obj);
    }
    ck_assert_int_eq(found, 1);
    json_decref(value);
    buf_free(&b->files[file]);
    b->files[file] = out;
}

void help_bundle_drop(struct help_bundle *b, enum manifest_file file, int64_t n)
{
    struct buf out = {0};
    struct lines lines = {.rest = buf_span(&b->files[file])};
    struct span line;
    while (lines_next(&lines, &line, NULL)) {
        json_t *obj = parse(line);
        if (json_integer_value(json_object_get(obj, "n")) != n) {
            buf_append(&out, line.p, line.n);
            buf_append_byte(&out, '\n');
        }
        json_decref(obj);
    }
    buf_free(&b->files[file]);
    b->files[file] = out;
}

/* What the batch revoked, held and superseded, and one that was revoked before. */
static const struct help_bundle_says right = {
    .entries = {{{OLD, [15] = 1}, SERIAL_LEN, NOW, 1},
                {{OLD, [15] = 2}, SERIAL_LEN, NOW, CRL_REASON_HOLD},
                {{OLD, [15] = 4}, SERIAL_LEN, NOW, CRL_REASON_SUPERSEDED},
                {{OLD, [15] = 9}, SERIAL_LEN, NOW - 1000000, 0}},
    .entries_n = 4,
    .number = 5,
    .this_update = NOW,
    .next_update = NOW + 7 * 86400,
    .idp_url = "http://crl.example/ca-root.crl",
};

void help_bundle_list(struct help_bundle *b, const struct help_bundle_says *says)
{
    const struct help_bundle_says *s = says != NULL ? says : &right;
    const struct policy_key *row = &help_bundle_policy()->authorities[0].keys[0];
    struct buf tbs = {0}, signature = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    X509 *root;
    expect_ok(cert_parse(buf_span(&b->certs[HELP_BUNDLE_ROOT]), &root, NULL));
    struct crl_head head = help_crl_head(root, row->alg);
    head.number = (uint64_t)s->number;
    head.base = (uint64_t)s->base;
    head.this_update = s->this_update;
    head.next_update = s->next_update;
    head.idp_url = s->idp_url;
    help_crl_tbs(&head, s->entries, s->entries_n, &tbs);
    expect_ok(alg_sign(row->alg, b->keys[HELP_BUNDLE_ROOT], buf_span(&tbs), &signature));
    buf_reset(&b->list);
    help_crl_join(&tbs, row->alg, row->sm2_null, &signature, &b->list);
    expect_ok(digest_bytes(DIGEST_SHA256, tbs.data, tbs.len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    char *text = base64_string(signature.data, signature.len);
    help_bundle_set(b, MANIFEST_LOG, 9, "tbs", json_string(hex));
    help_bundle_set(b, MANIFEST_LOG, 9, "signature", json_string(text));
    free(text);
    X509_free(root);
    buf_free(&tbs);
    buf_free(&signature);
}

struct help_bundle_says help_bundle_right(void)
{
    return right;
}

static void take(struct log_position *at, struct span line)
{
    expect_ok(digest_bytes(DIGEST_SM3, line.p, line.n, at->head));
    expect_ok(merkle_append(&at->merkle, line));
    at->size++;
}

/* The line with its place in the chain. */
static void chain_line(struct log_position *at, struct span line, bool first, struct buf *out)
{
    struct buf chained = {0};
    char hex[DIGEST_HEX];
    json_t *obj = parse(line);
    hex_encode(at->head, DIGEST_LEN, hex);
    if (!first)
        ck_assert_int_eq(json_object_set_new(obj, "prev", json_string(hex)), 0);
    expect_ok(json_line_write(obj, &chained));
    take(at, buf_span(&chained));
    buf_append(out, chained.data, chained.len);
    buf_append_byte(out, '\n');
    buf_free(&chained);
    json_decref(obj);
}

void help_bundle_seal(struct help_bundle *b)
{
    struct log_position at = {.size = (uint64_t)b->log_first - 1, .hash = DIGEST_SM3};
    struct lines lines = {.rest = buf_span(&b->files[MANIFEST_LOG])};
    struct buf log = {0}, text = {0};
    struct span line;
    struct seal s;
    struct diag d = {0};
    for (bool first = true; (int64_t)at.size + 1 < b->log_last && lines_next(&lines, &line, NULL); first = false)
        chain_line(&at, line, first, &log);
    ck_assert_int_eq((int64_t)at.size + 1, b->log_last);
    expect_ok(seal_of(&at, "the-log", &s));
    expect_ok(seal_text(&s, &text));
    expect_ok(alg_sign(SIG_SM2_SM3, b->keys[HELP_BUNDLE_LOG], buf_span(&text), &s.signature));
    buf_reset(&b->files[MANIFEST_SEAL]);
    expect_ok(seal_write(&s, &b->files[MANIFEST_SEAL]));
    expect_ok_diag(record_write(at.size + 1, NOW, RECORD_SEAL, at.head, seal_fields(&s), &log, &d), &d);
    buf_append_byte(&log, '\n');
    buf_free(&b->files[MANIFEST_LOG]);
    b->files[MANIFEST_LOG] = log;
    buf_free(&text);
    seal_free(&s);
}
