#include <check.h>
#include <string.h>

#include "expect.h"
#include "help_bundle.h"
#include "help_pki.h"
#include "ra/draft.h"
#include "ra/words.h"

Suite *suite_draft(void);

#define SERIAL "31000000000000000000000000000001"
#define NOW HELP_BUNDLE_NOW

/* Texts by name, "op", "revoke", ..., NULL. */
static enum err draft_of(const char *const *texts, struct request *r, enum draft_field *wrong, struct diag *d)
{
    struct draft draft = {.folder = help_dir()};
    for (; texts[0] != NULL; texts += 2) {
        enum draft_field f = draft_by_name(texts[0]);
        ck_assert_int_ne(f, DRAFT_FIELDS);
        draft.text[f] = texts[1];
    }
    *d = (struct diag){0};
    return draft_request(&draft, &help_bundle_policy()->authorities[0], NOW, r, wrong, d);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_wrong(const char *const *texts, enum err want, enum draft_field field, const char *words)
{
    struct request r;
    enum draft_field wrong;
    struct diag d;
    enum err e = draft_of(texts, &r, &wrong, &d);
    ck_assert_msg(e == want && wrong == field && strstr(d.text, words) != NULL, "%s: %s, field %d, %s", words, err_name(e),
                  (int)wrong, d.text);
    expect_seen(e);
    request_free(&r);
}

static void expect_line(const char *const *texts, const char *line, const char *words)
{
    struct request r;
    struct buf out = {0};
    enum draft_field wrong;
    struct diag d;
    char said[400];
    expect_ok_diag(draft_of(texts, &r, &wrong, &d), &d);
    expect_ok(request_write(&r, &out));
    buf_append_byte(&out, '\0');
    ck_assert_str_eq((const char *)out.data, line);
    words_of_request(&r, said, sizeof said);
    ck_assert_str_eq(said, words);
    buf_free(&out);
    request_free(&r);
}

START_TEST(names_are_the_same_both_ways)
{
    for (int f = 0; f < DRAFT_FIELDS; f++)
        ck_assert_int_eq(draft_by_name(draft_name((enum draft_field)f)), f);
    ck_assert_int_eq(draft_by_name("resident-id"), DRAFT_RESIDENT_ID);
    ck_assert_int_eq(draft_by_name("colour"), DRAFT_FIELDS);
    ck_assert_int_eq(draft_by_name(""), DRAFT_FIELDS);
}
END_TEST

#define AT ",\"requested-at\":\"2025-10-09T08:53:20Z\""

START_TEST(changes_of_status_are_written)
{
    expect_line(TEXTS("op", "revoke", "serial", "31:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0A", "by", "subscriber",
                      "reason", "lost", "operator", "op-1"),
                "{\"id\":\"revoke-3100000000000000000000000000000a\",\"op\":\"revoke\","
                "\"serial\":\"3100000000000000000000000000000a\",\"by\":\"subscriber\",\"reason\":\"lost\"" AT
                ",\"operator\":\"op-1\"}",
                "revoke 3100000000000000000000000000000a, asked by the subscriber: lost");
    expect_line(TEXTS("op", "suspend", "serial", SERIAL, "id", "s-1", "requested-at", "2025-10-08T08:53:20Z"),
                "{\"id\":\"s-1\",\"op\":\"suspend\",\"serial\":\"" SERIAL "\",\"requested-at\":\"2025-10-08T08:53:20Z\"}",
                "suspend " SERIAL);
    expect_line(TEXTS("op", "resume", "serial", SERIAL),
                "{\"id\":\"resume-" SERIAL "\",\"op\":\"resume\",\"serial\":\"" SERIAL "\"" AT "}", "resume " SERIAL);
    expect_line(TEXTS("op", "accept", "serial", SERIAL),
                "{\"id\":\"accept-" SERIAL "\",\"op\":\"accept\",\"serial\":\"" SERIAL "\"" AT "}",
                SERIAL " was handed over, and not objected to");
    expect_line(TEXTS("op", "crl", "key", "ca-root"),
                "{\"id\":\"crl-ca-root\",\"op\":\"crl\",\"key\":\"ca-root\"" AT "}", "the revocation list of ca-root");
}
END_TEST

START_TEST(slips_are_told_with_their_field)
{
    expect_wrong(TEXTS("op", "revok"), E_FIELD_VALUE, DRAFT_OP, "no service");
    expect_wrong(TEXTS("op", "renew", "profile", "person", "serial", SERIAL, "csr", "x.csr"), E_OP_NOT_OFFERED, DRAFT_OP,
                 "ca does not offer renew");
    expect_wrong(TEXTS("op", "revoke", "serial", SERIAL, "by", "subscriber"), E_FIELD_MISSING, DRAFT_REASON, "needs reason");
    expect_wrong(TEXTS("op", "suspend"), E_FIELD_MISSING, DRAFT_SERIAL, "or the certificate");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "by", "operator"), E_FIELD_UNKNOWN, DRAFT_BY, "has no by");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "passport", "E1"), E_FIELD_UNKNOWN, DRAFT_RESIDENT_ID + 2,
                 "has no passport");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "certificate", "x.pem"), E_FIELD_VALUE, DRAFT_CERTIFICATE,
                 "one of the two");
    expect_wrong(TEXTS("op", "suspend", "serial", "1.09E+31"), E_FIELD_VALUE, DRAFT_SERIAL, "32 hexadecimal digits");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL "00"), E_FIELD_VALUE, DRAFT_SERIAL, "32 hexadecimal digits");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "id", "a b"), E_FIELD_VALUE, DRAFT_ID, "a b is not");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "requested-at", "yesterday"), E_FIELD_VALUE, DRAFT_REQUESTED_AT,
                 "not a time");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "operator", "\xff"), E_UTF8, DRAFT_OPERATOR, "operator");
    expect_wrong(TEXTS("op", "revoke", "serial", SERIAL, "by", "everybody", "reason", "lost"), E_FIELD_VALUE, DRAFT_BY,
                 "not subscriber, ceased or operator");
    expect_wrong(TEXTS("op", "revoke", "serial", SERIAL, "by", "operator", "reason", "lost"), E_OP_NOT_OFFERED, DRAFT_BY,
                 "does not offer revoke by operator");
    expect_wrong(TEXTS("op", "revoke", "serial", SERIAL, "by", "subscriber", "reason", "boredom"), E_REASON, DRAFT_REASON,
                 "has no boredom, but lost, moved");
    expect_wrong(TEXTS("profile", "parson", "csr", "x.csr"), E_PROFILE, DRAFT_PROFILE, "ca has no parson, but person");
    expect_wrong(TEXTS("profile", "person"), E_FIELD_MISSING, DRAFT_CSR, "needs csr");
    expect_wrong(TEXTS("profile", "person", "csr", "none.csr"), E_IO, DRAFT_CSR, "none.csr");
    expect_wrong(TEXTS("profile", "person", "csr", "none/x.csr"), E_MEDIUM, DRAFT_CSR, "none");
    expect_wrong(TEXTS("profile", "person", "csr", "sub/"), E_MEDIUM, DRAFT_CSR, "sub/");
    help_write("text.csr", (struct span){(const uint8_t *)"text", 4});
    expect_wrong(TEXTS("profile", "person", "csr", "text.csr"), E_CSR_FORMAT, DRAFT_CSR, "text.csr");
    expect_wrong(TEXTS("op", "suspend", "certificate", "text.csr"), E_CERTIFICATE, DRAFT_CERTIFICATE, "text.csr");
    expect_wrong(TEXTS("op", "suspend", "serial", SERIAL, "evidence", "none.pdf"), E_IO, DRAFT_EVIDENCE, "none.pdf");
    help_clean();
}
END_TEST

