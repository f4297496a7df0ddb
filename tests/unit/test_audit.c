#include <check.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/carried.h"
#include "audit/head.h"
#include "audit/verify.h"
#include "batch/state.h"
#include "core/base64.h"
#include "core/clock.h"
#include "core/words.h"
#include "expect.h"
#include "help_pki.h"
#include "log/seal.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/tbs.h"

/* A state with the two keys of the appliance, made with keys in memory, and a log to go on with. */
struct world {
    char path[64];
    int fd, anchors_fd;
    struct log *log;
    EVP_PKEY *log_key, *bundle_key;
};
static struct world w;
static struct audit a;
static struct verify_options o;
static struct diag d;

static void append(enum record_type type, json_t *fields)
{
    expect_ok_diag(log_append(w.log, type, fields, &d), &d);
    expect_ok_diag(log_sync(w.log, &d), &d);
}

static void log_keygen(const struct policy_key *row, EVP_PKEY *key, bool local)
{
    struct key k;
    expect_ok(key_from_pkey(key, &k, &d));
    char *spki = base64_string(k.spki.data, k.spki.len);
    append(RECORD_KEYGEN, json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "key", row->name, "algorithm",
                                    alg_sig_name(row->alg), "public-key", spki, "sensitive", 1,
                                    "always-sensitive", 1, "never-extractable", 1, "local",
                                    (int)local));
    free(spki);
    key_free(&k);
}

/* The certificate that ceremony would make, signed with `signer`. */
static void make_cert(const struct policy_key *row, EVP_PKEY *key, EVP_PKEY *signer,
                      struct buf *out)
{
    static const uint8_t serial[16] = {0x41, 1};
    struct key k;
    struct buf name = {0}, tbs = {0}, signature = {0};
    int64_t now = clock_now();
    expect_ok(key_from_pkey(key, &k, &d));
    expect_ok(name_from_rules(row->subject, row->subjects, &name, &d));
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
    expect_ok(tbs_build(&spec, &tbs, &d));
    expect_ok(alg_sign(row->alg, signer, buf_span(&tbs), &signature));
    expect_ok(cert_assemble(buf_span(&tbs), row->alg, row->sm2_null, buf_span(&signature), out));
    buf_free(&name);
    buf_free(&tbs);
    buf_free(&signature);
    key_free(&k);
}

static void write_file(int dir_fd, const char *name, const struct buf *b)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, b->data, b->len), (ssize_t)b->len);
    close(fd);
}

static void log_anchor(const char *name, const struct buf *der)
{
    char *text = base64_string(der->data, der->len);
    append(RECORD_ANCHOR, json_pack("{s:s,s:s}", "key", name, "certificate", text));
    free(text);
}

/* The anchor line, and the file in the folder that comes by hand. */
static void certify(const struct policy_key *row, EVP_PKEY *key)
{
    struct buf der = {0}, pem = {0};
    char name[80];
    X509 *x;
    make_cert(row, key, key, &der);
    log_anchor(row->name, &der);
    expect_ok(cert_parse(buf_span(&der), &x, &d));
    expect_ok(cert_write_pem(x, &pem));
    snprintf(name, sizeof name, "%s.pem", row->name);
    write_file(w.anchors_fd, name, &pem);
    X509_free(x);
    buf_free(&der);
    buf_free(&pem);
}

static void seal_with(const char *name, EVP_PKEY *key)
{
    struct seal s;
    struct buf text = {0};
    expect_ok(seal_of(log_position(w.log), name, &s));
    expect_ok(seal_text(&s, &text));
    expect_ok(alg_sign(policy_table.log_key.alg, key, buf_span(&text), &s.signature));
    append(RECORD_SEAL, seal_fields(&s));
    seal_free(&s);
    buf_free(&text);
}

