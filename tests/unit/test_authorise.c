#include <check.h>
#include <string.h>
#include <unistd.h>

#include "batch/authorise.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/cms.h"

Suite *suite_authorise(void);

static struct world w;
static uint8_t plan[DIGEST_LEN];
static int dir = -1;
static struct diag d;

#define FILE_OF(n) "authorise-abababababababab-officer-" #n ".p7s"

static void set_up(void)
{
    world_make(&w);
    memset(plan, 0xab, DIGEST_LEN);
    tree_make();
    dir = tree_open(".");
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
    world_free(&w);
}

static enum err sign_at(int officer, X509 *cert, EVP_PKEY *key, int64_t now)
{
    d = (struct diag){0};
    enum err e = world_authorise(dir, &w.officers[officer], cert, key, plan, now, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static enum err sign(int officer)
{
    return sign_at(officer, w.officer_certs[officer], w.officer_keys[officer], WORLD_NOW);
}

static enum err check_at(int64_t now, struct authorisations *a)
{
    d = (struct diag){0};
    enum err e = authorise_check(dir, &w.policy, &(struct authorise_what){.digest = plan}, now, a, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static void expect_check(enum err want)
{
    struct authorisations a;
    expect_err(check_at(WORLD_NOW, &a), want);
}

START_TEST(the_text_is_as_documented)
{
    struct buf text = {0};
    expect_ok(authorise_text(&(struct authorise_what){.digest = plan}, &text));
    buf_append_byte(&text, 0);
    ck_assert_str_eq((const char *)text.data,
                     "rootseal-authorise-1\nplan abababababababababababababababababababababababab"
                     "abababababababab\n");
    buf_free(&text);
}
END_TEST

#define DIGITS(x) x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x

START_TEST(the_text_for_a_step_is_as_documented)
{
    static const uint8_t file[DIGEST_LEN] = {0};
    struct buf text = {0};
    expect_ok(authorise_text(&(struct authorise_what){plan, "two-roots", file, 4}, &text));
    buf_append_byte(&text, 0);
    ck_assert_str_eq((const char *)text.data,
                     "rootseal-certify-1\nceremony two-roots\nfile " DIGITS("00") "\nstep 4\ntbs " DIGITS("ab") "\n");
    buf_free(&text);
}
END_TEST

/* The same bytes: signed for a step of a ceremony they are so for no other step, ceremony, file, and for no plan. */
START_TEST(a_step_is_bound_to_its_ceremony)
{
    static const uint8_t file[DIGEST_LEN] = {1}, other[DIGEST_LEN] = {2};
    const struct authorise_what what = {plan, "one", file, 4};
    const struct authorise_what others[] = {{plan, "two", file, 4}, {plan, "one", other, 4}, {plan, "one", file, 4}};
    struct authorisations a;
    w.policy.quorum = 1;
    expect_ok_diag(world_authorise_what(dir, &w.policy.officers[0], w.officer_certs[0], w.officer_keys[0], &what, WORLD_NOW, &d), &d);
    expect_ok_diag(authorise_check(dir, &w.policy, &what, WORLD_NOW, &a, &d), &d);
    expect_err(authorise_check(dir, &w.policy, &others[0], WORLD_NOW, &a, &d), E_OFFICER_SIGNATURE);
    expect_err(authorise_check(dir, &w.policy, &others[1], WORLD_NOW, &a, &d), E_OFFICER_SIGNATURE);
    expect_ok_diag(authorise_check(dir, &w.policy, &others[2], WORLD_NOW, &a, &d), &d);
    expect_err(authorise_check(dir, &w.policy, &(struct authorise_what){plan, "one", file, 5}, WORLD_NOW, &a, &d), E_QUORUM);
    ck_assert_int_eq(rename(tree_path("authorise-4-abababababababab-officer-1.p7s"),
                            tree_path("authorise-5-abababababababab-officer-1.p7s")), 0);
    expect_err(authorise_check(dir, &w.policy, &(struct authorise_what){plan, "one", file, 5}, WORLD_NOW, &a, &d), E_OFFICER_SIGNATURE);
    ck_assert_int_eq(rename(tree_path("authorise-5-abababababababab-officer-1.p7s"), tree_path(FILE_OF(1))), 0);
    expect_check(E_OFFICER_SIGNATURE);
}
END_TEST

/* Each subset of the officers against each quorum. */
START_TEST(k_of_n)
{
    static const char *const files[] = {FILE_OF(1), FILE_OF(2), FILE_OF(3)};
    for (int mask = 0; mask < 8; mask++) {
        int n = 0;
        for (int i = 0; i < OFFICERS; i++) {
            unlink(tree_path(files[i]));
            if (mask >> i & 1) {
                expect_ok_diag(sign(i), &d);
                ck_assert(tree_has(files[i]));
                n++;
            }
        }
        for (int quorum = 0; quorum <= 4; quorum++) {
            struct authorisations a;
            w.policy.quorum = quorum; /* 0 is never a quorum */
            expect_err(check_at(WORLD_NOW, &a), quorum >= 1 && n >= quorum ? E_OK : E_QUORUM);
            ck_assert_uint_eq(a.n, (size_t)n);
            if (d.code != E_OK)
                ck_assert_str_eq(d.clause, "rule quorum");
            expect_ok(authorise_collect(dir, &w.policy, &(struct authorise_what){.digest = plan}, WORLD_NOW, &a, &d));
            ck_assert_uint_eq(a.n, (size_t)n);
        }
    }
}
END_TEST

START_TEST(what_is_told_of_them)
{
    struct authorisations a;
    struct buf file = {0};
    uint8_t digest[DIGEST_LEN];
    expect_ok(sign(2));
    expect_ok(sign(0));
    expect_ok_diag(check_at(WORLD_NOW, &a), &d);
    ck_assert_uint_eq(a.n, 2);
    ck_assert_ptr_eq(a.by[0].officer, &w.officers[0]); /* in the policy's order */
    ck_assert_ptr_eq(a.by[1].officer, &w.officers[2]);
    expect_ok(cert_digest(w.officer_certs[2], digest));
    ck_assert_mem_eq(a.by[1].certificate, digest, DIGEST_LEN);
    tree_read(FILE_OF(3), &file);
    expect_ok(digest_bytes(DIGEST_SHA256, file.data, file.len, digest));
    ck_assert_mem_eq(a.by[1].signature, digest, DIGEST_LEN);
    buf_free(&file);
}
END_TEST

START_TEST(nobody_authorises_twice)
{
    expect_ok(sign(0));
    expect_err(sign(0), E_OFFICER_TWICE);
    expect_ok(sign(1));
    plan[0] ^= 1; /* another plan */
    expect_ok(sign(0));
    expect_err(sign(0), E_OFFICER_TWICE);
}
END_TEST

/* A file that authorises nothing is replaced, so that a torn write cannot lock an officer out. */
START_TEST(a_damaged_file_is_replaced)
{
    struct buf good = {0};
    expect_ok(sign(0));
    expect_ok(sign(1));
    tree_read(FILE_OF(1), &good);
    tree_write(FILE_OF(1), good.data, good.len - 1);
    expect_check(E_OFFICER_SIGNATURE);
    expect_ok(sign(0));
    expect_check(E_OK);
    expect_err(sign(0), E_OFFICER_TWICE);
    static const uint8_t large[LIMIT_APPROVAL_BYTES + 1];
    tree_write(FILE_OF(1), large, sizeof large);
    expect_check(E_MEDIUM_LIMIT);
    expect_ok(sign(0));
    ck_assert_int_eq(rename(tree_path(FILE_OF(1)), tree_path(FILE_OF(2))), 0); /* by another officer */
    expect_check(E_OFFICER);
    expect_ok(sign(1));
    buf_free(&good);
}
END_TEST

/* What cannot be read is no damage: nothing is put in its place. */
START_TEST(a_folder_that_cannot_be_read)
{
    close(dir);
    dir = -1;
    expect_err(sign(0), E_IO);
    dir = tree_open(".");
    ck_assert(!tree_has(FILE_OF(1)));
}
END_TEST

/* policyc takes no more; were there more, those beyond would not count. */
START_TEST(more_officers_than_a_policy_holds)
{
    static struct policy_officer many[LIMIT_OFFICERS + 1];
    struct authorisations a;
    expect_ok(sign(0));
    for (size_t i = 0; i < LIMIT_OFFICERS; i++) {
        many[i] = w.officers[1];
        many[i].id = "nobody";
    }
    many[LIMIT_OFFICERS] = w.officers[0];
    w.policy.officers = many;
    w.policy.officers_n = LIMIT_OFFICERS + 1;
    expect_ok(authorise_collect(dir, &w.policy, &(struct authorise_what){.digest = plan}, WORLD_NOW, &a, &d));
    ck_assert_uint_eq(a.n, 0);
}
END_TEST

START_TEST(only_with_the_officers_own_key)
{
    expect_err(sign_at(0, w.officer_certs[1], w.officer_keys[1], WORLD_NOW), E_OFFICER);
    expect_err(sign_at(0, w.person_certs[0], w.person_keys[0], WORLD_NOW), E_OFFICER);
    ck_assert(!tree_has(FILE_OF(1)));
}
END_TEST

/* The certificates are valid from 2024 to 2034. */
START_TEST(certificates_in_time)
{
    static const int64_t from = INT64_C(1704067200), until = INT64_C(2019686400);
    struct authorisations a;
    expect_err(sign_at(0, w.officer_certs[0], w.officer_keys[0], from - 1), E_OFFICER);
    expect_err(sign_at(0, w.officer_certs[0], w.officer_keys[0], until + 1), E_OFFICER);
    expect_ok(sign_at(0, w.officer_certs[0], w.officer_keys[0], until));
    expect_ok(sign_at(1, w.officer_certs[1], w.officer_keys[1], from));
    expect_ok(check_at(from, &a));
    expect_ok(check_at(until, &a));
    expect_err(check_at(from - 1, &a), E_OFFICER);
    expect_err(check_at(until + 1, &a), E_OFFICER);
}
END_TEST

static void put_in_form(const char *name, X509 *cert, EVP_PKEY *key, enum cms_form form, const char *text)
{
    const struct cms_signer signer = cms_signer_in_memory(key, form);
    struct buf der = {0};
    expect_ok_diag(cms_sign_with(cert, &signer, (struct span){(const uint8_t *)text, strlen(text)}, WORLD_NOW, &der, &d), &d);
    tree_write(name, der.data, der.len);
    buf_free(&der);
}

static void put(const char *name, X509 *cert, EVP_PKEY *key, const char *text)
{
    put_in_form(name, cert, key, CMS_RFC5652, text);
}

/* An officer's file may have that form, whoever made it. */
START_TEST(in_the_form_of_gmt0010)
{
    struct buf text = {0};
    expect_ok(sign(0));
    expect_ok(authorise_text(&(struct authorise_what){.digest = plan}, &text));
    buf_append_byte(&text, 0);
    put_in_form(FILE_OF(2), w.officer_certs[1], w.officer_keys[1], CMS_GMT0010, (const char *)text.data);
    expect_check(E_OK);
    put_in_form(FILE_OF(2), w.officer_certs[1], w.officer_keys[1], CMS_GMT0010, "something else");
    expect_check(E_OFFICER_SIGNATURE);
    buf_free(&text);
}
END_TEST

/* A file that is wrong is not just left out of the count. */
START_TEST(files_that_are_wrong)
{
    struct buf text = {0}, other = {0};
    expect_ok(sign(0));
    expect_ok(sign(1));
    expect_check(E_OK);
    expect_ok(authorise_text(&(struct authorise_what){.digest = plan}, &text));
    buf_append_byte(&text, 0);
    tree_write_str(FILE_OF(3), "");
    expect_check(E_OFFICER_SIGNATURE);
    tree_write_str(FILE_OF(3), "yes, do it");
    expect_check(E_OFFICER_SIGNATURE);
    /* by another officer than the one it is named after */
    put(FILE_OF(3), w.officer_certs[0], w.officer_keys[0], (const char *)text.data);
    expect_check(E_OFFICER);
    /* by an RA person */
    put(FILE_OF(3), w.person_certs[0], w.person_keys[0], (const char *)text.data);
    expect_check(E_OFFICER);
    /* over the digest alone, over another plan, over the plan itself */
    put(FILE_OF(3), w.officer_certs[2], w.officer_keys[2], (const char *)text.data + 21);
    expect_check(E_OFFICER_SIGNATURE);
    plan[0] ^= 1;
    expect_ok(authorise_text(&(struct authorise_what){.digest = plan}, &other));
    buf_append_byte(&other, 0);
    plan[0] ^= 1;
    put(FILE_OF(3), w.officer_certs[2], w.officer_keys[2], (const char *)other.data);
    expect_check(E_OFFICER_SIGNATURE);
    /* and as it should be */
    put(FILE_OF(3), w.officer_certs[2], w.officer_keys[2], (const char *)text.data);
    expect_check(E_OK);
    buf_free(&text);
    buf_free(&other);
}
END_TEST

/* A name that the officer's certificate bears but with another key. */
START_TEST(a_twin)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *twin = help_cert(key, SIG_SM2_SM3, "officer-1");
    struct buf text = {0};
    expect_ok(authorise_text(&(struct authorise_what){.digest = plan}, &text));
    buf_append_byte(&text, 0);
    expect_ok(sign(1));
    expect_ok(sign(2));
    put(FILE_OF(1), twin, key, (const char *)text.data);
    expect_check(E_OFFICER_SIGNATURE);
    X509_free(twin);
    EVP_PKEY_free(key);
    buf_free(&text);
}
END_TEST

/* One plan's authorisations are nothing to another, in the same folder. */
START_TEST(they_belong_to_one_plan)
{
    expect_ok(sign(0));
    expect_ok(sign(1));
    expect_check(E_OK);
    plan[0] ^= 1;
    expect_check(E_QUORUM);
    plan[0] ^= 1;
    plan[31] ^= 1; /* the same sixteen digits, another plan */
    expect_check(E_OFFICER_SIGNATURE);
}
END_TEST

/* Files of people who are no officers any more do not count and do not harm. */
START_TEST(officers_that_left)
{
    expect_ok(sign(0));
    expect_ok(sign(1));
    expect_ok(sign(2));
    w.policy.officers_n = 2;
    tree_write_str(FILE_OF(3), "garbage");
    expect_check(E_OK);
    w.policy.officers_n = 1;
    expect_check(E_QUORUM);
    w.policy.officers_n = 0;
    expect_check(E_QUORUM);
}
END_TEST

START_TEST(links_are_not_followed)
{
    struct buf got = {0};
    expect_ok(sign(0));
    expect_ok(sign(1));
    ck_assert_int_eq(rename(tree_path(FILE_OF(2)), tree_path("elsewhere")), 0);
    ck_assert_int_eq(symlink("elsewhere", tree_path(FILE_OF(2))), 0);
    expect_check(E_MEDIUM_FILE);
    tree_write_str("elsewhere", "stays");
    expect_ok(sign(1)); /* nor written through */
    tree_read("elsewhere", &got);
    ck_assert_uint_eq(got.len, 5);
    buf_free(&got);
    expect_check(E_OK);
}
END_TEST

Suite *suite_authorise(void)
{
    Suite *s = suite_create("authorise");
    TCase *t = tcase_create("authorise");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, the_text_is_as_documented);
    tcase_add_test(t, the_text_for_a_step_is_as_documented);
    tcase_add_test(t, a_step_is_bound_to_its_ceremony);
    tcase_add_test(t, k_of_n);
    tcase_add_test(t, what_is_told_of_them);
    tcase_add_test(t, nobody_authorises_twice);
    tcase_add_test(t, a_damaged_file_is_replaced);
    tcase_add_test(t, a_folder_that_cannot_be_read);
    tcase_add_test(t, more_officers_than_a_policy_holds);
    tcase_add_test(t, only_with_the_officers_own_key);
    tcase_add_test(t, certificates_in_time);
    tcase_add_test(t, in_the_form_of_gmt0010);
    tcase_add_test(t, files_that_are_wrong);
    tcase_add_test(t, a_twin);
    tcase_add_test(t, they_belong_to_one_plan);
    tcase_add_test(t, officers_that_left);
    tcase_add_test(t, links_are_not_followed);
    suite_add_tcase(s, t);
    return s;
}
