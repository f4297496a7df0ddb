/* check.c - runs everything: the unit suites, the scenario cases, the scripts, and at the very end the proof that every
 * code of the error table was produced by some test. Cases and scripts are run on all cores (jobs.h), from the beginning on;
 * what came of them is told in a fixed order.
 *
 *   check [WORD ...]   only suites, cases and scripts whose names hold one of the words; then nothing is proven of codes
 *   check --units      only the unit suites
 *
 * Environment: ROOTSEAL_BUILD (the build folder below the project's root, "build" or "build/san"), ROOTSEAL_VECTORS (the
 * folder of public vectors), ROOTSEAL_MODULE (the PKCS#11 module of the unit tests), JOBS (how many run at once, where it
 * is not one more than there are cores), PATIENCE (cases and scripts may take so many times as long). Run in the project's root. What each case and script said is in BUILD/test/log/NAME.log.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "jobs.h"
#include "unit/suites.h"

#define CASES_MAX 256
#define CASE_SECONDS 300 /* for a machine that does much else; the world is made in that time, too */
#define JOB_SECONDS 600 /* times ten, below: only a worker that was killed is waited for so long */
#define TAIL 4000 /* bytes of a log that a failure shows */

/* A script and the seconds it may take. An argument of NULL ends the list; %B becomes the build folder. Those that take
 * longest come first, so that at the end no core waits for one of them. */
struct script {
    const char *name;
    int seconds;
    const char *argv[6];
};

static const struct script scripts[] = {
    {"fuzz", 900, {"tests/fuzz/run.sh", "build/fuzz", "1000000", "2"}},
    {"twice", 900, {"tests/twice.sh", "%B"}},
    {"power", 900, {"tests/crash/power.pl", "--states", "120"}},
    {"check-hsm", 900, {"tests/hsm/sweep.sh", "--every", "70"}},
    {"token-sm2", 900, {"tests/hsm/softhsm-sm2.sh", "%B"}},
    {"crash", 900, {"tests/crash/crash.pl", "--points", "45"}},
    {"bad", 900, {"%B/test/bad-inputs", "--sample", "40"}},
    {"pty", 300, {"tests/pty/pty.sh"}},
    {"status-crl", 300, {"tests/status/crl.sh", "%B/test/status", "100000"}},
    {"status-ocsp", 300, {"tests/status/ocsp.sh", "%B/test/status"}},
    {"import-many", 900, {"tests/import/import.sh", "2000"}},
    {"policyc", 300, {"tests/policy/run.sh", "%B/policyc"}},
    {"manual", 300, {"tests/manual.sh"}},
    {"image", 900, {"tests/image/short.sh", "%B"}},
    {"secrets", 900, {"tests/secrets.sh"}},
    {"recipe", 300, {"tests/recipe.sh"}},
    {"language", 300, {"tests/language.sh"}},
    {"promises", 300, {"tests/promises.sh"}},
    {"defects", 300, {"tests/defects/run.sh", "--apply-only"}},
    {"bench-figures", 300, {"tests/bench/figures.pl"}},
    {"agreements", 300, {"tests/policy/agreements.pl", "%B/policyc"}},
};
#define SCRIPTS (sizeof scripts / sizeof scripts[0])

static const struct {
    const char *name;
    Suite *(*make)(void);
} units[] = {
#define X(name) {#name, suite_##name},
    SUITES(X)
#undef X
};
#define UNITS (sizeof units / sizeof units[0])

/* Chosen before the runner starts; its children inherit them. */
static const char *build;
static char codes[PATH_MAX];
static char ran[PATH_MAX]; /* the names of what was run, for the table of promises */
static char *cases[CASES_MAX];
static size_t cases_n;
static struct job jobs[3 + SCRIPTS + CASES_MAX]; /* the worlds that the cases need; then the scripts, then the cases */
static size_t jobs_n, first_script, first_case;

/* -- what came of a program -- */

static void show_tail(const char *log, char out[TAIL + 1])
{
    size_t n = 0;
    FILE *f = fopen(log, "rb");
    if (f != NULL) {
        fseek(f, 0, SEEK_END);
        long size = ftell(f);
        fseek(f, size > TAIL ? size - TAIL : 0, SEEK_SET);
        n = fread(out, 1, TAIL, f);
        fclose(f);
    }
    out[n] = '\0';
    for (size_t i = 0; i < n; i++) /* a terminal sees it */
        if ((out[i] < ' ' && out[i] != '\n') || out[i] == 0x7f)
            out[i] = '?';
}

static void note_run(const char *name)
{
    FILE *f = fopen(ran, "a");
    ck_assert_msg(f != NULL && fprintf(f, "%s\n", name) > 0 && fclose(f) == 0, "%s: %s", ran, strerror(errno));
}

