#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/approval.h"
#include "batch/request.h"
#include "commands.h"
#include "core/clock.h"
#include "core/screen.h"
#include "pki/cms.h"
#include "ra/foresee.h"
#include "ra/own.h"
#include "ra/person.h"
#include "ra/words.h"

#define LABEL 11 /* columns */

/* How many requests there are of each kind. */
struct tally {
    struct count {
        char kind[2 * LIMIT_TOKEN_TEXT + 8]; /* "" for lines that cannot be read that far */
        int64_t n;
    } * by;
    size_t n;
};

static enum err tally_add(struct tally *t, const char *kind)
{
    size_t i = 0;
    while (i < t->n && strcmp(t->by[i].kind, kind) != 0)
        i++;
    if (i == t->n) {
        struct count *more = reallocarray(t->by, t->n + 1, sizeof *more);
        if (more == NULL)
            return E_NO_MEMORY;
        t->by = more;
        more[t->n] = (struct count){.n = 0};
        snprintf(more[t->n].kind, sizeof more[t->n].kind, "%s", kind);
        t->n++;
    }
    t->by[i].n++;
    return E_OK;
}

static enum err tally_requests(const struct desk *k, struct tally *t, struct diag *d)
{
    struct lines requests = k->requests;
    struct span line;
    enum err line_error;
    enum err e = E_OK;
    while (e == E_OK && desk_next(&requests, &line, &line_error)) {
        struct request r;
        struct diag ignored = {0};
        char kind[2 * LIMIT_TOKEN_TEXT + 8] = "";
        e = request_parse(line, requests.number, &r, &ignored);
        if (e == E_OK)
            words_of_kind(&r, kind, sizeof kind);
        if (e != E_NO_MEMORY)
            e = tally_add(t, kind);
        request_free(&r);
    }
    return e == E_OK ? E_OK : diag_set(d, e, BATCH_FILE);
}

static void print_summary(const struct desk *k, const struct tally *t, int64_t refused)
{
    char created[CLOCK_TEXT], until[CLOCK_TEXT], hex[DIGEST_HEX];
    const struct batch_header *h = &k->header;
    clock_format(h->created, created);
    clock_format(h->valid_until, until);
    hex_encode(k->digest, DIGEST_LEN, hex);
    screen_field(_("authority"), LABEL, "%s", h->authority);
    screen_field(_("ra"), LABEL, "%s", h->ra);
    screen_field(_("batch"), LABEL, _("%s, sequence %" PRId64), h->id, h->sequence);
    screen_field(_("created"), LABEL, "%s", created);
    screen_field(_("valid to"), LABEL, "%s", until);
    screen_field(_("requests"), LABEL, "%" PRId64, h->count);
    for (size_t i = 0; i < t->n; i++)
        screen_field("", LABEL, "%" PRId64 " %s", t->by[i].n,
                     t->by[i].kind[0] != '\0' ? t->by[i].kind : _("(not readable; the appliance will refuse them)"));
    if (refused > 0)
        screen_field(_("refused"), LABEL, _("%" PRId64 " of %" PRId64 ", as far as an RA can know: see ra check"), refused,
                     h->count);
    screen_field(_("digest"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, k->digest);
    fflush(stdout);
}

/* What the appliance would refuse whole is not worth anybody's name. */
static enum err check_whole(const struct desk *k, struct diag *d)
{
    struct diag why[FORESEE_WHOLE];
    foresee_whole(k, clock_now(), why);
    for (size_t i = 0; i < FORESEE_WHOLE; i++) {
        if (why[i].code == E_OK)
            continue;
        *d = why[i];
        return why[i].code;
    }
    return E_OK;
}

static enum err show(const struct desk *k, struct diag *d)
{
    struct tally t = {0};
    struct foresee_counts counts;
    const struct policy_authority *a = policy_authority_find(&policy_table, k->header.authority);
    enum err e = foresee_requests(k, a, clock_now(), NULL, NULL, &counts, d);
    if (e == E_OK)
        e = tally_requests(k, &t, d);
    if (e == E_OK)
        print_summary(k, &t, counts.of.refuse);
    free(t.by);
    return e;
}

static enum err confirm(const struct desk *k, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char line[16];
    if (options.digest != NULL) {
        if (!hex_decode(options.digest, digest, DIGEST_LEN) ||
            memcmp(digest, k->digest, DIGEST_LEN) != 0)
            return diag_set(d, E_NOT_CONFIRMED, "--digest is not the digest of this %s", BATCH_FILE);
        return E_OK;
    }
    if (!isatty(STDIN_FILENO))
        return diag_set(d, E_NOT_CONFIRMED, "there is no terminal, and no --digest");
    printf("%s", _("\nType yes to approve this batch: "));
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL || strcmp(line, "yes\n") != 0)
        return diag_set(d, E_NOT_CONFIRMED, "yes was not typed");
    return E_OK;
}

