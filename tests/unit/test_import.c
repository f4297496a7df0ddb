#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "expect.h"
#include "help_bundle.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "ra/import.h"
#include "ra/layout.h"

Suite *suite_import(void);

static struct help_bundle made;

static void setup(void)
{
    help_run("rm -rf batch bundle anchors out");
    help_bundle_make(&made);
    help_bundle_write(&made);
}

static void teardown(void)
{
    help_bundle_free(&made);
    help_run("rm -rf batch bundle anchors out");
    help_clean();
}

static enum err verify_with(const struct policy *p, struct import *i, struct diag *d)
{
    char anchors[128], batch[128];
    snprintf(anchors, sizeof anchors, "%s", help_path("anchors"));
    snprintf(batch, sizeof batch, "%s", help_path("batch"));
    *d = (struct diag){0};
    return import_verify(p, anchors, batch, help_path("bundle"), ".", NULL, i, d);
}

static enum err verify(void)
{
    struct import i;
    struct diag d;
    enum err e = verify_with(help_bundle_policy(), &i, &d);
    ck_assert_int_eq(d.code, e);
    import_free(&i);
    return e;
}

/* What the bundle as it is now in `made` gets, rightly signed. */
static enum err verify_made(void)
{
    help_bundle_write(&made);
    return verify();
}

static void replace(struct buf *b, const struct buf *with)
{
    buf_reset(b);
    buf_append(b, with->data, with->len);
}

