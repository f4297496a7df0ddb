#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/json.h"
#include "core/words.h"
#include "ra/import.h"
#include "ra/layout.h"

/* What the appliance's people would have to do about it is not the RA's matter. */
static bool is_of_appliance(enum err e)
{
    return err_class(e) == CLASS_HSM || e == E_LOG_FORMAT || e == E_LOG_CHAIN || e == E_LOG_ORDER || e == E_LOG_SEAL ||
           e == E_LOG_ROLLED_BACK || e == E_CERT_SIGNATURE || e == E_CRL_FORMAT || e == E_CRL_SIGNATURE || e == E_ESEAL_FORMAT || e == E_ESEAL_SIGNATURE || e == E_LINT;
}

static enum err verify(struct import *i, struct diag *d)
{
    struct cli_progress bar = {.label = "checking"};
    struct progress progress = {cli_progress_step, &bar};
    enum err e = import_verify(&policy_table, options.anchors, options.batch, options.bundle,
                               &progress, i, d);
    cli_progress_end(&bar);
    if (is_of_appliance(e))
        diag_advise(d, "do not use the bundle; call the CA");
    return e;
}

static enum err write_out(const struct import *i, char name[LAYOUT_NAME], bool *news, struct diag *d)
{
    struct cli_progress bar = {.label = "writing"};
    struct progress progress = {cli_progress_step, &bar};
    enum err e =
        layout_write(options.out, &i->bundle, &i->answers, &i->seal, &progress, name, news, d);
    cli_progress_end(&bar);
    return e;
}

/* A list that comes after one with a higher number is from an earlier batch: whoever hands lists out must not put it in that
 * one's place. Told before it is written, for afterwards the highest may be itself. */
static enum err tell_old_lists(const struct answers *answers, struct diag *d)
{
    for (size_t i = 0; i < answers->n; i++) {
        const struct answer *a = &answers->v[i];
        int64_t last = 0;
        enum err e = a->act == PLAN_CRL ? layout_last_list(options.out, a->key, &last, d) : E_OK;
        if (e != E_OK)
            return e;
        if (last > a->number)
            fprintf(stderr, "ra: list %" PRId64 " of %s is older than list %" PRId64 ", which was imported before it\n",
                    a->number, a->key, last);
    }
    return E_OK;
}

static enum err report_json(const struct import *i, const char *name, bool news)
{
    char bundle[DIGEST_HEX], head[DIGEST_HEX];
    const struct manifest *m = &i->bundle.manifest;
    struct buf line = {0};
    hex_encode(i->bundle.digest, DIGEST_LEN, bundle);
    hex_encode(i->seal.head, DIGEST_LEN, head);
    json_t *obj =
        json_pack("{s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:I,s:s,s:b,s:I,s:s}", "ra", m->ra, "id", m->id, "sequence",
                  (json_int_t)m->sequence, "bundle", bundle, "issued", (json_int_t)m->issued,
                  "refused", (json_int_t)m->refused, "status", (json_int_t)m->status, "lists",
                  (json_int_t)m->lists, "folder", name, "news", (int)news, "log-size",
                  (json_int_t)i->seal.size, "log-head", head);
    enum err e = json_line_write(obj, &line);
    if (e == E_OK)
        printf("%.*s\n", (int)line.len, (const char *)line.data);
    json_decref(obj);
    buf_free(&line);
    return e;
}

static void report_answer(const struct answer *a, size_t n)
{
    if (a->act == PLAN_REFUSE)
        printf("refused  %6zu  %-20s %-22s %s\n", n, a->id, err_name(a->code), a->clause);
    if (a->act == PLAN_REFUSE && a->note[0] != '\0')
        printf("                 %s\n", a->note);
    if (a->act == PLAN_ISSUE && a->note[0] != '\0')
        printf("issued   %6zu  %-20s without the requested %s\n", n, a->id, a->note);
    if (a->late)
        printf("revoked  %6zu  %-20s later than promised\n", n, a->id);
    if (a->act == PLAN_CRL)
        printf("%-8s %6zu  %s, number %" PRId64 ", the next by %s\n", a->base > 0 ? "delta" : "list", n, a->key, a->number,
               a->next_update);
}

static void report_answers(const struct answers *answers)
{
    for (size_t n = 0; n < answers->n; n++)
        report_answer(&answers->v[n], n + 1);
}

static void report(const struct import *i, const char *name, bool news)
{
    char bundle[DIGEST_HEX], head[DIGEST_HEX], words[DIGEST_LEN * 12 + 128];
    const struct manifest *m = &i->bundle.manifest;
    report_answers(&i->answers);
    hex_encode(i->bundle.digest, DIGEST_LEN, bundle);
    hex_encode(i->seal.head, DIGEST_LEN, head);
    words_format(i->seal.head, DIGEST_LEN, 4, "         ", words, sizeof words);
    printf("batch    %s, sequence %" PRId64 " of %s\nbundle   %s\nissued   %" PRId64
           "\nrefused  %" PRId64 "\nstatus   %" PRId64 "\nlists    %" PRId64 "\nfolder   %s/%s%s\n",
           m->id, m->sequence, m->ra, bundle, m->issued, m->refused, m->status, m->lists, options.out, name, news ? "" : ", all of it there already");
    printf("log      sealed over %" PRIu64 " lines\nhead     %s\nwords    %s\n", i->seal.size, head,
           words);
}

enum err cmd_import(int n, char **operands, struct diag *d)
{
    struct import i;
    char name[LAYOUT_NAME];
    bool news = false;
    (void)n;
    (void)operands;
    enum err e = verify(&i, d);
    if (e == E_OK)
        e = tell_old_lists(&i.answers, d);
    if (e == E_OK)
        e = write_out(&i, name, &news, d);
    if (e == E_OK && options.json)
        e = report_json(&i, name, news);
    else if (e == E_OK)
        report(&i, name, news);
    import_free(&i);
    return e;
}