static void begin(void)
{
    char hex[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    strcpy(w.path, "/tmp/rootseal-audit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(w.path));
    w.fd = open(w.path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(mkdirat(w.fd, "by-hand", 0700), 0);
    w.anchors_fd = openat(w.fd, "by-hand", O_RDONLY | O_DIRECTORY);
    expect_ok(policy_digest(&policy_table, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    expect_ok(log_create(w.fd, policy_table.log_hash,
                         json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "hash",
                                   digest_name(policy_table.log_hash), "program", "a test",
                                   "policy", hex, "token-manufacturer", "", "token-model", "",
                                   "token-serial", "", "token-label", ""),
                         &w.log, &d));
    w.log_key = help_key(policy_table.log_key.kind);
    w.bundle_key = help_key(policy_table.bundle_key.kind);
    o = (struct verify_options){.policy = &policy_table, .state = w.path};
}

/* Both keys, certified and sealed. */
static void begin_with_keys(void)
{
    begin();
    log_keygen(&policy_table.log_key, w.log_key, true);
    log_keygen(&policy_table.bundle_key, w.bundle_key, true);
    certify(&policy_table.log_key, w.log_key);
    certify(&policy_table.bundle_key, w.bundle_key);
    seal_with(policy_table.log_key.name, w.log_key);
}

static void end(void)
{
    char command[128];
    log_close(w.log);
    EVP_PKEY_free(w.log_key);
    EVP_PKEY_free(w.bundle_key);
    close(w.fd);
    close(w.anchors_fd);
    snprintf(command, sizeof command, "rm -rf %s", w.path);
    ck_assert_int_eq(system(command), 0);
    help_clean();
}

/* The code of the first finding that is an error, which must be at this line of the log. */
static enum err verdict(uint64_t line)
{
    expect_ok_diag(verify_run(&o, &a, &d), &d);
    enum err e = E_OK;
    if (a.findings.count[FINDING_ERROR] > 0) {
        e = a.findings.kept[FINDING_ERROR][0].code;
        ck_assert_uint_eq(a.findings.kept[FINDING_ERROR][0].line, line);
    }
    verify_free(&a);
    return e;
}

static char by_hand[80];

START_TEST(a_good_log)
{
    begin_with_keys();
    expect_err(verdict(0), E_OK);
    snprintf(by_hand, sizeof by_hand, "%s/by-hand", w.path);
    o.anchors = by_hand;
    o.min_lines = 1; /* a witness, else one thing is open */
    expect_err(verdict(0), E_OK);
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_uint_eq(a.findings.count[FINDING_OPEN], 0);
    ck_assert_uint_eq(a.counts.keys, 2);
    ck_assert_uint_eq(a.counts.anchors, 2);
    ck_assert_uint_eq(a.counts.seals, 1);
    ck_assert_uint_eq(a.sealed, 5);
    ck_assert_uint_eq(a.end.size, 6);
    ck_assert(a.same_log_policy);
    verify_free(&a);
    end();
}
END_TEST

START_TEST(what_is_not_there)
{
    o = (struct verify_options){.policy = &policy_table, .state = "/nowhere"};
    expect_err(verify_run(&o, &a, &d), E_STATE_MISSING);
    verify_free(&a);
    begin_with_keys();
    o.anchors = "/nowhere";
    expect_err(verify_run(&o, &a, &d), E_MEDIUM);
    verify_free(&a);
    end();
}
END_TEST

START_TEST(anchors_by_hand)
{
    struct buf other = {0}, pem = {0};
    char name[80];
    X509 *x;
    begin_with_keys();
    snprintf(by_hand, sizeof by_hand, "%s/by-hand", w.path);
    o.anchors = by_hand;
    snprintf(name, sizeof name, "%s.pem", policy_table.bundle_key.name);
    make_cert(&policy_table.bundle_key, w.log_key, w.log_key, &other);
    expect_ok(cert_parse(buf_span(&other), &x, &d));
    expect_ok(cert_write_pem(x, &pem));
    write_file(w.anchors_fd, name, &pem);
    expect_err(verdict(5), E_ANCHOR); /* another certificate */
    ck_assert_int_eq(unlinkat(w.anchors_fd, name, 0), 0);
    expect_err(verdict(5), E_ANCHOR); /* none */
    X509_free(x);
    buf_free(&other);
    buf_free(&pem);
    end();

    begin_with_keys();
    snprintf(by_hand, sizeof by_hand, "%s/by-hand", w.path);
    o.anchors = by_hand;
    write_file(w.anchors_fd, "more.pem", &(struct buf){0});
    expect_err(verdict(0), E_ANCHOR); /* a key the log does not know */
    end();
}
END_TEST

START_TEST(anchor_of_another_key)
{
    struct buf der = {0};
    begin();
    log_keygen(&policy_table.log_key, w.log_key, true);
    make_cert(&policy_table.log_key, w.bundle_key, w.bundle_key, &der);
    log_anchor(policy_table.log_key.name, &der);
    expect_err(verdict(3), E_ANCHOR);
    buf_free(&der);
    end();
}
END_TEST

START_TEST(anchor_not_self_signed)
{
    struct buf der = {0};
    begin();
    log_keygen(&policy_table.log_key, w.log_key, true);
    make_cert(&policy_table.log_key, w.log_key, w.bundle_key, &der);
    log_anchor(policy_table.log_key.name, &der);
    expect_err(verdict(3), E_CERT_SIGNATURE);
    buf_free(&der);
    end();
}
END_TEST

START_TEST(anchor_against_the_policy)
{
    struct buf der = {0};
    struct policy_key row = policy_table.log_key;
    begin();
    row.validity = (struct policy_period){.years = 1, .days = 3};
    log_keygen(&row, w.log_key, true);
    make_cert(&row, w.log_key, w.log_key, &der);
    log_anchor(row.name, &der);
    expect_err(verdict(3), E_LINT);
    buf_free(&der);
    end();
}
END_TEST

START_TEST(keys_that_may_leave)
{
    begin();
    log_keygen(&policy_table.log_key, w.log_key, false);
    expect_err(verdict(2), E_KEY_ATTRIBUTES);
    end();
}
END_TEST

START_TEST(seals)
{
    begin_with_keys();
    seal_with(policy_table.bundle_key.name, w.bundle_key); /* not the log key's */
    expect_err(verdict(7), E_LOG_SEAL);
    end();
    begin_with_keys();
    seal_with(policy_table.log_key.name, w.bundle_key); /* not by the key it names */
    expect_err(verdict(7), E_LOG_SEAL);
    end();
    begin_with_keys();
    seal_with("nobody", w.log_key);
    expect_err(verdict(7), E_LOG_SEAL);
    end();
}
END_TEST

static json_t *order_fields(int which, enum record_type *type)
{
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    switch (which) {
    case 0:
        *type = RECORD_SELF_TEST;
        return json_pack("{s:s}", "key", "nobody");
    case 1:
        *type = RECORD_ANCHOR;
        return json_pack("{s:s,s:s}", "key", "nobody", "certificate", "AAAA");
    case 2:
        *type = RECORD_ANCHOR;
        return json_pack("{s:s,s:s}", "key", policy_table.log_key.name, "certificate", "AAAA");
    case 3:
        *type = RECORD_ISSUED;
        return json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", digest, "n", (json_int_t)1,
                         "authority", "a", "profile", "p", "key", policy_table.log_key.name,
                         "serial", "01", "certificate", digest, "signature", "AAAA", "supersedes", "");
    case 4:
        *type = RECORD_REFUSED;
        return json_pack("{s:s,s:s,s:I,s:s,s:s}", "batch", digest, "intake", digest, "n",
                         (json_int_t)1, "code", "E_KEY_SIZE", "clause", "");
    case 5:
        *type = RECORD_BUNDLE;
        return json_pack("{s:s,s:s}", "batch", digest, "bundle", digest);
    default:
        *type = RECORD_PLAN;
        return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", digest, "intake",
                         digest, "plan", digest, "policy", digest, "authority", "a", "ra", "r",
                         "sequence", (json_int_t)1, "issue", (json_int_t)0, "refuse",
                         (json_int_t)0, "status", (json_int_t)0, "lists", (json_int_t)0, "program", "a test");
    }
}

START_TEST(lines_out_of_order)
{
    enum record_type type;
    begin_with_keys();
    json_t *fields = order_fields(_i, &type);
    append(type, fields);
    expect_err(verdict(7), E_LOG_ORDER);
    end();
}
END_TEST

static void append_plan_under(const char *policy)
{
    enum record_type type;
    json_t *fields = order_fields(6, &type);
    ck_assert_int_eq(json_object_set_new(fields, "policy", json_string(policy)), 0);
    append(type, fields);
}

/* Of a log under another policy now, this program's says nothing any more; of the lines before, it does. */
START_TEST(policies)
{
    static const char other[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char own[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    expect_ok(policy_digest(&policy_table, digest));
    hex_encode(digest, DIGEST_LEN, own);
    begin_with_keys();
    append(RECORD_POLICY, json_pack("{s:s}", "policy", other));
    expect_err(verdict(0), E_OK);
    append_plan_under(own);
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_ptr_nonnull(strstr(a.findings.kept[FINDING_ERROR][0].text, "under another policy"));
    verify_free(&a);
    end();
    begin_with_keys();
    append(RECORD_POLICY, json_pack("{s:s}", "policy", other));
    expect_ok(verify_run(&o, &a, &d));
    ck_assert(!a.same_log_policy);
    verify_free(&a);
    append(RECORD_POLICY, json_pack("{s:s}", "policy", own));
    expect_err(verdict(0), E_OK);
    append(RECORD_POLICY, json_pack("{s:s}", "policy", own)); /* no change */
    expect_err(verdict(9), E_LOG_ORDER);
    end();
}
END_TEST

static void log_end(const char *name, EVP_PKEY *key)
{
    struct key k;
    char hex[DIGEST_HEX];
    expect_ok(key_from_pkey(key, &k, &d));
    hex_encode(k.digest, DIGEST_LEN, hex);
    append(RECORD_DESTROYED, json_pack("{s:s,s:s,s:b,s:b}", "key", name, "public-key", hex, "private", 1, "public", 1));
    key_free(&k);
}

static enum err after_the_end(enum record_type type, json_t *fields)
{
    begin_with_keys();
    log_end(policy_table.bundle_key.name, w.bundle_key);
    seal_with(policy_table.log_key.name, w.log_key);
    expect_err(verdict(0), E_OK);
    append(type, fields);
    enum err e = verdict(9);
    end();
    return e;
}

/* Nothing is signed by a key after the line that tells of its end, and it ends once. */
START_TEST(the_end_of_a_key)
{
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const char *bundle = policy_table.bundle_key.name, *log = policy_table.log_key.name;
    json_t *end_again = json_pack("{s:s,s:s,s:b,s:b}", "key", bundle, "public-key", digest, "private", 0, "public", 0);
    expect_err(after_the_end(RECORD_SELF_TEST, json_pack("{s:s}", "key", bundle)), E_KEY_DESTROYED);
    expect_err(after_the_end(RECORD_BUNDLE, json_pack("{s:s,s:s}", "batch", digest, "bundle", digest)), E_KEY_DESTROYED);
    expect_err(after_the_end(RECORD_DESTROYED, end_again), E_LOG_ORDER);
    expect_err(after_the_end(RECORD_SELF_TEST, json_pack("{s:s}", "key", log)), E_OK);
    begin_with_keys();
    log_end(policy_table.log_key.name, w.log_key);
    seal_with(policy_table.log_key.name, w.log_key);
    expect_err(verdict(8), E_KEY_DESTROYED);
    end();
    begin_with_keys();
    log_end(policy_table.bundle_key.name, w.log_key); /* another one was destroyed */
    expect_err(verdict(7), E_KEY_MISMATCH);
    end();
    begin();
    append(RECORD_DESTROYED, json_pack("{s:s,s:s,s:b,s:b}", "key", log, "public-key", "", "private", 0, "public", 1));
    log_keygen(&policy_table.log_key, w.log_key, true); /* made after what an attempt had left was destroyed */
    append(RECORD_SELF_TEST, json_pack("{s:s}", "key", log));
    expect_err(verdict(0), E_OK);
    end();
}
END_TEST

static void log_ending(const char *name, EVP_PKEY *key)
{
    struct key k;
    char hex[DIGEST_HEX];
    expect_ok(key_from_pkey(key, &k, &d));
    hex_encode(k.digest, DIGEST_LEN, hex);
    append(RECORD_ENDING, json_pack("{s:s,s:s,s:b,s:b}", "key", name, "public-key", hex, "private", 1, "public", 1));
    key_free(&k);
}

static bool noted(const char *words)
{
    for (size_t i = 0; i < a.findings.count[FINDING_NOTE]; i++)
        if (strstr(a.findings.kept[FINDING_NOTE][i].text, words) != NULL)
            return true;
    return false;
}

/* An end that was begun may be completed, and is told while it is not. */
START_TEST(an_end_begun)
{
    const char *bundle = policy_table.bundle_key.name;
    begin_with_keys();
    log_ending(bundle, w.bundle_key);
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_uint_eq(a.findings.count[FINDING_ERROR], 0);
    ck_assert(noted("was begun in line 7"));
    verify_free(&a);
    append(RECORD_SELF_TEST, json_pack("{s:s}", "key", bundle)); /* it is there still */
    expect_err(verdict(0), E_OK);
    log_end(bundle, w.bundle_key);
    seal_with(policy_table.log_key.name, w.log_key);
    expect_err(verdict(0), E_OK);
    log_ending(bundle, w.bundle_key);
    expect_err(verdict(11), E_LOG_ORDER);
    end();
    begin_with_keys();
    log_ending(bundle, w.log_key); /* another one */
    expect_err(verdict(7), E_KEY_MISMATCH);
    end();
}
END_TEST

static json_t *transferred(const char *key)
{
    static const char challenge[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "key", key, "token-model", "m", "token-serial", "2", "challenge", challenge, "signature",
                     "MAA=", "copy-signature", "MAA=");
}

static json_t *token(const char *serial, bool replaces)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "token-manufacturer", "", "token-model", "m", "token-serial", serial,
                     "token-label", "", "token-hardware", "1.0", "token-firmware", "1.0", "module-manufacturer", "", "module", "",
                     "module-version", "1.0", "replaces", (int)replaces);
}

START_TEST(other_tokens)
{
    begin_with_keys();
    append(RECORD_TOKEN, token("2", true));
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_uint_eq(a.findings.count[FINDING_ERROR], 0);
    ck_assert_str_eq(a.token_serial, "2");
    ck_assert_ptr_nonnull(strstr(a.findings.kept[FINDING_NOTE][0].text, "serial 2"));
    const size_t notes = a.findings.count[FINDING_NOTE];
    verify_free(&a);
    append(RECORD_TOKEN, token("2", false)); /* as keygen tells it */
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_uint_eq(a.findings.count[FINDING_NOTE], notes);
    verify_free(&a);
    append(RECORD_TOKEN, token("2", true)); /* the same one was put into its own place */
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_uint_eq(a.findings.count[FINDING_ERROR], 0);
    ck_assert_ptr_nonnull(strstr(a.findings.kept[FINDING_NOTE][1].text, "the same token"));
    verify_free(&a);
    append(RECORD_TRANSFERRED, transferred(policy_table.log_key.name)); /* it could never leave */
    expect_err(verdict(10), E_LOG_ORDER);
    end();
    begin_with_keys();
    append(RECORD_TOKEN, token("3", false));
    expect_err(verdict(7), E_LOG_ORDER);
    end();
    begin_with_keys();
    append(RECORD_TRANSFERRED, transferred("nobody"));
    expect_err(verdict(7), E_LOG_ORDER);
    end();
}
END_TEST

START_TEST(batch_without_folder)
{
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    begin_with_keys();
    append(RECORD_BATCH, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "batch", digest, "intake", digest,
                                   "authority", "a", "ra", "r", "sequence", (json_int_t)1,
                                   "requests", (json_int_t)1));
    expect_err(verdict(7), E_ARCHIVE);
    end();
}
END_TEST

START_TEST(witnesses)
{
    begin_with_keys();
    o.has_head = true;
    memcpy(o.head, log_position(w.log)->head, DIGEST_LEN);
    expect_err(verdict(0), E_OK);
    o.head_line = 6;
    expect_err(verdict(0), E_OK);
    o.head_line = 5;
    expect_err(verdict(0), E_LOG_ROLLED_BACK);
    o.head_line = 0;
    o.head[0] ^= 1;
    expect_err(verdict(0), E_LOG_ROLLED_BACK);
    o.has_head = false;
    o.min_lines = 6;
    expect_err(verdict(0), E_OK);
    o.min_lines = 7;
    expect_err(verdict(0), E_LOG_ROLLED_BACK);
    end();
}
END_TEST

/* What the archive has beyond the log is a witness, too. */
START_TEST(archive_as_witness)
{
    static const char dir[] =
        "archive/00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char path[128];
    begin_with_keys();
    ck_assert_int_eq(mkdirat(w.fd, "archive", 0700), 0);
    ck_assert_int_eq(mkdirat(w.fd, dir, 0700), 0);
    expect_err(verdict(0), E_OK);
    snprintf(path, sizeof path, "%s/bundle", dir);
    ck_assert_int_eq(mkdirat(w.fd, path, 0700), 0);
    expect_err(verdict(0), E_LOG_ROLLED_BACK);
    end();
    begin_with_keys();
    ck_assert_int_eq(mkdirat(w.fd, "anchors", 0700), 0);
    write_file(w.fd, "anchors/more.pem", &(struct buf){0});
    expect_err(verdict(0), E_LOG_ROLLED_BACK);
    end();
}
END_TEST

/* A line changed without its successors: the line before the break is not called proven. */
START_TEST(broken_chain)
{
    begin_with_keys();
    int fd = openat(w.fd, LOG_FILE, O_RDWR);
    char text[2048], *at;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    at = strstr(text, "a test");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(pwrite(fd, "A", 1, at - text), 1);
    close(fd);
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_int_eq(a.findings.kept[FINDING_ERROR][0].code, E_LOG_CHAIN);
    ck_assert_uint_eq(a.findings.kept[FINDING_ERROR][0].line, 2);
    ck_assert_uint_eq(a.holds.size, 0);
    verify_free(&a);
    end();
}
END_TEST

START_TEST(torn_line)
{
    begin_with_keys();
    int fd = openat(w.fd, LOG_FILE, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "{\"seq\":", 7), 7);
    close(fd);
    expect_ok(verify_run(&o, &a, &d));
    ck_assert_uint_eq(a.findings.count[FINDING_ERROR], 0);
    /* this, the unsealed last line, and two anchors that the state has no file of */
    ck_assert_uint_eq(a.findings.count[FINDING_NOTE], 4);
    verify_free(&a);
    end();
}
END_TEST

