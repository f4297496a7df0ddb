#include <inttypes.h>
#include <stdio.h>

#include "audit/commands.h"
#include "audit/publish.h"
#include "core/base64.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/keyfile.h"

#define LABEL 12 /* columns */
#define ADVICE N_("keep log and folder as they are, and have the officers explain")

static enum err report(const struct published *p, const struct note_key *key)
{
    struct buf root = {0}, vkey = {0};
    enum err e = base64_encode(p->now.root, DIGEST_LEN, &root);
    if (e == E_OK)
        e = note_key_write(key, &vkey);
    if (e == E_OK) {
        screen_field(_("checkpoint"), LABEL, _("%" PRIu64 " lines, %" PRIu64 " of them new"), p->now.size, p->now.size - p->before.size);
        screen_field(_("root"), LABEL, "%.*s", (int)root.len, (const char *)root.data);
        screen_field(_("files"), LABEL, _("%" PRIu64 " written, %" PRIu64 " there already"), p->added, p->present);
        screen_field(_("key"), LABEL, "%.*s", (int)vkey.len, (const char *)vkey.data);
    }
    buf_free(&root);
    buf_free(&vkey);
    return e;
}

static enum err publish(EVP_PKEY *pkey, struct diag *d)
{
    struct cli_progress bar = {.label = N_("publishing")};
    const struct progress progress = {cli_progress_step, &bar};
    struct note_key key;
    struct published p;
    enum err e = note_key_of(options.origin, pkey, &key, d);
    if (e != E_OK)
        return e;
    const struct publish_options o = {.state = options.state, .anchors = options.anchors, .to = options.to, .policy = &policy_table,
                                      .key = &key, .progress = &progress};
    e = publish_log(&o, &p, d);
    cli_progress_end(&bar);
    if (e == E_LOG_PUBLISHED || e == E_LOG_ROLLED_BACK || e == E_LOG_SEAL || e == E_LOG_CHAIN || e == E_LOG_FORMAT)
        diag_advise(d, ADVICE);
    return e == E_OK ? report(&p, &key) : e;
}

enum err cmd_tiles(int n, char **operands, struct diag *d)
{
    EVP_PKEY *pkey = NULL;
    (void)n;
    (void)operands;
    enum err e = note_check_name(options.origin, d);
    if (e == E_OK)
        e = keyfile_open(options.key, options.pass_fd, options.origin, &pkey, d);
    if (e == E_OK)
        e = publish(pkey, d);
    EVP_PKEY_free(pkey);
    return e;
}
