#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/json.h"
#include "core/screen.h"
#include "core/text.h"
#include "ra/import.h"
#include "ra/known_seals.h"
#include "ra/layout.h"
#include "ra/store.h"

/* What the appliance's people would have to do about it is not the RA's matter. */
static bool is_of_appliance(enum err e)
{
    static const enum err all[] = {E_LOG_FORMAT,     E_LOG_CHAIN,    E_LOG_ORDER,     E_LOG_SEAL,     E_LOG_ROLLED_BACK,
                                   E_CERT_SIGNATURE, E_CRL_FORMAT,   E_CRL_SIGNATURE, E_ESEAL_FORMAT, E_ESEAL_SIGNATURE,
                                   E_OCSP_FORMAT,    E_OCSP_SIGNATURE, E_OCSP_RESPONDER, E_LINT};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (e == all[i])
            return true;
    return err_class(e) == CLASS_HSM;
}

void cmd_import_advise(enum err e, struct diag *d)
{
    if (is_of_appliance(e))
        diag_advise(d, N_("do not use the bundle; call the CA"));
}

enum err cmd_import_verify(struct import *i, const char *work, struct diag *d)
{
    struct cli_progress bar = {.label = N_("checking")};
    struct progress progress = {cli_progress_step, &bar};
    enum err e = import_verify(&policy_table, options.anchors, options.batch, options.bundle, work, &progress, i, d);
    cli_progress_end(&bar);
    cmd_import_advise(e, d);
    return e;
}

/* What came of it. */
struct written {
    char folder[LAYOUT_NAME];
    bool news; /* files were written */
    struct store_done stored;
};

/* What is not as a person would expect of the own database. */
static void tell_stored(const struct store_done *done)
{
    const char *at = (const char *)done->names.data;
    uint64_t named = done->mended < STORE_NAMED ? done->mended : STORE_NAMED;
    char stranger[256]; /* the server is not ours */
    if (done->stranger.len > 0) {
        text_escape(stranger, sizeof stranger, (const char *)done->stranger.data, done->stranger.len);
        fprintf(stderr, _("ra: the tables belong to another account: %s\n"), stranger);
    }
    for (uint64_t i = 0; i < named; i++) {
        int n = (int)strcspn(at, "\n");
        fprintf(stderr, _("ra: %.*s: was changed or lost, and is put right\n"), n, at);
        at += n + 1;
    }
    if (done->mended > named)
        fprintf(stderr, i18n_plural("ra: and %" PRIu64 " other row\n", "ra: and %" PRIu64 " other rows\n", done->mended - named),
                done->mended - named);
}

static enum err write_out(const struct import *i, char name[LAYOUT_NAME], bool *news, struct diag *d)
{
    struct cli_progress bar = {.label = N_("writing")};
    struct progress progress = {cli_progress_step, &bar};
    enum err e =
        layout_write(options.out, &i->bundle, &i->answers, &i->seal, &progress, name, news, d);
    cli_progress_end(&bar);
    return e;
}

/* The database contradicts before a file is written, and has the bundle once all files are there. */
static enum err store_and_write(const struct import *i, struct written *w, struct diag *d)
{
    struct cli_progress bar = {.label = N_("storing")};
    struct progress progress = {cli_progress_step, &bar};
    struct db *db = NULL;
    enum err e = options.db != NULL ? db_open(options.db, &db, d) : E_OK;
    if (e == E_OK && db != NULL)
        e = store_put(db, i, &progress, &w->stored, d);
    cli_progress_end(&bar);
    if (e == E_OK)
        e = write_out(i, w->folder, &w->news, d);
    if (e == E_OK && db != NULL)
        e = db_commit(db, d);
    if (e == E_OK && db != NULL)
        tell_stored(&w->stored);
    db_close(db);
    return e;
}

/* The first import of a bundle leaves all its lists there, and a second one finds them. */
static bool is_own(const struct answers *answers, const char *key, int64_t number)
{
    for (size_t i = 0; i < answers->n; i++) {
        const struct answer *a = answers_at(answers, i);
        if (a->act == PLAN_CRL && a->number == number && strcmp(a->key, key) == 0)
            return true;
    }
    return false;
}

/* A list that comes after one with a higher number is from an earlier batch: whoever hands lists out must not put it in that
 * one's place. Told before it is written, for afterwards the highest may be itself. */
static enum err tell_old_lists(const struct answers *answers, struct diag *d)
{
    for (size_t i = 0; i < answers->n; i++) {
        const struct answer *a = answers_at(answers, i);
        int64_t last = 0;
        enum err e = a->act == PLAN_CRL ? layout_last_list(options.out, a->key, &last, d) : E_OK;
        if (e != E_OK)
            return e;
        if (last > a->number && !is_own(answers, a->key, last))
            fprintf(stderr, _("ra: list %" PRId64 " of %s is older than list %" PRId64 ", which was imported before it\n"),
                    a->number, a->key, last);
    }
    return E_OK;
}

/* Before anything is written: does the bundle's log contradict what earlier bundles brought? */
static enum err compare_logs(const struct import *i, struct diag *d)
{
    char other[LAYOUT_NAME];
    enum err e = known_seals_check(options.out, &i->bundle, &i->seal, other, d);
    if (e == E_OK && other[0] != '\0')
        fprintf(stderr,
                _("ra: the bundle's seal is of another log than that of %s/%s: ask the CA why a new log was begun\n"),
                options.out, other);
    return e;
}

