#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/limits.h"
#include "expect.h"
#include "log/log.h"
#include "log/position.h"
#include "sample_records.h"

#define FILE_MAX (1u << 20)

static char folder[64];
static int dir = -1;
static struct diag d;

static void set_up(void)
{
    strcpy(folder, "/tmp/rootseal-log-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    expect_ok(file_open_dir(folder, &dir, &d));
}

static void tear_down(void)
{
    unlinkat(dir, LOG_FILE, 0);
    unlinkat(dir, LOG_FILE ".tmp", 0);
    close(dir);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* -- helpers -- */

static void make_log(enum digest_alg hash, struct log **l)
{
    expect_ok_diag(log_create(dir, hash, sample_fields(RECORD_GENESIS, digest_name(hash)), l, &d),
                   &d);
}

#define LINES 16 /* of the sample */

/* A synced log of these lines, every type among them. */
static struct log_position make_sample(enum digest_alg hash)
{
    struct log *l;
    make_log(hash, &l);
    for (int type = RECORD_GENESIS + 1; type < RECORD_TYPE_COUNT; type++)
        expect_ok_diag(
            log_append(l, (enum record_type)type, sample_fields((enum record_type)type, NULL), &d),
            &d);
    for (int i = 0; i < 3; i++)
        expect_ok_diag(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &d), &d);
    expect_ok_diag(log_sync(l, &d), &d);
    struct log_position at = *log_position(l);
    ck_assert_uint_eq(at.size, LINES);
    log_close(l);
    return at;
}

/* Read to the end or the first trouble. *torn is the number of torn bytes. */
static enum err read_from(const struct log_position *from, struct log_position *end, size_t *torn)
{
    struct log_reader *r;
    struct span line;
    struct record rec;
    bool more = true;
    *end = (struct log_position){0};
    *torn = 0;
    enum err e = log_reader_open(dir, LOG_FILE, from, &r, &d);
    if (e != E_OK)
        return e;
    for (;;) {
        e = log_reader_next(r, &line, &rec, &more, &d);
        if (e != E_OK || !more)
            break;
        ck_assert_ptr_nonnull(rec.obj);
        record_free(&rec);
    }
    if (e != E_OK) {
        ck_assert_ptr_null(rec.obj);
        expect_err(log_reader_next(r, &line, &rec, &more, NULL), e); /* it stays so */
    }
    *end = *log_reader_position(r);
    *torn = log_reader_torn(r).n;
    log_reader_close(r);
    return e;
}

static enum err read_all(struct log_position *end, size_t *torn)
{
    return read_from(NULL, end, torn);
}

static void same_position(const struct log_position *a, const struct log_position *b)
{
    struct buf x = {0};
    struct buf y = {0};
    expect_ok(position_save(a, &x));
    expect_ok(position_save(b, &y));
    ck_assert_uint_eq(x.len, y.len);
    ck_assert_mem_eq(x.data, y.data, x.len);
    buf_free(&x);
    buf_free(&y);
}

static void get(struct buf *content)
{
    buf_reset(content);
    expect_ok_diag(file_read(dir, LOG_FILE, FILE_MAX, content, NULL, &d), &d);
}

static void put(const void *p, size_t n)
{
    expect_ok_diag(file_write(dir, LOG_FILE, p, n, &d), &d);
}

/* The line with this number (from 0), its newline included. */
static struct span line_of(const struct buf *content, size_t number)
{
    const uint8_t *p = content->data;
    const uint8_t *end = p + content->len;
    for (size_t i = 0;; i++) {
        const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
        ck_assert_ptr_nonnull(newline);
        if (i == number)
            return (struct span){p, (size_t)(newline - p) + 1};
        p = newline + 1;
    }
}

/* A log of one handwritten genesis line with this time. */
static struct log_position put_genesis(int64_t time)
{
    static const uint8_t zeros[DIGEST_LEN];
    struct buf line = {0};
    struct log_position at = {.hash = DIGEST_SM3};
    expect_ok_diag(record_write(1, time, RECORD_GENESIS, zeros,
                                sample_fields(RECORD_GENESIS, "sm3"), &line, &d),
                   &d);
    expect_ok(position_advance(&at, buf_span(&line), time));
    buf_append_byte(&line, '\n');
    put(line.data, line.len);
    buf_free(&line);
    return at;
}

/* -- making, appending, reopening -- */

START_TEST(what_is_appended_reads_back)
{
    enum digest_alg hash = _i == 0 ? DIGEST_SM3 : DIGEST_SHA256;
    struct log_position end;
    size_t torn;
    int64_t before = clock_now();
    struct log_position at = make_sample(hash);
    ck_assert_int_eq(at.hash, hash);
    ck_assert(at.time >= before);
    expect_ok_diag(read_all(&end, &torn), &d);
    ck_assert_uint_eq(torn, 0);
    same_position(&at, &end);

    struct log *l;
    expect_ok_diag(log_open(dir, &end, &l, &d), &d);
    expect_ok_diag(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &d), &d);
    ck_assert_uint_eq(log_position(l)->size, LINES + 1);
    expect_ok_diag(log_sync(l, &d), &d);
    expect_ok_diag(log_sync(l, &d), &d);
    struct log_position second = *log_position(l);
    log_close(l);
    expect_ok_diag(read_all(&end, &torn), &d);
    same_position(&second, &end);
    /* Going on from a position gives the same as reading everything. */
    expect_ok_diag(read_from(&at, &end, &torn), &d);
    same_position(&second, &end);
}
END_TEST

