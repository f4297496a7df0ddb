#include <stdio.h>
#include <unistd.h>

#include "batch/authorise.h"
#include "batch/recheck.h"
#include "batch/standing.h"
#include "commands.h"
#include "core/clock.h"
#include "pki/cert.h"
#include "pki/keyfile.h"

/* What another officer's file is like is told, but this officer's word stands whatever it is. */
static void count_officers(int dir_fd, const struct plan *plan)
{
    struct authorisations all;
    struct diag why = {0};
    if (authorise_collect(dir_fd, &policy_table, plan->digest, clock_now(), &all, &why) == E_OK)
        printf(_("%zu officers have authorised it, %d are needed\n"), all.n, policy_table.quorum);
    else
        printf(_("signer sign will refuse: %s: %s\n"), err_name(why.code), why.text);
}

enum err cmd_authorise(int n, char **operands, struct diag *d)
{
    struct state s;
    struct plan plan;
    EVP_PKEY *key = NULL;
    int dir_fd;
    (void)n;
    (void)operands;
    enum err e = batch_open(&s, &dir_fd, &plan, d);
    const struct policy_officer *officer = policy_officer_find(&policy_table, options.officer);
    if (e == E_OK && officer == NULL)
        e = diag_set(d, E_OFFICER, "the policy has no officer %s", options.officer);
    if (e == E_OK) /* before all the reading and typing */
        e = cert_check_private_key(options.key_file, d);
    if (e == E_OK)
        e = standing_check_plan(&s, &plan.header, INDEX_NOW, clock_now(), d);
    if (e == E_OK) /* what lies in the archive is shown only when the batch itself gives the same */
        e = recheck_plan(&s, dir_fd, &plan, d);
    if (e == E_OK)
        e = summary_print(&plan, d);
    if (e == E_OK)
        e = confirm_digest(plan.digest, N_("plan"), d);
    if (e == E_OK)
        e = keyfile_open(options.key_file, options.pass_fd, options.officer, &key, d);
    if (e == E_OK)
        e = authorise_sign(dir_fd, officer, key, plan.digest, clock_now(), d);
    if (e == E_OK)
        count_officers(dir_fd, &plan);
    EVP_PKEY_free(key);
    plan_close(&plan);
    if (dir_fd >= 0)
        close(dir_fd);
    state_close(&s);
    return e;
}