/* Put `to` where `from` stands first; they are of one length. */
static void edit(struct buf *b, const char *from, const char *to)
{
    uint8_t *at = memmem(b->data, b->len, from, strlen(from));
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

START_TEST(a_right_bundle_is_laid_out_once)
{
    struct import i;
    struct diag d;
    struct stat first, second;
    bool news;
    struct buf csv = {0};
    char name[LAYOUT_NAME], out[128];
    snprintf(out, sizeof out, "%s", help_path("out"));
    expect_ok_diag(verify_with(help_bundle_policy(), &i, &d), &d);
    static const enum plan_act acts[] = {PLAN_ISSUE, PLAN_REFUSE,  PLAN_ISSUE, PLAN_REVOKE, PLAN_HOLD,
                                         PLAN_RELEASE, PLAN_ISSUE, PLAN_ACCEPT, PLAN_CRL};
    ck_assert_uint_eq(i.answers.n, 9);
    for (size_t n = 0; n < i.answers.n; n++)
        ck_assert_int_eq(answers_at(&i.answers, n)->act, acts[n]);
    ck_assert_int_eq(answers_at(&i.answers, 1)->code, E_CSR_SIGNATURE);
    expect_ok_diag(layout_write(out, &i.bundle, &i.answers, &i.seal, NULL, name, &news, &d), &d);
    ck_assert(news);
    ck_assert_str_eq(name, "town-7");
    ck_assert_int_eq(stat(help_path("out/town-7/import.json"), &first), 0);
    expect_ok_diag(layout_write(out, &i.bundle, &i.answers, &i.seal, NULL, name, &news, &d), &d);
    ck_assert(!news);
    ck_assert_int_eq(stat(help_path("out/town-7/import.json"), &second), 0);
    ck_assert(first.st_ino == second.st_ino);
    help_read("out/town-7/results.csv", &csv);
    buf_append_byte(&csv, 0);
    ck_assert_ptr_nonnull(strstr((const char *)csv.data,
                                 "\r\n\"2\",\"two\",\"refused\",\"\",\"\",\"\",\"E_CSR_SIGNATURE\","
                                 "\"RFC 2986 4.2\",\"\",\"ecdsa-sha256\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n\"3\",\"three\",\"issued\","
                                 "\"40000000000000000000000000000003\","));
    ck_assert(help_run("openssl x509 -in out/town-7/certs/three.pem -noout -ext subjectAltName | "
                       "grep -q a.example.com"));
    ck_assert_ptr_nonnull(strstr((const char *)csv.data, "\"four\",\"revoked\",\"31000000000000000000000000000001\","));
    ck_assert_ptr_nonnull(strstr((const char *)csv.data, "\r\n\"9\",\"\",\"crl\",\"\",\"\",\"\",\"\",\"c 15\","
                                                         "\"../crls/ca-root-5.crl\",\"\",\"\",\"\",\"\",\"\","
                                                         "\"ca-root\",\"5\",\"\",\"2025-10-16T08:53:20Z\"\r\n"));
    ck_assert(!help_run("test -e out/town-7/certs/two.pem"));
    ck_assert(help_run("cmp out/crls/ca-root-5.crl bundle/ca-root-5.crl && test ! -e out/town-7/enveloped"));
    buf_free(&csv);

    /* Anything else that is there stops it, and nothing is written then. */
    ck_assert(help_run("rm out/town-7/results.csv && echo >> out/town-7/certs/one.pem"));
    expect_err(layout_write(out, &i.bundle, &i.answers, &i.seal, NULL, name, &news, &d), E_BUNDLE_OTHER);
    ck_assert_msg(strstr(d.text, "out/town-7/certs/one.pem was changed after") != NULL, "%s", d.text);
    ck_assert(!help_run("test -e out/town-7/results.csv"));
    ck_assert(help_run("rm out/town-7/certs/one.pem"));
    expect_ok_diag(layout_write(out, &i.bundle, &i.answers, &i.seal, NULL, name, &news, &d), &d);
    ck_assert(help_run("test -e out/town-7/results.csv && test -e out/town-7/certs/one.pem"));
    i.bundle.digest[0] ^= 1;
    expect_err(layout_write(out, &i.bundle, &i.answers, &i.seal, NULL, name, &news, &d), E_BUNDLE_OTHER);
    ck_assert_msg(strstr(d.text, "out/town-7 is of another bundle") != NULL, "%s", d.text);
    import_free(&i);
}
END_TEST

START_TEST(every_flip_of_a_manifest_is_refused)
{
    struct buf json = {0}, p7s = {0};
    struct manifest good, other;
    struct cms *cms;
    struct diag d = {0};
    X509 *cert;
    help_read("bundle/bundle.json", &json);
    help_read("bundle/bundle.p7s", &p7s);
    expect_ok_diag(cert_parse(buf_span(&made.certs[1]), &cert, &d), &d);
    expect_ok_diag(cms_parse(buf_span(&p7s), &cms, &d), &d);
    expect_ok_diag(cms_verify(cms, cert, buf_span(&json), &d), &d);
    expect_ok_diag(manifest_parse(buf_span(&json), &good, &d), &d);
    for (size_t bit = 0; bit < 8 * json.len; bit++) {
        json.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err e = manifest_parse(buf_span(&json), &other, &d);
        ck_assert_msg(e == E_BUNDLE_FORMAT ||
                          (e == E_OK && memcmp(&good, &other, sizeof good) != 0),
                      "bit %zu: %s", bit, err_name(e));
        ck_assert_msg(cms_verify(cms, cert, buf_span(&json), &d) == E_APPROVAL_SIGNATURE, "bit %zu",
                      bit);
        json.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < json.len; n++)
        ck_assert(manifest_parse((struct span){json.data, n}, &other, &d) == E_BUNDLE_FORMAT);
    buf_append_byte(&json, '\n');
    expect_err(manifest_parse(buf_span(&json), &other, &d), E_BUNDLE_FORMAT);
    cms_free(cms);
    X509_free(cert);
    buf_free(&json);
    buf_free(&p7s);
}
END_TEST

START_TEST(manifests_of_another_form_are_refused)
{
    static const struct {
        const char *from, *to;
    } edits[] = {{"rootseal-bundle-1", "rootseal-bundle-2"},
                 {"\"authority\":", "\"authoritx\":"},
                 {"\"ca\"", "\"/a\""},
                 {"\"town\"", "\"..wn\""},
                 {"\"sequence\":7", "\"sequence\":0"},
                 {"\"sequence\":7", "\"sequence\": "},
                 {"\"log-first\":40", "\"log-first\":99"},
                 {"\"seal.json\"", "\"../l.json\""},
                 {"\"certs.p7b\"", "\"chain.pem\""},
                 {"\"issued\":3", "\"issued\":x"},
                 {"\"lists\":1", "\"lists\":2"},
                 {"\"lists\":1", "\"lists\":0"},
                 {"ca-root-5.crl", "ca-root-0.crl"},
                 {"ca-root-5.crl", "ca-root-05crl"},
                 {"ca-root-5.crl", "../root-5.crl"},
                 {"ca-root-5.crl", ".a-root-5.crl"},
                 {"ca-root-5.crl", "ca-root_5.crl"},
                 {"{\"name\"", "{\"nam3\""}};
    struct buf json = {0}, bad = {0};
    struct manifest m;
    struct diag d = {0};
    help_read("bundle/bundle.json", &json);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        replace(&bad, &json);
        edit(&bad, edits[i].from, edits[i].to);
        expect_err(manifest_parse(buf_span(&bad), &m, &d), E_BUNDLE_FORMAT);
    }
    buf_free(&json);
    buf_free(&bad);
}
END_TEST