START_TEST(names_and_digests_are_those_of_the_lines)
{
    struct log_position at = make_sample(DIGEST_SM3);
    struct buf content = {0};
    uint8_t want[DIGEST_LEN];
    get(&content);
    ck_assert_uint_eq(at.bytes, content.len);
    struct span first = line_of(&content, 0);
    expect_ok(digest_bytes(DIGEST_SM3, first.p, first.n - 1, want));
    ck_assert_mem_eq(at.id, want, DIGEST_LEN);
    struct span last = line_of(&content, LINES - 1);
    expect_ok(digest_bytes(DIGEST_SM3, last.p, last.n - 1, want));
    ck_assert_mem_eq(at.head, want, DIGEST_LEN);
    struct merkle m = {0};
    for (size_t i = 0; i < LINES; i++) {
        struct span line = line_of(&content, i);
        expect_ok(merkle_append(&m, (struct span){line.p, line.n - 1}));
    }
    uint8_t root[DIGEST_LEN];
    expect_ok(merkle_root(&m, want));
    expect_ok(merkle_root(&at.merkle, root));
    ck_assert_mem_eq(root, want, DIGEST_LEN);
    buf_free(&content);
}
END_TEST

START_TEST(nothing_is_written_before_sync)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    make_log(DIGEST_SHA256, &l);
    expect_ok(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &d));
    expect_ok(read_all(&end, &torn));
    ck_assert_uint_eq(end.size, 1);
    log_close(l);
    expect_ok(read_all(&end, &torn));
    ck_assert_uint_eq(end.size, 1);
}
END_TEST