static enum err print_json(json_t *obj)
{
    struct buf line = {0};
    enum err e = json_line_write(obj, &line);
    if (e == E_OK)
        printf("%.*s\n", (int)line.len, (const char *)line.data);
    json_decref(obj);
    buf_free(&line);
    return e;
}

/* A line for each request that was refused, as ra check --json has them. */
static enum err report_refused(const struct answers *answers)
{
    enum err e = E_OK;
    for (size_t n = 0; n < answers->n && e == E_OK; n++) {
        const struct answer *a = answers_at(answers, n);
        if (a->act == PLAN_REFUSE)
            e = print_json(json_pack("{s:I,s:s,s:s,s:s,s:s}", "n", (json_int_t)n + 1, "id", a->id, "code",
                                     err_name(a->code), "clause", a->clause, "detail", a->note));
    }
    return e;
}

static enum err report_json(const struct import *i, const struct written *w)
{
    char bundle[DIGEST_HEX], head[DIGEST_HEX];
    const struct manifest *m = &i->bundle.manifest;
    hex_encode(i->bundle.digest, DIGEST_LEN, bundle);
    hex_encode(i->seal.head, DIGEST_LEN, head);
    enum err e = report_refused(&i->answers);
    if (e != E_OK)
        return e;
    json_t *obj =
        json_pack("{s:s,s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:I,s:s,s:b,s:I,s:s}", "authority", m->authority, "ra", m->ra, "id",
                  m->id, "sequence", (json_int_t)m->sequence, "bundle", bundle, "issued", (json_int_t)m->issued,
                  "refused", (json_int_t)m->refused, "status", (json_int_t)m->status, "lists", (json_int_t)m->lists,
                  "folder", w->folder, "news", (int)w->news, "log-size", (json_int_t)i->seal.size, "log-head", head);
    if (obj != NULL && options.db != NULL && json_object_set_new(obj, "stored", json_boolean(w->stored.news)) != 0) {
        json_decref(obj);
        obj = NULL;
    }
    return print_json(obj);
}

#define LABEL 9 /* columns */

static void print_line(const char *label, size_t n, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void print_line(const char *label, size_t n, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    screen_label(label, LABEL);
    printf("%6zu  ", n);
    vprintf(format, ap);
    putchar('\n');
    va_end(ap);
}

static void report_answer(const struct answer *a, size_t n)
{
    if (a->act == PLAN_REFUSE)
        print_line(_("refused"), n, "%-20s %-22s %s", a->id, err_name(a->code), a->clause);
    if (a->act == PLAN_REFUSE && a->note[0] != '\0')
        printf("                 %s\n", a->note);
    if (a->act == PLAN_ISSUE && a->note[0] != '\0')
        print_line(_("issued"), n, _("%-20s without the requested %s"), a->id, a->note);
    if (a->late)
        print_line(_("revoked"), n, _("%-20s later than promised"), a->id);
    if (a->act == PLAN_CRL)
        print_line(a->base > 0 ? _("delta") : _("list"), n, _("%s, number %" PRId64 ", the next by %s"), a->key, a->number,
                   a->next_update);
}

static void report_answers(const struct answers *answers)
{
    for (size_t n = 0; n < answers->n; n++)
        report_answer(answers_at(answers, n), n + 1);
}

static void report(const struct import *i, const struct written *w)
{
    char bundle[DIGEST_HEX], head[DIGEST_HEX];
    const struct manifest *m = &i->bundle.manifest;
    report_answers(&i->answers);
    hex_encode(i->bundle.digest, DIGEST_LEN, bundle);
    hex_encode(i->seal.head, DIGEST_LEN, head);
    screen_field(_("batch"), LABEL, _("%s, sequence %" PRId64 " of %s"), m->id, m->sequence, m->ra);
    screen_field(_("bundle"), LABEL, "%s", bundle);
    screen_field(_("issued"), LABEL, "%" PRId64, m->issued);
    screen_field(_("refused"), LABEL, "%" PRId64, m->refused);
    screen_field(_("status"), LABEL, "%" PRId64, m->status);
    screen_field(_("lists"), LABEL, "%" PRId64, m->lists);
    screen_field(_("folder"), LABEL, w->news ? "%s/%s" : _("%s/%s, all of it there already"), options.out, w->folder);
    if (options.db != NULL)
        screen_field(_("database"), LABEL, w->stored.news ? "%s" : _("%s, all of it there already"), options.db);
    screen_field(_("log"), LABEL, _("sealed over %" PRIu64 " lines"), i->seal.size);
    screen_field(_("head"), LABEL, "%s", head);
    screen_words(_("words"), LABEL, i->seal.head);
}

enum err cmd_import(int n, char **operands, struct diag *d)
{
    struct import i;
    struct written w = {.news = false};
    (void)n;
    (void)operands;
    enum err e = cmd_import_verify(&i, options.out, d);
    if (e == E_OK)
        e = compare_logs(&i, d);
    if (e == E_OK)
        e = tell_old_lists(&i.answers, d);
    if (e == E_OK)
        e = store_and_write(&i, &w, d);
    if (e == E_OK && options.json)
        e = report_json(&i, &w);
    else if (e == E_OK)
        report(&i, &w);
    store_done_free(&w.stored);
    import_free(&i);
    return e;
}
