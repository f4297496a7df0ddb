/* Lists, and OCSP responses, as a plan on an index has them: what is planned there is found again when the plan is checked and
 * when the list is signed, and nothing else is. */
#include <string.h>
#include <unistd.h>

#include "batch/announce.h"
#include "batch/lists.h"
#include "expect.h"
#include "help_batch.h"
#include "help_crl.h"
#include "help_ocsp.h"
#include "help_pki.h"

Suite *suite_lists(void);

#define LINE 100 /* of the intent */
#define DAY 86400

static struct help_ocsp h;
static struct plan_header header;
static struct issuer issuers[2]; /* the CA, its responder */
static struct policy_authority authority = {.name = "a", .keys_n = 1, .ocsp_period = 7 * DAY, .ocsp_clause = "c ocsp"};
static struct index *x;
static struct lists lists;
static struct effects effects;
static struct plan_item issue; /* a certificate of the CA's */
static struct diag d;

/* The TBS of a certificate, as its item has it: any one will do. */
static void make_issue(void)
{
    struct key key = {0};
    expect_ok_diag(key_from_pkey(h.key, &key, &d), &d);
    struct tbs_spec spec = help_ocsp_spec(&h, &key);
    issue = (struct plan_item){.n = 1, .act = PLAN_ISSUE, .profile = "p", .key = "ca", .serial = {0x41}};
    expect_ok_diag(tbs_build(&spec, &issue.tbs, &d), &d);
    key_free(&key);
}

static void set_up(void)
{
    d = (struct diag){0};
    help_ocsp_make(&h, SIG_SM2_SM3);
    h.ca_row.crl_period = 7 * DAY;
    h.ca_row.crl_delta_period = DAY;
    h.ca_row.crl_clause = "c crl";
    h.ca_row.crl_url = "http://crl.example/ca.crl";
    issuers[0] = (struct issuer){.row = &h.ca_row, .cert = h.ca, .subject = h.ca_name};
    issuers[1] = (struct issuer){.row = &h.row, .cert = h.responder, .subject = h.name};
    authority.keys = &h.ca_row;
    header = (struct plan_header){.authority = "a", .ra = "town", .id = "b", .sequence = 1, .created = HELP_OCSP_NOW, .log_size = 17, .log_bytes = 4321,
                                  .expires = HELP_OCSP_NOW + DAY, .batch = {7}};
    make_issue();
    expect_ok_diag(index_private(&x, &d), &d);
    effects = (struct effects){.world = &lists.world, .authority = &authority, .header = &header};
    tree_make();
}

static void tear_down(void)
{
    index_close(x);
    plan_item_free(&issue);
    help_ocsp_free(&h);
    tree_remove();
}

/* A certificate that an earlier batch issued. */
static void add_cert(uint8_t serial)
{
    struct index_cert c = {.authority = "a", .serial = {serial}, .serial_n = SERIAL_LEN, .batch = {serial}, .n = 1,
                           .profile = "p", .key = "ca", .spki = {serial}, .not_after = HELP_OCSP_NOW + 30 * DAY};
    expect_ok_diag(index_add_cert(x, &c, &d), &d);
    expect_ok_diag(index_set_issued(x, c.batch, c.n, serial, &d), &d);
}

static struct plan_item change(int64_t n, enum plan_act act, uint8_t serial, int reason)
{
    return (struct plan_item){.n = n, .act = act, .serial = {serial}, .key = "ca", .reason_code = reason};
}

/* What this item does is in force on the index. */
static enum err take(const struct plan_item *item)
{
    const struct decision o = {.act = item->act, .existing = {.key = "ca"}};
    return effects_take(&effects, &o, item, &d);
}

/* The list is signed: of what the batch with this number did, and planned, the index knows as of an outcome. */
static void issued(uint8_t batch, int64_t n)
{
    const uint8_t of[DIGEST_LEN] = {batch};
    expect_ok_diag(index_set_crl_issued(x, of, n, LINE + 1, &d), &d);
}

/* The same full list as an earlier batch's. */
static void a_list_before(void)
{
    struct plan_item full = {.n = 9};
    expect_ok_diag(lists_begin(&lists, x, LINE - 1, &d), &d);
    header.batch[0] = 6;
    expect_ok_diag(effects_list(&effects, &issuers[0], false, &full, &d), &d);
    ck_assert_int_eq(full.crl.number, 1);
    issued(6, full.n);
    header.batch[0] = 7;
    expect_ok_diag(index_commit(x, &(struct log_position){.size = 1}, &d), &d);
}