START_TEST(a_log_is_made_once)
{
    struct log *l;
    make_log(DIGEST_SM3, &l);
    log_close(l);
    expect_err(log_create(dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &l, &d),
               E_STATE_EXISTS);
    ck_assert_ptr_null(l);
    unlinkat(dir, LOG_FILE, 0);
    expect_err(log_create(dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sha256"), &l, &d),
               E_LOG_FORMAT);
    expect_err(log_create(dir, DIGEST_SM3, sample_fields(RECORD_SEAL, NULL), &l, &d), E_LOG_FORMAT);
    expect_err(log_create(dir, DIGEST_SM3, NULL, &l, &d), E_NO_MEMORY);
    expect_err(log_create(-1, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &l, &d), E_IO);
    ck_assert_int_ne(faccessat(dir, LOG_FILE, F_OK, 0), 0);
}
END_TEST

START_TEST(a_refused_line_changes_nothing)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    make_log(DIGEST_SM3, &l);
    struct log_position before = *log_position(l);
    expect_err(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SEAL, NULL), &d), E_LOG_FORMAT);
    expect_err(log_append(l, RECORD_GENESIS, sample_fields(RECORD_GENESIS, "sm3"), &d),
               E_LOG_FORMAT);
    expect_err(log_append(l, RECORD_SELF_TEST, NULL, &d), E_NO_MEMORY);
    same_position(&before, log_position(l));
    expect_ok(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &d));
    expect_ok(log_sync(l, &d));
    expect_ok_diag(read_all(&end, &torn), &d);
    same_position(&end, log_position(l));
    log_close(l);
}
END_TEST

/* -- torn tails -- */

START_TEST(a_torn_tail_is_cut_and_explained)
{
    static const char garbage[3][5000] = {"{\"seq\":16,\"ti", "\xff", {0}};
    static const size_t lengths[3] = {13, 1, 5000};
    struct log_position at = make_sample(DIGEST_SM3);
    struct log_position end;
    size_t torn;
    struct buf content = {0};
    uint8_t digest[DIGEST_LEN];
    char want[200];
    char hex[DIGEST_HEX];
    get(&content);
    buf_append(&content, garbage[_i], lengths[_i]);
    put(content.data, content.len);
    expect_ok(read_all(&end, &torn));
    ck_assert_uint_eq(torn, lengths[_i]);
    same_position(&at, &end);

    struct log *l;
    expect_ok_diag(log_open(dir, &end, &l, &d), &d);
    struct log_position now = *log_position(l);
    expect_ok(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &d));
    expect_ok(log_sync(l, &d));
    log_close(l);
    ck_assert_uint_eq(now.size, LINES + 1);
    get(&content);
    struct span line = line_of(&content, LINES);
    expect_ok(digest_bytes(DIGEST_SHA256, garbage[_i], lengths[_i], digest));
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(want, sizeof want, "\"torn\":%zu,\"digest\":\"%s\"}\n", lengths[_i], hex);
    ck_assert_uint_gt(line.n, strlen(want));
    ck_assert_mem_eq(line.p + line.n - strlen(want), want, strlen(want));
    expect_ok_diag(read_all(&end, &torn), &d);
    ck_assert_uint_eq(end.size, LINES + 2);
    ck_assert_uint_eq(torn, 0);
    buf_free(&content);
}
END_TEST

START_TEST(every_cut_is_seen)
{
    struct log_position at = make_sample(DIGEST_SHA256);
    struct buf content = {0};
    get(&content);
    for (size_t n = content.len; n-- > 0;) {
        struct log_position end;
        size_t torn;
        int fd = openat(dir, LOG_FILE, O_WRONLY);
        ck_assert_int_eq(ftruncate(fd, (off_t)n), 0);
        close(fd);
        expect_ok(read_all(&end, &torn));
        ck_assert_uint_lt(end.size, at.size);
        ck_assert_uint_eq(end.bytes + torn, n);
        ck_assert(torn > 0 || n == 0 || content.data[n - 1] == '\n');
    }
    buf_free(&content);
}
END_TEST

START_TEST(an_empty_log_cannot_be_opened)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    put("{\"seq\"", 6);
    expect_ok(read_all(&end, &torn));
    ck_assert_uint_eq(end.size, 0);
    ck_assert_uint_eq(torn, 6);
    expect_err(log_open(dir, &end, &l, &d), E_LOG_CHAIN);
    ck_assert_ptr_null(l);
}
END_TEST

