/* The man pages against the tables that the programs read: nothing missing, nothing left over.
 * Pages are found below the folder the tests run in (or $ROOTSEAL_ROOT), programs in
 * $ROOTSEAL_BUILD (or build). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "batch/header.h"
#include "batch/intake.h"
#include "batch/plan.h"
#include "batch/request.h"
#include "batch/witness.h"
#include "expect.h"
#include "log/record.h"
#include "log/seal.h"
#include "sample_records.h"

#define ERRORS_PAGE "signer/rootseal-errors.7"
#define FORMATS_PAGE "signer/rootseal-formats.5"
#define NAMES_MAX 64
#define NAME_MAX_ 64

/* A set of short names in their order. */
struct names {
    char at[NAMES_MAX][NAME_MAX_];
    size_t n;
};

static void add(struct names *l, const char *name, size_t n)
{
    ck_assert_uint_lt(l->n, NAMES_MAX);
    ck_assert_uint_lt(n, NAME_MAX_);
    snprintf(l->at[l->n++], NAME_MAX_, "%.*s", (int)n, name);
}

static bool has(const struct names *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->at[i], name) == 0)
            return true;
    return false;
}

/* -- reading -- */

static char *read_stream(FILE *f)
{
    struct buf text = {0};
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_append(&text, chunk, n);
    ck_assert_int_eq(ferror(f), 0);
    buf_append_byte(&text, '\0');
    expect_ok(buf_err(&text));
    return (char *)text.data;
}

/* A page as text, "\-" taken for the "-" that it prints; NULL when it is not there. */
static char *read_page(const char *path)
{
    char full[512];
    const char *root = getenv("ROOTSEAL_ROOT");
    snprintf(full, sizeof full, "%s/%s", root != NULL ? root : ".", path);
    FILE *f = fopen(full, "r");
    if (f == NULL)
        return NULL;
    char *text = read_stream(f);
    fclose(f);
    char *out = text;
    for (const char *in = text; *in != '\0'; in++)
        if (in[0] != '\\' || in[1] != '-')
            *out++ = *in;
    *out = '\0';
    return text;
}

static char *need_page(const char *path)
{
    char *text = read_page(path);
    ck_assert_msg(text != NULL, "there is no page %s", path);
    return text;
}

/* The word after `macro` on each line of text that begins so, up to `end`. */
static struct names words_after(const char *text, const char *end, const char *macro)
{
    struct names l = {0};
    size_t n = strlen(macro);
    for (const char *line = text; line != NULL && line < end; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, macro, n) == 0)
            add(&l, line + n, strcspn(line + n, " \n"));
    }
    return l;
}

/* -- the error table -- */

START_TEST(every_code_stands_as_in_the_table)
{
    char *page = need_page(ERRORS_PAGE);
    for (int i = 1; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        char want[1024], clause[256] = "";
        if (err_clause(e)[0] != '\0')
            snprintf(clause, sizeof clause, "Clause: %s.\n", err_clause(e));
        snprintf(want, sizeof want, "\n.It Er %s\n%s.\nExit status %d.\n%sWhat to do: %s.\n",
                 err_name(e), err_sentence(e), (int)err_class(e), clause, err_advice(e));
        ck_assert_msg(strstr(page, want) != NULL, "%s needs these lines:%s", ERRORS_PAGE, want);
    }
    free(page);
}
END_TEST

START_TEST(no_code_stands_that_is_not_in_the_table)
{
    char *page = need_page(ERRORS_PAGE);
    int n = 0;
    for (const char *at = page; (at = strstr(at, "\n.It Er ")) != NULL; n++) {
        char name[NAME_MAX_];
        at += strlen("\n.It Er ");
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "\n"), at);
        ck_assert_msg(err_by_name(name) != E_OK, "%s has %s, which the table has not", ERRORS_PAGE,
                      name);
    }
    ck_assert_int_eq(n, ERR_COUNT - 1); /* so none stands twice, and E_OK does not */
    free(page);
}
END_TEST

/* -- the programs -- */

static const struct {
    const char *program, *page;
} programs[] = {
    {"signer", "signer/signer.1"},
    {"ceremony", "ceremony/ceremony.1"},
    {"audit", "ceremony/audit/audit.1"},
    {"ra", "ceremony/ra/ra.1"},
};
#define PROGRAMS (sizeof programs / sizeof programs[0])

