/* OCSP responses about all certificates of a key: who is among them and what is said, and the file that they lie in. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/decide.h"
#include "batch/plan_parse.h"
#include "batch/responses.h"
#include "expect.h"
#include "help_ocsp.h"
#include "help_pki.h"
#include "pki/ocsp_check.h"

Suite *suite_responses(void);

#define LINE 100  /* of the intent */
#define DAY 86400

static struct help_ocsp h;
static struct plan_header header = {.authority = "a", .created = HELP_OCSP_NOW};
static struct responses_source source;
static struct plan_item item = {.n = 3, .key = "ca", .ocsp = {.next_update = HELP_OCSP_NOW + 7 * DAY}};
static struct index *x;
static struct diag d;

static void set_up(void)
{
    d = (struct diag){0};
    help_ocsp_make(&h, SIG_SM2_SM3);
    expect_ok_diag(index_private(&x, &d), &d);
    expect_ok_diag(index_begin(x, &d), &d);
    source = (struct responses_source){x, LINE, &header, {.row = &h.ca_row, .cert = h.ca}, {.row = &h.row, .cert = h.responder}};
}

static void tear_down(void)
{
    index_close(x);
    help_ocsp_free(&h);
    help_clean();
}

/* A certificate with this serial number, issued in this log line (0: not yet). */
static void add(uint8_t serial, const char *authority, const char *key, int64_t not_after, uint64_t line)
{
    struct index_cert c = {.serial = {serial}, .serial_n = SERIAL_LEN, .n = serial, .profile = "p", .not_after = not_after};
    snprintf(c.authority, sizeof c.authority, "%s", authority);
    snprintf(c.key, sizeof c.key, "%s", key);
    c.spki[0] = serial;
    expect_ok_diag(index_add_cert(x, &c, &d), &d);
    if (line > 0)
        expect_ok_diag(index_set_issued(x, c.batch, c.n, line, &d), &d);
}

static void change(uint8_t serial, enum index_change_kind what, int reason)
{
    struct index_change c = {.batch = {1}, .n = serial, .authority = "a", .serial = {serial}, .serial_n = SERIAL_LEN,
                             .what = what, .reason = reason, .at = HELP_OCSP_NOW - DAY};
    expect_ok_diag(index_add_change(x, &c, &d), &d);
    expect_ok_diag(index_apply_change(x, c.batch, c.n, 50, &d), &d);
}

/* The next response is about this certificate, and says so. */
static void expect_next(struct responses_walk *w, uint8_t serial, bool revoked, int reason)
{
    struct buf tbs = {0};
    struct ocsp_view v;
    bool more = false;
    expect_ok_diag(responses_next(w, &tbs, &more, &d), &d);
    ck_assert(more);
    expect_ok_diag(ocsp_view_tbs(buf_span(&tbs), &v, &d), &d);
    ck_assert_uint_eq(v.status.id.serial[0], serial);
    ck_assert_uint_eq(v.status.id.serial_n, SERIAL_LEN);
    ck_assert_int_eq(v.status.revoked, revoked);
    ck_assert_int_eq(v.status.reason, reason);
    ck_assert_int_eq(v.status.revoked_at, revoked ? HELP_OCSP_NOW - DAY : 0);
    ck_assert_int_eq(v.status.this_update, HELP_OCSP_NOW);
    ck_assert_int_eq(v.status.next_update, item.ocsp.next_update);
    buf_free(&tbs);
}