START_TEST(a_wrong_end_is_refused)
{
    struct log_position at = make_sample(DIGEST_SM3);
    struct log *l;
    struct log_position wrong = at;
    wrong.head[0] ^= 1;
    expect_err(log_open(dir, &wrong, &l, &d), E_LOG_CHAIN);
    wrong = at;
    wrong.bytes--;
    expect_err(log_open(dir, &wrong, &l, &d), E_LOG_CHAIN);
    wrong = at;
    wrong.bytes++;
    expect_err(log_open(dir, &wrong, &l, &d), E_LOG_CHAIN);

    /* Right, but not the end: a whole line follows. */
    struct buf content = {0};
    get(&content);
    struct span more = line_of(&content, 3);
    struct buf longer = {0};
    buf_append(&longer, content.data, content.len);
    buf_append(&longer, more.p, more.n);
    put(longer.data, longer.len);
    expect_err(log_open(dir, &at, &l, &d), E_LOG_CHAIN);
    struct buf after = {0};
    get(&after);
    ck_assert_uint_eq(after.len, longer.len); /* and nothing was cut */
    buf_free(&content);
    buf_free(&longer);
    buf_free(&after);
}
END_TEST

/* -- every change is found -- */

/* Flip every bit of the log. Reading begins at the line that was changed: those before are as they
 * were. */
START_TEST(every_flipped_bit_is_found)
{
    struct log_position at = make_sample(DIGEST_SM3);
    struct log_position starts[LINES + 1] = {{0}};
    struct log_reader *r;
    struct span line;
    struct record rec;
    bool more;
    struct buf content = {0};
    get(&content);
    expect_ok(log_reader_open(dir, LOG_FILE, NULL, &r, &d));
    for (size_t i = 1; i <= LINES; i++) {
        expect_ok(log_reader_next(r, &line, &rec, &more, &d));
        record_free(&rec);
        starts[i] = *log_reader_position(r);
    }
    log_reader_close(r);

    int fd = openat(dir, LOG_FILE, O_WRONLY);
    size_t number = 0;
    for (size_t i = 0; i < content.len; i++) {
        if (i >= starts[number + 1].bytes)
            number++;
        for (int bit = 0; bit < 8; bit++) {
            struct log_position end;
            size_t torn;
            uint8_t flipped = content.data[i] ^ (uint8_t)(1u << bit);
            ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)i), 1);
            enum err e = read_from(&starts[number], &end, &torn);
            bool found = e == E_LOG_FORMAT || e == E_LOG_CHAIN;
            if (e == E_OK) /* only in the last line, where the head tells */
                found = number == LINES - 1 &&
                        (end.size != at.size || memcmp(end.head, at.head, DIGEST_LEN) != 0);
            ck_assert_msg(found, "byte %zu bit %d: %s", i, bit, err_name(e));
        }
        ck_assert_int_eq(pwrite(fd, content.data + i, 1, (off_t)i), 1);
    }
    close(fd);
    ck_assert_uint_eq(number, LINES - 1);
    struct log_position end;
    size_t torn;
    expect_ok(read_all(&end, &torn));
    same_position(&at, &end);
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
        struct span line = line_of(content, *order);
        buf_append(&changed, line.p, line.n);
    }
    put(changed.data, changed.len);
    buf_free(&changed);
    return read_all(end, &torn);
}