static enum err find_issuer(void *arg, const char *key, const struct issuer **out, struct diag *why)
{
    const char *missing = arg;
    *out = &issuers[strcmp(key, "ocsp") == 0];
    return missing != NULL && strcmp(key, missing) == 0 ? diag_set(why, E_ANCHOR, "%s", key) : E_OK;
}

/* The plan with these items, read and checked on the index. */
static enum err check(const struct plan_item *items, size_t n, const char *missing)
{
    struct buf text = {0};
    struct plan plan;
    struct plan_counts counts = {0};
    int dir = tree_open(".");
    expect_ok(plan_write_header(&header, &text));
    for (size_t i = 0; i < n; i++) {
        expect_ok(plan_write_item(&items[i], &text));
        plan_count(&counts, items[i].act);
    }
    expect_ok(plan_write_end(&counts, &text));
    tree_write(PLAN_FILE, text.data, text.len);
    expect_ok_diag(plan_open(dir, &plan, &d), &d);
    expect_ok_diag(lists_begin(&lists, x, LINE, &d), &d);
    enum err e = lists_check(&lists, &plan, find_issuer, (void *)missing, &d);
    lists_end(&lists);
    struct plan_item first = {0};
    bool more;
    if (e == E_OK) {
        expect_ok_diag(plan_next(&plan, &first, &more, &d), &d);
        ck_assert_int_eq(first.n, 1);
    }
    plan_item_free(&first);
    plan_close(&plan);
    buf_free(&text);
    close(dir);
    return e;
}

enum { REVOKE, HOLD, ISSUE, ACCEPT, RELEASE, FULL, RESPONSES, DELTA, ITEMS };

/* A plan with one of every kind, as the planner makes it. */
static void make_plan(struct plan_item items[ITEMS])
{
    items[REVOKE] = change(1, PLAN_REVOKE, 2, 1);
    snprintf(items[REVOKE].reason, sizeof items[REVOKE].reason, "lost");
    items[HOLD] = change(2, PLAN_HOLD, 3, CRL_REASON_HOLD);
    items[ISSUE] = issue;
    items[ISSUE].n = 3;
    items[ISSUE].has_supersedes = true;
    items[ISSUE].supersedes[0] = 4;
    items[ACCEPT] = change(4, PLAN_ACCEPT, 5, 0);
    items[RELEASE] = change(5, PLAN_RELEASE, 6, CRL_REASON_REMOVE);
    items[FULL] = (struct plan_item){.n = 6};
    items[RESPONSES] = (struct plan_item){.n = 7};
    items[DELTA] = (struct plan_item){.n = 8};
    for (size_t i = 0; i < ITEMS; i++) {
        snprintf(items[i].id, sizeof items[i].id, "r-%zu", i);
        snprintf(items[i].clause, sizeof items[i].clause, "c");
    }
    expect_ok_diag(lists_begin(&lists, x, LINE, &d), &d);
    for (size_t i = 0; i <= RELEASE; i++)
        expect_ok_diag(take(&items[i]), &d);
    expect_ok_diag(effects_list(&effects, &issuers[0], false, &items[FULL], &d), &d);
    expect_ok_diag(effects_responses(&effects, &issuers[0], &issuers[1], &items[RESPONSES], &d), &d);
    expect_ok_diag(effects_list(&effects, &issuers[0], true, &items[DELTA], &d), &d);
    lists_end(&lists);
}

static void make_certs(void)
{
    expect_ok_diag(index_begin(x, &d), &d);
    for (uint8_t serial = 2; serial <= 6; serial++)
        add_cert(serial);
    const uint8_t held[DIGEST_LEN] = {8};
    struct index_change c = {.batch = {8}, .n = 1, .authority = "a", .serial = {6}, .serial_n = SERIAL_LEN,
                             .what = INDEX_HOLD, .reason = CRL_REASON_HOLD, .at = HELP_OCSP_NOW - DAY};
    expect_ok_diag(index_add_change(x, &c, &d), &d);
    expect_ok_diag(index_apply_change(x, held, 1, 50, &d), &d);
    expect_ok_diag(index_commit(x, &(struct log_position){.size = 1}, &d), &d);
}

