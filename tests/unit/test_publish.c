/* A log is published, and what was published is checked by whoever finds it: each of its files, its heads, and the log
 * itself. */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/publish.h"
#include "audit/published.h"
#include "core/file.h"
#include "expect.h"
#include "help_audit.h"
#include "help_pki.h"
#include "memory_sweep.h"

Suite *suite_publish(void);

static struct diag d;
static char site[96], record[96], anchors[96];
static EVP_PKEY *own;
static struct note_key key;
static uint64_t sealed; /* lines */
static bool differs;

static void set_up(void)
{
    d = (struct diag){0};
    help_audit_begin_with_keys();
    sealed = 5;
    snprintf(site, sizeof site, "%s/site", audit_fix.path);
    snprintf(record, sizeof record, "%s/record", audit_fix.path);
    snprintf(anchors, sizeof anchors, "%s/by-hand", audit_fix.path);
    ck_assert_int_eq(mkdir(site, 0700), 0);
    own = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    expect_ok(note_key_of("log.example.com", own, &key, &d));
}

static void tear_down(void)
{
    EVP_PKEY_free(own);
    help_audit_end();
}

/* The log goes on to so many lines, and a seal over them. */
static void grow(uint64_t lines)
{
    while (log_position(audit_fix.log)->size < lines)
        expect_ok_diag(log_append(audit_fix.log, RECORD_SELF_TEST, json_pack("{s:s}", "key", "the-log"), &d), &d);
    sealed = log_position(audit_fix.log)->size;
    help_audit_seal(policy_table.log_key.name, audit_fix.log_key);
}

/* -- publishing -- */

static void look_away(void *arg, uint64_t done, uint64_t total)
{
    (void)arg, (void)done, (void)total;
}

static const struct progress silent = {look_away, NULL};

static enum err holds(struct diag *why)
{
    (void)why;
    return E_OK;
}

static enum err publish_with(const char *where, struct published *p)
{
    const struct publish_options o = {.state = audit_fix.path, .anchors = anchors, .to = site, .record = where,
                                      .verify = holds, .policy = &policy_table, .key = &key, .progress = &silent};
    return publish_log(&o, p, &d);
}

static enum err publish(void)
{
    struct published p;
    enum err e = publish_with(record, &p);
    differs = differs || (e == E_OK && p.now.size != sealed);
    return e;
}

/* More lines than there are between two looks at the progress. */
START_TEST(a_long_log)
{
    grow(1100);
    expect_ok_diag(publish(), &d);
    ck_assert(!differs);
}
END_TEST

START_TEST(where_there_is_no_log)
{
    ck_assert_int_eq(unlinkat(audit_fix.fd, LOG_FILE, 0), 0);
    ck_assert_int_ne(publish(), E_OK);
    char path[sizeof audit_fix.path];
    memcpy(path, audit_fix.path, sizeof path);
    strcpy(audit_fix.path, "/nowhere");
    expect_err(publish(), E_MEDIUM);
    memcpy(audit_fix.path, path, sizeof path);
}
END_TEST

/* In the working folder; in the root, where there is none; and where no path is that long. */
START_TEST(where_the_record_is)
{
    static char longest[PATH_MAX + 8];
    struct published p;
    ck_assert_int_eq(chdir(audit_fix.path), 0);
    expect_ok_diag(publish_with("record", &p), &d);
    ck_assert_int_eq(faccessat(audit_fix.fd, "record", F_OK, 0), 0);
    grow(12);
    ck_assert(help_run("rm %s/checkpoint", site));
    expect_ok_diag(publish_with("record", &p), &d); /* what was published is known by it */
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert(help_run("rm %s/checkpoint", site));
    expect_err(publish_with("/rootseal-test-of-no-record", &p), E_CHECKPOINT);
    ck_assert_ptr_nonnull(strstr(d.text, "nor is /rootseal-test-of-no-record"));
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = longest[sizeof longest - 3] = '/';
    ck_assert_int_ne(publish_with(longest, &p), E_OK);
    ck_assert_uint_eq(p.added, 0);
}
END_TEST

