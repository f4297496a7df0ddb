#include "room/officers.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "batch/authorise.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "officer/officer.h"
#include "room/people.h"

#define LABEL 12 /* columns */

static bool has_signed(const struct authorisations *a, const char *id)
{
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->by[i].officer->id, id) == 0)
            return true;
    return false;
}

/* What only the officer at the keyboard can mend: another file, another passphrase. */
static bool is_slip(enum err e)
{
    return e == E_PRIVATE_KEY || e == E_OFFICER || e == E_MINUTES_SIGNATURE || e == E_PASSPHRASE_MISSING || e == E_IO || e == E_USAGE ||
           err_class(e) == CLASS_HSM;
}

/* What the officer at this question can do about it. */
static const char *slip_advice(enum err e)
{
    switch (e) {
    case E_PRIVATE_KEY: return _("name the file of your private key, encrypted as PKCS#8, and type its own passphrase");
    case E_OFFICER: return _("give the key of the officer who is asked here: this one is somebody else's");
    case E_MINUTES_SIGNATURE: return _("give the key of the person who is asked here: this one is somebody else's, or its certificate has ended");
    case E_USAGE: return _("a token of the officer's own needs --officer-module: name the key's file, or stop and begin again with it");
    case E_IO: return _("name a file that is there and can be read");
    default: return _(err_advice(e));
    }
}

static enum err sign_with(const struct officer_key *common, const struct policy_officer *who, const char *path,
                          const struct officers_work *work, struct diag *d)
{
    const bool token = strncasecmp(path, "pkcs11:", 7) == 0;
    struct officer_key key = *common;
    const struct authorise_hand hand = officer_hand(&key);
    key.file = token ? NULL : path;
    key.token = token ? path : NULL;
    key.module = token ? common->module : NULL;
    enum err e = officer_check_key(&key, d);
    return e == E_OK ? work->sign(work->arg, who, &hand, d) : e;
}

enum err officers_ask(const struct room *r, const struct policy_officer *who, const struct officers_work *work, bool *signed_,
                      struct diag *d)
{
    char path[PATH_MAX];
    *signed_ = false;
    for (;;) {
        printf(_("%s, the file with your key, or the URI of your token (empty: not now): "), who->id);
        enum err e = people_read(path, sizeof path, d);
        if (e != E_OK || path[0] == '\0')
            return e;
        e = sign_with(&r->place->officer, who, path, work, d);
        if (!is_slip(e)) {
            *signed_ = e == E_OK;
            if (e == E_OK)
                printf(_("%s has signed.\n"), who->id);
            return e;
        }
        /* Without what was typed: it may have been the passphrase, and this stands in the transcript. */
        printf("%s: %s\n", err_name(e), _(err_sentence(e)));
        screen_field(_("what to do"), LABEL, "%s", slip_advice(e));
    }
}

/* -- the bytes of certificates -- */

struct authorising {
    int dir_fd;
    const struct authorise_what *what;
};

static enum err authorise(void *arg, const struct policy_officer *who, const struct authorise_hand *hand, struct diag *d)
{
    const struct authorising *a = arg;
    return authorise_sign(a->dir_fd, who, hand, a->what, clock_now(), d);
}

enum err officers_sign(struct room *r, int dir_fd, const struct authorise_what *what, const char *name, struct diag *d)
{
    struct authorisations a = {.n = 0};
    struct authorising asked = {dir_fd, what};
    const struct officers_work work = {authorise, &asked};
    enum err e = people_words(what->digest, name, d);
    if (e == E_OK)
        e = authorise_collect(dir_fd, &policy_table, what, clock_now(), &a, d);
    for (size_t i = 0; i < r->script->persons_n && e == E_OK && a.n < (size_t)policy_table.quorum; i++) {
        const struct script_person *p = &r->script->persons[i];
        bool signed_;
        if (p->role != ROOM_OFFICER || has_signed(&a, p->id))
            continue;
        const struct policy_officer *officer = policy_officer_find(&policy_table, p->id);
        e = officer != NULL ? officers_ask(r, officer, &work, &signed_, d)
                            : diag_set(d, E_OFFICER, "the policy has no officer %s", p->id);
        if (e == E_OK)
            e = authorise_collect(dir_fd, &policy_table, what, clock_now(), &a, d);
    }
    if (e == E_OK && a.n < (size_t)policy_table.quorum)
        e = diag_set_clause(d, E_QUORUM, policy_table.quorum_clause, "%zu of %d officers", a.n, policy_table.quorum);
    return e;
}
