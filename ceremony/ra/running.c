#include "ra/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/i18n.h"
#include "ra/draft_files.h"
#include "ra/ident.h"

#define SHOWN 100 /* refusals that are told one by one */

struct walk {
    struct addition *a;
    const struct draft *as;
    const char *folder;
    struct running *out;
    struct cli_progress bar;
};

/* What is not about one file. */
static bool stops(enum err e)
{
    return e == E_NO_MEMORY || e == E_CRYPTO;
}

static void tell_refusal(struct walk *w, enum err e, const struct diag *why)
{
    cli_progress_hide(&w->bar);
    if (w->out->refused++ == 0)
        w->out->first = *why;
    if (w->out->refused <= SHOWN)
        fprintf(stderr, "%s: %s: %s\n", err_name(e), _(err_sentence(e)), why->said);
    else if (w->out->refused == SHOWN + 1)
        fputs(_("... and more\n"), stderr);
}

static void tell_unfinished(struct walk *w, const char *name)
{
    cli_progress_hide(&w->bar);
    printf(_("%s/%s: not finished yet, left for the next time\n"), w->folder, name);
    w->out->unfinished++;
}

/* *all: the error is in an option. */
static enum err put(struct walk *w, const char *name, const char *id, struct span csr, bool *all, struct diag *d)
{
    struct draft draft = *w->as;
    struct request r;
    struct diag why = {0};
    enum draft_field wrong;
    bool there = false;
    draft.csr = csr;
    draft.text[DRAFT_ID] = id;
    enum err e = draft_request(&draft, w->a->authority, w->a->now, &r, &wrong, &why);
    *all = e != E_OK && wrong != DRAFT_FIELDS && w->as->text[wrong] != NULL;
    if (*all)
        diag_wrap_clause(d, e, why.clause, &why, "--%s", draft_name(wrong));
    else if (e != E_OK)
        diag_wrap_clause(d, e, why.clause, &why, "%s", name);
    else
        e = addition_put_new(w->a, &r, name, &there, d);
    w->out->there += there;
    request_free(&r);
    return e;
}

static enum err add_file(struct walk *w, const char *name, bool *all, struct diag *d)
{
    char id[LIMIT_TOKEN_TEXT + 1];
    struct buf der = {0};
    bool whole = true;
    char *path = draft_path(w->folder, name);
    enum err e = path != NULL ? ident_from_name(name, id, d) : diag_set(d, E_NO_MEMORY, "%s", name);
    if (e == E_OK)
        e = draft_csr_whole(path, &whole, &der, d);
    if (e == E_OK && whole)
        e = put(w, name, id, buf_span(&der), all, d);
    if (e == E_OK && !whole)
        tell_unfinished(w, name);
    buf_free(&der);
    free(path);
    return e;
}

static enum err add_files(struct walk *w, const struct file_list *list, struct diag *d)
{
    size_t seen = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct diag why = {0};
        bool all = false;
        cli_progress_step(&w->bar, i, list->n);
        if (!addition_is_request(list->names[i]))
            continue;
        seen++;
        enum err e = add_file(w, list->names[i], &all, &why);
        if (e != E_OK && (all || stops(e))) {
            if (d != NULL)
                *d = why;
            return e;
        }
        if (e != E_OK)
            tell_refusal(w, e, &why);
    }
    return seen > 0 ? E_OK : diag_set(d, E_NO_REQUESTS, "%s holds no *.csr, *.pem, *.der or *.req", w->folder);
}

enum err running_add(struct addition *a, const struct draft *as, const char *folder, struct running *out, struct diag *d)
{
    struct walk w = {.a = a, .as = as, .folder = folder, .out = out, .bar = {.label = N_("adding")}};
    struct file_list list = {0};
    int fd;
    enum err e = file_open_dir(folder, &fd, d);
    if (e != E_OK)
        return e;
    e = file_list(fd, FOLDER_FILES, &list, d);
    if (e == E_OK)
        e = add_files(&w, &list, d);
    cli_progress_end(&w.bar);
    file_list_free(&list);
    close(fd);
    return e;
}

enum err running_finish(const struct running *r, struct diag *d)
{
    if (r->there + r->unfinished + r->refused > 0)
        printf(_("there already: %lld, not finished yet: %lld, refused: %lld\n"), (long long)r->there, (long long)r->unfinished,
               (long long)r->refused);
    return r->refused == 0 ? E_OK : diag_again_clause(d, r->first.code, r->first.clause, &r->first);
}
