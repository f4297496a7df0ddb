#include "help_report.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "sample_records.h"

#define DAY (24 * 3600)
#define CERTIFICATES 120
#define KEYS 3

static struct diag d;

static void add(struct help_report *h, int64_t time, enum record_type type, const char *changes)
{
    static const uint8_t prev[DIGEST_LEN];
    struct buf line = {0};
    json_t *fields = sample_fields(type, "sm3"), *change = json_loads(changes, 0, NULL);
    ck_assert_msg(change != NULL && json_object_update_existing(fields, change) == 0, "%s", changes);
    json_decref(change);
    h->lines = realloc(h->lines, (h->lines_n + 1) * sizeof *h->lines);
    ck_assert_ptr_nonnull(h->lines);
    expect_ok_diag(record_write(h->lines_n + 1, time, type, prev, fields, &line, &d), &d);
    expect_ok_diag(record_parse(buf_span(&line), &h->lines[h->lines_n++], &d), &d);
    h->audit.end.size = h->lines_n;
    h->audit.end.time = time;
    buf_free(&line);
}

static enum err take(struct help_report *h, const struct record *r)
{
    enum err e = tally_take(&h->audit, r);
    return e == E_OK && r->type == RECORD_PLAN ? tally_take_plan(&h->audit, &h->batch, r->time) : e;
}

void help_report_line(struct help_report *h, int64_t time, enum record_type type, const char *changes)
{
    add(h, time, type, changes);
    expect_ok(take(h, &h->lines[h->lines_n - 1]));
}

enum err help_report_tell(struct help_report *h)
{
    enum err e = E_OK;
    tally_free(&h->tally);
    for (size_t i = 0; i < h->lines_n && e == E_OK; i++)
        e = take(h, &h->lines[i]);
    return e;
}