START_TEST(what_was_planned_is_found_again)
{
    struct plan_item items[ITEMS];
    make_certs();
    a_list_before();
    make_plan(items);
    ck_assert_int_eq(items[FULL].crl.number, 2);
    ck_assert_int_eq(items[FULL].crl.base, 0);
    ck_assert_int_eq(items[FULL].crl.entries, 3); /* revoked, held, superseded; the released one is gone */
    ck_assert_int_eq(items[DELTA].crl.number, 3);
    ck_assert_int_eq(items[DELTA].crl.base, 1); /* of another batch: not the one just planned */
    ck_assert_int_eq(items[DELTA].crl.entries, 4); /* and the released one, with removeFromCRL */
    ck_assert_int_eq(items[RESPONSES].ocsp.count, 5);
    ck_assert_str_eq(items[RESPONSES].ocsp.responder, "ocsp");
    ck_assert_str_eq(items[RESPONSES].clause, "c ocsp");
    expect_ok_diag(check(items, ITEMS, NULL), &d);
    const struct plan_item refused = {.n = 1, .code = E_KEY_SIZE, .clause = "c", .detail = "short"};
    expect_ok_diag(check(&refused, 1, NULL), &d);
    /* all of that is gone from the index */
    int64_t last;
    expect_ok_diag(index_crl_number(x, "ca", &last, &d), &d);
    ck_assert_int_eq(last, 1);
}
END_TEST

START_TEST(what_was_not_planned_is_not)
{
    struct plan_item items[ITEMS], right[ITEMS];
    make_certs();
    a_list_before();
    make_plan(items);
    memcpy(right, items, sizeof right);
    items[FULL].crl.tbs[0] ^= 1;
    expect_err(check(items, ITEMS, NULL), E_PLAN_STALE);
    items[FULL] = right[FULL];
    items[FULL].crl.bytes++;
    expect_err(check(items, ITEMS, NULL), E_PLAN_STALE);
    items[FULL] = right[FULL];
    items[DELTA].crl.entries--;
    expect_err(check(items, ITEMS, NULL), E_PLAN_STALE);
    items[DELTA] = right[DELTA];
    items[RESPONSES].ocsp.tbs[0] ^= 1;
    expect_err(check(items, ITEMS, NULL), E_PLAN_STALE);
    items[RESPONSES] = right[RESPONSES];
    items[REVOKE].reason_code = 4; /* the list follows from it */
    expect_err(check(items, ITEMS, NULL), E_PLAN_STALE);
}
END_TEST

/* A key without its certificate in the log, a certificate that nobody issued. */
START_TEST(what_cannot_be_checked)
{
    struct plan_item items[ITEMS];
    make_certs();
    a_list_before();
    make_plan(items);
    expect_err(check(items, ITEMS, "ca"), E_ANCHOR);
    expect_err(check(items, ITEMS, "ocsp"), E_ANCHOR);
    items[RESPONSES].n = 1;
    expect_err(check(&items[RESPONSES], 1, "ca"), E_ANCHOR);
    items[RESPONSES].n = RESPONSES + 1;
    items[REVOKE].serial[0] = 99;
    expect_err(check(items, ITEMS, NULL), E_INDEX);
    expect_ok_diag(lists_begin(&lists, x, LINE, &d), &d);
    expect_err(take(&items[REVOKE]), E_INDEX);
    lists_end(&lists);
}
END_TEST

START_TEST(a_delta_needs_a_list_before)
{
    struct plan_item delta = {.n = 1};
    expect_ok_diag(lists_begin(&lists, x, LINE, &d), &d);
    expect_err(effects_list(&effects, &issuers[0], true, &delta, &d), E_LIST_KEY);
    ck_assert_str_eq(d.clause, "c crl");
    lists_end(&lists);
}
END_TEST

/* The bytes that are signed are those of the plan, read back as what was done. */
START_TEST(a_list_is_written)
{
    struct plan_item items[ITEMS];
    struct buf tbs = {0};
    uint8_t digest[DIGEST_LEN];
    int fd = help_crl_file((struct span){0});
    make_certs();
    a_list_before();
    make_plan(items);
    expect_ok_diag(lists_begin(&lists, x, LINE, &d), &d);
    for (size_t i = 0; i <= RELEASE; i++)
        expect_ok_diag(take(&items[i]), &d);
    expect_ok_diag(lists_write_tbs(x, &header, &issuers[0], &items[FULL], fd, NULL, &d), &d);
    help_crl_read(fd, &tbs);
    ck_assert_int_eq((int64_t)tbs.len, items[FULL].crl.bytes);
    expect_ok(digest_bytes(DIGEST_SHA256, tbs.data, tbs.len, digest));
    ck_assert_mem_eq(digest, items[FULL].crl.tbs, DIGEST_LEN);
    lists_end(&lists);
    buf_free(&tbs);
    close(fd);
}
END_TEST

