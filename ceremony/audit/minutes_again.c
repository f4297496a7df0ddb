#include "audit/minutes_again.h"

#include <string.h>

#include "audit/audit.h"
#include "batch/state.h"
#include "core/file.h"
#include "core/version.h"
#include "room/extent.h"
#include "room/minutes_archive.h"
#include "room/record_files.h"

/* The start in which the minutes were written. */
static const json_t *last_open(const struct transcripts_entry *t)
{
    for (size_t i = extent_of(t->events); i > 0; i--)
        if (transcripts_is(json_array_get(t->events, i - 1), "open"))
            return json_array_get(t->events, i - 1);
    return NULL;
}

/* Why this program would not write them in the same way; NULL: it would. */
static enum err what_differs(const struct audit *a, int dir_fd, const struct transcripts_entry *t, const char **out, struct diag *d)
{
    const json_t *open = last_open(t);
    struct buf html = {0};
    char policy[DIGEST_HEX], language[MINUTES_LANGUAGE], own[MINUTES_LANGUAGE];
    hex_encode(a->policy_digest, DIGEST_LEN, policy);
    minutes_own_language(own);
    enum err e = file_read(dir_fd, MINUTES_HTML, RECORD_FILE_MAX, &html, NULL, d);
    minutes_language(buf_span(&html), language);
    buf_free(&html);
    *out = NULL;
    if (strcmp(transcripts_text(open, "program"), PROGRAM_NAME) != 0)
        *out = "another version of the program wrote them";
    else if (strcmp(transcripts_text(open, "policy"), policy) != 0)
        *out = "they were written under another policy";
    else if (strcmp(language, own) != 0)
        *out = strcmp(language, "zh-CN") == 0 ? "they are in Chinese: set LANG to zh_CN.UTF-8" : "they are in another language: set LANG to C";
    return e;
}

static enum err write_again(const struct audit *a, int dir_fd, const struct record *r, struct diag *d)
{
    struct buf text = {0};
    struct script script = {0};
    struct minutes m = {0};
    enum err e = file_read(dir_fd, SCRIPT_FILE, SCRIPT_BYTES, &text, NULL, d);
    if (e == E_OK)
        e = script_parse(SCRIPT_FILE, buf_span(&text), a->policy, &script, d);
    if (e == E_OK)
        e = minutes_make(a->state_fd, dir_fd, &script, &m, d);
    if (e == E_OK)
        e = minutes_compare(&m, r, d);
    minutes_free(&m);
    script_free(&script);
    buf_free(&text);
    return e;
}

enum err minutes_again_check(struct audit *a, int dir_fd, const struct record *r, const struct transcripts_entry *t, struct diag *d)
{
    const char *differs;
    const char *name = record_text(r, "ceremony");
    struct diag why = {0};
    enum err e = what_differs(a, dir_fd, t, &differs, &why);
    if (e == E_OK && differs != NULL) {
        audit_open(a, "the minutes of the ceremony %s were not written again and compared: %s", name, differs);
        return E_OK;
    }
    if (e == E_OK)
        e = write_again(a, dir_fd, r, &why);
    if (e == E_OK)
        audit_note(a, "the minutes of the ceremony %s follow from its file, its transcript and the log", name);
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    return diag_set(d, e == E_TRANSCRIPT ? e : E_ARCHIVE, CEREMONIES_DIR "/%s/" MINUTES_HTML ": written again: %s", name, why.text);
}