struct told {
    enum draft_field fields[DRAFT_FIELDS];
    size_t n;
};

static void take_told(void *arg, enum draft_field f, const struct diag *why)
{
    struct told *t = arg;
    ck_assert_int_ne(why->code, E_OK);
    ck_assert_uint_lt(t->n, DRAFT_FIELDS);
    t->fields[t->n++] = f;
}

/* Each field once, whatever else is wrong; what follows from another slip is none of its own. */
START_TEST(all_slips_are_told)
{
    static const enum draft_field want[] = {DRAFT_OPERATOR,                      DRAFT_PROFILE,      DRAFT_CSR, DRAFT_REASON,
                                            DRAFT_RESIDENT_ID + POLICY_PASSPORT, DRAFT_REQUESTED_AT, DRAFT_BY,  DRAFT_CERTIFICATE,
                                            DRAFT_ID};
    struct told told = {.n = 0};
    struct draft draft = {.folder = help_dir(), .tell = take_told, .arg = &told};
    struct request r;
    enum draft_field wrong;
    struct diag d = {0};
    draft.text[DRAFT_OP] = "revoke";
    draft.text[DRAFT_OPERATOR] = "\xff";
    draft.text[DRAFT_PROFILE] = "person";
    draft.text[DRAFT_CSR] = "none.csr";
    draft.text[DRAFT_RESIDENT_ID + POLICY_PASSPORT] = "E1";
    draft.text[DRAFT_BY] = "everybody";
    draft.text[DRAFT_CERTIFICATE] = "none.pem";
    draft.text[DRAFT_REQUESTED_AT] = "yesterday";
    draft.text[DRAFT_ID] = "a b";
    expect_err(draft_request(&draft, &help_bundle_policy()->authorities[0], NOW, &r, &wrong, &d), E_UTF8);
    ck_assert_int_eq(wrong, DRAFT_OPERATOR);
    ck_assert_ptr_nonnull(strstr(d.text, "operator"));
    ck_assert_uint_eq(told.n, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < told.n; i++)
        ck_assert_int_eq(told.fields[i], want[i]);
    request_free(&r);
}
END_TEST