/* What `program command --help` prints; NULL when the program is not built. command may be "". */
static char *help_of(const char *program, const char *command)
{
    char path[512], line[640];
    const char *build = getenv("ROOTSEAL_BUILD");
    snprintf(path, sizeof path, "%s/%s", build != NULL ? build : "build", program);
    if (access(path, X_OK) != 0)
        return NULL;
    snprintf(line, sizeof line, "'%s' %s --help", path, command);
    FILE *f = popen(line, "r");
    ck_assert_ptr_nonnull(f);
    char *text = read_stream(f);
    ck_assert_msg(pclose(f) == 0, "%s failed", line);
    return text;
}

/* Lines of the overview that begin with two blanks. */
static struct names commands_of(const char *overview)
{
    struct names l = words_after(overview, overview + strlen(overview), "  ");
    ck_assert_uint_gt(l.n, 0);
    return l;
}

static struct names options_of(const char *program, const char *command)
{
    char *help = help_of(program, command);
    ck_assert_ptr_nonnull(help);
    struct names l = words_after(help, help + strlen(help), "  --");
    free(help);
    return l;
}

/* Each word that follows "Fl -" in text up to end: the long options a page names. */
static struct names flags_in(const char *text, const char *end)
{
    struct names l = {0};
    for (const char *at = text; (at = strstr(at, "Fl -")) != NULL && at < end; at++) {
        const char *name = at + strlen("Fl -");
        char word[NAME_MAX_];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(name, " \n"), name);
        if (!has(&l, word))
            add(&l, word, strlen(word));
    }
    return l;
}

/* The command's form in the synopsis, ".Nm" and then ".Cm command" on a line each, or both on one:
 * from there to the next .Nm or section. */
static struct names synopsis_of(const char *page, const char *path, const char *command)
{
    static const struct {
        const char *before, *after;
    } forms[] = {{"\n.Nm\n.Cm ", "\n"}, {"\n.Nm Cm ", "\n"}, {"\n.Nm Cm ", " "}};
    char start[NAME_MAX_ + 16];
    const char *from = NULL;
    for (size_t i = 0; from == NULL && i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(start, sizeof start, "%s%s%s", forms[i].before, command, forms[i].after);
        from = strstr(page, start);
    }
    ck_assert_msg(from != NULL, "%s: no form of the command %s in the synopsis", path, command);
    from += strlen(start) - 1;
    const char *nm = strstr(from, "\n.Nm"), *sh = strstr(from, "\n.Sh ");
    ck_assert_ptr_nonnull(sh);
    return flags_in(from, nm != NULL && nm < sh ? nm : sh);
}

static void expect_same_set(const struct names *a, const struct names *b, const char *path,
                            const char *what)
{
    for (size_t i = 0; i < a->n; i++)
        ck_assert_msg(has(b, a->at[i]), "%s, %s: --%s is missing", path, what, a->at[i]);
    for (size_t i = 0; i < b->n; i++)
        ck_assert_msg(has(a, b->at[i]), "%s, %s: there is no --%s", path, what, b->at[i]);
}

static void check_program(const char *program, const char *path, const char *overview)
{
    char *page = need_page(path);
    struct names commands = commands_of(overview), all = {0};
    add(&all, "help", 4);
    add(&all, "version", 7);
    for (size_t i = 0; i < commands.n; i++) {
        struct names options = options_of(program, commands.at[i]);
        struct names form = synopsis_of(page, path, commands.at[i]);
        expect_same_set(&options, &form, path, commands.at[i]);
        for (size_t k = 0; k < options.n; k++)
            if (!has(&all, options.at[k]))
                add(&all, options.at[k], strlen(options.at[k]));
    }
    struct names named = flags_in(page, page + strlen(page));
    expect_same_set(&all, &named, path, "options");
    for (size_t i = 0; i < all.n; i++) {
        char item[NAME_MAX_ + 16];
        snprintf(item, sizeof item, "\n.It Fl -%s", all.at[i]);
        ck_assert_msg(strstr(page, item) != NULL, "%s: --%s is not explained", path, all.at[i]);
    }
    free(page);
}

START_TEST(every_command_and_option_stands_in_the_page)
{
    char *overview = help_of(programs[_i].program, "");
    if (overview == NULL) {
        printf("test_man: %s is not built, its page is skipped\n", programs[_i].program);
        return;
    }
    check_program(programs[_i].program, programs[_i].page, overview);
    free(overview);
}
END_TEST

/* -- the formats -- */