START_TEST(publishing_without_memory)
{
    memory_sweep("publish_log", publish, &d, &differs);
}
END_TEST

/* -- what was published -- */

#define LINES 300 /* a whole tile and a partial one */
#define FILES 6   /* two tiles of entries, three of hashes, and the seal */

static const char *const files[FILES] = {"tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44",
                                         "tile/1/000.p/1", "seal/300.json"};

static enum err check_by(const char *state, const char *certificates)
{
    const struct published_options o = {.from = site, .state = state, .anchors = certificates, .policy = &policy_table,
                                        .key = &key, .progress = &silent};
    struct checkpoint c;
    uint64_t n;
    enum err e = published_check(&o, &c, &n, &d);
    differs = differs || (e == E_OK && (c.size != sealed || (sealed == LINES && n != FILES)));
    return e;
}

static enum err check_with(const char *state)
{
    return check_by(state, anchors);
}

static enum err check(void)
{
    return check_with(audit_fix.path);
}

static enum err check_files(void)
{
    return check_by(audit_fix.path, NULL);
}

static void publish_lines(uint64_t lines)
{
    grow(lines);
    expect_ok_diag(publish(), &d);
    expect_ok_diag(check(), &d);
    expect_ok_diag(check_with(NULL), &d);
    expect_ok_diag(check_files(), &d);
    ck_assert(!differs);
}

/* What is done to a file that is called $f. */
static const struct spoiling {
    const char *how;
    enum err want;
    const char *words;
} spoilings[] = {{"rm $f", E_LOG_PUBLISHED, "is missing"},
                 {"rm -r ${f%/*}", E_LOG_PUBLISHED, "is missing"},
                 {"printf x >> $f", E_LOG_PUBLISHED, NULL},
                 {"truncate -s -1 $f", E_LOG_PUBLISHED, NULL},
                 {": > $f", E_LOG_PUBLISHED, NULL},
                 {"rm $f && mkdir $f", E_MEDIUM_FILE, NULL},
                 {"mv $f ../elsewhere && ln -s ../elsewhere $f", E_OK, NULL}}; /* E_OK: any other code than that */

static void expect_spoilt(const char *file, const struct spoiling *s)
{
    ck_assert(help_run("cp -a %s %s.kept && cd %s && f=%s && %s", site, site, site, file, s->how));
    d = (struct diag){0};
    enum err e = check();
    ck_assert_msg(e != E_OK && (s->want == E_OK || e == s->want), "%s: %s: %s: %s", file, s->how, err_name(e), d.text);
    ck_assert_msg(strstr(d.text, file) != NULL && (s->words == NULL || strstr(d.text, s->words) != NULL), "%s: %s: %s",
                  file, s->how, d.text);
    expect_seen(e);
    ck_assert(help_run("rm -r %s && mv %s.kept %s && rm -f %s/elsewhere", site, site, site, audit_fix.path));
}

START_TEST(each_file_is_looked_at)
{
    publish_lines(LINES);
    for (size_t i = 0; i < FILES; i++)
        for (size_t k = 0; k < sizeof spoilings / sizeof spoilings[0]; k++)
            expect_spoilt(files[i], &spoilings[k]);
    expect_spoilt("checkpoint", &(struct spoiling){"rm $f", E_CHECKPOINT, "is missing"});
    expect_spoilt("checkpoint", &(struct spoiling){"rm $f && mkdir $f", E_MEDIUM_FILE, NULL});
    /* every byte is another */
    expect_spoilt(files[2], &(struct spoiling){"LC_ALL=C tr '\\000-\\377' '\\001-\\377\\000' < $f > $f.new && mv $f.new $f",
                                               E_LOG_PUBLISHED, "holds something else"});
    /* the length of a line alone, of which there is a byte only */
    expect_spoilt(files[1], &(struct spoiling){"truncate -s 1 $f", E_LOG_PUBLISHED, "ends within a line"});
    expect_ok_diag(check(), &d);
}
END_TEST

/* -- the heads -- */