/* What no signature is asked about: files changed after the manifest was signed. */
START_TEST(changed_and_missing_files_are_found)
{
    static const struct {
        const char *command;
        enum err want;
    } rows[] = {
        {"echo >> bundle/bundle.json", E_BUNDLE_SIGNATURE},
        {"rm bundle/bundle.json", E_BUNDLE_FORMAT},
        {"rm bundle/bundle.json && echo {} > bundle/refusal.json", E_BUNDLE_FORMAT},
        {"rm bundle/bundle.p7s", E_BUNDLE_SIGNATURE},
        {"echo > bundle/bundle.p7s", E_BUNDLE_SIGNATURE},
        {"rm bundle/seal.json", E_BUNDLE_DIGEST},
        {"echo >> bundle/results.jsonl", E_BUNDLE_DIGEST},
        {"rm bundle/certs.p7b && ln -s chain.pem bundle/certs.p7b", E_MEDIUM_FILE},
        {"rm bundle/ca-root-5.crl", E_BUNDLE_DIGEST},
        {"echo >> bundle/ca-root-5.crl", E_BUNDLE_DIGEST},
        {"rm bundle/log.jsonl && mkfifo bundle/log.jsonl", E_MEDIUM_FILE},
        {"rm -r bundle", E_MEDIUM},
        {"rm batch/batch.jsonl", E_MEDIUM},
        {"sed -i 's/b7/b8/' batch/batch.jsonl", E_BUNDLE_ANSWER},
        {"rm -r anchors", E_ANCHOR},
        {"rm anchors/the-bundle.pem", E_ANCHOR},
        {"rm anchors/the-log.pem", E_ANCHOR},
        {"rm anchors/ca-root.pem", E_ANCHOR},
        {"echo > anchors/ca-root.pem", E_ANCHOR},
        {"cp anchors/the-log.pem anchors/ca-root.pem", E_ANCHOR},
        {"cp anchors/ca-root.pem anchors/the-log.pem", E_ANCHOR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert(help_run("rm -rf batch bundle anchors"));
        help_bundle_write(&made);
        expect_ok(verify());
        ck_assert_msg(help_run("%s", rows[i].command), "%s", rows[i].command);
        enum err e = verify();
        ck_assert_msg(e == rows[i].want, "%s: %s", rows[i].command, err_name(e));
        expect_seen(e);
    }
}
END_TEST

START_TEST(an_anchor_of_another_ceremony_is_refused)
{
    static const struct {
        const char *name;
        enum err want;
    } rows[] = {
        {"ca-root", E_CERT_SIGNATURE}, {"the-bundle", E_BUNDLE_SIGNATURE}, {"the-log", E_LOG_SEAL}};
    struct help_bundle other;
    help_bundle_make(&other);
    for (int i = 0; i < 3; i++) {
        char name[64];
        X509 *cert;
        help_bundle_write(&made);
        expect_ok(cert_parse(buf_span(&other.certs[i]), &cert, NULL));
        snprintf(name, sizeof name, "anchors/%s.pem", rows[i].name);
        help_write_cert(name, cert);
        expect_err(verify(), rows[i].want);
        X509_free(cert);
    }
    help_bundle_free(&other);
}
END_TEST

/* From here on the appliance itself would have signed what is wrong. */

START_TEST(signed_nonsense_is_refused)
{
    static const struct {
        const char *from, *to;
        enum manifest_file file;
        enum err want;
    } rows[] = {
        {"\"hash\":\"sm3\"", "\"hash\":\"sm4\"", MANIFEST_SEAL, E_BUNDLE_FORMAT},
        {"\"key\":\"the-log\"", "\"key\":\"the-lag\"", MANIFEST_SEAL, E_LOG_SEAL},
        {"\"size\":50", "\"size\":52", MANIFEST_SEAL, E_LOG_SEAL},
        {"\"seq\":41", "\"seq\":42", MANIFEST_LOG, E_LOG_CHAIN},
        {"\"seq\":40", "\"seq\":39", MANIFEST_LOG, E_LOG_CHAIN},
        {"\"time\":\"2025", "\"time\":\"2024", MANIFEST_LOG, E_LOG_CHAIN},
        {"\"code\":\"E_CSR_SIGNATURE\"", "\"code\":\"E_CSR_ALGORITHM\"", MANIFEST_LOG, E_LOG_CHAIN},
        {"\"type\":\"plan\"", "\"type\":\"plam\"", MANIFEST_LOG, E_LOG_FORMAT},
        {"\"sequence\":7", "\"sequence\":8", MANIFEST_LOG, E_BUNDLE_ANSWER},
        {"\"n\":1", "\"n\":2", MANIFEST_RESULTS, E_BUNDLE_ANSWER},
        {"\"id\":\"one\"", "\"id\":\"two\"", MANIFEST_RESULTS, E_BUNDLE_ANSWER},
        {"\"id\":\"one\"", "\"id\":\"../\"", MANIFEST_RESULTS, E_BUNDLE_FORMAT},
        {"\"log\":42", "\"log\":43", MANIFEST_RESULTS, E_BUNDLE_ANSWER},
        {"\"clause\":\"c 4\"", "\"clause\":\"c 5\"", MANIFEST_RESULTS, E_BUNDLE_ANSWER},
        {"\"profile\":\"person\"", "\"profile\":\"parson\"", MANIFEST_RESULTS, E_BUNDLE_ANSWER},
        {"\"ignored\":\"\"", "\"ignorec\":\"\"", MANIFEST_RESULTS, E_BUNDLE_FORMAT},
        {"00001\"", "00007\"", MANIFEST_RESULTS, E_BUNDLE_ANSWER},
        {"\"code\":\"E_CSR_SIGNATURE\"", "\"code\":\"E_CSR_ALGORITHM\"", MANIFEST_RESULTS,
         E_BUNDLE_ANSWER},
        {"\"code\":\"E_CSR_SIGNATURE\"", "\"code\":\"E_CSR_SIGNATURX\"", MANIFEST_RESULTS,
         E_BUNDLE_FORMAT},
        {"\"decision\":\"issued\"", "\"decision\":\"issuex\"", MANIFEST_RESULTS, E_BUNDLE_FORMAT},
        {"BEGIN", "BEGYN", MANIFEST_CHAIN, E_ANCHOR},
        {"a.example.com", "b.example.com", MANIFEST_CERTS, E_BUNDLE_ANSWER},
        {"\x02\x01\x01\x31", "\x02\x01\x02\x31", MANIFEST_CERTS, E_BUNDLE_FORMAT},
    };
    struct buf keep = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf *file = &made.files[rows[i].file];
        replace(&keep, file);
        edit(file, rows[i].from, rows[i].to);
        enum err e = verify_made();
        ck_assert_msg(e == rows[i].want, "%s for %s: %s", rows[i].to, rows[i].from, err_name(e));
        expect_seen(e);
        replace(file, &keep);
    }
    expect_ok(verify_made());
    buf_free(&keep);
}
END_TEST

