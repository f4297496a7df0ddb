#include <inttypes.h>
#include <string.h>

#include "batch/lists.h"
#include "core/base64.h"
#include "core/clock.h"
#include "pki/cert.h"
#include "pki/crl_lint.h"
#include "ra/answering.h"

/* The place of the authority's key that issues lists under this name; keys_n for none. */
static size_t find_key(const struct policy_authority *a, const char *name)
{
    size_t i = 0;
    while (i < a->keys_n && (strcmp(a->keys[i].name, name) != 0 || a->keys[i].crl_period == 0))
        i++;
    return i;
}

static const struct manifest_list *next_list(const struct answering *w)
{
    return w->counts.lists < w->bundle->manifest.lists ? &w->bundle->manifest.list[w->counts.lists] : NULL;
}

/* One that was asked for is of the key and the kind that were; another one is full, and the only one of its key. */
static enum err check_asked(struct answering *w, const struct result *s, size_t place, const struct decision *o,
                            struct diag *d)
{
    const struct policy_key *row = &w->decider.authority->keys[place];
    if (strcmp(s->clause, row->crl_clause) != 0)
        return answering_differs(w, "it rests on another clause than the policy's", d);
    if (o != NULL)
        return o->list_key == row && (s->base != 0) == (o->request.op == OP_DELTA_CRL)
                   ? E_OK
                   : answering_differs(w, "it is another list than was asked for", d);
    if (place < w->next_due || s->base != 0)
        return answering_differs(w, "it is a list that nothing made necessary", d);
    w->due[place] = true;
    w->next_due = place + 1;
    return E_OK;
}

static enum err check_line(const struct answering *w, const struct result *s, const struct record *r, struct diag *d)
{
    const struct manifest_list *file = next_list(w);
    char name[LISTS_NAME];
    lists_name(s->key, s->number, name);
    if (strcmp(record_text(r, "key"), s->key) != 0 || record_number(r, "number") != s->number ||
        record_number(r, "base") != s->base || record_number(r, "entries") != s->entries)
        return answering_differs(w, "its log line is about another list", d);
    if (file == NULL || file->responses || strcmp(file->key, s->key) != 0 || file->number != s->number || strcmp(name, s->file) != 0)
        return answering_differs(w, "its file is not the one in its place of bundle.json", d);
    for (const struct manifest_list *l = w->bundle->manifest.list; l < file; l++)
        if (strcmp(l->key, s->key) == 0 && l->number >= s->number)
            return answering_differs(w, "its number is not above that of a list before it", d);
    return E_OK;
}

/* All lists of a batch are of the moment when it was planned, which is after the batch was made and before the intent. */
static enum err check_times(struct answering *w, const struct crl_facts *f, struct diag *d)
{
    bool fits = f->this_update <= w->intent && f->this_update >= w->desk->header.created - LIMIT_CLOCK_SKEW;
    if (!fits || (w->this_update != 0 && f->this_update != w->this_update))
        return answering_differs(w, "the list is of another time than the plan", d);
    w->this_update = f->this_update;
    return E_OK;
}

static enum err check_content(struct answering *w, const struct result *s, const struct record *r,
                              const struct policy_key *row, const struct anchor *anchor, struct crl_view *view,
                              struct diag *d)
{
    const struct crl_facts *f = crl_view_facts(view);
    const struct crl_head want = {.alg = row->alg,
                                  .sm2_null = row->sm2_null,
                                  .this_update = f->this_update,
                                  .next_update = f->this_update + (s->base != 0 ? row->crl_delta_period : row->crl_period),
                                  .number = (uint64_t)s->number,
                                  .base = (uint64_t)s->base,
                                  .idp_url = row->crl_url};
    struct buf signature = {0};
    uint8_t tbs[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const char *text = record_text(r, "signature");
    enum err e = crl_lint(view, &want, (uint64_t)s->entries, anchor->cert, tbs, d);
    if (e == E_OK)
        e = base64_decode(text, strlen(text), &signature);
    hex_encode(tbs, DIGEST_LEN, hex);
    bool same = e == E_OK && strcmp(record_text(r, "tbs"), hex) == 0 && signature.len == f->signature.n &&
                memcmp(signature.data, f->signature.p, signature.len) == 0;
    if (e == E_OK && !same)
        e = answering_differs(w, "its log line is about another list", d);
    if (e == E_OK && s->next_update != want.next_update)
        e = answering_differs(w, "the next list is due at another time", d);
    buf_free(&signature);
    return e == E_LINT ? E_BUNDLE_ANSWER : e;
}

static enum err check_view(struct answering *w, const struct result *s, const struct record *r,
                           const struct policy_key *row, struct crl_view *view, struct diag *d)
{
    const struct anchor *anchor = NULL;
    enum err e = anchors_find(w->anchors, row->name, &anchor, d);
    if (e == E_OK)
        e = crl_verify(view, anchor->key, d);
    if (e == E_OK)
        e = check_content(w, s, r, row, anchor, view, d);
    if (e == E_OK)
        e = check_times(w, crl_view_facts(view), d);
    return e == E_OK ? changes_check(&w->changes, view, row->name, d) : e;
}

static enum err check_bytes(struct answering *w, const struct result *s, const struct record *r,
                            const struct policy_key *row, const struct spool *list, struct diag *d)
{
    struct crl_view *view = NULL;
    struct diag why = {0};
    enum err e = crl_view_open(list->fd, false, &view, &why);
    if (e == E_OK)
        e = check_view(w, s, r, row, view, &why);
    crl_view_close(view);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "%s", s->file);
}

enum err answer_list(struct answering *w, const struct result *s, const struct record *r, const struct decision *o,
                     struct answer *a, struct diag *d)
{
    const struct policy_authority *authority = w->decider.authority;
    size_t place = find_key(authority, s->key);
    if (place == authority->keys_n)
        return answering_differs(w, "it is a list of a key that issues none", d);
    enum err e = check_asked(w, s, place, o, d);
    if (e == E_OK)
        e = check_line(w, s, r, d);
    if (e != E_OK)
        return e;
    a->list = &w->bundle->lists[w->counts.lists];
    e = check_bytes(w, s, r, &authority->keys[place], a->list, d);
    snprintf(a->key, sizeof a->key, "%s", s->key);
    a->number = s->number;
    a->base = s->base;
    clock_format(w->this_update, a->this_update);
    clock_format(s->next_update, a->next_update);
    return e;
}

/* What was superseded without being on a list was signed by a key that issues none, if there is one. */
static bool may_be_unlisted(const struct policy_authority *a)
{
    for (size_t i = 0; i < a->keys_n; i++)
        if (a->keys[i].crl_period == 0)
            return true;
    return false;
}

enum err answer_lists_end(const struct answering *w, struct diag *d)
{
    const struct policy_authority *a = w->decider.authority;
    for (size_t i = 0; i < w->changes.n; i++) {
        const struct change *c = &w->changes.v[i];
        size_t place = find_key(a, c->key);
        if (c->key[0] == '\0' ? !may_be_unlisted(a) : place < a->keys_n && !w->due[place])
            return diag_set(d, E_BUNDLE_ANSWER, "certificates of %s changed their status, and no list follows",
                            c->key[0] != '\0' ? c->key : a->name);
    }
    return E_OK;
}
