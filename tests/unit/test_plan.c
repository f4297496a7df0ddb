#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/plan.h"
#include "expect.h"
#include "help_batch.h"
#include "log/merkle_lines.h"

Suite *suite_plan(void);

static int dir = -1;
static struct diag d;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
}

/* -- a plan of each kind of item -- */

static struct plan_header header(void)
{
    struct plan_header h = {.authority = "ca", .ra = "ra-1", .id = "batch-1", .sequence = 3,
                            .created = WORLD_NOW, .expires = WORLD_NOW + 86400, .log_size = 17,
                            .log_bytes = 4321, .approvals_n = 2};
    memset(h.batch, 0x11, DIGEST_LEN);
    memset(h.intake, 0x22, DIGEST_LEN);
    memset(h.policy, 0x33, DIGEST_LEN);
    memset(h.log_head, 0x44, DIGEST_LEN);
    h.approvals[0].role = POLICY_ENTRY;
    memset(h.approvals[0].certificate, 0x55, DIGEST_LEN);
    h.approvals[1].role = POLICY_REVIEW;
    memset(h.approvals[1].certificate, 0x66, DIGEST_LEN);
    return h;
}

static struct plan_item issue(int64_t n, const char *id)
{
    struct plan_item i = {.n = n, .act = PLAN_ISSUE, .clause = "rule 1", .profile = "person",
                          .key = "ca-root", .ignored = "keyUsage,2.999.1"};
    snprintf(i.id, sizeof i.id, "%s", id);
    memset(i.serial, 0x70 + (int)n, SERIAL_LEN);
    buf_append(&i.tbs, "the bytes to be signed", 22);
    buf_append_byte(&i.tbs, (uint8_t)n);
    return i;
}

static struct plan_item refusal(int64_t n, const char *id)
{
    struct plan_item i = {.n = n, .code = E_KEY_SIZE, .clause = "GM/T \"0015\"",
                          .detail = "rsa with 1024 bits\\u{A}"};
    snprintf(i.id, sizeof i.id, "%s", id);
    return i;
}

static void write_sample(struct buf *out)
{
    struct plan_header h = header();
    struct plan_item items[] = {issue(1, "r-1"), refusal(2, "r-2"), refusal(3, ""),
                                issue(4, "r-4")};
    expect_ok(plan_write_header(&h, out));
    for (size_t i = 0; i < 4; i++) {
        expect_ok(plan_write_item(&items[i], out));
        plan_item_free(&items[i]);
    }
    expect_ok(plan_write_end(&(struct plan_counts){.issue = 2, .refuse = 2}, out));
}

