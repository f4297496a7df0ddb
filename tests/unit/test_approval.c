#include <check.h>
#include <string.h>
#include <unistd.h>

#include "batch/approval.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/cms.h"

Suite *suite_approval(void);

static const char batch[] = "{\"format\":\"rootseal-batch-1\"}\n";
static struct world w;
static struct batch_header header;
static int dir = -1;
static struct diag d;

static void set_up(void)
{
    world_make(&w);
    header = world_header(1);
    tree_make();
    dir = tree_open(".");
    tree_write_str(BATCH_FILE, batch);
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
    world_free(&w);
}

static void sign(const char *name, X509 *cert, const struct cms_signer *signer, const char *content)
{
    struct buf text = {0}, der = {0};
    help_approval((struct span){(const uint8_t *)content, strlen(content)}, &text);
    expect_ok_diag(cms_sign_with(cert, signer, buf_span(&text), WORLD_NOW, &der, &d), &d);
    tree_write(name, der.data, der.len);
    buf_free(&text);
    buf_free(&der);
}

static void sign_as(const char *name, X509 *cert, EVP_PKEY *key, const char *content)
{
    const struct cms_signer signer = cms_signer_in_memory(key, CMS_RFC5652);
    sign(name, cert, &signer, content);
}

static void sign_in_form(const char *name, int person, enum cms_form form, const char *content)
{
    const struct cms_signer signer = cms_signer_in_memory(w.person_keys[person], form);
    sign(name, w.person_certs[person], &signer, content);
}

static void approve(const char *name, int person)
{
    sign_as(name, w.person_certs[person], w.person_keys[person], batch);
}

static enum err check_at(int64_t now, struct approvals *out)
{
    d = (struct diag){0};
    enum err e = approval_check(dir, &w.policy, &w.authorities[0], &header, now, out, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static void expect_check(enum err want, const char *says)
{
    struct approvals a;
    expect_err(check_at(WORLD_NOW, &a), want);
    ck_assert_msg(strstr(d.text, says) != NULL, "%s lacks %s", d.text, says);
}

START_TEST(entry_and_review)
{
    struct approvals a;
    approve("z.p7s", ENTRY_1);
    approve("a.p7s", REVIEW_1);
    expect_ok_diag(check_at(WORLD_NOW, &a), &d);
    ck_assert_uint_eq(a.n, 2);
    ck_assert_ptr_eq(a.by[0], &w.persons[REVIEW_1]); /* in the order of the names */
    ck_assert_ptr_eq(a.by[1], &w.persons[ENTRY_1]);
    approve("b.p7s", REVIEW_1B); /* more than needed */
    expect_ok_diag(check_at(WORLD_NOW, &a), &d);
    ck_assert_uint_eq(a.n, 3);
}
END_TEST

/* Every combination of who signed, against how many of each role are asked for. */
/* One person in each form; in GM/T 0010's, too, only over the text, by a pinned person, and once. */
START_TEST(in_the_form_of_gmt0010)
{
    struct approvals a;
    approve("a.p7s", ENTRY_1);
    sign_in_form("b.p7s", REVIEW_1, CMS_GMT0010, batch);
    expect_ok_diag(check_at(WORLD_NOW, &a), &d);
    ck_assert_uint_eq(a.n, 2);
    ck_assert_ptr_eq(a.by[1], &w.persons[REVIEW_1]);
    sign_in_form("c.p7s", ENTRY_1, CMS_GMT0010, batch);
    expect_check(E_APPROVAL_TWICE, "c.p7s");
    unlink(tree_path("c.p7s"));
    sign_in_form("b.p7s", REVIEW_1, CMS_GMT0010, "another batch");
    expect_check(E_APPROVAL_SIGNATURE, "b.p7s");
}
END_TEST

START_TEST(roles_are_counted)
{
    for (int mask = 0; mask < 8; mask++) {
        for (int want = 1; want <= 3; want++) {
            static const char *const names[] = {"e.p7s", "r.p7s", "s.p7s"};
            struct approvals a;
            for (int i = 0; i < 3; i++) {
                unlink(tree_path(names[i]));
                if (mask >> i & 1)
                    approve(names[i], i);
            }
            w.approvals[1].count = want;
            bool entry = mask & 1;
            int review = (mask >> 1 & 1) + (mask >> 2 & 1);
            char lacks[64], more[32] = "";
            if (review < want)
                snprintf(more, sizeof more, "review: %d of %d", review, want);
            snprintf(lacks, sizeof lacks, "%s%s%s", entry ? "" : "entry: 0 of 1", !entry && review < want ? ", " : "", more);
            expect_err(check_at(WORLD_NOW, &a),
                       entry && review >= want ? E_OK : E_APPROVAL_MISSING);
            if (!entry)
                ck_assert_str_eq(d.clause, "rule entry");
            else if (review < want)
                ck_assert_str_eq(d.clause, "rule review");
            ck_assert_str_eq(d.text, lacks); /* all roles, not the first one only */
        }
    }
}
END_TEST

START_TEST(one_person_counts_once)
{
    approve("a.p7s", ENTRY_1);
    approve("b.p7s", REVIEW_1);
    approve("c.p7s", REVIEW_1);
    w.approvals[1].count = 2;
    expect_check(E_APPROVAL_TWICE, "c.p7s");
}
END_TEST

START_TEST(a_person_of_another_ra)
{
    approve("a.p7s", ENTRY_1);
    approve("b.p7s", REVIEW_1);
    approve("c.p7s", ENTRY_2);
    expect_check(E_APPROVAL_RA, "entry-2");
}
END_TEST

START_TEST(a_person_nobody_pinned)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "nobody");
    approve("a.p7s", ENTRY_1);
    approve("b.p7s", REVIEW_1);
    sign_as("c.p7s", cert, key, batch);
    expect_check(E_APPROVAL_PERSON, "c.p7s");
    X509_free(cert);
    /* not even under a pinned person's name */
    cert = help_cert(key, SIG_SM2_SM3, "entry-1");
    sign_as("c.p7s", cert, key, batch);
    expect_check(E_APPROVAL_SIGNATURE, "c.p7s");
    X509_free(cert);
    EVP_PKEY_free(key);
    /* an officer is no RA person */
    sign_as("c.p7s", w.officer_certs[0], w.officer_keys[0], batch);
    expect_check(E_APPROVAL_PERSON, "c.p7s");
}
END_TEST

