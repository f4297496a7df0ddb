/* What tells a CMC request that comes a second time: the folder of originals, and what the batch asks for already. */
#include "ra/cmc_keep.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_cmc.h"
#include "help_pki.h"
#include "memory_sweep.h"

Suite *suite_cmc_keep(void);

#define NOW HELP_BUNDLE_NOW

static struct diag d;
static bool differs;
static EVP_PKEY *key;
static X509 *cert;
static struct buf csr, file;
static struct cmc cmc;
static char folder[256], batch[256]; /* of the originals, and the batch */
static struct desk desk;
static struct cmc_repeat repeat;
static struct cmc_keep keep;

static struct request suspend(const char *id, uint8_t last)
{
    struct request r = {.op = OP_SUSPEND, .op_text = "suspend", .has_serial = true, .requested_at = NOW,
                        .serial = {HELP_BUNDLE_OLD, [15] = last}};
    snprintf(r.id, sizeof r.id, "%s", id);
    return r;
}

/* The batch with these lines behind its header. */
static void put_batch(const char *id, const struct buf *lines)
{
    struct batch_header h = {.authority = "ca", .ra = "town", .sequence = 1, .created = NOW, .valid_until = NOW + 1,
                             .count = 1};
    int fd = -1;
    snprintf(h.id, sizeof h.id, "%s", id);
    desk_close(&desk);
    expect_ok_diag(file_make_path(batch, &fd, &d), &d);
    expect_ok_diag(desk_write(fd, &h, buf_span(lines), &d), &d);
    close(fd);
    expect_ok_diag(desk_open(batch, &desk, &d), &d);
}

/* One request. */
static void put_request(const char *id, const struct request *r)
{
    struct buf line = {0};
    expect_ok(request_write(r, &line));
    buf_append_byte(&line, '\n');
    put_batch(id, &line);
    buf_free(&line);
}

static enum err read_batch(void)
{
    struct cmc_repeat again = {0};
    d = (struct diag){0};
    enum err e = cmc_repeat_read(&desk, &again, &d);
    differs = differs || (e == E_OK && again.asked.n != 1);
    cmc_repeat_free(&again);
    return e;
}

static void set_up(void)
{
    const struct request r = suspend("r-1", 1);
    d = (struct diag){0};
    differs = false;
    repeat = (struct cmc_repeat){0};
    desk = (struct desk){.fd = -1};
    key = help_key(KEY_P256);
    cert = help_cert(key, SIG_ECDSA_SHA256, "another RA");
    help_csr(key, SIG_ECDSA_SHA256, NULL, &csr);
    help_cmc_good(buf_span(&csr), cert, key, &file);
    expect_ok_diag(cmc_parse(buf_span(&file), &cmc, &d), &d);
    snprintf(folder, sizeof folder, "%s/kept", help_dir());
    snprintf(batch, sizeof batch, "%s/batch", help_dir());
    put_request("b-1", &r);
    expect_ok_diag(cmc_keep_open(folder, &desk, &keep, &d), &d);
    expect_ok_diag(cmc_repeat_read(&desk, &repeat, &d), &d);
}

static void tear_down(void)
{
    cmc_keep_close(&keep);
    cmc_repeat_free(&repeat);
    desk_close(&desk);
    cmc_free(&cmc);
    buf_free(&file);
    buf_free(&csr);
    X509_free(cert);
    EVP_PKEY_free(key);
    help_clean();
}

/* -- the folder -- */

START_TEST(a_folder_apart)
{
    struct cmc_keep other;
    char path[300];
    expect_err(cmc_keep_open(folder, &desk, &other, &d), E_BATCH_LOCKED);
    cmc_keep_close(&other);
    expect_err(cmc_keep_open(batch, &desk, &other, &d), E_USAGE);
    cmc_keep_close(&other);
    snprintf(path, sizeof path, "%s/../batch/.", folder);
    expect_err(cmc_keep_open(path, &desk, &other, &d), E_USAGE);
    cmc_keep_close(&other);
    snprintf(path, sizeof path, "%s/batch.jsonl", batch);
    ck_assert_int_ne(cmc_keep_open(path, &desk, &other, &d), E_OK); /* a file */
    cmc_keep_close(&other);
}
END_TEST

static enum err put(const char *id, const char *text)
{
    return cmc_keep_put(&keep, id, (struct span){(const uint8_t *)text, strlen(text)}, &d);
}

START_TEST(an_original_stays)
{
    expect_ok_diag(put("a", "one"), &d);
    expect_ok_diag(put("a", "one"), &d);
    expect_err(put("a", "two"), E_FOLDER_OCCUPIED);
    expect_err(put("a", "more"), E_FOLDER_OCCUPIED);
    ck_assert(help_run("test \"$(cat kept/a.cmc)\" = one && test \"$(cat kept/a.batch)\" = 'ca town b-1'"));
    /* without the batch's name beside it nothing is kept */
    ck_assert(help_run("mkdir kept/b.batch"));
    ck_assert_int_ne(put("b", "one"), E_OK);
    ck_assert(help_run("test ! -e kept/b.cmc"));
}
END_TEST

static enum err check(void)
{
    d = (struct diag){0};
    return cmc_keep_check(&keep, &cmc, &repeat, &d);
}

