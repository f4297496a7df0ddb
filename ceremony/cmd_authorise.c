#include <stdio.h>
#include <unistd.h>

#include "batch/authorise.h"
#include "batch/recheck.h"
#include "batch/standing.h"
#include "commands.h"
#include "core/clock.h"
#include "officer/officer.h"
#include "officer/summary.h"

/* What another officer's file is like is told, but this officer's word stands whatever it is. */
static void count_officers(int dir_fd, const struct plan *plan)
{
    struct authorisations all;
    struct diag why = {0};
    if (authorise_collect(dir_fd, &policy_table, &(struct authorise_what){.digest = plan->digest}, clock_now(), &all, &why) == E_OK)
        printf(_("%zu officers have authorised it, %d are needed\n"), all.n, policy_table.quorum);
    else
        printf(_("signer sign will refuse: %s: %s\n"), err_name(why.code), why.said);
}

enum err officer_vendor(enum policy_vendor *out, struct diag *d)
{
    *out = policy_table.vendor;
    if (options.officer_vendor != NULL && !policy_vendor_by_name(options.officer_vendor, out))
        return diag_set(d, E_USAGE, "--officer-vendor: the table has no %s", options.officer_vendor);
    return E_OK;
}

enum err officer_key_from_options(struct officer_key *out, struct diag *d)
{
    *out = (struct officer_key){.file = options.key_file,
                                .pass_fd = options.pass_fd,
                                .token = options.officer_token,
                                .module = options.officer_module,
                                .module_files = options.officer_module_files,
                                .pin_fd = options.officer_pin_fd};
    enum err e = officer_vendor(&out->vendor, d);
    return e == E_OK ? officer_check_key(out, d) : e;
}

enum err cmd_authorise(int n, char **operands, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    struct plan plan = {0};
    struct officer_key key;
    const struct authorise_hand hand = officer_hand(&key);
    int dir_fd = -1;
    (void)n;
    (void)operands;
    const struct policy_officer *officer = policy_officer_find(&policy_table, options.officer);
    enum err e = officer_key_from_options(&key, d); /* before all the reading and typing */
    if (e == E_OK)
        e = batch_open(&s, &dir_fd, &plan, d);
    if (e == E_OK && officer == NULL)
        e = diag_set(d, E_OFFICER, "the policy has no officer %s", options.officer);
    if (e == E_OK)
        e = standing_check_plan(&s, &plan.header, INDEX_NOW, clock_now(), d);
    if (e == E_OK) /* what lies in the archive is shown only when the batch itself gives the same */
        e = recheck_plan(&s, dir_fd, &plan, d);
    if (e == E_OK)
        e = summary_print(&plan, options.utf8, d);
    if (e == E_OK)
        e = confirm_digest(plan.digest, N_("plan"), d);
    if (e == E_OK)
        e = authorise_sign(dir_fd, officer, &hand, &(struct authorise_what){.digest = plan.digest}, clock_now(), d);
    if (e == E_OK)
        count_officers(dir_fd, &plan);
    plan_close(&plan);
    if (dir_fd >= 0)
        close(dir_fd);
    state_close(&s);
    return e;
}