static void line(struct help_report *h, int64_t time, enum record_type type, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void line(struct help_report *h, int64_t time, enum record_type type, const char *format, ...)
{
    char changes[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(changes, sizeof changes, format, ap);
    va_end(ap);
    add(h, time, type, changes);
}

/* -- what the audit knows -- */

static void make_batch(struct help_report *h)
{
    struct batches_open *b = &h->batch;
    *b = (struct batches_open){.fd = -1, .counts = {.issue = 10, .refuse = 2, .status = 3}, .followed = true};
    json_t *fields = sample_fields(RECORD_PLAN, "sm3");
    snprintf(b->batch, sizeof b->batch, "%s", json_string_value(json_object_get(fields, "batch")));
    json_decref(fields);
    snprintf(b->header.authority, sizeof b->header.authority, "smartca");
    snprintf(b->header.ra, sizeof b->header.ra, "nanjing");
    b->header.approvals_n = 2;
    for (size_t i = 0; i < 2; i++) {
        b->header.approvals[i].role = i == 0 ? POLICY_ENTRY : POLICY_REVIEW;
        memset(b->header.approvals[i].certificate, 0xa0 + (int)i, DIGEST_LEN);
    }
    h->audit.batches.open = b;
    h->audit.officers.v = calloc(3, sizeof *h->audit.officers.v);
    ck_assert_ptr_nonnull(h->audit.officers.v);
    h->audit.officers.n = 3; /* one of them twice */
    for (size_t i = 0; i < 3; i++)
        memset(h->audit.officers.v[i].officer, i == 0 ? 0xc0 : 0xc1, DIGEST_LEN);
}

static void make_keys(struct help_report *h)
{
    struct keys *k = &h->audit.keys;
    k->v = calloc(KEYS, sizeof *k->v);
    ck_assert_ptr_nonnull(k->v);
    k->n = KEYS;
    for (size_t i = 0; i < KEYS; i++) {
        struct keys_entry *one = &k->v[i];
        *one = (struct keys_entry){.alg = SIG_SM2_SM3, .confined = i != 1, .sensitive = true, .always_sensitive = true, .local = true,
                                   .made = i + 2, .made_at = HELP_REPORT_BEGIN + 60, .self_test = 40 + i};
        snprintf(one->name, sizeof one->name, "key-%zu", i + 1);
    }
    k->v[1].transferred = 50;
    k->v[2].ending = 60;
}

static void make_certificates(struct help_report *h)
{
    static const char *const profiles[] = {"person-sign", "organisation-sign"};
    for (int i = 0; i < CERTIFICATES; i++) {
        struct index_cert c = {.authority = "smartca", .serial_n = SERIAL_LEN, .n = i + 1, .key = "key-1", .not_after = HELP_REPORT_BEGIN + (i + 300) * DAY};
        snprintf(c.profile, sizeof c.profile, "%s", profiles[i % 2]);
        memset(c.serial, i + 1, SERIAL_LEN);
        memset(c.batch, i + 1, DIGEST_LEN);
        memset(c.spki, i + 1, DIGEST_LEN);
        memset(c.subject, i + 1, DIGEST_LEN);
        expect_ok_diag(index_add_cert(h->audit.index, &c, &d), &d);
        expect_ok_diag(index_set_issued(h->audit.index, c.batch, c.n, (uint64_t)i + 1, &d), &d);
    }
}

/* -- the year -- */

static void first_day(struct help_report *h, int64_t t)
{
    line(h, t + 1, RECORD_GENESIS, "{}");
    for (int i = 1; i <= KEYS; i++)
        line(h, t + 60, RECORD_KEYGEN, "{\"key\":\"key-%d\"}", i);
    line(h, t + 90, RECORD_CEREMONY, "{}");
    line(h, t + 91, RECORD_TIME, "{}");
    line(h, t + 120, RECORD_EXCEPTION, "{}");
    line(h, t + 130, RECORD_CERTIFY, "{}");
    for (int i = 1; i <= KEYS; i++)
        line(h, t + 131, RECORD_ANCHOR, "{\"key\":\"key-%d\"}", i);
    line(h, t + 140, RECORD_CROSS, "{}");
    line(h, t + 150, RECORD_MINUTES, "{}");
}

static void batch(struct help_report *h, int64_t t, int month)
{
    char asked[CLOCK_TEXT];
    const bool late = month % 5 == 2;
    line(h, t, RECORD_BATCH, "{}");
    for (int i = 0; i < 2; i++)
        line(h, t, RECORD_AUTHORISE, "{\"officer\":\"%064d\"}", i);
    line(h, t + 1, RECORD_PLAN, "{\"ra\":\"nanjing\"}");
    for (int i = 0; i < 10; i++)
        line(h, t + 2 + i, RECORD_ISSUED, "{\"profile\":\"%s\",\"supersedes\":\"%s\"}", i % 2 == 0 ? "person-sign" : "organisation-sign", i == 3 ? "02ff" : "");
    for (int i = 0; i < 2; i++)
        line(h, t + 20, RECORD_REFUSED, "{\"code\":\"%s\"}", i == 0 ? "E_KEY_SIZE" : "E_CERT_EXPIRED");
    clock_format(t + 30 - (late ? 30 : 2) * 3600, asked);
    line(h, t + 30, RECORD_REVOKED, "{\"serial\":\"%032x\",\"asked\":\"%s\",\"late\":%s}", month, asked, late ? "true" : "false");
    line(h, t + 31, RECORD_REVOKED, "{\"serial\":\"%s\",\"status\":\"held\"}", "01010101010101010101010101010101");
    line(h, t + 32, RECORD_REVOKED, "{\"serial\":\"%s\",\"status\":\"released\"}", "01010101010101010101010101010101");
    line(h, t + 33, RECORD_ACCEPTED, "{\"serial\":\"%s\"}", "02020202020202020202020202020202");
    line(h, t + 34, RECORD_CRL, "{}");
    line(h, t + 35, RECORD_SEAL, "{\"size\":%" PRIu64 "}", h->audit.end.size);
}

static void rest(struct help_report *h, int64_t t)
{
    static const enum record_type types[] = {RECORD_TOKEN, RECORD_TRANSFERRED, RECORD_POLICY, RECORD_RECOVERY, RECORD_RECOVERY, RECORD_ENDING, RECORD_DESTROYED,
                                             RECORD_OCSP, RECORD_SELF_TEST, RECORD_STEP, RECORD_BUNDLE};
    line(h, t, RECORD_REFUSED, "{\"n\":0,\"code\":\"E_SEQUENCE\",\"batch\":\"%064d\",\"intake\":\"%064d\"}", 7, 7);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        line(h, t + 1, types[i], "{}");
    line(h, t + 2, RECORD_CEREMONY, "{\"ceremony\":\"second\",\"done\":4}");
}

void help_report_make(struct help_report *h, int64_t from, int64_t to)
{
    *h = (struct help_report){.tally = {.from = from, .to = to}};
    h->audit = (struct audit){.policy = &policy_table, .state_fd = -1, .archive_fd = -1, .anchors_fd = -1, .log_ended = true};
    h->audit.tally = &h->tally;
    h->options = (struct verify_options){.policy = &policy_table, .state = "state", .tally = &h->tally};
    expect_ok_diag(index_private(&h->audit.index, &d), &d);
    make_batch(h);
    make_keys(h);
    make_certificates(h);
    first_day(h, HELP_REPORT_BEGIN);
    for (int i = 0; i < 12; i++)
        batch(h, HELP_REPORT_BEGIN + (5 + 30 * i) * (int64_t)DAY, i);
    rest(h, HELP_REPORT_END - DAY);
    audit_open(&h->audit, "no witness was given (--head, --min-size): the log may once have been longer");
    audit_note(&h->audit, "lines 180 to 200 are under no seal yet: only their chain binds them");
    expect_ok(help_report_tell(h));
}

void help_report_free(struct help_report *h)
{
    for (size_t i = 0; i < h->lines_n; i++)
        record_free(&h->lines[i]);
    free(h->lines);
    h->audit.batches.open = NULL;
    verify_free(&h->audit);
    tally_free(&h->tally);
}

/* -- texts -- */

static void say_in_table(struct tally_table *t, const char *text)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < TALLY_KEYS; k++)
            if (t->v[i].key[k][0] != '\0')
                snprintf(t->v[i].key[k], sizeof t->v[i].key[k], "%s", text);
}

static void say_in_list(struct tally_list *l, const char *text)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < TALLY_KEYS; k++)
            snprintf(l->v[i].text[k], sizeof l->v[i].text[k], "%s", text);
}

void help_report_say_everywhere(struct help_report *h, const char *text)
{
    struct tally *t = &h->tally;
    struct tally_table *const tables[] = {&t->outcomes, &t->batches, &t->refusals, &t->reasons, &t->promise, &t->persons, &t->months};
    struct tally_list *const lists[] = {&t->late, &t->course, &t->exceptions};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        say_in_table(tables[i], text);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        say_in_list(lists[i], text);
    for (size_t i = 0; i < h->audit.keys.n; i++)
        snprintf(h->audit.keys.v[i].name, sizeof h->audit.keys.v[i].name, "%s", text);
    for (int k = 0; k < FINDING_KINDS; k++)
        for (size_t i = 0; i < h->audit.findings.count[k] && i < FINDINGS_KEPT; i++)
            snprintf(h->audit.findings.kept[k][i].text, sizeof h->audit.findings.kept[k][i].text, "%s", text);
    h->options.state = text;
}