START_TEST(heads)
{
    uint8_t digest[DIGEST_LEN], got[DIGEST_LEN];
    char text[DIGEST_LEN * 12 + 1];
    uint64_t n;
    for (size_t i = 0; i < DIGEST_LEN; i++)
        digest[i] = (uint8_t)(7 * i);
    hex_encode(digest, DIGEST_LEN, text);
    expect_ok(head_parse(text, got, &d));
    ck_assert_mem_eq(got, digest, DIGEST_LEN);
    words_format(digest, DIGEST_LEN, 0, "", text, sizeof text);
    expect_ok(head_parse(text, got, &d));
    ck_assert_mem_eq(got, digest, DIGEST_LEN);
    expect_err(head_parse("absurd", got, &d), E_USAGE);
    expect_err(head_parse("", got, &d), E_USAGE);
    expect_ok(head_parse_lines("size", "12", &n, &d));
    ck_assert_uint_eq(n, 12);
    static const char *const wrong[] = {"", "0", "-1", "+1", " 1", "1x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_err(head_parse_lines("size", wrong[i], &n, &d), E_USAGE);
}
END_TEST

START_TEST(carried_certificates)
{
    static const struct span text = {(const uint8_t *)"text", 4}, other = {(const uint8_t *)"x", 1};
    struct buf cms = {0};
    uint8_t digest[DIGEST_LEN];
    bool carried;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *x = help_cert(key, SIG_SM2_SM3, "somebody");
    expect_ok(cms_sign(x, key, text, clock_now(), &cms, &d));
    expect_ok(cert_digest(x, digest));
    expect_ok(carried_verify(buf_span(&cms), digest, text, &carried, &d));
    ck_assert(carried);
    expect_err(carried_verify(buf_span(&cms), digest, other, &carried, &d), E_APPROVAL_SIGNATURE);
    ck_assert(carried);
    digest[0] ^= 1;
    expect_ok(carried_verify(buf_span(&cms), digest, text, &carried, &d));
    ck_assert(!carried);
    expect_err(carried_verify(other, digest, text, &carried, &d), E_APPROVAL_FORMAT);
    ck_assert(!carried);
    X509_free(x);
    EVP_PKEY_free(key);
    buf_free(&cms);
}
END_TEST

static void add(struct findings *f, uint64_t line, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    finding_add(f, FINDING_NOTE, E_OK, line, format, ap);
    va_end(ap);
}

START_TEST(findings)
{
    struct findings *f = calloc(1, sizeof *f);
    ck_assert_ptr_nonnull(f);
    for (unsigned i = 1; i <= FINDINGS_KEPT + 5; i++)
        add(f, i, "number %u\n", i);
    ck_assert_uint_eq(f->count[FINDING_NOTE], FINDINGS_KEPT + 5);
    ck_assert_uint_eq(f->count[FINDING_ERROR], 0);
    ck_assert_str_eq(f->kept[FINDING_NOTE][0].text, "number 1\\u{A}");
    ck_assert_uint_eq(f->kept[FINDING_NOTE][FINDINGS_KEPT - 1].line, FINDINGS_KEPT);
    ck_assert_str_eq(finding_name(FINDING_OPEN), "open");
    ck_assert_str_eq(finding_name(FINDING_KINDS), "?");
    free(f);
}
END_TEST

Suite *suite_audit(void);

Suite *suite_audit(void)
{
    Suite *s = suite_create("audit");
    TCase *t = tcase_create("audit");
    tcase_add_test(t, a_good_log);
    tcase_add_test(t, what_is_not_there);
    tcase_add_test(t, anchors_by_hand);
    tcase_add_test(t, anchor_of_another_key);
    tcase_add_test(t, anchor_not_self_signed);
    tcase_add_test(t, anchor_against_the_policy);
    tcase_add_test(t, keys_that_may_leave);
    tcase_add_test(t, seals);
    tcase_add_loop_test(t, lines_out_of_order, 0, 7);
    tcase_add_test(t, batch_without_folder);
    tcase_add_test(t, policies);
    tcase_add_test(t, the_end_of_a_key);
    tcase_add_test(t, an_end_begun);
    tcase_add_test(t, other_tokens);
    tcase_add_test(t, witnesses);
    tcase_add_test(t, archive_as_witness);
    tcase_add_test(t, broken_chain);
    tcase_add_test(t, torn_line);
    tcase_add_test(t, heads);
    tcase_add_test(t, carried_certificates);
    tcase_add_test(t, findings);
    suite_add_tcase(s, t);
    return s;
}
