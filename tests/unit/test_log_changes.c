#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "expect.h"
#include "help_log.h"
#include "log/position.h"
#include "sample_records.h"
#include "suites.h"

/* -- every change is found -- */

/* Flip every bit of the log. Reading begins at the line that was changed: those before are as they
 * were. */
START_TEST(every_flipped_bit_is_found)
{
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct log_position starts[HELP_LOG_LINES + 1] = {{0}};
    struct log_reader *r;
    struct span line;
    struct record rec;
    bool more;
    struct buf content = {0};
    help_log_get(&content);
    expect_ok(log_reader_open(help_log_dir, LOG_FILE, NULL, &r, &help_log_diag));
    for (size_t i = 1; i <= HELP_LOG_LINES; i++) {
        expect_ok(log_reader_next(r, &line, &rec, &more, &help_log_diag));
        record_free(&rec);
        starts[i] = *log_reader_position(r);
    }
    log_reader_close(r);

    int fd = openat(help_log_dir, LOG_FILE, O_WRONLY);
    size_t number = 0;
    for (size_t i = 0; i < content.len; i++) {
        if (i >= starts[number + 1].bytes)
            number++;
        for (int bit = 0; bit < 8; bit++) {
            struct log_position end;
            size_t torn;
            uint8_t flipped = content.data[i] ^ (uint8_t)(1u << bit);
            ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)i), 1);
            enum err e = help_log_read_from(&starts[number], &end, &torn);
            bool found = e == E_LOG_FORMAT || e == E_LOG_CHAIN;
            if (e == E_OK) /* only in the last line, where the head tells */
                found = number == HELP_LOG_LINES - 1 &&
                        (end.size != at.size || memcmp(end.head, at.head, DIGEST_LEN) != 0);
            ck_assert_msg(found, "byte %zu bit %d: %s", i, bit, err_name(e));
        }
        ck_assert_int_eq(pwrite(fd, content.data + i, 1, (off_t)i), 1);
    }
    close(fd);
    ck_assert_uint_eq(number, HELP_LOG_LINES - 1);
    struct log_position end;
    size_t torn;
    expect_ok(help_log_read_all(&end, &torn));
    help_log_same(&at, &end);
    buf_free(&content);
}
END_TEST

/* Write the lines of the sample in this order (255 ends it) and read them. */
static enum err read_in_order(const struct buf *content, const uint8_t *order,
                              struct log_position *end)
{
    struct buf changed = {0};
    size_t torn;
    for (; *order != 255; order++) {
        struct span line = help_log_line(content, *order);
        buf_append(&changed, line.p, line.n);
    }
    help_log_put(changed.data, changed.len);
    buf_free(&changed);
    return help_log_read_all(end, &torn);
}

START_TEST(lines_dropped_swapped_or_doubled_are_found)
{
    help_log_sample(DIGEST_SM3);
    struct log_position end;
    struct buf content = {0};
    help_log_get(&content);
    for (uint8_t i = 0; i < HELP_LOG_LINES; i++) {
        uint8_t dropped[HELP_LOG_LINES + 2];
        uint8_t swapped[HELP_LOG_LINES + 2];
        uint8_t doubled[HELP_LOG_LINES + 2];
        for (uint8_t k = 0; k < HELP_LOG_LINES; k++) {
            dropped[k] = k < i ? k : (uint8_t)(k + 1);
            swapped[k] = k == i ? (uint8_t)(k + 1) : k == i + 1 ? (uint8_t)(k - 1) : k;
        }
        for (uint8_t k = 0; k < HELP_LOG_LINES + 1; k++)
            doubled[k] = k <= i ? k : (uint8_t)(k - 1);
        dropped[HELP_LOG_LINES - 1] = swapped[HELP_LOG_LINES] = doubled[HELP_LOG_LINES + 1] = 255;
        enum err want = i == 0 ? E_LOG_FORMAT : E_LOG_CHAIN; /* the genesis line has its place */
        if (i < HELP_LOG_LINES - 1) {
            expect_err(read_in_order(&content, dropped, &end), want);
            expect_err(read_in_order(&content, swapped, &end), want);
        }
        expect_err(read_in_order(&content, doubled, &end), want);
    }
    buf_free(&content);
}
END_TEST

/* Lines that are each well-formed but do not continue one another. */
START_TEST(a_number_time_or_prev_of_its_own_is_found)
{
    int64_t now = clock_now();
    struct log_position at = help_log_genesis(now);
    const struct {
        uint64_t seq;
        int64_t time;
        uint8_t flip;
        enum err want;
    } cases[] = {
        {2, now, 0, E_OK},        {2, now + 5, 0, E_OK},        {1, now, 0, E_LOG_CHAIN},
        {3, now, 0, E_LOG_CHAIN}, {2, now - 1, 0, E_LOG_CHAIN}, {2, now, 1, E_LOG_CHAIN},
    };
    struct buf genesis = {0};
    help_log_get(&genesis);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf line = {0};
        uint8_t prev[DIGEST_LEN];
        struct log_position end;
        size_t torn;
        memcpy(prev, at.head, DIGEST_LEN);
        prev[31] ^= cases[i].flip;
        buf_append(&line, genesis.data, genesis.len);
        expect_ok(record_write(cases[i].seq, cases[i].time, RECORD_SELF_TEST, prev,
                               sample_fields(RECORD_SELF_TEST, NULL), &line, &help_log_diag));
        buf_append_byte(&line, '\n');
        help_log_put(line.data, line.len);
        expect_err(help_log_read_all(&end, &torn), cases[i].want);
        if (cases[i].want != E_OK)
            ck_assert_ptr_nonnull(strstr(help_log_diag.text, "line 2"));
        buf_free(&line);
    }
    buf_free(&genesis);
}
END_TEST