/* The fields listed after this heading, up to the next heading or type of line, are those keys in
 * that order. */
static void expect_fields(const char *page, const char *heading, const struct names *want)
{
    char start[128];
    snprintf(start, sizeof start, "\n%s\n", heading);
    const char *from = strstr(page, start);
    ck_assert_msg(from != NULL, "%s has no \"%s\"", FORMATS_PAGE, heading);
    from += strlen(start) - 1;
    static const char *const ends[] = {"\n.Ss ", "\n.Sh ", "\n.It Cm "};
    const char *end = from + strlen(from);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const char *at = strstr(from, ends[i]);
        end = at != NULL && at < end ? at : end;
    }
    struct names have = words_after(from, end, ".It Ic ");
    for (size_t i = 0; i < want->n || i < have.n; i++) {
        const char *w = i < want->n ? want->at[i] : "nothing",
                   *h = i < have.n ? have.at[i] : "nothing";
        ck_assert_msg(strcmp(w, h) == 0, "%s, %s: field %zu is %s, the page has %s", FORMATS_PAGE,
                      heading, i + 1, w, h);
    }
}

/* Keys of the JSON object in the bytes, from number `first` on. */
static struct names keys_of(const struct buf *line, size_t first)
{
    struct names l = {0};
    struct diag d = {0};
    json_t *obj;
    size_t n = line->len - (line->len > 0 && line->data[line->len - 1] == '\n');
    expect_ok_diag(json_line_parse((const char *)line->data, n, "sample", &obj, &d), &d);
    for (void *at = json_object_iter(obj); at != NULL; at = json_object_iter_next(obj, at)) {
        const char *key = json_object_iter_key(at);
        if (first == 0)
            add(&l, key, strlen(key));
        else
            first--;
    }
    json_decref(obj);
    return l;
}

static void expect_written(const char *heading, struct buf *line)
{
    char *page = need_page(FORMATS_PAGE);
    struct names keys = keys_of(line, 0);
    ck_assert_uint_gt(keys.n, 0);
    expect_fields(page, heading, &keys);
    buf_free(line);
    free(page);
}

START_TEST(every_line_of_the_log_stands_with_its_fields)
{
    static const uint8_t prev[DIGEST_LEN];
    char *page = need_page(FORMATS_PAGE);
    char heading[64];
    struct buf line = {0};
    struct diag d = {0};
    enum record_type t = (enum record_type)_i;
    expect_ok_diag(record_write(1, 1, t, prev, sample_fields(t, "sm3"), &line, &d), &d);
    struct names own = keys_of(&line, 4);
    snprintf(heading, sizeof heading, ".It Cm %s", record_type_name(t));
    expect_fields(page, heading, &own);
    struct names head = keys_of(&line, 0);
    head.n = 4;
    expect_fields(page, ".Ss Log line", &head);
    buf_free(&line);
    free(page);
}
END_TEST

START_TEST(no_type_of_line_stands_that_the_log_has_not)
{
    char *page = need_page(FORMATS_PAGE);
    const char *from = strstr(page, "\n.Ss Log types\n");
    const char *to = from != NULL ? strstr(from, "\n.Sh ") : NULL;
    ck_assert_ptr_nonnull(to);
    struct names types = words_after(from, to, ".It Cm ");
    ck_assert_uint_eq(types.n, RECORD_TYPE_COUNT);
    for (int t = 0; t < RECORD_TYPE_COUNT; t++)
        ck_assert_msg(has(&types, record_type_name((enum record_type)t)), "%s",
                      record_type_name((enum record_type)t));
    free(page);
}
END_TEST

START_TEST(the_batch_stands_with_its_fields)
{
    struct batch_header h = {.authority = "a",
                             .ra = "r",
                             .id = "b",
                             .sequence = 1,
                             .count = 1,
                             .has_policy = true,
                             .has_previous = true};
    struct request r = {.id = "i", .op_text = "issue", .profile = "p", .has_serial = true, .issuer = "k", .by = "b", .reason = "r",
                        .key = "k", .operator_ = "o", .has_evidence = true, .override_ = "o",
                        .pair = {.request = "i", .has_serial = true}, .identity = {.value = {"1"}}};
    struct buf line = {0};
    expect_ok(header_write(&h, &line));
    expect_written(".Ss Batch header", &line);
    buf_append_byte(&r.csr, 1);
    buf_append_byte(&r.pair.enveloped_key, 1);
    expect_ok(request_write(&r, &line));
    expect_written(".Ss Batch request", &line);
    request_free(&r);
    struct request seal = {.id = "i", .op = OP_SEAL_ISSUE, .op_text = "seal-issue", .seal = {.width = 1, .height = 1}};
    struct buf *texts[] = {&seal.seal.name, &seal.seal.picture, &seal.seal.holder};
    for (size_t i = 0; i < 3; i++)
        buf_append_str(texts[i], "x");
    expect_ok(request_write(&seal, &line));
    char *page = need_page(FORMATS_PAGE);
    struct names own = keys_of(&line, 2);
    own.n--; /* requested-at, which all have */
    expect_fields(page, ".Ss Requests for electronic seals", &own);
    free(page);
    buf_free(&line);
    request_free(&seal);
}
END_TEST

