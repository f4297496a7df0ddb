#include "ra/results_csv.h"

#include <inttypes.h>
#include <stdio.h>

#include "batch/lists.h"
#include "ra/csv.h"
#include "ra/result.h"

enum column {
    N, ID, DECISION, SERIAL, NOT_BEFORE, NOT_AFTER, CODE, CLAUSE, FILE_NAME, DETAIL, IGNORED, REASON, LATE, SUPERSEDES,
    KEY, NUMBER, BASE, NEXT_UPDATE, COLUMNS
};

static const char *const head[COLUMNS] = {
    [N] = "n",           [ID] = "id",           [DECISION] = "decision", [SERIAL] = "serial",
    [NOT_BEFORE] = "not_before", [NOT_AFTER] = "not_after", [CODE] = "code",   [CLAUSE] = "clause",
    [FILE_NAME] = "file", [DETAIL] = "detail",  [IGNORED] = "ignored",   [REASON] = "reason",
    [LATE] = "late",     [SUPERSEDES] = "supersedes", [KEY] = "key",     [NUMBER] = "number",
    [BASE] = "base",     [NEXT_UPDATE] = "next_update"};

struct texts {
    char n[24], file[LIMIT_TOKEN_TEXT + 48], number[24], base[24];
};

static void fill_list(const struct answer *a, struct texts *t, const char *row[COLUMNS])
{
    char name[LISTS_NAME];
    lists_name(a->key, a->number, name);
    snprintf(t->file, sizeof t->file, "../crls/%s", name);
    snprintf(t->number, sizeof t->number, "%" PRId64, a->number);
    row[KEY] = a->key;
    row[NUMBER] = t->number;
    row[NEXT_UPDATE] = a->next_update;
    if (a->base > 0) {
        snprintf(t->base, sizeof t->base, "%" PRId64, a->base);
        row[BASE] = t->base;
    }
}

static void put_row(const struct answer *a, size_t n, struct buf *out)
{
    struct texts t = {.file = ""};
    const char *row[COLUMNS] = {[N] = t.n,
                                [ID] = a->id,
                                [DECISION] = result_word(a->act),
                                [SERIAL] = a->serial,
                                [NOT_BEFORE] = a->not_before,
                                [NOT_AFTER] = a->not_after,
                                [CODE] = a->act == PLAN_REFUSE ? err_name(a->code) : "",
                                [CLAUSE] = a->clause,
                                [FILE_NAME] = t.file,
                                [DETAIL] = a->act == PLAN_REFUSE ? a->note : "",
                                [IGNORED] = a->act == PLAN_ISSUE ? a->note : "",
                                [REASON] = a->reason,
                                [LATE] = a->late ? "late" : "",
                                [SUPERSEDES] = a->supersedes,
                                [KEY] = "",
                                [NUMBER] = "",
                                [BASE] = "",
                                [NEXT_UPDATE] = ""};
    snprintf(t.n, sizeof t.n, "%zu", n);
    if (a->act == PLAN_ISSUE)
        snprintf(t.file, sizeof t.file, a->seal.n > 0 ? "seals/%s.esl" : "certs/%s.pem", a->id);
    if (a->act == PLAN_CRL)
        fill_list(a, &t, row);
    csv_row(out, row, COLUMNS);
}

#define PIECE (64 * 1024)
#define ROOM ((size_t)LIMIT_ARCHIVE_BYTES)

/* Append what has come together, when it is enough or the last. */
static enum err flush(struct buf *piece, bool last, struct spool *out, struct diag *d)
{
    enum err e = buf_err(piece);
    if (e != E_OK)
        return diag_set(d, e, "results.csv");
    if (piece->len < PIECE && !last)
        return E_OK;
    e = spool_append(out, buf_span(piece), NULL, d);
    buf_reset(piece);
    return e;
}

enum err results_csv(const struct answers *answers, int folder, struct spool *out, struct diag *d)
{
    struct buf piece = {0};
    enum err e = spool_make(folder, ROOM, out, d);
    csv_row(&piece, head, COLUMNS);
    for (size_t i = 0; i < answers->n && e == E_OK; i++) {
        put_row(answers_at(answers, i), i + 1, &piece);
        e = flush(&piece, false, out, d);
    }
    if (e == E_OK)
        e = flush(&piece, true, out, d);
    buf_free(&piece);
    return e;
}