START_TEST(all_that_were_issued_and_live)
{
    struct responses_walk w = {0};
    struct buf tbs = {0};
    bool more = true;
    const int64_t later = HELP_OCSP_NOW + DAY;
    add(9, "a", "ca", later, LINE - 1);
    add(2, "a", "ca", HELP_OCSP_NOW, 1);    /* its last second */
    add(3, "a", "ca", HELP_OCSP_NOW - 1, 1); /* expired */
    add(4, "a", "ca", later, 0);            /* only announced */
    add(5, "a", "ca", later, LINE + 1);     /* after the intent */
    add(6, "a", "other", later, 1);
    add(7, "b", "ca", later, 1);
    add(8, "a", "ca", later, 1);
    add(10, "a", "ca", later, 1);
    add(11, "a", "ca", later, 1);
    change(8, INDEX_HOLD, CRL_REASON_HOLD);
    change(10, INDEX_REVOKE, 0);
    change(11, INDEX_REVOKE, 1);
    expect_ok_diag(responses_open(&source, &item, &w, &d), &d);
    expect_next(&w, 2, false, 0);
    expect_next(&w, 8, true, CRL_REASON_HOLD);
    expect_next(&w, 9, false, 0);
    expect_next(&w, 10, true, 0);
    expect_next(&w, 11, true, 1);
    expect_ok_diag(responses_next(&w, &tbs, &more, &d), &d);
    ck_assert(!more);
    expect_ok_diag(responses_close(&w, &d), &d);
    buf_free(&tbs);
}
END_TEST

START_TEST(a_digest_stands_for_them)
{
    struct plan_item none = item, one = item;
    expect_ok_diag(responses_plan(&source, &none, &d), &d);
    ck_assert_int_eq(none.ocsp.count, 0);
    add(2, "a", "ca", HELP_OCSP_NOW + DAY, 1);
    expect_err(responses_check(&source, &none, &d), E_PLAN_STALE);
    expect_ok_diag(responses_plan(&source, &one, &d), &d);
    ck_assert_int_eq(one.ocsp.count, 1);
    expect_ok_diag(responses_check(&source, &one, &d), &d);
    change(2, INDEX_REVOKE, 1);
    expect_err(responses_check(&source, &one, &d), E_PLAN_STALE);
    /* a responder that ends before the answer */
    one.ocsp.next_update = HELP_OCSP_NOW + 100 * DAY;
    expect_err(responses_plan(&source, &one, &d), E_LINT);
}
END_TEST

/* Read the file to its end: how many there were, or the error. */
static enum err read_all(const struct buf *bytes, int *n, uint8_t digest[DIGEST_LEN])
{
    struct ocsp_file *f;
    struct span response;
    struct ocsp_view v;
    bool more = true;
    help_write("file", buf_span(bytes));
    int fd = open(help_path("file"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    expect_ok_diag(ocsp_file_open(fd, &f, &d), &d);
    enum err e = E_OK;
    *n = 0;
    while (e == E_OK && more) {
        e = ocsp_file_next(f, &response, &more, &d);
        if (e == E_OK && more) {
            expect_ok_diag(ocsp_view_response(response, &v, &d), &d);
            ++*n;
        }
    }
    expect_ok(ocsp_file_digest(f, digest));
    ocsp_file_close(f);
    close(fd);
    return e;
}

START_TEST(a_file_is_read_to_its_end)
{
    struct ocsp_status s = help_ocsp_status(&h);
    struct buf bytes = {0}, cut = {0};
    uint8_t got[DIGEST_LEN], want[DIGEST_LEN];
    int n;
    expect_ok(read_all(&bytes, &n, got));
    ck_assert_int_eq(n, 0);
    for (uint8_t i = 1; i <= 3; i++) {
        s.id.serial[0] = i;
        help_ocsp_response(&h, &s, &bytes);
    }
    expect_ok(read_all(&bytes, &n, got));
    ck_assert_int_eq(n, 3);
    expect_ok(digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, want));
    ck_assert_mem_eq(got, want, DIGEST_LEN);
    for (size_t left = 1; left < 8; left++) {
        buf_reset(&cut);
        buf_append(&cut, bytes.data, bytes.len - left);
        expect_err(read_all(&cut, &n, got), E_OCSP_FORMAT);
        ck_assert_int_eq(n, 2);
        buf_reset(&cut);
        buf_append(&cut, bytes.data, bytes.len);
        buf_append(&cut, bytes.data, left); /* the beginning of a fourth */
        expect_err(read_all(&cut, &n, got), E_OCSP_FORMAT);
        ck_assert_int_eq(n, 3);
    }
    buf_free(&bytes);
    buf_free(&cut);
}
END_TEST

START_TEST(only_der_is_read)
{
    static const struct span bad[] = {{(const uint8_t *)"\x31\x82\x01\x00", 4},     /* another tag */
                                      {(const uint8_t *)"\x30\x10\x01\x00", 4},     /* too short for any response */
                                      {(const uint8_t *)"\x30\x81\x7f\x00", 4},     /* longer forms than needed */
                                      {(const uint8_t *)"\x30\x82\x00\xff", 4},
                                      {(const uint8_t *)"\x30\x83\x00\xff", 4},
                                      {(const uint8_t *)"\x30\x80\x00\x00", 4},     /* without end */
                                      {(const uint8_t *)"\x30\x82\xff\xff", 4}};    /* larger than any */
    static const uint8_t rest[70000];
    struct buf bytes = {0};
    uint8_t digest[DIGEST_LEN];
    int n;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buf_reset(&bytes);
        buf_append(&bytes, bad[i].p, bad[i].n);
        buf_append(&bytes, rest, sizeof rest);
        expect_err(read_all(&bytes, &n, digest), E_OCSP_FORMAT);
        ck_assert_int_eq(n, 0);
    }
    buf_free(&bytes);
}
END_TEST

