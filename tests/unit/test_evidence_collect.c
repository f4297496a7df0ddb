/* Evidence gathered from a state: what is missing in its log or its archive is told, and what belongs to others is left there. */
#include <check.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "batch/intake.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "expect.h"
#include "help_evidence.h"
#include "help_pki.h"
#include "log/log.h"
#include "log/position.h"
#include "memory_sweep.h"

Suite *suite_evidence_collect(void);

#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"
#define SERIAL "40000000000000000000000000000001"
#define LINES_MAX 16

/* The log's lines, as help_evidence_make() has them. */
enum { GENESIS, LOG_ANCHOR, ROOT_ANCHOR, BATCH, AUTHORISE_1, AUTHORISE_2, PLAN, ISSUED };

static struct help_evidence h;
static struct policy policy;
static struct evidence_facts f;
static struct diag d;
static bool differs;
static char folder[sizeof ARCHIVE_DIR + DIGEST_HEX]; /* of the batch */

static struct line {
    enum record_type type;
    json_t *fields;
} lines[LINES_MAX];
static size_t lines_n;

/* -- a state -- */

static json_t *fields_of(const struct record *r)
{
    static const char *const framing[] = {"seq", "time", "type", "prev"};
    json_t *fields = json_deep_copy(r->obj);
    for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++)
        ck_assert_int_eq(json_object_del(fields, framing[i]), 0);
    return fields;
}

static void set(size_t line, const char *key, const char *text)
{
    ck_assert_int_eq(json_object_set_new(lines[line].fields, key, json_string(text)), 0);
}

static void put(struct log_position *at, enum record_type type, json_t *fields, struct buf *out)
{
    struct buf line = {0};
    expect_ok_diag(record_write(at->size + 1, HELP_BUNDLE_NOW, type, at->head, fields, &line, &d), &d);
    expect_ok(position_advance(at, buf_span(&line), HELP_BUNDLE_NOW));
    buf_append(out, line.data, line.len);
    buf_append_byte(out, '\n');
    buf_free(&line);
}

static void write_log(bool sealed)
{
    struct log_position at = {.hash = DIGEST_SM3};
    struct buf file = {0};
    struct seal seal;
    for (size_t i = 0; i < lines_n; i++)
        put(&at, lines[i].type, json_deep_copy(lines[i].fields), &file);
    expect_ok(seal_of(&at, "the-log", &seal));
    buf_append(&seal.signature, h.evidence.seal.signature.data, h.evidence.seal.signature.len);
    if (sealed)
        put(&at, RECORD_SEAL, seal_fields(&seal), &file);
    help_write(LOG_FILE, buf_span(&file));
    seal_free(&seal);
    buf_free(&file);
}

