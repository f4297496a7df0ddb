#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/clock.h"
#include "core/screen.h"

#define LABEL 9 /* columns */

struct status {
    char log[DIGEST_HEX], head[DIGEST_HEX], policy[DIGEST_HEX], program_policy[DIGEST_HEX], time[CLOCK_TEXT];
    uint64_t lines, issued, batches;
};

static enum err collect(struct state *s, struct status *out, struct diag *d)
{
    const struct log_position *at = log_position(s->log);
    uint8_t policy[DIGEST_LEN];
    uint64_t line;
    enum err e = index_policy(s->index, INDEX_NOW, policy, &line, d);
    if (e != E_OK)
        return e;
    hex_encode(s->log_id, DIGEST_LEN, out->log);
    hex_encode(at->head, DIGEST_LEN, out->head);
    hex_encode(policy, DIGEST_LEN, out->policy);
    hex_encode(s->policy_digest, DIGEST_LEN, out->program_policy);
    clock_format(at->time, out->time);
    out->lines = at->size;
    return index_totals(s->index, &out->issued, &out->batches, d);
}

static enum err print_json(const struct status *t)
{
    struct buf out = {0};
    json_t *obj = json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:I,s:I}", "policy", t->policy, "program-policy",
                            t->program_policy, "log", t->log, "lines", (json_int_t)t->lines, "head", t->head, "time", t->time,
                            "issued", (json_int_t)t->issued, "batches", (json_int_t)t->batches);
    enum err e = json_line_write(obj, &out);
    if (e == E_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.data);
    json_decref(obj);
    buf_free(&out);
    return e;
}

static void print_text(const struct status *t, const uint8_t head[DIGEST_LEN])
{
    if (strcmp(t->policy, t->program_policy) == 0) {
        screen_field(_("policy"), LABEL, _("%s, this program's"), t->policy);
    } else {
        screen_field(_("policy"), LABEL, "%s", t->policy);
        screen_field(_("program"), LABEL, _("%s, another policy"), t->program_policy);
    }
    screen_field(_("log"), LABEL, "%s", t->log);
    screen_field(_("lines"), LABEL, _("%" PRIu64 ", the last of %s"), t->lines, t->time);
    screen_field(_("issued"), LABEL, _("%" PRIu64 " certificates"), t->issued);
    screen_field(_("batches"), LABEL, "%" PRIu64, t->batches);
    screen_field(_("head"), LABEL, "%s", t->head);
    screen_words(_("words"), LABEL, head);
}

enum err cmd_status(int n, char **operands, struct diag *d)
{
    struct state s;
    struct status t;
    (void)n;
    (void)operands;
    enum err e = state_open_any(options.state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK)
        e = collect(&s, &t, d);
    if (e == E_OK && options.json)
        e = print_json(&t);
    else if (e == E_OK)
        print_text(&t, log_position(s.log)->head);
    state_close(&s);
    return e;
}
