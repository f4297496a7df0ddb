/* That a later log continues an earlier one: the proof made from a log, its file, and what is said of files and seals that do not fit. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/consistency.h"
#include "core/file.h"
#include "expect.h"
#include "help_log.h"
#include "memory_sweep.h"

Suite *suite_consistency(void);

#define EARLIER 11
#define LATER 29

static struct diag d;
static bool differs;
static struct consistency c;
static struct buf text; /* the file */
static char path[96];

/* The seal over so many lines, with no good signature: who signed is not looked at here. */
static void seal_at(uint64_t size, struct seal *out)
{
    struct log_reader *r;
    bool more = true;
    expect_ok_diag(log_reader_open(help_log_dir, LOG_FILE, NULL, &r, &d), &d);
    while (log_reader_position(r)->size < size) {
        struct span line;
        struct record rec;
        expect_ok_diag(log_reader_next(r, &line, &rec, &more, &d), &d);
        ck_assert(more);
        record_free(&rec);
    }
    expect_ok(seal_of(log_reader_position(r), "the-log", out));
    buf_append_str(&out->signature, "signature");
    log_reader_close(r);
}

static void set_up(void)
{
    help_log_set_up();
    help_log_sample(DIGEST_SM3);
    d = (struct diag){0};
    c = (struct consistency){0};
    text = (struct buf){0};
    seal_at(EARLIER, &c.earlier);
    seal_at(LATER, &c.later);
    expect_ok_diag(consistency_prove(&c, help_log_folder, &d), &d);
    expect_ok(consistency_write(&c, &text));
    snprintf(path, sizeof path, "%s/proof.json", help_log_folder);
}

static void tear_down(void)
{
    consistency_free(&c);
    buf_free(&text);
    unlink(path);
    help_log_tear_down();
}

static enum err read_bytes(const void *p, size_t n, struct consistency *out)
{
    expect_ok_diag(file_write(help_log_dir, "proof.json", p, n, &d), &d);
    return consistency_read(path, out, &d);
}

START_TEST(it_comes_back)
{
    struct consistency again;
    struct buf out = {0};
    expect_ok_diag(consistency_check(&c, &d), &d);
    expect_ok_diag(read_bytes(text.data, text.len, &again), &d);
    expect_ok_diag(consistency_check(&again, &d), &d);
    expect_ok(consistency_write(&again, &out));
    ck_assert_uint_eq(out.len, text.len);
    ck_assert_mem_eq(out.data, text.data, out.len);
    consistency_free(&again);
    buf_free(&out);
}
END_TEST

/* -- seals that do not fit -- */

START_TEST(seals_that_do_not_fit)
{
    struct consistency *one = &c;
    const struct consistency was = c;
    one->later.log[0] ^= 1;
    expect_err(consistency_check(one, &d), E_LOG_SEAL);
    expect_err(consistency_prove(one, help_log_folder, &d), E_LOG_SEAL);
    ck_assert_str_eq(d.text, "the seals are of two logs");
    c = was;
    one->later.hash = DIGEST_SHA256;
    expect_err(consistency_check(one, &d), E_LOG_SEAL);
    c = was;
    one->earlier.size = LATER + 1;
    expect_err(consistency_check(one, &d), E_LOG_SEAL);
    expect_err(consistency_prove(one, help_log_folder, &d), E_LOG_SEAL);
    c = was;
    one->earlier.size = LATER; /* as many lines, another last one */
    expect_err(consistency_check(one, &d), E_LOG_SEAL);
    memcpy(one->earlier.head, one->later.head, DIGEST_LEN); /* the same last one, another root */
    one->proof.n = 0;
    expect_err(consistency_check(one, &d), E_LOG_PROOF);
    memcpy(one->earlier.root, one->later.root, DIGEST_LEN);
    expect_ok_diag(consistency_check(one, &d), &d);
    c = was;
    one->proof.hash[0][0] ^= 1;
    expect_err(consistency_check(one, &d), E_LOG_PROOF);
    c = was;
    /* the log has other lines than the seal */
    one->earlier.root[0] ^= 1;
    expect_err(consistency_prove(one, help_log_folder, &d), E_LOG_SEAL);
    c = was;
    one->later.head[0] ^= 1;
    expect_err(consistency_prove(one, help_log_folder, &d), E_LOG_SEAL);
    c = was;
    one->later.size = HELP_LOG_LINES + 1;
    expect_err(consistency_prove(one, help_log_folder, &d), E_LOG_ROLLED_BACK);
    c = was;
}
END_TEST

START_TEST(a_log_that_cannot_be_read)
{
    struct buf log = {0};
    help_log_get(&log);

    log.data[help_log_line(&log, EARLIER + 2).p - log.data] ^= 1;
    help_log_put(log.data, log.len);
    expect_err(consistency_prove(&c, help_log_folder, &d), E_LOG_FORMAT);
    ck_assert_int_eq(unlinkat(help_log_dir, LOG_FILE, 0), 0);
    ck_assert_int_ne(consistency_prove(&c, help_log_folder, &d), E_OK);
    expect_err(consistency_prove(&c, "/nowhere", &d), E_MEDIUM);
    help_log_put("", 0);
    buf_free(&log);
}
END_TEST

