/* A batch from a stick, or a revocation list, by the same way as `signer run` goes: each of its steps is a process of its own. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch/export.h"
#include "batch/recheck.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "officer/summary.h"
#include "room/officers.h"
#include "room/steps.h"
#include "room/stick.h"
#include "signer/steps.h"

#define LABEL 11 /* columns */
#define SESSIONS 2

static struct step_place place_of(const struct room *r, const struct script_step *s)
{
    const struct policy_key *key = s->keys_n > 0 ? policy_key_find(&policy_table, s->keys[0]) : NULL;
    const struct policy_authority *authority = key != NULL ? policy_key_authority(&policy_table, key) : NULL;
    return (struct step_place){.state = r->path,
                               .from = s->from,
                               .to = s->to,
                               .media = r->place->media,
                               .authority = authority != NULL ? authority->name : NULL,
                               .key = key != NULL ? key->name : NULL,
                               .module = r->place->module,
                               .module_files = r->place->module_files,
                               .pin_fd = r->pin_fd,
                               .pin_parts = r->pin_parts,
                               .sessions = SESSIONS};
}

/* What the plan says, and a quorum of officers over it. The state is closed again before anything else is done with it. */
static enum err agree(struct room *r, const struct planned *planned, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    struct plan plan = {0};
    int dir_fd = -1;
    enum err e = state_open(r->path, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK)
        e = state_open_batch(&s, planned->intake.digest, &dir_fd, d);
    if (e == E_OK)
        e = plan_open_known(dir_fd, planned->plan, &plan, d);
    if (e == E_OK)
        e = recheck_plan(&s, dir_fd, &plan, d);
    if (e == E_OK)
        e = summary_print(&plan, r->place->utf8, d);
    if (e == E_OK)
        e = officers_sign(r, dir_fd, &(struct authorise_what){.digest = plan.digest}, N_("plan"), d);
    plan_close(&plan);
    if (dir_fd >= 0)
        close(dir_fd);
    state_close(&s);
    return e;
}

static enum err refuse(const struct step_place *p, const struct planned *planned, struct diag *d)
{
    char name[EXPORT_NAME];
    enum err e = step_export_refusal(p, planned, name, d);
    if (e != E_OK)
        return e;
    screen_field(_("refusal"), LABEL, "%s/%s", p->to, name);
    return diag_set_clause(d, planned->refused, planned->clause, "%s", planned->detail);
}

enum err step_batch_agree(struct room *r, const struct script_step *s, struct diag *d)
{
    const struct step_place place = place_of(r, s);
    struct intake in;
    struct planned planned;
    enum err e = stick_at_hand(r, s, d);
    if (e == E_OK)
        e = export_check(place.to, d);
    if (e == E_OK)
        e = s->kind == STEP_CRL ? step_lists(&place, OP_CRL, &in, d) : step_intake(&place, &in, d);
    if (e == E_OK)
        e = step_plan(&place, &in, &planned, d);
    if (e != E_OK)
        return e;
    memcpy(r->intake, in.digest, DIGEST_LEN);
    if (planned.refused == E_OK)
        return agree(r, &planned, d);
    e = stick_at_hand(r, s, d);
    return e == E_OK ? refuse(&place, &planned, d) : e;
}

enum err step_batch(struct room *r, const struct script_step *s, struct diag *d)
{
    const struct step_place place = place_of(r, s);
    struct step_signed report;
    char name[EXPORT_NAME], head[DIGEST_HEX];
    enum err e = stick_at_hand(r, s, d); /* before there is anything to write to it */
    if (e == E_OK)
        e = step_sign(&place, r->intake, &report, d);
    if (e == E_OK) /* signing took a while */
        e = stick_at_hand(r, s, d);
    if (e == E_OK)
        e = step_export(&place, r->intake, name, d);
    if (e != E_OK)
        return e;
    hex_encode(report.log_head, DIGEST_LEN, head);
    screen_field(_("bundle"), LABEL, "%s/%s", place.to, name);
    screen_field(_("head"), LABEL, "%s", head);
    screen_words(_("words"), LABEL, report.log_head);
    return E_OK;
}