START_TEST(counts_and_policy_must_fit)
{
    int64_t *const numbers[] = {&made.issued, &made.refused, &made.status, &made.lists, &made.log_first, &made.log_last};
    static const enum err want[] = {E_BUNDLE_ANSWER, E_BUNDLE_ANSWER, E_BUNDLE_ANSWER,
                                    E_BUNDLE_ANSWER, E_LOG_CHAIN,     E_LOG_CHAIN};
    for (size_t i = 0; i < 6; i++) {
        *numbers[i] += 1;
        expect_err(verify_made(), want[i]);
        *numbers[i] -= 2;
        expect_err(verify_made(), want[i]);
        *numbers[i] += 1;
    }
    made.policy[0] ^= 1;
    expect_err(verify_made(), E_BUNDLE_POLICY);
    made.policy[0] ^= 1;
    help_bundle_write(&made);
    struct policy other = *help_bundle_policy();
    struct import i;
    struct diag d;
    other.quorum = 3;
    expect_err(verify_with(&other, &i, &d), E_BUNDLE_POLICY);
    import_free(&i);
}
END_TEST

enum move { DROP, DOUBLE, SWAP, MOVES };

static void put_moved(struct buf *file, const struct span *lines, size_t n, size_t at,
                      enum move how)
{
    buf_reset(file);
    for (size_t i = 0; i < n; i++) {
        size_t from = i;
        if (how == SWAP && (i == at || i == (at + 1) % n))
            from = i == at ? (at + 1) % n : at;
        if (how == DROP && i == at)
            continue;
        for (int copies = how == DOUBLE && i == at ? 2 : 1; copies > 0; copies--) {
            buf_append(file, lines[from].p, lines[from].n);
            buf_append_byte(file, '\n');
        }
    }
}