static enum err open_bytes(const void *p, size_t n, struct plan *plan)
{
    tree_write(PLAN_FILE, p, n);
    d = (struct diag){0};
    enum err e = plan_open(dir, plan, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static enum err try_bytes(const void *p, size_t n)
{
    struct plan plan;
    enum err e = open_bytes(p, n, &plan);
    plan_close(&plan);
    return e;
}

static enum err try_text(const char *text)
{
    return try_bytes(text, strlen(text));
}

START_TEST(a_plan_round_trips)
{
    struct buf out = {0};
    struct plan plan;
    struct plan_item item = {0};
    struct plan_header want = header();
    uint8_t digest[DIGEST_LEN];
    bool more;
    write_sample(&out);
    expect_ok_diag(open_bytes(out.data, out.len, &plan), &d);
    expect_ok(merkle_lines_root(buf_span(&out), digest));
    ck_assert_mem_eq(plan.digest, digest, DIGEST_LEN);
    ck_assert_int_eq(plan.counts.issue, 2);
    ck_assert_int_eq(plan.counts.refuse, 2);
    ck_assert_mem_eq(&plan.header, &want, sizeof want);
    for (int round = 0; round < 2; round++) { /* and once more from the beginning */
        for (int64_t n = 1; n <= 4; n++) {
            struct plan_item w = n == 1   ? issue(1, "r-1")
                                 : n == 4 ? issue(4, "r-4")
                                          : refusal(n, n == 2 ? "r-2" : "");
            expect_ok_diag(plan_next(&plan, &item, &more, &d), &d);
            ck_assert(more);
            ck_assert_int_eq(item.n, n);
            ck_assert_str_eq(item.id, w.id);
            ck_assert_int_eq(item.act, w.act);
            ck_assert_int_eq(item.code, w.code);
            ck_assert_str_eq(item.clause, w.clause);
            ck_assert_str_eq(item.detail, w.detail);
            ck_assert_str_eq(item.profile, w.profile);
            ck_assert_str_eq(item.key, w.key);
            ck_assert_str_eq(item.ignored, w.ignored);
            ck_assert_mem_eq(item.serial, w.serial, SERIAL_LEN);
            ck_assert_uint_eq(item.tbs.len, w.tbs.len);
            if (w.act == PLAN_ISSUE)
                ck_assert_mem_eq(item.tbs.data, w.tbs.data, w.tbs.len);
            plan_item_free(&w);
        }
        expect_ok_diag(plan_next(&plan, &item, &more, &d), &d);
        ck_assert(!more);
        expect_ok_diag(plan_rewind(&plan, &d), &d);
    }
    plan_item_free(&item);
    plan_close(&plan);
    buf_free(&out);
}
END_TEST

START_TEST(a_plan_without_items_and_approvals)
{
    struct buf out = {0};
    struct plan plan;
    struct plan_header h = header();
    h.approvals_n = 0;
    expect_ok(plan_write_header(&h, &out));
    expect_ok(plan_write_end(&(struct plan_counts){.issue = 0, .refuse = 0}, &out));
    expect_ok_diag(open_bytes(out.data, out.len, &plan), &d);
    plan_close(&plan);
    buf_free(&out);
}
END_TEST

/* -- one bit -- */

/* Does the byte at `at` lie in the value of a field that may be any text of its kind? */
static bool is_free(const struct buf *file, size_t at)
{
    static const char *const fields[] = {"\"id\":\"",      "\"serial\":\"",  "\"tbs\":\"",
                                         "\"detail\":\"",  "\"clause\":\"",  "\"ignored\":\"",
                                         "\"profile\":\"", "\"key\":\"",     "\"created\":\"",
                                         "\"expires\":\"", "\"batch\":\"",   "\"intake\":\"",
                                         "\"policy\":\"",  "\"log-head\":\"", "\"certificate\":\"",
                                         "\"authority\":\"", "\"ra\":\"",
                                         "\"sequence\":", "\"log-size\":", "\"log-bytes\":"};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        size_t n = strlen(fields[f]);
        for (size_t from = at >= n ? at - n + 1 : 0; from-- > 0 && at - from < 600;) {
            if (memcmp(file->data + from, fields[f], n) != 0)
                continue;
            const uint8_t *value = file->data + from + n, *end = value;
            bool quoted = fields[f][n - 1] == '"';
            while (quoted ? *end != '"' : *end >= '0' && *end <= '9')
                end += quoted && *end == '\\' ? 2 : 1;
            if (file->data + at >= value && file->data + at < end)
                return true;
            break;
        }
    }
    return false;
}

/* Every flip is refused, or lies within a free value and gives the plan another name. */
START_TEST(every_flip_is_seen)
{
    struct buf out = {0};
    struct plan good, bad;
    size_t passed = 0;
    write_sample(&out);
    expect_ok(open_bytes(out.data, out.len, &good));
    for (size_t bit = 0; bit < 8 * out.len; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        out.data[bit / 8] ^= mask;
        enum err e = open_bytes(out.data, out.len, &bad);
        ck_assert_msg(e == E_OK || e == E_PLAN_FORMAT, "bit %zu: %s", bit, err_name(e));
        if (e == E_OK)
            ck_assert_mem_ne(bad.digest, good.digest, DIGEST_LEN);
        plan_close(&bad);
        out.data[bit / 8] ^= mask;
        if (e == E_OK)
            ck_assert_msg(is_free(&out, bit / 8), "byte %zu, bit %02x passes: ...%.30s", bit / 8,
                          mask, (const char *)out.data + (bit / 8 > 20 ? bit / 8 - 20 : 0));
        passed += e == E_OK;
    }
    ck_assert_uint_gt(passed, 100);
    plan_close(&good);
    buf_free(&out);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct buf out = {0};
    write_sample(&out);
    for (size_t n = 0; n < out.len; n++)
        ck_assert_msg(try_bytes(out.data, n) == E_PLAN_FORMAT, "%zu bytes", n);
    buf_append_byte(&out, '\n');
    expect_err(try_bytes(out.data, out.len), E_PLAN_FORMAT);
    out.data[out.len - 1] = ' ';
    expect_err(try_bytes(out.data, out.len), E_PLAN_FORMAT);
    buf_free(&out);
}
END_TEST

/* -- lines -- */

enum { LINES = 6 };

static void split(const struct buf *b, struct span lines[LINES])
{
    const uint8_t *at = b->data;
    for (int i = 0; i < LINES; i++) {
        const uint8_t *end = memchr(at, '\n', (size_t)(b->data + b->len - at));
        lines[i] = (struct span){at, (size_t)(end + 1 - at)};
        at = end + 1;
    }
    ck_assert_ptr_eq(at, b->data + b->len);
}

START_TEST(lines_swapped_dropped_or_doubled)
{
    struct buf out = {0};
    struct span lines[LINES];
    write_sample(&out);
    split(&out, lines);
    for (int a = 0; a < LINES; a++) {
        for (int b = -2; b < LINES; b++) { /* -2 drops a, -1 doubles it, else swaps a and b */
            struct buf changed = {0};
            if (a == b)
                continue;
            for (int i = 0; i < LINES; i++) {
                struct span l = lines[b >= 0 && i == a ? b : b >= 0 && i == b ? a : i];
                if (i == a && b == -2)
                    continue;
                buf_append(&changed, l.p, l.n);
                if (i == a && b == -1)
                    buf_append(&changed, l.p, l.n);
            }
            ck_assert_msg(try_bytes(changed.data, changed.len) == E_PLAN_FORMAT, "%d, %d", a, b);
            buf_free(&changed);
        }
    }
    expect_seen(E_PLAN_FORMAT);
    buf_free(&out);
}
END_TEST

/* The lines of the sample with one word of it replaced. */
static enum err try_replaced(const char *from, const char *to)
{
    struct buf out = {0}, changed = {0};
    write_sample(&out);
    buf_append_byte(&out, 0);
    char *text = (char *)out.data, *at = strstr(text, from);
    ck_assert_msg(at != NULL, "%s", from);
    buf_append(&changed, text, (size_t)(at - text));
    buf_append_str(&changed, to);
    buf_append_str(&changed, at + strlen(from));
    enum err e = try_bytes(changed.data, changed.len);
    buf_free(&out);
    buf_free(&changed);
    return e;
}

START_TEST(values_out_of_form)
{
    static const struct {
        const char *from, *to;
    } bad[] = {
        {"rootseal-plan-1", "rootseal-plan-2"},
        {"{\"format\"", "{ \"format\""},
        {"\"authority\":\"ca\"", "\"authority\":\"\""},
        {"\"authority\":\"ca\"", "\"authority\":\"c a\""},
        {"\"ra\":\"ra-1\"", "\"ra\":\"../ra\""},
        {"\"ra\":\"ra-1\",", ""},
        {"\"ra\":\"ra-1\"", "\"ra\":\"ra-1\",\"extra\":1"},
        {"\"sequence\":3", "\"sequence\":0"},
        {"\"sequence\":3", "\"sequence\":-3"},
        {"\"sequence\":3", "\"sequence\":\"3\""},
        {"\"log-size\":17", "\"log-size\":0"},
        {"\"log-bytes\":4321", "\"log-bytes\":0"},
        {"1111", "111"},
        {"5555", "GGGG"},
        {"2026-03-01T00:00:00Z", "2026-03-01T00:00:00"},
        {"2026-03-01T00:00:00Z", "2026-02-30T00:00:00Z"},
        {"\"role\":\"entry\"", "\"role\":\"both\""},
        {"\"role\":\"entry\"", "\"role\":\"entry\",\"more\":1"},
        {"\"approvals\":[", "\"approvals\":[1,"},
        {"{\"n\":1", "{\"n\":0"},
        {"{\"n\":1", "{\"n\":2"},
        {"\"decision\":\"issue\"", "\"decision\":\"Issue\""},
        {"\"decision\":\"issue\"", "\"decision\":\"refuse\""},
        {"\"decision\":\"refuse\"", "\"decision\":\"issue\""},
        {"\"id\":\"r-1\"", "\"id\":\"\""}, /* what is issued has an id */
        {"\"id\":\"r-2\"", "\"id\":\"r 2\""},
        {"E_KEY_SIZE", "E_OK"},
        {"E_KEY_SIZE", "E_NO_SUCH_CODE"},
        {"rule 1", "rule\\u00e41"},
        {"rule 1", "rule\\u000a1"},
        {"\"profile\":\"person\"", "\"profile\":\"\""},
        {"\"key\":\"ca-root\"", "\"key\":\"ca root\""},
        {"7171", "717"},
        {"\"tbs\":\"dGhl", "\"tbs\":\"dGh"},
        {"\"end\":true", "\"end\":false"},
        {"\"end\":true", "\"end\":1"},
        {"\"issue\":2", "\"issue\":3"},
        {"\"refuse\":2", "\"refuse\":1"},
        {"\"issue\":2,\"refuse\":2", "\"issue\":-2,\"refuse\":2"},
        {"\"issue\":2,\"refuse\":2", "\"refuse\":2,\"issue\":2"},
        {"\"lists\":0}", "\"lists\":0}\r"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(try_replaced(bad[i].from, bad[i].to) == E_PLAN_FORMAT, "%s to %s",
                      bad[i].from, bad[i].to);
    expect_ok_diag(try_replaced("rule 1", "rule 2"), &d); /* the method works */
}
END_TEST

START_TEST(long_values)
{
    char text[600];
    struct {
        const char *from;
        size_t max;
    } fields[] = {{"rule 1", 200}, {"GM/T \\\"0015\\\"", 200}, {"rsa with", DIAG_TEXT_MAX - 14},
                  {"keyUsage,2.999.1", 199}};
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 4; i++) {
        text[fields[i].max] = '\0';
        bool room = i != 2; /* the detail has a fixed rest of 16 bytes */
        enum err e = try_replaced(fields[i].from, text);
        ck_assert_msg(!room || e == E_OK, "%s: %s", fields[i].from, d.text);
        text[fields[i].max] = 'x';
        text[fields[i].max + 20] = '\0';
        expect_err(try_replaced(fields[i].from, text), E_PLAN_FORMAT);
        text[fields[i].max + 20] = 'x';
    }
}
END_TEST

START_TEST(sizes_at_the_limit)
{
    for (int over = 0; over <= 1; over++) {
        struct buf out = {0};
        struct plan_header h = header();
        struct plan_item i = issue(1, "r-1");
        static uint8_t zeros[LIMIT_TBS_BYTES + 1];
        buf_reset(&i.tbs);
        buf_append(&i.tbs, zeros, LIMIT_TBS_BYTES + (size_t)over);
        expect_ok(plan_write_header(&h, &out));
        expect_ok(plan_write_item(&i, &out));
        expect_ok(plan_write_end(&(struct plan_counts){.issue = 1, .refuse = 0}, &out));
        expect_err(try_bytes(out.data, out.len), over ? E_PLAN_FORMAT : E_OK);
        plan_item_free(&i);
        buf_free(&out);
    }
    char *line = calloc(1, LIMIT_LINE + 3);
    memset(line, ' ', LIMIT_LINE + 1);
    line[LIMIT_LINE + 1] = '\n';
    expect_err(try_text(line), E_PLAN_FORMAT);
    free(line);
    struct plan_header most = header();
    struct buf out = {0};
    most.approvals_n = APPROVALS_MAX;
    expect_ok(plan_write_header(&most, &out));
    expect_ok(plan_write_end(&(struct plan_counts){.issue = 0, .refuse = 0}, &out));
    expect_ok_diag(try_bytes(out.data, out.len), &d);
    buf_free(&out);
}
END_TEST

/* A refusal may carry any code of the table, and what it says survives. */
START_TEST(every_code)
{
    for (int code = E_OK + 1; code < ERR_COUNT; code++) {
        struct buf out = {0};
        struct plan plan;
        struct plan_header h = header();
        struct plan_item i = refusal(1, "r"), back = {0};
        bool more;
        i.code = (enum err)code;
        expect_ok(plan_write_header(&h, &out));
        expect_ok(plan_write_item(&i, &out));
        expect_ok(plan_write_end(&(struct plan_counts){.issue = 0, .refuse = 1}, &out));
        expect_ok_diag(open_bytes(out.data, out.len, &plan), &d);
        expect_ok(plan_next(&plan, &back, &more, &d));
        ck_assert_int_eq(back.code, code);
        plan_item_free(&back);
        plan_close(&plan);
        buf_free(&out);
    }
}
END_TEST

START_TEST(there_is_no_plan)
{
    struct plan plan;
    d = (struct diag){0};
    expect_err(plan_open(dir, &plan, &d), E_PLAN_MISSING);
    plan_close(&plan);
    ck_assert_int_eq(symlink("elsewhere", tree_path(PLAN_FILE)), 0);
    ck_assert_int_ne(plan_open(dir, &plan, &d), E_OK);
    plan_close(&plan);
    ck_assert_int_eq(unlink(tree_path(PLAN_FILE)), 0);
    ck_assert_int_eq(mkfifo(tree_path(PLAN_FILE), 0600), 0);
    ck_assert_int_ne(plan_open(dir, &plan, &d), E_OK); /* and it does not wait */
    plan_close(&plan);
    ck_assert_int_eq(unlink(tree_path(PLAN_FILE)), 0);
    tree_mkdir(PLAN_FILE);
    ck_assert_int_ne(plan_open(dir, &plan, &d), E_OK);
    plan_close(&plan);
}
END_TEST

/* The digest stands for every byte that would be signed (DESIGN, plan): what is read after
 * plan_open() must be what was digested, or be refused. */
START_TEST(a_plan_changed_after_it_was_opened)
{
    struct buf out = {0};
    struct plan plan;
    struct plan_item item = {0};
    bool more = true, other = false;
    write_sample(&out);
    expect_ok(open_bytes(out.data, out.len, &plan));
    char *at = strstr((char *)out.data, "\"serial\":\"71");
    ck_assert_ptr_nonnull(at);
    int fd = open(tree_path(PLAN_FILE), O_WRONLY); /* in place, as a plan of the same length */
    ck_assert_int_eq(pwrite(fd, "3", 1, at - (char *)out.data + 10), 1);
    close(fd);
    enum err e = plan_rewind(&plan, &d);
    while (e == E_OK && more) {
        e = plan_next(&plan, &item, &more, &d);
        other = other || (e == E_OK && more && item.act == PLAN_ISSUE && item.serial[0] == 0x31);
    }
    ck_assert_msg(e != E_OK || !other, "items of another plan are given out under the digest");
    plan_item_free(&item);
    plan_close(&plan);
    buf_free(&out);
}
END_TEST

/* Line by line and taken apart elsewhere, the items are the same. */
START_TEST(a_plan_in_two_steps)
{
    struct buf out = {0}, line = {0};
    struct plan plan;
    struct plan_item item = {0};
    bool more = true;
    write_sample(&out);
    expect_ok(open_bytes(out.data, out.len, &plan));
    for (int64_t n = 1; n <= 4; n++) {
        struct buf again = {0};
        ck_assert_int_eq(plan.next, n);
        expect_ok_diag(plan_next_line(&plan, &line, &more, &d), &d);
        ck_assert(more);
        expect_err(plan_take_apart(buf_span(&line), n + 1, &item, &d), E_PLAN_FORMAT);
        expect_ok_diag(plan_take_apart(buf_span(&line), n, &item, &d), &d);
        expect_ok(plan_write_item(&item, &again));
        ck_assert(again.len == line.len + 1 && memcmp(again.data, line.data, line.len) == 0);
        buf_free(&again);
    }
    expect_ok_diag(plan_next_line(&plan, &line, &more, &d), &d);
    ck_assert(!more);
    plan_item_free(&item);
    plan_close(&plan);
    buf_free(&line);
    buf_free(&out);
}
END_TEST

Suite *suite_plan(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("plan");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_plan_round_trips);
    tcase_add_test(t, a_plan_without_items_and_approvals);
    tcase_add_test(t, every_flip_is_seen);
    tcase_add_test(t, every_truncation_is_refused);
    tcase_add_test(t, lines_swapped_dropped_or_doubled);
    tcase_add_test(t, values_out_of_form);
    tcase_add_test(t, long_values);
    tcase_add_test(t, sizes_at_the_limit);
    tcase_add_test(t, every_code);
    tcase_add_test(t, there_is_no_plan);
    tcase_add_test(t, a_plan_changed_after_it_was_opened);
    tcase_add_test(t, a_plan_in_two_steps);
    suite_add_tcase(s, t);
    return s;
}