START_TEST(lines_dropped_swapped_or_doubled_are_found)
{
    make_sample(DIGEST_SM3);
    struct log_position end;
    struct buf content = {0};
    get(&content);
    for (uint8_t i = 0; i < LINES; i++) {
        uint8_t dropped[LINES + 2];
        uint8_t swapped[LINES + 2];
        uint8_t doubled[LINES + 2];
        for (uint8_t k = 0; k < LINES; k++) {
            dropped[k] = k < i ? k : (uint8_t)(k + 1);
            swapped[k] = k == i ? (uint8_t)(k + 1) : k == i + 1 ? (uint8_t)(k - 1) : k;
        }
        for (uint8_t k = 0; k < LINES + 1; k++)
            doubled[k] = k <= i ? k : (uint8_t)(k - 1);
        dropped[LINES - 1] = swapped[LINES] = doubled[LINES + 1] = 255;
        enum err want = i == 0 ? E_LOG_FORMAT : E_LOG_CHAIN; /* the genesis line has its place */
        if (i < LINES - 1) {
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
    struct log_position at = put_genesis(now);
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
    get(&genesis);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf line = {0};
        uint8_t prev[DIGEST_LEN];
        struct log_position end;
        size_t torn;
        memcpy(prev, at.head, DIGEST_LEN);
        prev[31] ^= cases[i].flip;
        buf_append(&line, genesis.data, genesis.len);
        expect_ok(record_write(cases[i].seq, cases[i].time, RECORD_SELF_TEST, prev,
                               sample_fields(RECORD_SELF_TEST, NULL), &line, &d));
        buf_append_byte(&line, '\n');
        put(line.data, line.len);
        expect_err(read_all(&end, &torn), cases[i].want);
        if (cases[i].want != E_OK)
            ck_assert_ptr_nonnull(strstr(d.text, "line 2"));
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
    put(text, n);
    expect_err(read_all(&end, &torn), E_LOG_FORMAT);
    text[LIMIT_LOG_LINE + 1] = '\n';
    put(text, LIMIT_LOG_LINE + 2);
    expect_err(read_all(&end, &torn), E_LOG_FORMAT);
    ck_assert_uint_eq(torn, 0);
    put("\n", 1);
    expect_err(read_all(&end, &torn), E_LOG_FORMAT);
    free(text);
}
END_TEST

/* More than a read buffer, so that lines lie across its end. */
START_TEST(a_longer_log_reads_back)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    make_log(DIGEST_SHA256, &l);
    for (int i = 0; i < 4000; i++) {
        expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &d));
        if (i % 1000 == 0)
            expect_ok(log_sync(l, &d));
    }
    expect_ok(log_sync(l, &d));
    ck_assert_uint_gt(log_position(l)->bytes, 1000000);
    expect_ok_diag(read_all(&end, &torn), &d);
    same_position(log_position(l), &end);
    log_close(l);
}
END_TEST

/* -- positions -- */

START_TEST(positions_hold_or_not)
{
    struct log_position at = make_sample(DIGEST_SM3);
    struct log_position p = {0};
    bool holds;
    expect_ok(log_position_holds(dir, &p, &holds, &d));
    ck_assert(holds); /* the empty one always does */
    expect_ok(log_position_holds(dir, &at, &holds, &d));
    ck_assert(holds);
    p = at;
    p.head[31] ^= 1;
    expect_ok(log_position_holds(dir, &p, &holds, &d));
    ck_assert(!holds);
    p = at;
    p.bytes -= 10;
    expect_ok(log_position_holds(dir, &p, &holds, &d));
    ck_assert(!holds);
    p = at;
    p.bytes += 10;
    expect_ok(log_position_holds(dir, &p, &holds, &d));
    ck_assert(!holds);
    struct log_reader *r;
    expect_err(log_reader_open(dir, LOG_FILE, &p, &r, &d), E_LOG_CHAIN);
    p = at;
    p.bytes = 0;
    expect_ok(log_position_holds(dir, &p, &holds, &d));
    ck_assert(!holds);

    /* A position in the middle of the log holds too. */
    struct buf content = {0};
    get(&content);
    struct span first = line_of(&content, 0);
    p = (struct log_position){.size = 1, .bytes = first.n, .hash = DIGEST_SM3};
    memcpy(p.head, at.id, DIGEST_LEN);
    expect_ok(log_position_holds(dir, &p, &holds, &d));
    ck_assert(holds);
    buf_free(&content);
}
END_TEST