START_TEST(over_something_else)
{
    approve("a.p7s", ENTRY_1);
    sign_as("b.p7s", w.person_certs[REVIEW_1], w.person_keys[REVIEW_1], "another batch");
    expect_check(E_APPROVAL_SIGNATURE, "b.p7s");
    approve("b.p7s", REVIEW_1);
    expect_check(E_OK, "");
    tree_write_str(BATCH_FILE, "{\"format\":\"rootseal-batch-1\"} \n");
    expect_check(E_APPROVAL_SIGNATURE, "a.p7s");
}
END_TEST

/* The text has a form of its own: what was signed for some other purpose approves nothing. */
START_TEST(over_the_batch_itself)
{
    struct buf der = {0};
    approve("a.p7s", ENTRY_1);
    expect_ok(cms_sign(w.person_certs[REVIEW_1], w.person_keys[REVIEW_1],
                       (struct span){(const uint8_t *)batch, strlen(batch)}, WORLD_NOW, &der, &d));
    tree_write("b.p7s", der.data, der.len);
    expect_check(E_APPROVAL_SIGNATURE, "b.p7s");
    buf_free(&der);
}
END_TEST

START_TEST(the_text)
{
    struct buf text = {0};
    uint8_t digest[DIGEST_LEN];
    memset(digest, 0xa5, sizeof digest);
    expect_ok(approval_text(digest, &text));
    buf_append_byte(&text, 0);
    ck_assert_str_eq((const char *)text.data, "rootseal-approve-1\nbatch a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\n");
    buf_free(&text);
}
END_TEST