static void must_pass(const struct job *j, int status)
{
    char tail[TAIL + 1];
    if (status == 0) {
        note_run(j->name);
        return;
    }
    show_tail(j->log, tail);
    ck_abort_msg("%s: status %d%s\n%s\n(all of it: %s)", j->name, status, status == 124 ? ", its time was up" : "", tail, j->log);
}

static struct job job_make(const char *name, int seconds)
{
    char log[PATH_MAX];
    const char *patience = getenv("PATIENCE");
    int times = patience != NULL ? atoi(patience) : 1;
    snprintf(log, sizeof log, "%s/test/log/%s.log", build, name);
    return (struct job){.name = name, .seconds = times > 1 ? times * seconds : seconds, .log = strdup(log)};
}

/* -- scenario cases -- */

/* The test of a case or script: _i is its job. */
START_TEST(job)
{
    must_pass(&jobs[_i], jobs_wait((size_t)_i));
}
END_TEST

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool find_cases(void)
{
    DIR *dir = opendir("tests/cases");
    struct dirent *entry;
    if (dir == NULL)
        return false;
    while ((entry = readdir(dir)) != NULL && cases_n < CASES_MAX) {
        char path[PATH_MAX];
        struct stat st;
        snprintf(path, sizeof path, "tests/cases/%s/input", entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &st) != 0)
            continue;
        cases[cases_n] = strdup(entry->d_name);
        cases_n += cases[cases_n] != NULL;
    }
    closedir(dir);
    qsort(cases, cases_n, sizeof *cases, by_name);
    return cases_n > 0;
}

static void add_case(const char *name)
{
    struct job *j = &jobs[jobs_n++];
    *j = job_make(name, CASE_SECONDS);
    j->argv[0] = "tests/cases/run";
    j->argv[1] = (char *)name;
}

/* What the cases share is made by tests/cases/world: a small world, one with the six operators, one with sub-CAs. */
enum { WORLD_SMALL, WORLD_OPERATORS, WORLD_CHAINS, WORLDS };
static const char *const world_names[WORLDS] = {"world", "operators", "chains"};

static int world_of(const char *name)
{
    if (strncmp(name, "op-", 3) == 0 || strncmp(name, "year-", 5) == 0)
        return WORLD_OPERATORS;
    return strncmp(name, "chain-", 6) == 0 ? WORLD_CHAINS : WORLD_SMALL;
}

/* What they share is made once: who comes meanwhile waits. */
static void add_world(const char *name)
{
    struct job *j = &jobs[jobs_n++];
    *j = job_make(name, CASE_SECONDS);
    j->argv[0] = "tests/cases/world";
    j->argv[1] = (char *)name;
}

static Suite *suite_scenarios(void)
{
    Suite *s = suite_create("scenarios");
    TCase *w = tcase_create("world"), *c = tcase_create("cases");
    tcase_set_timeout(w, JOB_SECONDS);
    tcase_add_loop_test(w, job, 0, (int)first_script);
    tcase_set_timeout(c, JOB_SECONDS);
    tcase_add_loop_test(c, job, (int)first_case, (int)jobs_n);
    suite_add_tcase(s, w);
    suite_add_tcase(s, c);
    return s;
}

/* -- scripts -- */

static void add_script(const struct script *x)
{
    struct job *j = &jobs[jobs_n++];
    *j = job_make(x->name, x->seconds);
    for (size_t i = 0; x->argv[i] != NULL; i++) {
        char with_build[PATH_MAX];
        bool of_build = strncmp(x->argv[i], "%B", 2) == 0;
        snprintf(with_build, sizeof with_build, "%s%s", of_build ? build : "", x->argv[i] + (of_build ? 2 : 0));
        j->argv[i] = strdup(with_build);
    }
}

static Suite *suite_scripts(void)
{
    Suite *s = suite_create("scripts");
    for (size_t i = first_script; i < first_case; i++) {
        TCase *c = tcase_create(jobs[i].name);
        tcase_set_timeout(c, JOB_SECONDS);
        tcase_add_loop_test(c, job, (int)i, (int)i + 1);
        suite_add_tcase(s, c);
    }
    return s;
}

/* -- the whole -- */

static void note_codes(bool seen[ERR_COUNT])
{
    char line[128];
    FILE *f = fopen(codes, "r");
    ck_assert_msg(f != NULL, "%s: %s", codes, strerror(errno));
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        seen[err_by_name(line)] = true;
    }
    fclose(f);
}

START_TEST(every_code_was_produced)
{
    bool seen[ERR_COUNT] = {false};
    char never[4096] = "";
    note_codes(seen);
    for (int e = E_OK + 1; e < ERR_COUNT; e++)
        if (!seen[e])
            snprintf(never + strlen(never), sizeof never - strlen(never), " %s", err_name((enum err)e));
    ck_assert_msg(never[0] == '\0', "no test produced%s", never);
}
END_TEST

