#include "policy/yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cyaml_schema_value_t yaml_struct_text = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

/* libcyaml tells what is wrong through its log only: one line of reason, then a backtrace from the
 * innermost place to the top, whose lines are those of the token read last. The steps are kept to
 * make a path of, which names the line exactly. */
#define STEPS 12
struct report {
    char reason[160];
    char steps[STEPS][64]; /* innermost first: "[0]" or ".name" */
    size_t n;
};

static void report_step(struct report *r, const char *line)
{
    static const char entry[] = "  in sequence entry '";
    static const char field[] = "  in mapping field '";
    if (r->n == STEPS)
        return;
    char *step = r->steps[r->n];
    if (strncmp(line, entry, sizeof entry - 1) == 0) {
        unsigned long position = strtoul(line + sizeof entry - 1, NULL, 10); /* counts from 1 */
        snprintf(step, sizeof r->steps[0], "[%lu]", position > 0 ? position - 1 : 0);
        r->n++;
    } else if (strncmp(line, field, sizeof field - 1) == 0) {
        const char *name = line + sizeof field - 1;
        snprintf(step, sizeof r->steps[0], ".%.*s", (int)strcspn(name, "'"), name);
        r->n++;
    }
}

static void __attribute__((format(printf, 3, 0)))
report_line(cyaml_log_t level, void *ctx, const char *format, va_list ap)
{
    struct report *r = ctx;
    char line[256];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(line, sizeof line, format, ap);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "  in ", 5) == 0)
        report_step(r, line);
    else if (strncmp(line, "Load: ", 6) == 0 && strcmp(line, "Load: Backtrace:") != 0 &&
             r->reason[0] == '\0')
        snprintf(r->reason, sizeof r->reason, "%.*s", (int)sizeof r->reason - 1, line + 6);
}

/* The path that the steps from `from` outwards make. */
static void report_path(const struct report *r, size_t from, char path[WHERE_PATH])
{
    size_t at = 0;
    path[0] = '\0';
    for (size_t i = r->n; i > from && at < WHERE_PATH; i--) {
        const char *step = r->steps[i - 1];
        step += at == 0 && step[0] == '.';
        int n = snprintf(path + at, WHERE_PATH - at, "%s", step);
        at += n > 0 ? (size_t)n : 0;
    }
}

/* Say it in the words of the language: for an unknown key the path of the key, for a missing one
 * that of the mapping that lacks it. libcyaml's innermost step is then the field it read before. */
static enum err report_error(const struct report *r, cyaml_err_t code, const struct where *where,
                             struct diag *d)
{
    const char *colon = strrchr(r->reason, ' ');
    const char *name = colon != NULL ? colon + 1 : "";
    char path[WHERE_PATH];
    if (code == CYAML_ERR_OOM)
        return diag_set(d, E_NO_MEMORY, "%s", where_file(where));
    if (code == CYAML_ERR_INVALID_KEY) {
        report_path(r, 0, path);
        size_t at = strlen(path);
        snprintf(path + at, sizeof path - at, "%s%s", at > 0 ? "." : "", name);
        return where_error(where, d, path, "this key is not known here");
    }
    if (code == CYAML_ERR_MAPPING_FIELD_MISSING) {
        report_path(r, r->n > 0 && r->steps[0][0] == '.' ? 1 : 0, path);
        return where_error(where, d, path, "the key \"%s\" is missing", name);
    }
    report_path(r, 0, path);
    return where_error(where, d, path, "%s",
                       r->reason[0] != '\0' ? r->reason : cyaml_strerror(code));
}

enum err yaml_struct_load(const cyaml_schema_value_t *top, struct span text, const struct where *where, void **out,
                   struct diag *d)
{
    *out = NULL;
    struct report report = {0};
    const cyaml_config_t config = {
        .log_fn = report_line,
        .log_ctx = &report,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = cyaml_mem,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_data_t *data = NULL;
    cyaml_err_t code = cyaml_load_data(text.p, text.n, &config, top, &data, NULL);
    if (code != CYAML_OK)
        return report_error(&report, code, where, d);
    if (data == NULL)
        return where_error(where, d, "", "the file is empty");
    *out = data;
    return E_OK;
}

void yaml_struct_free(const cyaml_schema_value_t *top, void *data)
{
    const cyaml_config_t config = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};
    /* Only its own parameters can make this fail, and they are right. */
    if (data != NULL)
        (void)cyaml_free(&config, top, data, 0);
}
