#include "room/enter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch/sealed.h"
#include "batch/untold.h"
#include "batch/witness.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/step.h"
#include "hsm/login.h"
#include "hsm/reach.h"
#include "room/known_token.h"
#include "room/past.h"
#include "room/record_files.h"

static enum err keep_script(const struct room *r, struct diag *d)
{
    struct buf there = {0};
    bool found = false;
    enum err e = file_read(r->dir_fd, SCRIPT_FILE, RECORD_FILE_MAX, &there, &found, d);
    if (e == E_OK && !found)
        e = file_write(r->dir_fd, SCRIPT_FILE, r->script->text.data, r->script->text.len, d);
    else if (e == E_OK && (there.len != r->script->text.len || memcmp(there.data, r->script->text.data, there.len) != 0))
        e = diag_set(d, E_SCRIPT_OTHER, "it lies in %s/%s/%s", CEREMONIES_DIR, r->script->name, SCRIPT_FILE);
    buf_free(&there);
    return e;
}

enum err room_enter(const struct room_place *place, const struct script *script, struct room *out, struct diag *d)
{
    int all = -1;
    *out = (struct room){.place = place, .script = script, .path = place->state, .dir_fd = -1, .state_fd = -1, .rehearsal = place->plug != NULL,
                         .pin_fd = place->pin_fd,
                         .pin_parts = script->pin_parts > 0 ? script->pin_parts : place->pin_parts,
                         .state = {.fd = -1, .lock_fd = -1, .archive_fd = -1}};
    enum err e = file_make_path(place->state, &out->state_fd, d);
    if (e == E_OK)
        e = file_make_dir(out->state_fd, CEREMONIES_DIR, &all, d);
    if (e == E_OK)
        e = file_make_dir(all, script->name, &out->dir_fd, d);
    if (e == E_OK)
        e = keep_script(out, d);
    if (e == E_OK)
        e = transcript_open(out->dir_fd, &out->transcript, d);
    if (all >= 0)
        close(all);
    return e;
}

static enum err open_state(const struct room_place *place, struct room *r, struct diag *d)
{
    struct past past;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK)
        e = past_check_follows(&past, r->script, r->rehearsal, d);
    if (e != E_OK || !past.state)
        return e;
    e = state_open(place->state, &policy_table, STATE_FROM_LOG, &r->state, d);
    r->has_state = e == E_OK;
    return e;
}

/* The key whose end a step that is not done may have begun. */
static const char *ending(const struct room *r)
{
    for (size_t i = 0; i < r->script->steps_n; i++) {
        const struct script_step *s = &r->script->steps[i];
        if (s->kind == STEP_DESTROY && s->n > r->done)
            return s->keys[0];
    }
    return NULL;
}

static bool replaces(const struct room *r, int n)
{
    return n > 0 && (size_t)n <= r->script->steps_n && r->script->steps[n - 1].kind == STEP_REPLACE;
}

/* The log's token may be lost already when the next step replaces it; a token that may not take the place is not let in here
 * either. */
static bool is_lost(struct room *r)
{
    return replaces(r, r->done + 1) && witness_take_over(&r->state, r->hsm, NULL) == E_OK;
}

/* Then nobody vouches for what stands behind the last seal: steps that only such lines tell of are walked again. */
static enum err go_on_without(struct room *r, struct diag *d)
{
    screen_fold(0, 0, _("The log's token is not there. How far the ceremony came is what the log says up to its last seal."));
    enum err e = sealed_take(&r->state, d);
    return e == E_OK ? untold_take_back_steps(&r->state, d) : e;
}

static enum err check_log(struct room *r, int from, struct diag *d)
{
    struct diag why = {0};
    enum err e = witness_check(&r->state, r->hsm, &why);
    if (e != E_OK && from == 0 && is_lost(r))
        return go_on_without(r, d);
    if (e != E_OK) {
        *d = why;
        return e;
    }
    r->known = r->state.told;
    r->found = log_position(r->state.log)->size;
    if (e == E_OK)
        e = untold_check_policy(&r->state, d);
    if (e == E_OK)
        e = untold_check_ends(&r->state, ending(r), d);
    if (e == E_OK)
        e = untold_check_keys(&r->state, r->hsm, NULL, d);
    return e == E_OK ? untold_settle(&r->state, r->hsm, NULL, d) : e;
}

enum err room_open_token(const struct room_place *place, struct room *r, int from, struct diag *d)
{
    const struct hsm_patience patience = {"ceremony", policy_table.limits.token_timeout, step_end};
    enum err e = open_state(place, r, d);
    if (e == E_OK)
        e = reach_shut_in(r->state_fd, place->module, place->module_files, d);
    if (e == E_OK)
        e = known_token_open(place->module, r->has_state && !replaces(r, from) ? &r->state : NULL, &patience, &r->hsm, d);
    if (e == E_OK)
        e = login_run(r->hsm, r->pin_fd, r->pin_parts, d);
    return e == E_OK && r->has_state && !replaces(r, from) ? check_log(r, from, d) : e;
}

void room_leave(struct room *r)
{
    hsm_close(r->hsm);
    state_close(&r->state);
    transcript_close(r->transcript);
    if (r->dir_fd >= 0)
        close(r->dir_fd);
    if (r->state_fd >= 0)
        close(r->state_fd);
}