START_TEST(positions_are_kept_whole)
{
    struct log_position at = make_sample(DIGEST_SM3);
    struct log_position back;
    struct buf bytes = {0};
    expect_ok(position_save(&at, &bytes));
    ck_assert(position_load(&back, buf_span(&bytes)));
    same_position(&at, &back);
    for (size_t i = 0; i < 8 * bytes.len; i++) {
        bytes.data[i / 8] ^= (uint8_t)(1u << i % 8);
        ck_assert(!position_load(&back, buf_span(&bytes)));
        bytes.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = 0; n < bytes.len; n++)
        ck_assert(!position_load(&back, (struct span){bytes.data, n}));
    buf_free(&bytes);
}
END_TEST

/* -- what may go wrong around it -- */

START_TEST(a_missing_or_strange_file_is_refused)
{
    struct log_reader *r;
    struct log *l;
    struct log_position at = {.size = 1, .bytes = 5};
    bool holds;
    expect_err(log_reader_open(dir, LOG_FILE, NULL, &r, &d), E_IO);
    ck_assert_ptr_null(r);
    expect_err(log_position_holds(dir, &at, &holds, &d), E_IO);
    expect_err(log_open(dir, &at, &l, &d), E_IO);
    ck_assert_int_eq(mkfifoat(dir, LOG_FILE, 0600), 0);
    expect_err(log_reader_open(dir, LOG_FILE, NULL, &r, &d), E_IO);
    unlinkat(dir, LOG_FILE, 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", dir, LOG_FILE), 0);
    expect_err(log_reader_open(dir, LOG_FILE, NULL, &r, &d), E_IO);
    expect_err(log_create(dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &l, &d),
               E_STATE_EXISTS);
}
END_TEST

START_TEST(a_clock_behind_stops_writing)
{
    struct log *l;
    struct log_position at = put_genesis(clock_now() + 3600);
    expect_ok_diag(log_open(dir, &at, &l, &d), &d);
    expect_err(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &d),
               E_CLOCK_BEHIND);
    same_position(&at, log_position(l));
    log_close(l);

    /* Nor is a torn tail touched, as nothing could explain it. */
    struct buf content = {0};
    get(&content);
    buf_append_str(&content, "torn");
    put(content.data, content.len);
    expect_err(log_open(dir, &at, &l, &d), E_CLOCK_BEHIND);
    struct buf after = {0};
    get(&after);
    ck_assert_uint_eq(after.len, content.len);
    buf_free(&content);
    buf_free(&after);
}
END_TEST

static void limit_file_size(rlim_t n)
{
    struct rlimit limit = {.rlim_cur = n, .rlim_max = RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_failed_write_poisons_the_log)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    signal(SIGXFSZ, SIG_IGN);
    make_log(DIGEST_SM3, &l);
    expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &d));
    expect_ok(log_sync(l, &d));
    struct log_position synced = *log_position(l);
    expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &d));
    limit_file_size((rlim_t)synced.bytes + 100);
    expect_err(log_sync(l, &d), E_IO);
    limit_file_size(RLIM_INFINITY);
    expect_err(log_sync(l, &d), E_IO);
    expect_err(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &d), E_IO);
    log_close(l);

    /* Half a line is there; opening the log again cuts and explains it. */
    expect_ok_diag(read_all(&end, &torn), &d);
    same_position(&synced, &end);
    ck_assert_uint_eq(torn, 100);
    expect_ok_diag(log_open(dir, &end, &l, &d), &d);
    ck_assert_uint_eq(log_position(l)->size, synced.size + 1);
    log_close(l);
    expect_ok_diag(read_all(&end, &torn), &d);
    ck_assert_uint_eq(torn, 0);
}
END_TEST