/* -- files that are none -- */

/* The file with the first `what` replaced. */
static void expect_bad(const char *what, const char *with, const char *told)
{
    struct consistency again;
    struct buf bad = {0};
    const char *at = memmem(text.data, text.len, what, strlen(what));
    ck_assert_ptr_nonnull(at);
    size_t before = (size_t)(at - (const char *)text.data), after = before + strlen(what);
    buf_append(&bad, text.data, before);
    buf_append_str(&bad, with);
    buf_append(&bad, text.data + after, text.len - after);
    enum err e = read_bytes(bad.data, bad.len, &again);
    ck_assert_msg(e == E_PROOF_FORMAT && strstr(d.text, told) != NULL, "%s: %s: %s", with, err_name(e), d.text);
    expect_seen(e);
    consistency_free(&again);
    buf_free(&bad);
}

START_TEST(files_that_are_none)
{
    static const char *const hex = "\"0000000000000000000000000000000000000000000000000000000000000000\"";
    struct consistency again;
    struct buf many = {0};
    expect_bad("}\n", "}", "newline");
    expect_bad("{", "[", "rootseal-consistency-1");
    expect_bad("\"earlier\":{", "\"other\":{", "no seal earlier");
    expect_bad("\"later\":{", "\"later\":1,\"l\":{", "no seal later");
    expect_bad("\"size\":11", "\"size\":-1", path);
    expect_bad("\"path\":", "\"p\":", "path is no list");
    expect_bad("\"path\":[", "\"path\":7,\"p\":[", "path is no list");
    expect_bad("\"path\":[", "\"path\":[7,", "hash 1 of the path");
    expect_bad("\"path\":[\"", "\"path\":[\"x", "hash 1 of the path");
    expect_bad("{\"format\"", "{ \"format\"", "canonical");
    buf_append_str(&many, "\"path\":[");
    for (int i = 0; i < PROOF_MAX; i++)
        buf_printf(&many, "%s,", hex);
    buf_append_byte(&many, '\0');
    expect_bad("\"path\":[", (const char *)many.data, "path is no list of at most");
    expect_err(read_bytes("", 0, &again), E_PROOF_FORMAT);
    unlink(path);
    expect_err(consistency_read(path, &again, &d), E_IO);
    buf_free(&many);
}
END_TEST

/* The same bytes in another order. */
START_TEST(parts_in_another_order)
{
    struct consistency again;
    struct buf turned = {0};
    const char *all = (const char *)text.data;
    const char *earlier = memmem(all, text.len, "\"earlier\":", 10), *later = memmem(all, text.len, "\"later\":", 8),
               *rest = memmem(all, text.len, ",\"path\":", 8);
    buf_append(&turned, all, (size_t)(earlier - all));
    buf_append(&turned, later, (size_t)(rest - later));
    buf_append_byte(&turned, ',');
    buf_append(&turned, earlier, (size_t)(later - 1 - earlier));
    buf_append(&turned, rest, text.len - (size_t)(rest - all));
    ck_assert_uint_eq(turned.len, text.len);
    expect_err(read_bytes(turned.data, turned.len, &again), E_PROOF_FORMAT);
    ck_assert_ptr_nonnull(strstr(d.text, "canonical"));
    consistency_free(&again);
    buf_free(&turned);
}
END_TEST

/* -- without memory -- */

static enum err prove(void)
{
    struct consistency again = {.earlier = c.earlier, .later = c.later};
    enum err e = consistency_prove(&again, help_log_folder, &d);
    differs = differs || (e == E_OK && (again.proof.n != c.proof.n ||
                                        memcmp(again.proof.hash, c.proof.hash, c.proof.n * sizeof c.proof.hash[0]) != 0));
    return e;
}

static enum err read_file(void)
{
    struct consistency again;
    enum err e = consistency_read(path, &again, &d);
    differs = differs || (e == E_OK && again.proof.n != c.proof.n);
    consistency_free(&again);
    return e;
}

static enum err write_text(void)
{
    struct buf out = {0};
    enum err e = consistency_write(&c, &out);
    differs = differs || (e == E_OK && (out.len != text.len || memcmp(out.data, text.data, out.len) != 0));
    buf_free(&out);
    return e;
}

START_TEST(without_memory)
{
    expect_ok_diag(file_write(help_log_dir, "proof.json", text.data, text.len, &d), &d);
    memory_sweep("consistency_write", write_text, &d, &differs);
    memory_sweep("consistency_read", read_file, &d, &differs);
    memory_sweep_every(7, "consistency_prove", prove, &d, &differs);
}
END_TEST

Suite *suite_consistency(void)
{
    Suite *s = suite_create("consistency");
    TCase *t = tcase_create("consistency");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, it_comes_back);
    tcase_add_test(t, seals_that_do_not_fit);
    tcase_add_test(t, a_log_that_cannot_be_read);
    tcase_add_test(t, files_that_are_none);
    tcase_add_test(t, parts_in_another_order);
    tcase_add_test(t, without_memory);
    suite_add_tcase(s, t);
    return s;
}