static void approval_name(const struct policy_person *person, char name[LIMIT_TOKEN_TEXT + 32])
{
    snprintf(name, LIMIT_TOKEN_TEXT + 32, "%s-%s.p7s", policy_role_name(person->role), person->id);
}

/* Of what this person signed before, only what does not fit the batch may be there. */
static enum err check_own(const struct desk *k, const struct policy_person *person, X509 *cert, struct diag *d)
{
    char name[LIMIT_TOKEN_TEXT + 32];
    struct file_list stale = {0};
    approval_name(person, name);
    enum err e = own_find(k, name, cert, &stale, d);
    file_list_free(&stale);
    return e;
}

/* Time has passed since the batch was shown: it, and what lies beside it, is looked at again under the lock. */
static enum err store(const struct desk *k, const struct policy_person *person, X509 *cert,
                      const struct buf *approval, struct diag *d)
{
    char name[LIMIT_TOKEN_TEXT + 32], approvals[WORDS_APPROVALS];
    struct file_list stale = {0};
    approval_name(person, name);
    enum err e = desk_lock(k->fd, options.dir, d);
    if (e == E_OK)
        e = desk_unchanged(k, d);
    if (e == E_OK)
        e = own_find(k, name, cert, &stale, d);
    if (e == E_OK)
        e = own_replace(k, name, approval, &stale, d);
    for (size_t i = 0; i < stale.n && e == E_OK; i++)
        printf(_("%s/%s: replaced, it did not fit the batch\n"), options.dir, stale.names[i]);
    if (e == E_OK)
        printf(_("%s/%s: approved as %s\n"), options.dir, name, _(policy_role_name(person->role)));
    if (e == E_OK) {
        words_of_approvals(k, clock_now(), approvals, sizeof approvals);
        puts(approvals);
    }
    file_list_free(&stale);
    return e;
}

/* Signed, checked as the appliance will check it, and only then written. */
static enum err sign(const struct desk *k, const struct person *p, struct diag *d)
{
    struct buf text = {0}, out = {0};
    struct cms *cms = NULL;
    enum err e = approval_text(k->digest, &text);
    if (e == E_OK)
        e = person_sign(p, buf_span(&text), clock_now(), &out, d);
    if (e == E_OK)
        e = cms_parse_person(buf_span(&out), &cms, d);
    if (e == E_OK)
        e = cms_verify(cms, p->cert, buf_span(&text), d);
    if (e == E_OK)
        e = store(k, p->row, p->cert, &out, d);
    cms_free(cms);
    buf_free(&text);
    buf_free(&out);
    return e;
}

enum err cmd_approve(int n, char **operands, struct diag *d)
{
    struct desk k = {.fd = -1};
    struct person p;
    (void)n;
    (void)operands;
    enum err e = person_from_options(&p, d);
    if (e == E_OK)
        e = desk_open(options.dir, &k, d);
    if (e == E_OK)
        desk_tidy(k.fd);
    if (e == E_OK) /* before all the reading and typing */
        e = person_find(&p, k.header.ra, d);
    if (e == E_OK)
        e = check_own(&k, p.row, p.cert, d);
    if (e == E_OK)
        e = check_whole(&k, d);
    if (e == E_OK)
        e = show(&k, d);
    if (e == E_OK)
        e = confirm(&k, d);
    if (e == E_OK)
        e = sign(&k, &p, d);
    X509_free(p.cert);
    desk_close(&k);
    return e;
}
