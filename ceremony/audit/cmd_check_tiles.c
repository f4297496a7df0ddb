#include <inttypes.h>
#include <stdio.h>

#include "audit/commands.h"
#include "audit/published.h"
#include "core/base64.h"
#include "core/i18n.h"
#include "core/screen.h"

#define LABEL 12 /* columns */
#define ADVICE N_("keep a copy of the folder as it is, and ask who serves it")

static enum err report(const struct checkpoint *c, uint64_t files)
{
    struct buf root = {0};
    enum err e = base64_encode(c->root, DIGEST_LEN, &root);
    if (e == E_OK) {
        screen_field(_("checkpoint"), LABEL, _("%" PRIu64 " lines"), c->size);
        screen_field(_("root"), LABEL, "%.*s", (int)root.len, (const char *)root.data);
        screen_field(_("files"), LABEL, _("%" PRIu64 " compared"), files);
        puts(_("verified"));
        if (options.anchors == NULL)
            fprintf(stderr, "%s", _("audit: the signature of the seal was not checked: give --anchors\n"));
    }
    buf_free(&root);
    return e;
}

enum err cmd_check_tiles(int n, char **operands, struct diag *d)
{
    char name[NOTE_NAME_MAX + 1];
    struct note_key key = {0};
    struct checkpoint c;
    uint64_t files;
    struct cli_progress bar = {.label = N_("checking")};
    const struct progress progress = {cli_progress_step, &bar};
    enum err e = n == 1 ? note_key_read(options.vkey, name, &key, d) : diag_set(d, E_USAGE, "name one folder");
    if (e == E_OK) {
        const struct published_options o = {.from = operands[0], .state = options.state, .anchors = options.anchors,
                                            .policy = &policy_table, .key = &key, .progress = &progress};
        e = published_check(&o, &c, &files, d);
        cli_progress_end(&bar);
        if (e == E_LOG_PUBLISHED || e == E_LOG_SEAL || e == E_CHECKPOINT)
            diag_advise(d, ADVICE);
    }
    if (e == E_OK)
        e = report(&c, files);
    EVP_PKEY_free(key.pkey);
    return e;
}
