#include <unistd.h>

#include "batch/archive.h"
#include "commands.h"
#include "officer/summary.h"

enum err batch_open(struct state *s, int *dir_fd, struct plan *plan, struct diag *d)
{
    uint8_t intake[DIGEST_LEN];
    *dir_fd = -1;
    *plan = (struct plan){0};
    enum err e = banner_open_state(options.state, STATE_CACHED, s, d);
    if (e == E_OK)
        e = archive_find(s->archive_fd, options.batch, intake, d);
    if (e == E_OK)
        e = state_open_batch(s, intake, dir_fd, d);
    if (e == E_OK)
        e = plan_open(*dir_fd, plan, d);
    return e;
}

enum err cmd_show(int n, char **operands, struct diag *d)
{
    struct state s;
    struct plan plan;
    int dir_fd;
    (void)n;
    (void)operands;
    enum err e = batch_open(&s, &dir_fd, &plan, d);
    if (e == E_OK)
        e = summary_print(&plan, options.utf8, d);
    if (e == E_NOT_CONFIRMED) /* the reader has seen enough */
        e = E_OK;
    plan_close(&plan);
    if (dir_fd >= 0)
        close(dir_fd);
    state_close(&s);
    return e;
}