START_TEST(what_is_no_signature)
{
    approve("a.p7s", ENTRY_1);
    approve("b.p7s", REVIEW_1);
    tree_write_str("c.p7s", "");
    expect_check(E_APPROVAL_FORMAT, "c.p7s");
    tree_write_str("c.p7s", "good morning");
    expect_check(E_APPROVAL_FORMAT, "c.p7s");
    unlink(tree_path("c.p7s"));
    tree_write_str("c.txt", "not looked at");
    tree_write_str("authorise-c.p7s", "neither");
    expect_check(E_OK, "");
    ck_assert_int_eq(symlink("a.p7s", tree_path("c.p7s")), 0);
    expect_check(E_MEDIUM_FILE, "c.p7s");
}
END_TEST

/* The certificates are valid from 2024 to 2034, both ends included. */
START_TEST(certificates_in_time)
{
    static const int64_t from = INT64_C(1704067200), until = INT64_C(2019686400);
    struct approvals a;
    approve("a.p7s", ENTRY_1);
    approve("b.p7s", REVIEW_1);
    expect_ok(check_at(from, &a));
    expect_ok(check_at(until, &a));
    expect_err(check_at(from - 1, &a), E_APPROVAL_EXPIRED);
    expect_err(check_at(until + 1, &a), E_APPROVAL_EXPIRED);
    ck_assert_ptr_nonnull(strstr(d.text, "a.p7s"));
}
END_TEST

/* So many persons that a policy could hold them, and a folder not. */
START_TEST(more_approvals_than_a_folder_holds)
{
    static struct policy_person many[APPROVALS_MAX + 1];
    static struct buf der[APPROVALS_MAX + 1];
    static char names[APPROVALS_MAX + 1][16];
    EVP_PKEY *key = help_key(KEY_SM2);
    struct approvals a;
    for (int i = 0; i <= APPROVALS_MAX; i++) {
        char file[20];
        snprintf(names[i], sizeof names[i], "person-%d", i);
        snprintf(file, sizeof file, "p%02d.p7s", i);
        X509 *cert = help_cert(key, SIG_SM2_SM3, names[i]);
        expect_ok(cert_write_der(cert, &der[i]));
        many[i] = w.persons[i % 2 == 0 ? ENTRY_1 : REVIEW_1];
        many[i].id = names[i];
        many[i].certificate = buf_span(&der[i]);
        if (i < APPROVALS_MAX)
            sign_as(file, cert, key, batch);
        else
            sign_as("last.p7s", cert, key, batch);
        X509_free(cert);
    }
    w.policy.persons = many;
    w.policy.persons_n = APPROVALS_MAX + 1;
    expect_check(E_MEDIUM_LIMIT, "more than 64 approvals");
    unlink(tree_path("last.p7s"));
    expect_ok_diag(check_at(WORLD_NOW, &a), &d);
    ck_assert_uint_eq(a.n, APPROVALS_MAX);
    for (int i = 0; i <= APPROVALS_MAX; i++)
        buf_free(&der[i]);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(there_is_no_batch)
{
    unlink(tree_path(BATCH_FILE));
    expect_check(E_IO, BATCH_FILE);
}
END_TEST

/* Nobody's application is in it. */
START_TEST(the_appliances_own)
{
    struct approvals a;
    snprintf(header.ra, sizeof header.ra, HEADER_OWN_RA);
    expect_ok_diag(check_at(WORLD_NOW, &a), &d);
    ck_assert_uint_eq(a.n, 0);
}
END_TEST

Suite *suite_approval(void)
{
    Suite *s = suite_create("approval");
    TCase *t = tcase_create("approval");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, entry_and_review);
    tcase_add_test(t, in_the_form_of_gmt0010);
    tcase_add_test(t, roles_are_counted);
    tcase_add_test(t, one_person_counts_once);
    tcase_add_test(t, a_person_of_another_ra);
    tcase_add_test(t, a_person_nobody_pinned);
    tcase_add_test(t, over_something_else);
    tcase_add_test(t, over_the_batch_itself);
    tcase_add_test(t, the_text);
    tcase_add_test(t, what_is_no_signature);
    tcase_add_test(t, certificates_in_time);
    tcase_add_test(t, more_approvals_than_a_folder_holds);
    tcase_add_test(t, there_is_no_batch);
    tcase_add_test(t, the_appliances_own);
    suite_add_tcase(s, t);
    return s;
}