START_TEST(a_recovery_that_fails_leaves_a_readable_log)
{
    struct log_position at = make_sample(DIGEST_SM3);
    struct log_position end;
    struct log *l;
    size_t torn;
    signal(SIGXFSZ, SIG_IGN);
    struct buf content = {0};
    get(&content);
    buf_append_str(&content, "{\"seq\":16");
    put(content.data, content.len);
    limit_file_size((rlim_t)at.bytes + 50);
    expect_err(log_open(dir, &at, &l, &d), E_IO);
    ck_assert_ptr_null(l);
    limit_file_size(RLIM_INFINITY);
    expect_ok_diag(read_all(&end, &torn), &d);
    same_position(&at, &end);
    ck_assert_uint_eq(torn, 50);
    expect_ok_diag(log_open(dir, &at, &l, &d), &d);
    log_close(l);
    expect_ok_diag(read_all(&end, &torn), &d);
    ck_assert_uint_eq(end.size, LINES + 1);
    ck_assert_uint_eq(torn, 0);
    buf_free(&content);
}
END_TEST

/* -- what the README shows -- */

/* prev of each line must be what openssl dgst says of the line before. Exit status 0 when the chain
 * holds. */
static const char recipe[] =
    "want=0000000000000000000000000000000000000000000000000000000000000000\n"
    "while IFS= read -r line; do\n"
    "  prev=$(printf %s \"$line\" | awk -F'\"prev\":\"' '{print substr($2, 1, 64)}')\n"
    "  [ \"$prev\" = \"$want\" ] || exit 1\n"
    "  want=$(printf %s \"$line\" | openssl dgst -\"$HASH\" | awk '{print $NF}')\n"
    "done < \"$LOG\"\n";

START_TEST(the_shell_recipe_agrees)
{
    enum digest_alg hash = _i == 0 ? DIGEST_SM3 : DIGEST_SHA256;
    char path[sizeof folder + sizeof LOG_FILE + 1];
    make_sample(hash);
    snprintf(path, sizeof path, "%s/%s", folder, LOG_FILE);
    ck_assert_int_eq(setenv("HASH", digest_name(hash), 1), 0);
    ck_assert_int_eq(setenv("LOG", path, 1), 0);
    ck_assert_int_eq(system(recipe), 0);

    struct buf content = {0};
    get(&content);
    struct span line = line_of(&content, 7);
    content.data[line.p - content.data + 40] ^= 1;
    put(content.data, content.len);
    ck_assert_int_ne(system(recipe), 0);
    buf_free(&content);
}
END_TEST

Suite *suite_log(void);
Suite *suite_log(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, what_is_appended_reads_back, 0, 2);
    tcase_add_test(t, names_and_digests_are_those_of_the_lines);
    tcase_add_test(t, nothing_is_written_before_sync);
    tcase_add_test(t, a_log_is_made_once);
    tcase_add_test(t, a_refused_line_changes_nothing);
    tcase_add_loop_test(t, a_torn_tail_is_cut_and_explained, 0, 3);
    tcase_add_test(t, every_cut_is_seen);
    tcase_add_test(t, an_empty_log_cannot_be_opened);
    tcase_add_test(t, a_wrong_end_is_refused);
    tcase_add_test(t, every_flipped_bit_is_found);
    tcase_add_test(t, lines_dropped_swapped_or_doubled_are_found);
    tcase_add_test(t, a_number_time_or_prev_of_its_own_is_found);
    tcase_add_test(t, lines_without_end_are_refused);
    tcase_add_test(t, a_longer_log_reads_back);
    tcase_add_test(t, positions_hold_or_not);
    tcase_add_test(t, positions_are_kept_whole);
    tcase_add_test(t, a_missing_or_strange_file_is_refused);
    tcase_add_test(t, a_clock_behind_stops_writing);
    tcase_add_test(t, a_failed_write_poisons_the_log);
    tcase_add_test(t, a_recovery_that_fails_leaves_a_readable_log);
    tcase_add_loop_test(t, the_shell_recipe_agrees, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