START_TEST(the_plan_stands_with_its_fields)
{
    struct plan_header h = {.authority = "a", .ra = "r", .id = "b", .sequence = 1};
    struct plan_item issue = {.n = 1, .id = "i", .act = PLAN_ISSUE, .override_ = "o", .has_pair = true},
                     refuse = {.n = 1, .code = E_KEY_SIZE}, status = {.n = 1, .act = PLAN_HOLD},
                     list = {.n = 1, .act = PLAN_CRL}, responses = {.n = 1, .act = PLAN_OCSP};
    struct buf line = {0};
    expect_ok(plan_write_header(&h, &line));
    expect_written(".Ss Plan header", &line);
    expect_ok(plan_write_item(&issue, &line));
    expect_written(".Ss Plan item to be issued", &line);
    expect_ok(plan_write_item(&refuse, &line));
    expect_written(".Ss Plan item to be refused", &line);
    expect_ok(plan_write_item(&status, &line));
    expect_written(".Ss Plan item about a status", &line);
    expect_ok(plan_write_item(&list, &line));
    expect_written(".Ss Plan item for a list", &line);
    expect_ok(plan_write_item(&responses, &line));
    expect_written(".Ss Plan item for responses", &line);
    expect_ok(plan_write_end(&(struct plan_counts){.issue = 1, .refuse = 1}, &line));
    expect_written(".Ss Plan end", &line);
}
END_TEST

START_TEST(the_seal_stands_with_its_fields)
{
    struct seal s = {.hash = DIGEST_SM3, .size = 1, .key = "k"};
    struct buf line = {0};
    buf_append_byte(&s.signature, 1);
    expect_ok(seal_write(&s, &line));
    expect_written(".Ss Seal file", &line);
    seal_free(&s);
}
END_TEST

START_TEST(formats_and_files_stand_by_name)
{
    static const char *const names[] = {
        BATCH_FILE,      BATCH_FORMAT,    PLAN_FILE,      PLAN_FORMAT,         LOG_FILE,
        INDEX_FILE,      WITNESS_LABEL,   BUNDLE_FORMAT,  BUNDLE_FILE,         BUNDLE_SIGNATURE,
        BUNDLE_RESULTS,  BUNDLE_CERTS,    BUNDLE_CHAIN,   BUNDLE_LOG,          BUNDLE_SEAL,
        ANCHORS_DIR "/", ARCHIVE_DIR "/", BUNDLE_DIR "/", AUTHORISATION_PREFIX};
    char *page = need_page(FORMATS_PAGE);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(strstr(page, names[i]) != NULL, "%s does not name %s", FORMATS_PAGE,
                      names[i]);
    free(page);
}
END_TEST

Suite *suite_man(void);

Suite *suite_man(void)
{
    Suite *s = suite_create("man");
    TCase *c = tcase_create("pages");
    tcase_add_test(c, every_code_stands_as_in_the_table);
    tcase_add_test(c, no_code_stands_that_is_not_in_the_table);
    tcase_add_loop_test(c, every_command_and_option_stands_in_the_page, 0, PROGRAMS);
    tcase_add_loop_test(c, every_line_of_the_log_stands_with_its_fields, 0, RECORD_TYPE_COUNT);
    tcase_add_test(c, no_type_of_line_stands_that_the_log_has_not);
    tcase_add_test(c, the_batch_stands_with_its_fields);
    tcase_add_test(c, the_plan_stands_with_its_fields);
    tcase_add_test(c, the_seal_stands_with_its_fields);
    tcase_add_test(c, formats_and_files_stand_by_name);
    suite_add_tcase(s, c);
    return s;
}