START_TEST(lines_without_end_are_refused)
{
    struct log_position end;
    size_t torn;
    size_t n = 400 * 1024;
    char *text = malloc(n);
    memset(text, 'x', n);
    help_log_put(text, n);
    expect_err(help_log_read_all(&end, &torn), E_LOG_FORMAT);
    text[LIMIT_LOG_LINE + 1] = '\n';
    help_log_put(text, LIMIT_LOG_LINE + 2);
    expect_err(help_log_read_all(&end, &torn), E_LOG_FORMAT);
    ck_assert_uint_eq(torn, 0);
    help_log_put("\n", 1);
    expect_err(help_log_read_all(&end, &torn), E_LOG_FORMAT);
    free(text);
}
END_TEST

/* More than a read buffer, so that lines lie across its end. */
START_TEST(a_longer_log_reads_back)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    help_log_make(DIGEST_SHA256, &l);
    for (int i = 0; i < 4000; i++) {
        expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &help_log_diag));
        if (i % 1000 == 0)
            expect_ok(log_sync(l, &help_log_diag));
    }
    expect_ok(log_sync(l, &help_log_diag));
    ck_assert_uint_gt(log_position(l)->bytes, 1000000);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    help_log_same(log_position(l), &end);
    log_close(l);
}
END_TEST

/* A short log takes a small buffer, which must have room for its end: torn, it has each of these sizes. */
START_TEST(a_log_of_any_size_ends)
{
    static const size_t sizes[] = {32766, 32767, 32768, 32769, 262142, 262143, 262144, 262145};
    struct buf content = {0};
    struct log_position at = help_log_sample(DIGEST_SM3), end;
    size_t torn;
    char *rest = calloc(1, sizes[_i]);
    help_log_get(&content);
    buf_append(&content, rest, sizes[_i] - content.len);
    help_log_put(content.data, content.len);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    help_log_same(&at, &end);
    ck_assert_uint_eq(at.bytes + torn, sizes[_i]);
    free(rest);
    buf_free(&content);
}
END_TEST

START_TEST(a_log_that_grows_while_it_is_read)
{
    struct log *l;
    struct log_reader *r;
    struct span line;
    struct record rec;
    bool more = true;
    help_log_make(DIGEST_SM3, &l);
    expect_ok_diag(log_reader_open(help_log_dir, LOG_FILE, NULL, &r, &help_log_diag), &help_log_diag);
    for (int i = 0; i < 1000; i++)
        expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &help_log_diag));
    expect_ok(log_sync(l, &help_log_diag));
    while (more) {
        expect_ok_diag(log_reader_next(r, &line, &rec, &more, &help_log_diag), &help_log_diag);
        record_free(&rec);
    }
    help_log_same(log_position(l), log_reader_position(r));
    log_reader_close(r);
    log_close(l);
}
END_TEST

/* -- positions -- */

START_TEST(positions_hold_or_not)
{
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct log_position p = {0};
    bool holds;
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(holds); /* the empty one always does */
    expect_ok(log_position_holds(help_log_dir, &at, &holds, &help_log_diag));
    ck_assert(holds);
    p = at;
    p.head[31] ^= 1;
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(!holds);
    p = at;
    p.bytes -= 10;
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(!holds);
    p = at;
    p.bytes += 10;
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(!holds);
    struct log_reader *r;
    expect_err(log_reader_open(help_log_dir, LOG_FILE, &p, &r, &help_log_diag), E_LOG_CHAIN);
    p = (struct log_position){.bytes = 5};
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(!holds);
    p = at;
    p.bytes = 0;
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(!holds);

    /* A position in the middle of the log holds too. */
    struct buf content = {0};
    help_log_get(&content);
    struct span first = help_log_line(&content, 0);
    p = (struct log_position){.size = 1, .bytes = first.n, .hash = DIGEST_SM3};
    memcpy(p.head, at.id, DIGEST_LEN);
    expect_ok(log_position_holds(help_log_dir, &p, &holds, &help_log_diag));
    ck_assert(holds);
    buf_free(&content);
}
END_TEST

START_TEST(positions_are_kept_whole)
{
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct log_position back;
    struct buf bytes = {0};
    expect_ok(position_save(&at, &bytes));
    expect_ok(position_load(&back, buf_span(&bytes)));
    help_log_same(&at, &back);
    for (size_t i = 0; i < 8 * bytes.len; i++) {
        bytes.data[i / 8] ^= (uint8_t)(1u << i % 8);
        expect_err(position_load(&back, buf_span(&bytes)), E_INDEX);
        bytes.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = 0; n < bytes.len; n++)
        expect_err(position_load(&back, (struct span){bytes.data, n}), E_INDEX);
    buf_free(&bytes);
}
END_TEST
Suite *suite_log_changes(void)
{
    Suite *s = suite_create("log_changes");
    TCase *t = tcase_create("log_changes");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, help_log_set_up, help_log_tear_down);
    tcase_add_test(t, every_flipped_bit_is_found);
    tcase_add_test(t, lines_dropped_swapped_or_doubled_are_found);
    tcase_add_test(t, a_number_time_or_prev_of_its_own_is_found);
    tcase_add_test(t, lines_without_end_are_refused);
    tcase_add_test(t, a_longer_log_reads_back);
    tcase_add_loop_test(t, a_log_of_any_size_ends, 0, 8);
    tcase_add_test(t, a_log_that_grows_while_it_is_read);
    tcase_add_test(t, positions_hold_or_not);
    tcase_add_test(t, positions_are_kept_whole);
    suite_add_tcase(s, t);
    return s;
}