static void expect_check(enum err want, const char *words)
{
    enum err e = check();
    ck_assert_msg(e == want && strstr(d.text, words) != NULL, "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
}

START_TEST(what_was_taken_before)
{
    static const struct {
        const char *line; /* what stands in a.batch; NULL: it is not there */
        enum err want;
        const char *words;
    } rows[] = {{"ca town b-1\\n", E_OK, ""}, /* a run of this batch was interrupted */
                {"ca town b-2\\n", E_CMC_REPEATED, "/kept/a.cmc is the same, of the batch ca town b-2"},
                {"ca town b-12\\n", E_CMC_REPEATED, "/kept/a.cmc is the same, of the batch ca town b-12"},
                {"ca\\n", E_CMC_REPEATED, "/kept/a.cmc is the same, of the batch ca"},
                {"\\n", E_CMC_REPEATED, "/kept/a.cmc is the same, of a batch that is not known"},
                {"", E_CMC_REPEATED, "/kept/a.cmc is the same, of a batch that is not known"},
                {NULL, E_CMC_REPEATED, "/kept/a.cmc is the same, of a batch that is not known"}};
    expect_check(E_OK, "");
    expect_ok_diag(cmc_keep_put(&keep, "a", buf_span(&file), &d), &d);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert(help_run("rm -f kept/a.batch"));
        if (rows[i].line != NULL)
            ck_assert(help_run("printf '%s' > kept/a.batch", rows[i].line));
        expect_check(rows[i].want, rows[i].words);
    }
    ck_assert(help_run("mkdir kept/a.batch"));
    expect_check(E_MEDIUM_FILE, "");
}
END_TEST

/* The batch has it as the evidence of its only request. */
START_TEST(what_this_batch_has)
{
    struct request r = suspend("r-1", 1);
    r.has_evidence = true;
    memcpy(r.evidence, cmc.digest, DIGEST_LEN);
    put_request("b-1", &r);
    cmc_repeat_free(&repeat);
    expect_ok_diag(cmc_repeat_read(&desk, &repeat, &d), &d);
    expect_check(E_OK, "");
    expect_ok_diag(cmc_keep_put(&keep, "a", buf_span(&file), &d), &d);
    expect_check(E_CMC_REPEATED, "line 2 has it as evidence");
    memory_sweep("read_batch", read_batch, &d, &differs);
}
END_TEST

/* What else lies there: it is looked at when its name is that of an original. */
START_TEST(what_else_lies_there)
{
    ck_assert(help_run("cd kept && touch .cmc cmc note.txt $(printf 'x%%.0s' $(seq 120)).cmc"));
    expect_check(E_OK, "");
    ck_assert(help_run("echo other > kept/a.cmc"));
    expect_check(E_FOLDER_OCCUPIED, "/kept/a.cmc is no CMC request any more, if it ever was");
    ck_assert(help_run("rm kept/a.cmc && mkdir kept/a.cmc"));
    expect_check(E_MEDIUM_FILE, "a.cmc");
    ck_assert_int_ne(put("a", "one"), E_OK);
}
END_TEST

START_TEST(checking_without_memory)
{
    expect_ok_diag(cmc_keep_put(&keep, "a", buf_span(&file), &d), &d);
    memory_sweep("cmc_keep_check", check, &d, &differs);
}
END_TEST

/* -- what is asked for -- */

static enum err ask(const struct request *r)
{
    d = (struct diag){0};
    return cmc_repeat_put(&repeat, r, &d);
}

static enum err ask_new(void)
{
    struct cmc_repeat new = {0};
    const struct request r = suspend("r-9", 9);
    enum err e = cmc_repeat_put(&new, &r, &d);
    cmc_repeat_free(&new);
    return e;
}

START_TEST(the_same_is_asked_for_once)
{
    struct request r = suspend("r-2", 2);
    expect_ok_diag(ask(&r), &d);
    snprintf(r.id, sizeof r.id, "r-3");
    expect_err(ask(&r), E_CMC_REPEATED);
    ck_assert_str_eq(d.text, "r-3 asks for the same as a body part before it");
    /* as the request that the batch has; what does not tell what is asked for is otherwise */
    r = suspend("r-4", 1);
    r.requested_at++;
    r.has_evidence = true;
    snprintf(r.operator_, sizeof r.operator_, "op-7");
    snprintf(r.issuer, sizeof r.issuer, "ca-root");
    expect_err(ask(&r), E_CMC_REPEATED);
    ck_assert_str_eq(d.text, "r-4 asks for the same as batch.jsonl line 2");
    r.op = OP_RESUME;
    snprintf(r.op_text, sizeof r.op_text, "resume");
    expect_ok_diag(ask(&r), &d);
    memory_sweep("cmc_repeat_put", ask_new, &d, &differs);
}
END_TEST

START_TEST(a_batch_that_is_wrong)
{
    struct buf lines = {0};
    buf_append_str(&lines, "{\"id\":7}\n");
    put_batch("b-1", &lines);
    ck_assert_int_ne(read_batch(), E_OK);
    ck_assert_ptr_nonnull(strstr(d.text, "line 2"));
    buf_reset(&lines);
    for (int i = 0; i <= LIMIT_LINE; i++)
        buf_append_byte(&lines, 'x');
    buf_append_byte(&lines, '\n');
    put_batch("b-1", &lines);
    expect_err(read_batch(), E_LINE_TOO_LONG);
    ck_assert_str_eq(d.text, "batch.jsonl line 2");
    buf_free(&lines);
}
END_TEST

Suite *suite_cmc_keep(void)
{
    Suite *s = suite_create("cmc_keep");
    TCase *t = tcase_create("a second time");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_folder_apart);
    tcase_add_test(t, an_original_stays);
    tcase_add_test(t, what_was_taken_before);
    tcase_add_test(t, what_this_batch_has);
    tcase_add_test(t, what_else_lies_there);
    tcase_add_test(t, checking_without_memory);
    tcase_add_test(t, the_same_is_asked_for_once);
    tcase_add_test(t, a_batch_that_is_wrong);
    suite_add_tcase(s, t);
    return s;
}
