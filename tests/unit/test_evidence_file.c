/* The file that evidence is: its parts read back, each that is out of form told, and what the signatures' commands are called. */
#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "expect.h"
#include "help_evidence.h"
#include "help_pki.h"
#include "pki/cert.h"

Suite *suite_evidence_file(void);

static struct help_evidence h;
static struct diag d;

static void set_up(void)
{
    help_evidence_make(&h);
}

static void tear_down(void)
{
    help_evidence_free(&h);
}

static enum err parse(struct span text)
{
    struct evidence e;
    d = (struct diag){0};
    enum err err = evidence_parse(text, &e, &d);
    evidence_free(&e);
    return err;
}

static void expect_bad(const struct buf *text, const char *name, const char *words)
{
    enum err e = parse(buf_span(text));
    ck_assert_msg(e == E_EVIDENCE_FORMAT && strstr(d.text, words) != NULL, "%s: %s: %s", name, err_name(e), d.text);
    expect_seen(e);
}

/* -- parts that are out of form, the first thing behind the words -- */

#define PARTS "The parts:\n\n"
#define HEX "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
    const char *lines, *told;
} bad[] = {
    {"log-1", "the part "},
    {"log-1\n", "the part "},
    {"\n", "the part "},
    {"log-1:\n", "the part "},
    {"loglogloglogloglogloglogloglogloglogloglogloglogloglogloglogloglo: {}\n", "the part "},
    {"other: {}\n", "the part other"},
    {"seal: {}\n", "the part seal"},
    {"log-0: {}\n", "the part log"},
    {"log-1-path: " HEX "\n", "the part log"},
    {"log-1: {}\nlog-1-path: " HEX "0\n", "the part log"},
    {"log-1: {}\nlog-1-path: " HEX "\nlog-1-path: " HEX "\n", "the part log"},
    {"log-1: {}\nlog-1-path: x" HEX "\n", "the part log"},
    {"log-1: {}\nlog-1-path: x000000000000000000000000000000000000000000000000000000000000000\n", "the part log"},
    {"batch-0: !\n", "the part batch"},
    {"approval-1-certificate: AAAA\n", "the part approval"},
    {"approval-1: !\n", "the part approval"},
    {"certificate: !\n", "the part certificate"},
    {"log-1: {}\n", "a line of the log"},
};

START_TEST(parts_out_of_form)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf text = {0};
        buf_append_str(&text, PARTS);
        buf_append_str(&text, bad[i].lines);
        expect_bad(&text, bad[i].lines, bad[i].lines[strlen(bad[i].lines) - 1] == '\n' ? bad[i].told : "cut off");
        buf_free(&text);
    }
}
END_TEST

/* More than there can be, of whatever there can be many. */
START_TEST(too_many)
{
    static const struct {
        const char *line, *name;
        int n;
    } many[] = {{"log-9: {}\n", "log", EVIDENCE_LINES_MAX}, {"approval-1: AAAA\n", "approval", EVIDENCE_LINES_MAX}};
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        struct buf text = {0};
        buf_append_str(&text, PARTS);
        for (int k = 0; k <= many[i].n; k++)
            buf_append_str(&text, many[i].line);
        expect_bad(&text, many[i].line, many[i].name);
        buf_free(&text);
    }
    struct buf path = {0};
    buf_append_str(&path, PARTS "log-1: {}\nlog-1-path: " HEX);
    for (int k = 0; k < PROOF_MAX; k++)
        buf_append_str(&path, " " HEX);
    buf_append_byte(&path, '\n');
    expect_bad(&path, "path", "the part log");
    buf_free(&path);
}
END_TEST

START_TEST(other_words)
{
    struct buf text = {0};
    buf_append(&text, h.text.data, h.text.len);
    text.data[0] ^= 1;
    expect_bad(&text, "the first letter", "other words");
    text.data[0] ^= 1;
    buf_append_str(&text, "certificate-algorithm: -sha256\n");
    expect_bad(&text, "one part more", "other words");
    text.len = h.text.len - 1;
    expect_bad(&text, "no newline", "cut off");
    text.len = 20;
    text.data[19] = '\n';
    expect_bad(&text, "no parts", "missing");
    buf_free(&text);
}
END_TEST

/* -- what is written -- */