START_TEST(lines_cannot_be_moved)
{
    bool log = _i == 0;
    struct buf keep = {0}, *file = &made.files[log ? MANIFEST_LOG : MANIFEST_RESULTS];
    struct span lines[16];
    size_t n = 0;
    replace(&keep, file);
    struct lines l = {.rest = buf_span(&keep)};
    while (lines_next(&l, &lines[n], NULL))
        n++;
    for (size_t at = 0; at < n; at++) {
        for (int how = 0; how < MOVES; how++) {
            put_moved(file, lines, n, at, (enum move)how);
            enum err e = verify_made();
            ck_assert_msg(e == (log ? E_LOG_CHAIN : E_BUNDLE_ANSWER), "line %zu, way %d: %s", at,
                          how, err_name(e));
        }
    }
    replace(file, &keep);
    expect_ok(verify_made());
    buf_free(&keep);
}
END_TEST

/* Certificates that were never asked for, under a chain and a seal that are right in themselves. */
START_TEST(another_batch_is_not_answered)
{
    struct help_bundle other;
    help_bundle_make(&other);
    replace(&made.batch, &other.batch);
    expect_err(verify_made(), E_BUNDLE_ANSWER);
    help_bundle_free(&other);
}
END_TEST

Suite *suite_import(void)
{
    Suite *s = suite_create("import");
    TCase *t = tcase_create("bundle");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_right_bundle_is_laid_out_once);
    tcase_add_test(t, every_flip_of_a_manifest_is_refused);
    tcase_add_test(t, manifests_of_another_form_are_refused);
    tcase_add_test(t, changed_and_missing_files_are_found);
    tcase_add_test(t, an_anchor_of_another_ceremony_is_refused);
    tcase_add_test(t, signed_nonsense_is_refused);
    tcase_add_test(t, counts_and_policy_must_fit);
    tcase_add_loop_test(t, lines_cannot_be_moved, 0, 2);
    tcase_add_test(t, another_batch_is_not_answered);
    suite_add_tcase(s, t);
    return s;
}