static void put_checkpoint(const struct checkpoint *c)
{
    struct buf note = {0};
    char path[128];
    expect_ok(checkpoint_write(&key, c, &note));
    snprintf(path, sizeof path, "%s/" CHECKPOINT_FILE, site);
    int fd = open(path, O_WRONLY | O_TRUNC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, note.data, note.len), (ssize_t)note.len);
    close(fd);
    buf_free(&note);
}

START_TEST(heads_over_something_else)
{
    static const char seal[] = "seal/300.json";
    struct checkpoint c = {.size = LINES};
    publish_lines(LINES);
    expect_spoilt(seal, &(struct spoiling){"sed -i 's/\"size\":300/\"size\":299/' $f", E_LOG_SEAL,
                                           "something else than the checkpoint"});
    expect_spoilt(seal, &(struct spoiling){"sed -i 's/\"root\":\"0/\"root\":\"1/;t;s/\"root\":\"./\"root\":\"0/' $f",
                                           E_LOG_SEAL, "something else than the checkpoint"});
    expect_spoilt(seal, &(struct spoiling){"echo '{}' > $f", E_LOG_PUBLISHED, NULL});
    put_checkpoint(&c);
    expect_err(check(), E_LOG_PUBLISHED);
    ck_assert_str_eq(d.text, "its lines have another root than the checkpoint");
}
END_TEST

/* -- the log -- */

/* A state of its own, whose log has this first line alone. */
static const char *other_log(const char *program)
{
    static char path[96];
    struct log *l;
    int fd = -1;
    snprintf(path, sizeof path, "%s/other", audit_fix.path);
    ck_assert(help_run("rm -rf %s && mkdir %s", path, path));
    expect_ok_diag(file_open_dir(path, &fd, &d), &d);
    json_t *fields = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "hash", digest_name(policy_table.log_hash), "program",
                               program, "policy", "0000000000000000000000000000000000000000000000000000000000000000",
                               "token-manufacturer", "", "token-model", "", "token-serial", "", "token-label", "");
    expect_ok_diag(log_create(fd, policy_table.log_hash, fields, &l, &d), &d);
    log_close(l);
    close(fd);
    return path;
}

static void expect_other(const char *state, enum err want, const char *words)
{
    d = (struct diag){0};
    enum err e = check_with(state);
    ck_assert_msg(e == want && strstr(d.text, words) != NULL, "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
}

START_TEST(another_log)
{
    char all[96];
    publish_lines(LINES);
    expect_other(other_log("b test"), E_LOG_PUBLISHED, "line 1 is another in the log"); /* as long as "a test" */
    expect_other(other_log("another test"), E_LOG_PUBLISHED, "line 1 is another in the log");
    const char *path = other_log("a test");
    snprintf(all, sizeof all, "%s/" LOG_FILE, audit_fix.path);
    ck_assert(help_run("head -n 299 %s > %s/" LOG_FILE, all, path));
    expect_other(path, E_LOG_ROLLED_BACK, "it has 299 lines, and 300 were published");
    ck_assert(help_run("sed '7s/self/SELF/' %s > %s/" LOG_FILE, all, path));
    ck_assert_int_ne(check_with(path), E_OK);
    ck_assert(help_run("rm %s/" LOG_FILE, path));
    ck_assert_int_ne(check_with(path), E_OK);
    expect_other("/nowhere", E_MEDIUM, "/nowhere");
    snprintf(site, sizeof site, "%s/nowhere", audit_fix.path);
    expect_err(check(), E_MEDIUM);
}
END_TEST

START_TEST(checking_without_memory)
{
    publish_lines(sealed);
    memory_sweep("published_check", check_files, &d, &differs); /* the seal's signature was with publish_log() */
}
END_TEST

Suite *suite_publish(void)
{
    Suite *s = suite_create("publish");
    TCase *c = tcase_create("publish");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_long_log);
    tcase_add_test(c, where_there_is_no_log);
    tcase_add_test(c, where_the_record_is);
    tcase_add_test(c, publishing_without_memory);
    tcase_add_test(c, each_file_is_looked_at);
    tcase_add_test(c, heads_over_something_else);
    tcase_add_test(c, another_log);
    tcase_add_test(c, checking_without_memory);
    suite_add_tcase(s, c);
    return s;
}