START_TEST(the_file_is_named_after_key_and_request)
{
    char name[RESPONSES_NAME];
    responses_name("cwca-root", 3, name);
    ck_assert_str_eq(name, "cwca-root-3.ocsp");
}
END_TEST

START_TEST(a_plan_has_them)
{
    static const char text[] = "{\"n\":3,\"id\":\"o-1\",\"decision\":\"ocsp\",\"clause\":\"c 5\",\"key\":\"ca\",\"responder\":\"ocsp\","
                               "\"next-update\":\"2026-06-04T20:26:40Z\",\"responses\":12,\"tbs\":\"%s\"}\n";
    static const struct {
        const char *from, *to;
    } bad[] = {{"\"ocsp\",\"next", "\"\",\"next"}, {":12", ":-1"}, {"2026-06", "2026-13"}, {"5555", "5x55"}, {"\"o-1\"", "\"o 1\""}};
    struct plan_item i = item, again = {0};
    struct plan_counts counts = {0};
    struct buf line = {0};
    char want[512], hex[DIGEST_HEX];
    snprintf(i.id, sizeof i.id, "o-1");
    i.act = PLAN_OCSP;
    snprintf(i.clause, sizeof i.clause, "c 5");
    snprintf(i.ocsp.responder, sizeof i.ocsp.responder, "ocsp");
    i.ocsp.count = 12;
    memset(i.ocsp.tbs, 0x55, DIGEST_LEN);
    hex_encode(i.ocsp.tbs, DIGEST_LEN, hex);
    snprintf(want, sizeof want, text, hex);
    expect_ok(plan_write_item(&i, &line));
    ck_assert_uint_eq(line.len, strlen(want));
    ck_assert_mem_eq(line.data, want, line.len);
    expect_ok_diag(plan_parse_item((struct span){line.data, line.len - 1}, 2, true, &again, &d), &d);
    ck_assert_mem_eq(&again.ocsp, &i.ocsp, sizeof i.ocsp);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        char changed[512];
        const char *at = strstr(want, bad[k].from);
        ck_assert_ptr_nonnull(at);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - want), want, bad[k].to, at + strlen(bad[k].from));
        again = (struct plan_item){0};
        expect_err(plan_parse_item((struct span){(const uint8_t *)changed, strlen(changed) - 1}, 2, true, &again, &d),
                   E_PLAN_FORMAT);
    }
    plan_count(&counts, PLAN_OCSP);
    ck_assert_int_eq(counts.lists, 1);
    buf_free(&line);
}
END_TEST