START_TEST(a_responder_that_ends_too_early)
{
    struct plan_item item = {.n = 1};
    authority.ocsp_period = 100 * DAY;
    expect_err(effects_responses(&effects, &issuers[0], &issuers[1], &item, &d), E_OUTLIVES_ISSUER);
    ck_assert_str_eq(d.clause, "RFC 5019 2.2.2");
    authority.ocsp_period = 7 * DAY;
}
END_TEST

/* What an intent takes from the world: serial and key, changes of status, a list's number. */
START_TEST(an_intent_is_announced)
{
    const struct plan_item list = {.n = 3, .act = PLAN_CRL, .key = "ca", .crl = {.number = 5, .base = 4}};
    const struct plan_item revoke = change(2, PLAN_REVOKE, 0x41, 1), refused = {.n = 4};
    struct decide_history history;
    struct index_cert c;
    int64_t last;
    uint8_t subject[DIGEST_LEN];
    bool found;
    expect_ok_diag(index_begin(x, &d), &d);
    expect_ok_diag(announce_item(x, &header, &issue, LINE, &d), &d);
    expect_ok_diag(announce_item(x, &header, &revoke, LINE, &d), &d);
    expect_ok_diag(announce_item(x, &header, &list, LINE, &d), &d);
    expect_ok_diag(announce_item(x, &header, &refused, LINE, &d), &d);
    expect_ok_diag(index_crl_number(x, "ca", &last, &d), &d);
    ck_assert_int_eq(last, 5);
    /* reserved, but not issued: no request can name it yet, and its key is taken */
    history = announce_history(x);
    expect_ok_diag(index_cert(x, "a", issue.serial, SERIAL_LEN, &c, &found, &d), &d);
    ck_assert(found && c.log_seq == 0 && c.status == INDEX_GOOD);
    expect_ok_diag(history.certificate(x, "a", issue.serial, &c, &found, &d), &d);
    ck_assert(!found);
    expect_ok_diag(index_set_issued(x, header.batch, issue.n, LINE + 1, &d), &d);
    expect_ok_diag(index_apply_change(x, header.batch, revoke.n, LINE, &d), &d);
    expect_ok_diag(history.certificate(x, "a", issue.serial, &c, &found, &d), &d);
    ck_assert(found && c.status == INDEX_REVOKED);
    expect_ok_diag(history.owner(x, c.spki, subject, &found, &d), &d);
    ck_assert(found);
    ck_assert_mem_eq(subject, c.subject, DIGEST_LEN);
    expect_ok_diag(history.is_own(x, c.spki, &found, &d), &d);
    ck_assert(!found);
    /* a serial number, or a place in the batch, is taken once */
    expect_err(announce_item(x, &header, &issue, LINE, &d), E_INDEX);
    expect_err(announce_item(x, &header, &revoke, LINE, &d), E_INDEX);
    expect_err(announce_item(x, &header, &list, LINE, &d), E_INDEX);
}
END_TEST

START_TEST(a_certificate_that_cannot_be_read)
{
    buf_append_byte(&issue.tbs, 0);
    expect_err(announce_item(x, &header, &issue, LINE, &d), E_LINT);
}
END_TEST

START_TEST(the_file_of_a_list)
{
    char name[LISTS_NAME];
    lists_name("ca-root", 12, name);
    ck_assert_str_eq(name, "ca-root-12.crl");
}
END_TEST

Suite *suite_lists(void)
{
    Suite *s = suite_create("lists");
    TCase *t = tcase_create("lists");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_was_planned_is_found_again);
    tcase_add_test(t, what_was_not_planned_is_not);
    tcase_add_test(t, what_cannot_be_checked);
    tcase_add_test(t, a_delta_needs_a_list_before);
    tcase_add_test(t, a_list_is_written);
    tcase_add_test(t, a_responder_that_ends_too_early);
    tcase_add_test(t, an_intent_is_announced);
    tcase_add_test(t, a_certificate_that_cannot_be_read);
    tcase_add_test(t, the_file_of_a_list);
    suite_add_tcase(s, t);
    return s;
}
