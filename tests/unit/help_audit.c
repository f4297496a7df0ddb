#include "help_audit.h"

#include <check.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/state.h"
#include "core/base64.h"
#include "core/clock.h"
#include "expect.h"
#include "help_pki.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/tbs.h"

struct audit_fix audit_fix;

void help_audit_append(enum record_type type, json_t *fields)
{
    expect_ok_diag(log_append(audit_fix.log, type, fields, &audit_fix.d), &audit_fix.d);
    expect_ok_diag(log_sync(audit_fix.log, &audit_fix.d), &audit_fix.d);
}

void help_audit_keygen(const struct policy_key *row, EVP_PKEY *key, bool local)
{
    struct key k;
    expect_ok(key_from_pkey(key, &k, &audit_fix.d));
    char *spki = base64_string(k.spki.data, k.spki.len);
    help_audit_append(RECORD_KEYGEN, json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "key", row->name, "algorithm",
                                    alg_sig_name(row->alg), "public-key", spki, "sensitive", 1,
                                    "always-sensitive", 1, "never-extractable", 1, "local",
                                    (int)local));
    free(spki);
    key_free(&k);
}

/* The certificate that ceremony would make, signed with `signer`. */
void help_audit_cert(const struct policy_key *row, EVP_PKEY *key, EVP_PKEY *signer,
                      struct buf *out)
{
    static const uint8_t serial[16] = {0x41, 1};
    struct key k;
    struct buf name = {0}, tbs = {0}, signature = {0};
    int64_t now = clock_now();
    expect_ok(key_from_pkey(key, &k, &audit_fix.d));
    expect_ok(name_from_rules(row->subject, row->subjects, &name, &audit_fix.d));
    const struct tbs_spec spec = {
        .serial = {serial, sizeof serial},
        .alg = row->alg,
        .sm2_null = row->sm2_null,
        .issuer = buf_span(&name),
        .subject = buf_span(&name),
        .not_before = now,
        .not_after = tbs_add_period(now, &row->validity) - 1,
        .spki = buf_span(&k.spki),
        .ski = {k.ski, sizeof k.ski},
        .key_usage = KU_DIGITAL_SIGNATURE,
    };
    expect_ok(tbs_build(&spec, &tbs, &audit_fix.d));
    expect_ok(alg_sign(row->alg, signer, buf_span(&tbs), &signature));
    expect_ok(cert_assemble(buf_span(&tbs), row->alg, row->sm2_null, buf_span(&signature), out));
    buf_free(&name);
    buf_free(&tbs);
    buf_free(&signature);
    key_free(&k);
}

void help_audit_file(int dir_fd, const char *name, const struct buf *b)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, b->data, b->len), (ssize_t)b->len);
    close(fd);
}

void help_audit_anchor(const char *name, const struct buf *der)
{
    char *text = base64_string(der->data, der->len);
    help_audit_append(RECORD_ANCHOR, json_pack("{s:s,s:s}", "key", name, "certificate", text));
    free(text);
}

/* The anchor line, and the file in the folder that comes by hand. */
void help_audit_certify(const struct policy_key *row, EVP_PKEY *key)
{
    struct buf der = {0}, pem = {0};
    char name[80];
    X509 *x;
    help_audit_cert(row, key, key, &der);
    help_audit_anchor(row->name, &der);
    expect_ok(cert_parse(buf_span(&der), &x, &audit_fix.d));
    expect_ok(cert_write_pem(x, &pem));
    snprintf(name, sizeof name, "%s.pem", row->name);
    help_audit_file(audit_fix.anchors_fd, name, &pem);
    X509_free(x);
    buf_free(&der);
    buf_free(&pem);
}

void help_audit_seal(const char *name, EVP_PKEY *key)
{
    struct seal s;
    struct buf text = {0};
    expect_ok(seal_of(log_position(audit_fix.log), name, &s));
    expect_ok(seal_text(&s, &text));
    expect_ok(alg_sign(policy_table.log_key.alg, key, buf_span(&text), &s.signature));
    help_audit_append(RECORD_SEAL, seal_fields(&s));
    seal_free(&s);
    buf_free(&text);
}

void help_audit_begin(void)
{
    char hex[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    strcpy(audit_fix.path, "/tmp/rootseal-audit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(audit_fix.path));
    audit_fix.fd = open(audit_fix.path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(mkdirat(audit_fix.fd, "by-hand", 0700), 0);
    audit_fix.anchors_fd = openat(audit_fix.fd, "by-hand", O_RDONLY | O_DIRECTORY);
    expect_ok(policy_digest(&policy_table, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    expect_ok(log_create(audit_fix.fd, policy_table.log_hash,
                         json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "hash",
                                   digest_name(policy_table.log_hash), "program", "a test",
                                   "policy", hex, "token-manufacturer", "", "token-model", "",
                                   "token-serial", "", "token-label", ""),
                         &audit_fix.log, &audit_fix.d));
    audit_fix.log_key = help_key(policy_table.log_key.kind);
    audit_fix.bundle_key = help_key(policy_table.bundle_key.kind);
    audit_fix.o = (struct verify_options){.policy = &policy_table, .state = audit_fix.path};
}

/* Both keys, certified and sealed. */
void help_audit_begin_with_keys(void)
{
    help_audit_begin();
    help_audit_keygen(&policy_table.log_key, audit_fix.log_key, true);
    help_audit_keygen(&policy_table.bundle_key, audit_fix.bundle_key, true);
    help_audit_certify(&policy_table.log_key, audit_fix.log_key);
    help_audit_certify(&policy_table.bundle_key, audit_fix.bundle_key);
    help_audit_seal(policy_table.log_key.name, audit_fix.log_key);
}

void help_audit_end(void)
{
    char command[128];
    log_close(audit_fix.log);
    EVP_PKEY_free(audit_fix.log_key);
    EVP_PKEY_free(audit_fix.bundle_key);
    close(audit_fix.fd);
    close(audit_fix.anchors_fd);
    snprintf(command, sizeof command, "rm -rf %s", audit_fix.path);
    ck_assert_int_eq(system(command), 0);
    help_clean();
}

/* The code of the first finding that is an error, which must be at this line of the log. */
enum err help_audit_verdict(uint64_t line)
{
    expect_ok_diag(verify_run(&audit_fix.o, &audit_fix.a, &audit_fix.d), &audit_fix.d);
    enum err e = E_OK;
    if (audit_fix.a.findings.count[FINDING_ERROR] > 0) {
        e = audit_fix.a.findings.kept[FINDING_ERROR][0].code;
        ck_assert_uint_eq(audit_fix.a.findings.kept[FINDING_ERROR][0].line, line);
    }
    verify_free(&audit_fix.a);
    return e;
}