/* The options of openssl(1) for a certificate that is signed so. */
START_TEST(options_of_signatures)
{
    static const struct {
        enum key_kind key;
        enum sig_alg alg;
        const char *options;
    } rows[] = {{KEY_SM2, SIG_SM2_SM3, "-sm3 -sigopt distid:1234567812345678"},
                {KEY_RSA, SIG_RSA_SHA256, "-sha256"},
                {KEY_RSA, SIG_RSA_SHA384, "-sha384"},
                {KEY_RSA, SIG_PSS_SHA256, "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"},
                {KEY_RSA, SIG_PSS_SHA384, "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48"},
                {KEY_P256, SIG_ECDSA_SHA256, "-sha256"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        EVP_PKEY *key = help_key(rows[i].key);
        X509 *cert = help_cert(key, rows[i].alg, "somebody");
        struct buf out = {0};
        char want[128];
        buf_reset(&h.evidence.certificate);
        expect_ok(cert_write_der(cert, &h.evidence.certificate));
        expect_ok_diag(evidence_write(&h.evidence, &out, &d), &d);
        int n = snprintf(want, sizeof want, "\ncertificate-algorithm: %s\n", rows[i].options);
        ck_assert_msg(memcmp(out.data + out.len - n, want, (size_t)n) == 0, "%s", want);
        buf_free(&out);
        X509_free(cert);
        EVP_PKEY_free(key);
    }
}
END_TEST

/* -- what is read of the parts -- */

static void expect_unread(const char *name, const char *words)
{
    struct evidence_facts f;
    d = (struct diag){0};
    enum err e = evidence_read_parts(&h.evidence, &f, &d);
    ck_assert_msg(e == E_EVIDENCE_FORMAT && strstr(d.text, words) != NULL, "%s: %s: %s", name, err_name(e), d.text);
    evidence_facts_free(&f);
}

/* Without each line of the log but those of officers, of whom nothing is read here. */
START_TEST(lines_that_lack)
{
    struct evidence_lines *log = &h.evidence.log;
    static const char *const words[] = {"one line of each kind", "the certificate of the key the-log", "the certificate of the key ca-root",
                                        "one line of each kind", NULL, NULL, "one line of each kind", "one line of each kind"};
    ck_assert_uint_eq(log->n, sizeof words / sizeof words[0]);
    for (size_t i = 0; i < log->n; i++) {
        struct evidence_line line = log->v[i];
        if (words[i] == NULL)
            continue;
        memmove(&log->v[i], &log->v[i + 1], (log->n - i - 1) * sizeof line);
        log->n--;
        expect_unread("a line is missing", words[i]);
        memmove(&log->v[i + 1], &log->v[i], (log->n - i) * sizeof line);
        log->v[i] = line;
        log->n++;
    }
}
END_TEST

START_TEST(lines_out_of_place)
{
    struct evidence_lines *log = &h.evidence.log, *plan = &h.evidence.plan, *batch = &h.evidence.batch;
    struct evidence_line line = log->v[1], *one;
    log->v[1] = log->v[2];
    log->v[2] = line;
    expect_unread("two are exchanged", "line 2 of the log is out of its place");
    log->v[2] = log->v[1];
    log->v[1] = line;
    log->v[3].index++;
    expect_unread("another number", "line 5 of the log is out of its place");
    log->v[3].index--;
    batch->v[0].index = 1;
    expect_unread("no header", "of the batch");
    batch->v[0].index = 0;
    plan->v[1].index = 2;
    expect_unread("another item", "of the plan");
    plan->v[1].index = 1;
    batch->n = 1;
    expect_unread("no request", "of the batch");
    batch->n = 2;
    /* a second batch: the line again, with the number that it would have */
    uint64_t last = log->n;
    expect_ok(evidence_add_line(log, last, &one));
    buf_append(&one->bytes, log->v[3].bytes.data, log->v[3].bytes.len);
    ck_assert_int_eq(memcmp(one->bytes.data, "{\"seq\":4,", 9), 0);
    one->bytes.data[7] = (uint8_t)('0' + last + 1);
    expect_unread("two of a kind", "one line of each kind");
}
END_TEST

static void replace(struct buf *b, const char *what, const char *with)
{
    char *at = memmem(b->data, b->len, what, strlen(what));
    ck_assert_ptr_nonnull(at);
    memcpy(at, with, strlen(with));
}

START_TEST(certificates_that_cannot_be_used)
{
    struct evidence *e = &h.evidence;
    replace(&e->log.v[1].bytes, "\"certificate\":\"MI", "\"certificate\":\"AA");
    expect_unread("an anchor", "the-log");
    replace(&e->log.v[1].bytes, "\"certificate\":\"AA", "\"certificate\":\"!!");
    expect_unread("an anchor", "a line of the log");
    replace(&e->log.v[1].bytes, "\"certificate\":\"!!", "\"certificate\":\"MI");
    /* one that is signed in a way that no policy can ask for */
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *x = X509_new();
    ck_assert(X509_set_pubkey(x, key) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL &&
              X509_gmtime_adj(X509_getm_notAfter(x), 60) != NULL && X509_sign(x, key, NULL) > 0);
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    ck_assert_int_gt(n, 0);
    buf_reset(&e->certificate);
    buf_append(&e->certificate, der, (size_t)n);
    expect_unread("Ed25519", "signed in a way that is not known");
    OPENSSL_free(der);
    X509_free(x);
    EVP_PKEY_free(key);
}
END_TEST

Suite *suite_evidence_file(void)
{
    Suite *s = suite_create("evidence_file");
    TCase *c = tcase_create("evidence_file");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, parts_out_of_form);
    tcase_add_test(c, too_many);
    tcase_add_test(c, other_words);
    tcase_add_test(c, options_of_signatures);
    tcase_add_test(c, lines_that_lack);
    tcase_add_test(c, lines_out_of_place);
    tcase_add_test(c, certificates_that_cannot_be_used);
    suite_add_tcase(s, c);
    return s;
}