/* A file of unit tests that nobody runs would be worse than none. */
START_TEST(every_unit_suite_is_listed)
{
    DIR *dir = opendir("tests/unit");
    struct dirent *entry;
    ck_assert_msg(dir != NULL, "tests/unit: %s", strerror(errno));
    while ((entry = readdir(dir)) != NULL) {
        char name[NAME_MAX + 1];
        size_t i = 0;
        if (sscanf(entry->d_name, "test_%255[a-z0-9_].c", name) != 1 || strstr(entry->d_name, ".c") == NULL)
            continue;
        while (i < UNITS && strcmp(units[i].name, name) != 0)
            i++;
        ck_assert_msg(i < UNITS, "tests/unit/%s is not in suites.h", entry->d_name);
    }
    closedir(dir);
}
END_TEST

/* A promise is worth what its tests are, and those are worth nothing when nobody runs them. */
START_TEST(every_promise_was_tested)
{
    struct job j = job_make("promises-tested", 60);
    j.argv[0] = "tests/promises.sh";
    j.argv[1] = ran;
    for (size_t i = 0; i < UNITS; i++)
        note_run(units[i].name);
    must_pass(&j, job_run(&j));
}
END_TEST

static Suite *suite_whole(void)
{
    Suite *s = suite_create("the whole");
    TCase *c = tcase_create("nothing left out");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, every_unit_suite_is_listed);
    tcase_add_test(c, every_code_was_produced);
    tcase_add_test(c, every_promise_was_tested);
    suite_add_tcase(s, c);
    return s;
}

/* -- what is run -- */

static bool chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]) != NULL || strcmp(argv[i], "--units") == 0)
            return true;
    return argc == 1;
}

static void add_jobs(int argc, char **argv)
{
    size_t chosen_cases[WORLDS] = {0};
    for (size_t i = 0; i < cases_n; i++)
        chosen_cases[world_of(cases[i])] += chosen(cases[i], argc, argv);
    for (int w = 0; w < WORLDS; w++)
        if (chosen_cases[w] > 0)
            add_world(world_names[w]);
    first_script = jobs_n;
    for (size_t i = 0; i < SCRIPTS; i++)
        if (chosen(scripts[i].name, argc, argv))
            add_script(&scripts[i]);
    first_case = jobs_n;
    for (size_t i = 0; i < cases_n; i++)
        if (chosen(cases[i], argc, argv))
            add_case(cases[i]);
}

static SRunner *collect(int argc, char **argv)
{
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < UNITS; i++)
        if (chosen(units[i].name, argc, argv))
            srunner_add_suite(runner, units[i].make());
    if (argc == 2 && strcmp(argv[1], "--units") == 0)
        return runner;
    add_jobs(argc, argv);
    if (first_case < jobs_n)
        srunner_add_suite(runner, suite_scenarios());
    if (first_script < first_case)
        srunner_add_suite(runner, suite_scripts());
    if (argc == 1)
        srunner_add_suite(runner, suite_whole());
    return runner;
}

static bool make_folders(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/test", build);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return false;
    snprintf(path, sizeof path, "%s/test/log", build);
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

/* Absolute, because programs that add to them run in other folders. */
static bool begin_list(const char *name, char path[PATH_MAX])
{
    char cwd[PATH_MAX - 64];
    if (getcwd(cwd, sizeof cwd) == NULL)
        return false;
    snprintf(path, PATH_MAX, build[0] == '/' ? "%.0s%s/test/%s" : "%s/%s/test/%s", cwd, build, name);
    FILE *f = fopen(path, "w");
    return f != NULL && fclose(f) == 0;
}

static bool open_lists(void)
{
    return begin_list("codes", codes) && setenv("ROOTSEAL_CODES", codes, 1) == 0 && begin_list("ran", ran);
}

int main(int argc, char **argv)
{
    build = getenv("ROOTSEAL_BUILD");
    if (build == NULL)
        build = "build";
    setenv("CK_TIMEOUT_MULTIPLIER", "10", 0); /* the limits are for what hangs, not for a machine that does much else */
    setenv("LC_ALL", "C", 1); /* the tests read English */
    /* A sanitizer build is started with the token's inner library preloaded; what is started from here is not. */
    unsetenv("LD_PRELOAD");
    if (!make_folders() || !open_lists() || !find_cases()) {
        fprintf(stderr, "check: run me in the project's root, with ROOTSEAL_BUILD naming the build folder: %s\n",
                strerror(errno));
        return 1;
    }
    SRunner *runner = collect(argc, argv);
    if (!jobs_start(jobs, jobs_n)) {
        fprintf(stderr, "check: %s\n", strerror(errno));
        return 1;
    }
    srunner_run_all(runner, CK_ENV);
    jobs_print_slowest();
    jobs_end();
    int failed = srunner_ntests_failed(runner);
    if (srunner_ntests_run(runner) == 0) { /* a word misspelt must not look like tests that passed */
        fprintf(stderr, "check: no suite, case or script has such a name\n");
        failed = 1;
    }
    srunner_free(runner);
    for (size_t i = 0; i < cases_n; i++)
        free(cases[i]);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
