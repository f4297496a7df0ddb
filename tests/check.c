/* check.c - runs everything: the unit suites, the scenario cases, the scripts, and at the very end the proof that every
 * code of the error table was produced by some test.
 *
 *   check [WORD ...]   only suites, cases and scripts whose names hold one of the words; then nothing is proven of codes
 *   check --units      only the unit suites
 *
 * Environment: ROOTSEAL_BUILD (the build folder below the project's root, "build" or "build/san"), ROOTSEAL_VECTORS (the
 * folder of public vectors), ROOTSEAL_MODULE (the PKCS#11 module of the unit tests). Run in the project's root. What each
 * case and script said is in BUILD/test/log/NAME.log.
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
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "unit/suites.h"

#define CASES_MAX 256
#define TAIL 4000 /* bytes of a log that a failure shows */

/* A script and the seconds it may take. An argument of NULL ends the list; %B becomes the build folder. */
struct script {
    const char *name;
    int seconds;
    const char *argv[6];
};

static const struct script scripts[] = {
    {"token-sm2", 300, {"tests/hsm/softhsm-sm2.sh", "%B"}},
    {"policyc", 120, {"tests/policy/run.sh", "%B/policyc"}},
    {"agreements", 30, {"tests/policy/agreements.pl", "%B/policyc"}},
    {"crash", 300, {"tests/crash/crash.pl", "--points", "60"}},
    {"power", 300, {"tests/crash/power.pl", "--states", "150"}},
    {"defects", 30, {"tests/defects/run.sh", "--apply-only"}},
    {"recipe", 60, {"tests/recipe.sh"}},
    {"manual", 30, {"tests/manual.sh"}},
    {"check-hsm", 300, {"tests/hsm/sweep.sh", "--every", "50"}},
    {"secrets", 300, {"tests/secrets.sh"}},
    {"fuzz", 180, {"tests/fuzz/run.sh", "build/fuzz", "1000000", "3"}},
    {"promises", 30, {"tests/promises.sh"}},
    {"bad", 300, {"%B/test/bad-inputs", "--sample", "25"}},
    {"twice", 300, {"tests/twice.sh", "%B"}},
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
static size_t chosen_cases[CASES_MAX], chosen_cases_n;
static size_t chosen_scripts[SCRIPTS], chosen_scripts_n;

/* -- running a program -- */

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

/* In the process group of the test, which Check ends as a whole when its time is up. */
static int run(const char *const argv[], const char *log)
{
    int status;
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        int null = open("/dev/null", O_RDONLY);
        if (argv[0] == NULL || fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(127);
        execv(argv[0], (char *const *)argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void note_run(const char *name)
{
    FILE *f = fopen(ran, "a");
    ck_assert_msg(f != NULL && fprintf(f, "%s\n", name) > 0 && fclose(f) == 0, "%s: %s", ran, strerror(errno));
}

static void must_pass(const char *name, const char *const argv[])
{
    char log[PATH_MAX], tail[TAIL + 1];
    snprintf(log, sizeof log, "%s/test/log/%s.log", build, name);
    int status = run(argv, log);
    if (status == 0)
        note_run(name);
    if (status == 0)
        return;
    show_tail(log, tail);
    ck_abort_msg("%s: status %d\n%s\n(all of it: %s)", name, status, tail, log);
}

/* -- scenario cases -- */

START_TEST(scenario)
{
    const char *name = cases[chosen_cases[_i]];
    const char *const argv[] = {"tests/cases/run", name, NULL};
    must_pass(name, argv);
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

/* Made once, before the first case and outside of its time. */
START_TEST(world)
{
    static const char *const argv[] = {"tests/cases/world", NULL};
    must_pass("world", argv);
}
END_TEST

static Suite *suite_scenarios(void)
{
    Suite *s = suite_create("scenarios");
    TCase *w = tcase_create("world"), *c = tcase_create("cases");
    tcase_set_timeout(w, 180);
    tcase_add_test(w, world);
    tcase_set_timeout(c, 90);
    tcase_add_loop_test(c, scenario, 0, (int)chosen_cases_n);
    suite_add_tcase(s, w);
    suite_add_tcase(s, c);
    return s;
}

/* -- scripts -- */

START_TEST(script)
{
    const struct script *x = &scripts[chosen_scripts[_i]];
    const char *argv[6] = {NULL};
    char with_build[PATH_MAX];
    for (size_t i = 0; x->argv[i] != NULL; i++) {
        argv[i] = x->argv[i];
        if (strncmp(argv[i], "%B", 2) == 0) {
            snprintf(with_build, sizeof with_build, "%s%s", build, argv[i] + 2);
            argv[i] = with_build;
        }
    }
    must_pass(x->name, argv);
}
END_TEST

static Suite *suite_scripts(void)
{
    Suite *s = suite_create("scripts");
    for (size_t i = 0; i < chosen_scripts_n; i++) {
        const struct script *x = &scripts[chosen_scripts[i]];
        TCase *c = tcase_create(x->name);
        tcase_set_timeout(c, x->seconds);
        tcase_add_loop_test(c, script, (int)i, (int)i + 1);
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
    const char *const argv[] = {"tests/promises.sh", ran, NULL};
    for (size_t i = 0; i < UNITS; i++)
        note_run(units[i].name);
    must_pass("promises-tested", argv);
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

static SRunner *collect(int argc, char **argv)
{
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < UNITS; i++)
        if (chosen(units[i].name, argc, argv))
            srunner_add_suite(runner, units[i].make());
    if (argc == 2 && strcmp(argv[1], "--units") == 0)
        return runner;
    for (size_t i = 0; i < cases_n; i++)
        if (chosen(cases[i], argc, argv))
            chosen_cases[chosen_cases_n++] = i;
    for (size_t i = 0; i < SCRIPTS; i++)
        if (chosen(scripts[i].name, argc, argv))
            chosen_scripts[chosen_scripts_n++] = i;
    if (chosen_cases_n > 0)
        srunner_add_suite(runner, suite_scenarios());
    if (chosen_scripts_n > 0)
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
    /* A sanitizer build is started with the token's inner library preloaded; what is started from here is not. */
    unsetenv("LD_PRELOAD");
    if (!make_folders() || !open_lists() || !find_cases()) {
        fprintf(stderr, "check: run me in the project's root, with ROOTSEAL_BUILD naming the build folder: %s\n",
                strerror(errno));
        return 1;
    }
    SRunner *runner = collect(argc, argv);
    srunner_run_all(runner, CK_ENV);
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