START_TEST(files_go_into_the_request)
{
    EVP_PKEY *key = help_key(KEY_P256);
    struct request r;
    struct buf csr = {0};
    enum draft_field wrong;
    struct diag d;
    char words[400];
    uint8_t digest[DIGEST_LEN];
    help_csr(key, SIG_ECDSA_SHA256, NULL, &csr);
    help_write("wang fang.csr", buf_span(&csr));
    help_write("papers.pdf", (struct span){(const uint8_t *)"papers", 6});
    expect_ok_diag(draft_of(TEXTS("op", "change", "profile", "person", "csr", "wang fang.csr", "serial", SERIAL, "evidence",
                                  "papers.pdf", "resident-id", "11010519491231002X", "pair", "other", "override", "it is"),
                            &r, &wrong, &d),
                   &d);
    ck_assert_str_eq(r.id, "wang-fang");
    ck_assert_int_eq(r.op, OP_CHANGE);
    ck_assert_uint_eq(r.csr.len, csr.len);
    ck_assert_mem_eq(r.csr.data, csr.data, csr.len);
    expect_ok(digest_bytes(DIGEST_SHA256, "papers", 6, digest));
    ck_assert(r.has_evidence);
    ck_assert_mem_eq(r.evidence, digest, DIGEST_LEN);
    ck_assert_str_eq(r.identity.value[POLICY_RESIDENT_ID], "11010519491231002X");
    ck_assert_str_eq(r.pair.request, "other");
    ck_assert_str_eq(r.override_, "it is");
    words_of_request(&r, words, sizeof words);
    ck_assert_str_eq(words, "a certificate with other data in place of " SERIAL);
    words_of_kind(&r, words, sizeof words);
    ck_assert_str_eq(words, "a change of data, person");
    request_free(&r);
    buf_free(&csr);
    EVP_PKEY_free(key);
    help_clean();
}
END_TEST

Suite *suite_draft(void)
{
    Suite *s = suite_create("draft");
    TCase *t = tcase_create("draft");
    tcase_add_test(t, names_are_the_same_both_ways);
    tcase_add_test(t, changes_of_status_are_written);
    tcase_add_test(t, slips_are_told_with_their_field);
    tcase_add_test(t, all_slips_are_told);
    tcase_add_test(t, files_go_into_the_request);
    suite_add_tcase(s, t);
    return s;
}
