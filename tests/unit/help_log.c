#include "help_log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "expect.h"
#include "log/position.h"
#include "sample_records.h"

#define FILE_MAX (1u << 20)

char help_log_folder[64];
int help_log_dir = -1;
struct diag help_log_diag;

void help_log_set_up(void)
{
    strcpy(help_log_folder, "/tmp/rootseal-log-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(help_log_folder));
    expect_ok(file_open_dir(help_log_folder, &help_log_dir, &help_log_diag));
}

void help_log_tear_down(void)
{
    unlinkat(help_log_dir, LOG_FILE, 0);
    unlinkat(help_log_dir, LOG_FILE ".tmp", 0);
    close(help_log_dir);
    ck_assert_int_eq(rmdir(help_log_folder), 0);
}

void help_log_make(enum digest_alg hash, struct log **l)
{
    expect_ok_diag(log_create(help_log_dir, hash, sample_fields(RECORD_GENESIS, digest_name(hash)), l, &help_log_diag),
                   &help_log_diag);
}

struct log_position help_log_sample(enum digest_alg hash)
{
    struct log *l;
    help_log_make(hash, &l);
    for (int type = RECORD_GENESIS + 1; type < RECORD_TYPE_COUNT; type++)
        expect_ok_diag(
            log_append(l, (enum record_type)type, sample_fields((enum record_type)type, NULL), &help_log_diag),
            &help_log_diag);
    for (int i = 0; i < 3; i++)
        expect_ok_diag(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &help_log_diag),
                       &help_log_diag);
    expect_ok_diag(log_sync(l, &help_log_diag), &help_log_diag);
    struct log_position at = *log_position(l);
    ck_assert_uint_eq(at.size, HELP_LOG_LINES);
    log_close(l);
    return at;
}

enum err help_log_read_from(const struct log_position *from, struct log_position *end, size_t *torn)
{
    struct log_reader *r;
    struct span line;
    struct record rec;
    bool more = true;
    *end = (struct log_position){0};
    *torn = 0;
    enum err e = log_reader_open(help_log_dir, LOG_FILE, from, &r, &help_log_diag);
    if (e != E_OK)
        return e;
    for (;;) {
        e = log_reader_next(r, &line, &rec, &more, &help_log_diag);
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

enum err help_log_read_all(struct log_position *end, size_t *torn)
{
    return help_log_read_from(NULL, end, torn);
}

void help_log_same(const struct log_position *a, const struct log_position *b)
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

void help_log_get(struct buf *content)
{
    buf_reset(content);
    expect_ok_diag(file_read(help_log_dir, LOG_FILE, FILE_MAX, content, NULL, &help_log_diag), &help_log_diag);
}

void help_log_put(const void *p, size_t n)
{
    expect_ok_diag(file_write(help_log_dir, LOG_FILE, p, n, &help_log_diag), &help_log_diag);
}

struct span help_log_line(const struct buf *content, size_t number)
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

struct log_position help_log_genesis(int64_t time)
{
    static const uint8_t zeros[DIGEST_LEN];
    struct buf line = {0};
    struct log_position at = {.hash = DIGEST_SM3};
    expect_ok_diag(record_write(1, time, RECORD_GENESIS, zeros,
                                sample_fields(RECORD_GENESIS, "sm3"), &line, &help_log_diag),
                   &help_log_diag);
    expect_ok(position_advance(&at, buf_span(&line), time));
    buf_append_byte(&line, '\n');
    help_log_put(line.data, line.len);
    buf_free(&line);
    return at;
}
