/* summary.h - a plan as officers are shown it before they sign its digest. */
#ifndef ROOTSEAL_CEREMONY_SUMMARY_H
#define ROOTSEAL_CEREMONY_SUMMARY_H

#include "batch/plan.h"
#include "policy/policy.h"

/* Print what would be signed, at a terminal a page at a time (core/pager.h): a table of what there is, the unusual first,
 * every certificate as its TBS says, and at the end, where it is confirmed, on one page once more the head of it all with
 * the digest and its words. utf8: below a line with escapes the same in its own characters. The plan stands at its first
 * item, and does so again afterwards. E_NOT_CONFIRMED when the reader stopped before the end. */
ERR_MUST_USE enum err summary_print(struct plan *plan, bool utf8, struct diag *d);

/* -- pieces of it: how a plan's items are counted and written; for summary*.c only -- */

#define SUMMARY_LABEL 11        /* columns of the header's labels */
#define SUMMARY_ITEM_LABEL 17   /* and of an item's, with what they are indented */

/* What an item is shown among: the unusual first. */
enum summary_turn { TURN_OVERRIDE, TURN_REFUSED, TURN_LATE, TURN_STATUS, TURN_LIST, TURN_ISSUED, TURNS };

/* What is needed to say of an item more than stands in it. */
struct summary_of {
    const struct policy_authority *authority; /* NULL when this policy has none of that name */
    int64_t now;
    bool utf8; /* in their own characters, too */
};

/* A revocation that would be signed now would be late: the time that the policy promises is over. It is signed, and marked. */
bool summary_is_late(const struct summary_of *of, const struct plan_item *i);

/* The turn of an item; one whose check digit was overridden comes in TURN_OVERRIDE as well. */
enum summary_turn summary_turn_of(const struct summary_of *of, const struct plan_item *i);

/* What is done, in the person's language: "sign", "revoke", ... */
const char *summary_act(const struct plan_item *i);

/* Append the item as it is shown in this turn. E_LINT when the bytes to be signed cannot be shown whole. */
ERR_MUST_USE enum err summary_put_item(const struct summary_of *of, const struct plan_item *i, enum summary_turn turn,
                                       struct buf *out, struct diag *d);

/* How many items there are of each kind. Zero-initialise, free with summary_table_free(). */
struct summary_table {
    struct summary_row {
        enum summary_turn turn;
        int64_t n;
        char act[40];                        /* summary_act() */
        char of[LIMIT_TOKEN_TEXT + 80];      /* the profile, the key or the code, and what is special */
    } * rows;
    size_t n;
    int64_t turns[TURNS];
};

ERR_MUST_USE enum err summary_table_add(struct summary_table *t, const struct summary_of *of, const struct plan_item *i);
void summary_table_put(struct summary_table *t, struct buf *out);
void summary_table_free(struct summary_table *t);

#endif