static void archive_file(const char *name, struct span bytes)
{
    char path[sizeof folder + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    help_write(path, bytes);
}

static void write_archive(void)
{
    const struct evidence_signatures *s = &h.evidence.authorisations;
    archive_file(BATCH_FILE, buf_span(&h.bundle.batch));
    archive_file(PLAN_FILE, buf_span(&h.plan));
    archive_file("one.p7s", buf_span(&h.evidence.approvals.v[0].cms));
    archive_file(AUTHORISATION_PREFIX "1.p7s", buf_span(&s->v[0].cms));
    archive_file(AUTHORISATION_PREFIX "2.p7s", buf_span(&s->v[1].cms));
}

static void set_up(void)
{
    help_evidence_make(&h);
    policy = h.policy;
    expect_ok_diag(evidence_read_parts(&h.evidence, &f, &d), &d);
    lines_n = f.records_n;
    for (size_t i = 0; i < lines_n; i++)
        lines[i] = (struct line){f.records[i].type, fields_of(&f.records[i])};
    snprintf(folder, sizeof folder, ARCHIVE_DIR "/%s", record_text(f.plan, "intake"));
    ck_assert(help_dir() != NULL && help_run("mkdir -p %s", folder));
    write_log(true);
    write_archive();
}

static void tear_down(void)
{
    for (size_t i = 0; i < lines_n; i++)
        json_decref(lines[i].fields);
    evidence_facts_free(&f);
    help_evidence_free(&h);
    help_clean();
}

static enum err collect_from(const char *state, const char *serial)
{
    struct evidence e;
    struct buf text = {0};
    d = (struct diag){0};
    enum err err = evidence_collect(state, serial, &policy, &e, &d);
    if (err == E_OK && (err = evidence_write(&e, &text, &d)) == E_OK)
        differs = differs || text.len != h.text.len || memcmp(text.data, h.text.data, text.len) != 0;
    evidence_free(&e);
    buf_free(&text);
    return err;
}

static enum err collect(void)
{
    return collect_from(help_dir(), SERIAL);
}

static void expect_told(enum err want, const char *words)
{
    enum err e = collect();
    ck_assert_msg(e == want && (words == NULL || strstr(d.text, words) != NULL), "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
}

START_TEST(it_is_what_the_appliance_has)
{
    const struct policy_person two[] = {h.person, {.id = "other"}};
    expect_ok_diag(collect(), &d);
    ck_assert(!differs);
    policy.persons = two; /* the first one is who approved */
    policy.persons_n = 2;
    expect_ok_diag(collect(), &d);
    ck_assert(!differs);
}
END_TEST

/* -- the log -- */

/* A copy of this line before it. */
static void repeat(size_t line)
{
    ck_assert_uint_lt(lines_n, LINES_MAX);
    memmove(&lines[line + 1], &lines[line], (lines_n - line) * sizeof lines[0]);
    lines[line].fields = json_deep_copy(lines[line + 1].fields);
    lines_n++;
}

static void drop(size_t line)
{
    json_decref(lines[line].fields);
    lines_n--;
    memmove(&lines[line], &lines[line + 1], (lines_n - line) * sizeof lines[0]);
}

START_TEST(lines_of_other_batches_are_left)
{
    struct evidence e;
    repeat(ISSUED);
    set(ISSUED, "serial", "41");
    repeat(PLAN);
    set(PLAN, "batch", OTHER); /* of the same plan, and of another batch */
    repeat(PLAN);
    set(PLAN, "batch", OTHER);
    set(PLAN, "plan", OTHER);
    repeat(AUTHORISE_1);
    set(AUTHORISE_1, "plan", OTHER);
    repeat(BATCH);
    set(BATCH, "batch", OTHER);
    repeat(BATCH);
    set(BATCH, "intake", OTHER);
    repeat(LOG_ANCHOR);
    set(LOG_ANCHOR, "key", "cb-root");
    write_log(true);
    expect_ok_diag(evidence_collect(help_dir(), SERIAL, &policy, &e, &d), &d);
    ck_assert_uint_eq(e.log.n, f.records_n);
    ck_assert_uint_eq(e.log.v[e.log.n - 1].index, lines_n - 1);
    evidence_free(&e);
}
END_TEST

/* Of anchors those are taken that lead from the seal and the certificate up to a key that certifies itself. */
START_TEST(anchors_of_the_keys_above)
{
    const struct policy_key *root = &h.policy.authorities[0].keys[0];
    struct policy_key keys[] = {*root, *root, *root, *root};
    struct policy_authority a = h.policy.authorities[0];
    struct evidence e;
    keys[0].issuer = keys[1].name = "upper";
    keys[1].issuer = keys[2].name = "top";
    keys[3].name = "beside";
    a.keys = keys;
    a.keys_n = 4;
    policy.authorities = &a;
    for (int i = 1; i < 4; i++) {
        repeat(ROOT_ANCHOR);
        set(ROOT_ANCHOR, "key", keys[i].name);
    }
    write_log(true);
    expect_ok_diag(evidence_collect(help_dir(), SERIAL, &policy, &e, &d), &d);
    ck_assert_uint_eq(e.log.n, f.records_n + 2);
    evidence_free(&e);
}
END_TEST

START_TEST(what_the_log_lacks)
{
    expect_err(collect_from(help_dir(), "41"), E_CERT_UNKNOWN);
    expect_err(collect_from("/nowhere", SERIAL), E_MEDIUM);
    write_log(false);
    expect_told(E_LOG_SEAL, "no seal covers line 8 yet");
    set(ISSUED, "profile", POLICY_SEAL);
    write_log(true);
    expect_told(E_NOT_A_SEAL, NULL);
    set(ISSUED, "profile", "person");
    drop(PLAN);
    write_log(true);
    expect_told(E_LOG_ORDER, "without a plan");
    help_write(LOG_FILE, (struct span){(const uint8_t *)"{}\n", 3});
    expect_told(E_LOG_FORMAT, NULL);
}
END_TEST

/* -- the archive -- */

static struct span first_lines(const struct buf *file, int n)
{
    size_t at = 0;
    for (; n > 0; at++)
        n -= file->data[at] == '\n';
    return (struct span){file->data, at};
}

static void write_plan(const char *head, size_t from)
{
    struct buf file = {0};
    buf_append_str(&file, head);
    buf_append(&file, h.plan.data + from, h.plan.len - from);
    archive_file(PLAN_FILE, buf_span(&file));
    buf_free(&file);
}

START_TEST(files_of_the_batch)
{
    struct buf two = {0};
    archive_file(BATCH_FILE, (struct span){h.bundle.batch.data, h.bundle.batch.len - 1});
    expect_ok_diag(collect(), &d); /* the last line without its newline */
    ck_assert(!differs);
    archive_file(BATCH_FILE, first_lines(&h.bundle.batch, 1));
    expect_told(E_ARCHIVE, BATCH_FILE " has no line 2");
    ck_assert(help_run("rm %s/" BATCH_FILE, folder));
    expect_told(E_ARCHIVE, BATCH_FILE);
    write_archive();
    write_plan("{}\n", first_lines(&h.plan, 1).n);
    expect_told(E_PLAN_FORMAT, PLAN_FILE " line 1");
    buf_append(&two, h.plan.data, first_lines(&h.plan, 1).n);
    buf_append_str(&two, "{}\n");
    buf_append_byte(&two, '\0');
    write_plan((const char *)two.data, first_lines(&h.plan, 2).n);
    expect_told(E_ARCHIVE, "the plan has no certificate for line 8");
    ck_assert(help_run("rm %s/" PLAN_FILE, folder));
    expect_told(E_ARCHIVE, PLAN_FILE);
    buf_free(&two);
}
END_TEST

static void write_pem(const char *name, const struct buf *der)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    ck_assert_int_gt(PEM_write_bio(out, PEM_STRING_CMS, "", der->data, (long)der->len), 0);
    long n = BIO_get_mem_data(out, &text);
    archive_file(name, (struct span){(const uint8_t *)text, (size_t)n});
    BIO_free(out);
}

START_TEST(approvals)
{
    const struct buf *cms = &h.evidence.approvals.v[0].cms;
    write_pem("one.p7s", cms);
    expect_ok_diag(collect(), &d);
    ck_assert(!differs);
    archive_file("one.p7s", (struct span){(const uint8_t *)"signed", 6});
    expect_told(E_ARCHIVE, "one.p7s is no CMS signature");
    archive_file("one.p7s", (struct span){(const uint8_t *)"", 0});
    expect_told(E_ARCHIVE, "one.p7s is no CMS signature");
    write_archive();
    archive_file("two.p7s", buf_span(cms));
    expect_told(E_ARCHIVE, "more approvals than the plan has");
    ck_assert(help_run("cd %s && rm one.p7s two.p7s && mkdir one.p7s", folder));
    expect_told(E_ARCHIVE, "one.p7s");
    /* the certificate: from the policy, from the signature, from nowhere */
    ck_assert(help_run("rmdir %s/one.p7s", folder));
    write_archive();
    policy.persons_n = 0;
    enum err carried = collect();
    ck_assert_msg(carried == E_OK || carried == E_APPROVAL_PERSON, "%s", d.text);
    struct buf plan = {0};
    char hex[DIGEST_HEX];
    uint8_t digest[DIGEST_LEN];
    expect_ok(digest_bytes(DIGEST_SHA256, h.people[0].data, h.people[0].len, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    buf_append(&plan, h.plan.data, h.plan.len);
    char *at = memmem(plan.data, plan.len, hex, strlen(hex));
    ck_assert_ptr_nonnull(at);
    memcpy(at, OTHER, strlen(OTHER));
    archive_file(PLAN_FILE, buf_span(&plan));
    expect_told(E_APPROVAL_PERSON, "one.p7s");
    buf_free(&plan);
}
END_TEST

START_TEST(authorisations)
{
    set(AUTHORISE_1, "officer", OTHER);
    write_log(true);
    expect_told(E_OFFICER, AUTHORISATION_PREFIX "1.p7s");
    set(AUTHORISE_1, "signature", OTHER);
    write_log(true);
    expect_told(E_ARCHIVE, "the authorisation of line 5 is not there");
    ck_assert(help_run("cd %s && rm " AUTHORISATION_PREFIX "1.p7s && mkdir " AUTHORISATION_PREFIX "1.p7s", folder));
    expect_told(E_ARCHIVE, AUTHORISATION_PREFIX "1.p7s");
}
END_TEST

START_TEST(an_archive_that_is_gone)
{
    ck_assert(help_run("mv %s elsewhere", folder));
    expect_told(E_ARCHIVE, folder);
    ck_assert(help_run("rmdir " ARCHIVE_DIR));
    expect_told(E_ARCHIVE, folder);
}
END_TEST

#define STEP 7 /* of the allocations: each call reads the log five times */

START_TEST(without_memory)
{
    write_pem("one.p7s", &h.evidence.approvals.v[0].cms);
    memory_sweep_every(STEP, "evidence_collect", collect, &d, &differs);
}
END_TEST

Suite *suite_evidence_collect(void)
{
    Suite *s = suite_create("evidence_collect");
    TCase *c = tcase_create("evidence_collect");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 90);
    tcase_add_test(c, it_is_what_the_appliance_has);
    tcase_add_test(c, lines_of_other_batches_are_left);
    tcase_add_test(c, anchors_of_the_keys_above);
    tcase_add_test(c, what_the_log_lacks);
    tcase_add_test(c, files_of_the_batch);
    tcase_add_test(c, approvals);
    tcase_add_test(c, authorisations);
    tcase_add_test(c, an_archive_that_is_gone);
    tcase_add_test(c, without_memory);
    suite_add_tcase(s, c);
    return s;
}
