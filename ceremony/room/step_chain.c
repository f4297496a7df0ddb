#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "log/seal.h"
#include "room/past.h"
#include "room/people.h"
#include "room/steps.h"

/* The file on paper, the log and the token agree already (room_open_token()); now somebody reads the last minutes' words. */
enum err step_chain(struct room *r, const struct script_step *s, struct diag *d)
{
    struct past past;
    (void)s;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e != E_OK)
        return e;
    if (!past.minutes)
        return diag_set(d, E_SCRIPT_FOLLOWS, "the log has no minutes of another ceremony");
    screen_item(_("log"), _("%llu lines, as the token says"), (unsigned long long)past.size);
    screen_item(_("minutes"), _("of the ceremony %s"), past.ceremony);
    return people_words(past.minutes_digest, N_("last minutes"), d);
}