/* What becomes of a request for responses about this key, in a batch of this RA. */
static enum err decided(const char *ra, const char *key, const char *ocsp_key)
{
    static const struct policy_key keys[] = {{.name = "ca"}, {.name = "ocsp"}};
    static const struct policy_profile profile = {.name = "p", .key = "ca"}; /* whose certificates they are about */
    const struct policy_authority a = {.name = "a", .keys = keys, .keys_n = 2, .profiles = &profile, .profiles_n = 1, .services_clause = "c 1", .ocsp_key = ocsp_key,
                                       .ocsp_period = 7 * DAY, .ocsp_clause = "c 5"};
    const struct policy p = {.authorities = &a, .authorities_n = 1, .limits = {.batch_age = DAY},
                             .log_key = {.name = "log"}, .bundle_key = {.name = "bundle"}};
    struct batch_header batch = {.created = HELP_OCSP_NOW};
    struct decider c = {.policy = &p, .authority = &a, .header = &batch, .now = HELP_OCSP_NOW};
    struct decision o;
    char line[256];
    snprintf(batch.ra, sizeof batch.ra, "%s", ra);
    snprintf(line, sizeof line, "{\"id\":\"o-1\",\"op\":\"ocsp\",\"key\":\"%s\",\"requested-at\":\"2026-05-28T20:26:40Z\"}", key);
    expect_ok_diag(decide_request(&c, (struct span){(const uint8_t *)line, strlen(line)}, E_OK, 2, &o, &d), &d);
    enum err e = o.code;
    ck_assert_str_eq(o.clause, e == E_OP_NOT_OFFERED ? "c 1" : "c 5");
    ck_assert(e != E_OK || (o.act == PLAN_OCSP && o.list_key == &keys[0]));
    decision_free(&o);
    decider_free(&c);
    return e;
}

START_TEST(only_the_appliance_asks_for_them)
{
    expect_ok(decided(HEADER_OWN_RA, "ca", "ocsp"));
    expect_err(decided("town", "ca", "ocsp"), E_OP_NOT_OFFERED);
    expect_err(decided(HEADER_OWN_RA, "ca", NULL), E_OP_NOT_OFFERED);
    expect_err(decided(HEADER_OWN_RA, "ocsp", "ocsp"), E_LIST_KEY);
    expect_err(decided(HEADER_OWN_RA, "other", "ocsp"), E_LIST_KEY);
}
END_TEST

/* A folder gives no bytes; the shortest length there is. */
START_TEST(what_cannot_be_read)
{
    static const uint8_t shortest[3 + 128] = {0x30, 0x81, 0x80};
    struct ocsp_file *f;
    struct span response;
    bool more;
    int fd = open("/", O_RDONLY | O_CLOEXEC);
    expect_ok_diag(ocsp_file_open(fd, &f, &d), &d);
    expect_err(ocsp_file_next(f, &response, &more, &d), E_IO);
    ocsp_file_close(f);
    close(fd);
    help_write("file", (struct span){shortest, sizeof shortest});
    fd = open(help_path("file"), O_RDONLY | O_CLOEXEC);
    expect_ok_diag(ocsp_file_open(fd, &f, &d), &d);
    expect_ok_diag(ocsp_file_next(f, &response, &more, &d), &d);
    ck_assert_uint_eq(response.n, sizeof shortest);
    ocsp_file_close(f);
    close(fd);
}
END_TEST

Suite *suite_responses(void)
{
    Suite *s = suite_create("responses");
    TCase *t = tcase_create("responses");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, all_that_were_issued_and_live);
    tcase_add_test(t, a_digest_stands_for_them);
    tcase_add_test(t, a_file_is_read_to_its_end);
    tcase_add_test(t, only_der_is_read);
    tcase_add_test(t, what_cannot_be_read);
    tcase_add_test(t, the_file_is_named_after_key_and_request);
    tcase_add_test(t, a_plan_has_them);
    tcase_add_test(t, only_the_appliance_asks_for_them);
    suite_add_tcase(s, t);
    return s;
}
