#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "officer/summary.h"

static void describe(const struct plan_item *i, enum summary_turn turn, struct summary_row *out)
{
    const char *of = i->act == PLAN_REFUSE ? err_name(i->code) : i->act == PLAN_ISSUE ? i->profile : i->key;
    const char *special = turn == TURN_LATE     ? _(", LATE")
                          : i->has_supersedes   ? _(", ends another")
                          : i->has_pair         ? _(", for encryption")
                          : i->crl.base > 0     ? _(", changes only")
                                                : "";
    *out = (struct summary_row){.turn = turn};
    snprintf(out->act, sizeof out->act, "%s", summary_act(i));
    snprintf(out->of, sizeof out->of, "%s%s", of, special);
}

static enum err count(struct summary_table *t, const struct summary_row *row)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->rows[i].turn == row->turn && strcmp(t->rows[i].act, row->act) == 0 && strcmp(t->rows[i].of, row->of) == 0) {
            t->rows[i].n++;
            return E_OK;
        }
    }
    struct summary_row *more = reallocarray(t->rows, t->n + 1, sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    t->rows = more;
    more[t->n] = *row;
    more[t->n++].n = 1;
    return E_OK;
}

enum err summary_table_add(struct summary_table *t, const struct summary_of *of, const struct plan_item *i)
{
    struct summary_row row;
    enum summary_turn turn = summary_turn_of(of, i);
    describe(i, turn, &row);
    t->turns[turn]++;
    enum err e = count(t, &row);
    if (e != E_OK || i->override_[0] == '\0')
        return e;
    row.turn = TURN_OVERRIDE;
    snprintf(row.act, sizeof row.act, "%s", _("override"));
    t->turns[TURN_OVERRIDE]++;
    return count(t, &row);
}

static int by_turn(const void *a, const void *b)
{
    const struct summary_row *x = a, *y = b;
    int order = strcmp(x->act, y->act);
    return x->turn != y->turn ? (int)x->turn - (int)y->turn : order != 0 ? order : strcmp(x->of, y->of);
}

void summary_table_put(struct summary_table *t, struct buf *out)
{
    if (t->n > 0)
        qsort(t->rows, t->n, sizeof *t->rows, by_turn);
    for (size_t i = 0; i < t->n; i++) {
        buf_printf(out, "%9" PRId64 "  ", t->rows[i].n);
        screen_put_label(out, t->rows[i].act, 10);
        buf_printf(out, "%s\n", t->rows[i].of);
    }
}

void summary_table_free(struct summary_table *t)
{
    free(t->rows);
    *t = (struct summary_table){0};
}
