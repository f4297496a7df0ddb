/* log_make.c - the good logs. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bad/log.h"
#include "core/base64.h"
#include "core/clock.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/tbs.h"
#include "policy/policy.h"
#include "unit/help_pki.h"
#include "unit/sample_records.h"

static int open_folder(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", bad_folder(), name);
    bad_must(mkdir(path, 0700) == 0 || errno == EEXIST, "%s: %s", path, strerror(errno));
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    bad_must(fd >= 0, "%s: %s", path, strerror(errno));
    return fd;
}

/* Read it back line by line, noting where it stood. */
static void take(struct bad_log *l, int dir)
{
    struct log_reader *r;
    struct span line;
    struct record rec;
    bool more = true;
    bad_must(log_reader_open(dir, LOG_FILE, NULL, &r, NULL) == E_OK, "the log");
    while (log_reader_next(r, &line, &rec, &more, NULL) == E_OK && more) {
        bad_must(l->lines < LOG_LINES_MAX, "too many lines");
        buf_append(&l->bytes, line.p, line.n);
        buf_append_byte(&l->bytes, '\n');
        l->at[++l->lines] = *log_reader_position(r);
        record_free(&rec);
    }
    log_reader_close(r);
    bad_must(!more && l->lines > 0, "the log");
    unlinkat(dir, LOG_FILE, 0);
}

static void append(struct log *log, enum record_type type, json_t *fields)
{
    struct diag d = {0};
    bad_must(log_append(log, type, fields, &d) == E_OK, "%s", d.text);
}

const struct bad_log *bad_log_samples(void)
{
    static struct bad_log l;
    struct log *log;
    if (l.lines > 0)
        return &l;
    int dir = open_folder("samples");
    bad_must(log_create(dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &log, NULL) == E_OK, "the log");
    for (int type = RECORD_GENESIS + 1; type < RECORD_TYPE_COUNT; type++)
        append(log, (enum record_type)type, sample_fields((enum record_type)type, "sm3"));
    bad_must(log_sync(log, NULL) == E_OK, "the log");
    log_close(log);
    take(&l, dir);
    close(dir);
    return &l;
}

/* -- one that is whole -- */

static void append_keygen(struct log *log, const struct policy_key *row, EVP_PKEY *key)
{
    struct key k;
    bad_must(key_from_pkey(key, &k, NULL) == E_OK, "a key");
    char *spki = base64_string(k.spki.data, k.spki.len);
    append(log, RECORD_KEYGEN,
           json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "key", row->name, "algorithm", alg_sig_name(row->alg), "public-key",
                     spki, "sensitive", 1, "always-sensitive", 1, "never-extractable", 1, "local", 1));
    free(spki);
    key_free(&k);
}

/* The certificate that ceremony would make. */
static void make_cert(const struct policy_key *row, EVP_PKEY *key, struct buf *out)
{
    static const uint8_t serial[16] = {0x41, 1};
    struct key k;
    struct buf name = {0}, tbs = {0};
    int64_t now = clock_now();
    bad_must(key_from_pkey(key, &k, NULL) == E_OK, "a key");
    bad_must(name_from_rules(row->subject, row->subjects, &name, NULL) == E_OK, "a name");
    const struct tbs_spec spec = {.serial = {serial, sizeof serial}, .alg = row->alg, .sm2_null = row->sm2_null,
                                  .issuer = buf_span(&name), .subject = buf_span(&name), .not_before = now,
                                  .not_after = tbs_add_period(now, &row->validity) - 1, .spki = buf_span(&k.spki),
                                  .ski = {k.ski, sizeof k.ski}, .key_usage = KU_DIGITAL_SIGNATURE};
    struct buf signature = {0};
    bad_must(tbs_build(&spec, &tbs, NULL) == E_OK, "a certificate");
    bad_must(alg_sign(row->alg, key, buf_span(&tbs), &signature) == E_OK, "a signature");
    bad_must(cert_assemble(buf_span(&tbs), row->alg, row->sm2_null, buf_span(&signature), out) == E_OK, "a certificate");
    buf_free(&signature);
    buf_free(&name);
    buf_free(&tbs);
    key_free(&k);
}

static void append_anchor(struct log *log, const struct policy_key *row, EVP_PKEY *key)
{
    struct buf der = {0}, pem = {0};
    char name[128];
    X509 *x;
    make_cert(row, key, &der);
    bad_must(cert_parse(buf_span(&der), &x, NULL) == E_OK && cert_write_pem(x, &pem) == E_OK, "a certificate");
    snprintf(name, sizeof name, "anchors/%s.pem", row->name);
    bad_write(name, buf_span(&pem));
    char *text = base64_string(der.data, der.len);
    append(log, RECORD_ANCHOR, json_pack("{s:s,s:s}", "key", row->name, "certificate", text));
    free(text);
    X509_free(x);
    buf_free(&der);
    buf_free(&pem);
}

static void append_seal(struct log *log, const struct policy_key *row, EVP_PKEY *key)
{
    struct seal s;
    struct buf text = {0};
    bad_must(seal_of(log_position(log), row->name, &s) == E_OK && seal_text(&s, &text) == E_OK, "a seal");
    bad_must(alg_sign(row->alg, key, buf_span(&text), &s.signature) == E_OK, "a seal");
    append(log, RECORD_SEAL, seal_fields(&s));
    seal_free(&s);
    buf_free(&text);
}

static struct log *begin(int dir)
{
    char hex[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    struct log *log;
    bad_must(policy_digest(&policy_table, digest) == E_OK, "the policy");
    hex_encode(digest, DIGEST_LEN, hex);
    bad_must(log_create(dir, policy_table.log_hash,
                        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "hash", digest_name(policy_table.log_hash), "program",
                                  "a test", "policy", hex, "token-manufacturer", "", "token-model", "", "token-serial", "",
                                  "token-label", ""),
                        &log, NULL) == E_OK,
             "the log");
    return log;
}

static char anchors[128];

const char *bad_log_anchors(void)
{
    return anchors;
}

const struct bad_log *bad_log_real(void)
{
    static struct bad_log l;
    const struct policy_key *log_row = &policy_table.log_key, *bundle_row = &policy_table.bundle_key;
    if (l.lines > 0)
        return &l;
    close(open_folder("anchors"));
    snprintf(anchors, sizeof anchors, "%s/anchors", bad_folder());
    int dir = open_folder("real");
    struct log *log = begin(dir);
    EVP_PKEY *log_key = help_key(log_row->kind), *bundle_key = help_key(bundle_row->kind);
    append_keygen(log, log_row, log_key);
    append_keygen(log, bundle_row, bundle_key);
    append_anchor(log, log_row, log_key);
    append_anchor(log, bundle_row, bundle_key);
    append_seal(log, log_row, log_key);
    append(log, RECORD_SELF_TEST, json_pack("{s:s}", "key", bundle_row->name));
    append(log, RECORD_RECOVERY, sample_fields(RECORD_RECOVERY, NULL));
    append_seal(log, log_row, log_key);
    append(log, RECORD_SELF_TEST, json_pack("{s:s}", "key", log_row->name));
    append(log, RECORD_RECOVERY, sample_fields(RECORD_RECOVERY, NULL));
    append(log, RECORD_SELF_TEST, json_pack("{s:s}", "key", bundle_row->name));
    bad_must(log_sync(log, NULL) == E_OK, "the log");
    log_close(log);
    take(&l, dir);
    close(dir);
    EVP_PKEY_free(log_key);
    EVP_PKEY_free(bundle_key);
    return &l;
}
