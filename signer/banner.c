#include "banner.h"

#include "core/guard.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/version.h"

#define LABEL 8 /* columns */

enum err banner_print(const struct policy *p, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = policy_digest(p, digest);
    if (e != E_OK)
        return diag_set(d, e, "the policy's digest");
    hex_encode(digest, DIGEST_LEN, hex);
    screen_field(_("policy"), LABEL, "%s (%s, " PROGRAM_NAME ")", hex, p->name);
    if (!guard_memory_locked())
        screen_field(_("memory"), LABEL, "%s", _("not locked but for PINs: the limit RLIMIT_MEMLOCK does not allow it"));
    return E_OK;
}

enum err banner_open_state(const char *path, enum state_trust trust, struct state *out, struct diag *d)
{
    *out = (struct state){.fd = -1, .lock_fd = -1, .archive_fd = -1};
    enum err e = banner_print(&policy_table, d);
    return e != E_OK ? e : state_open(path, &policy_table, trust, out, d);
}
