#include <inttypes.h>
#include <stdio.h>

#include "audit/commands.h"
#include "audit/publish.h"
#include "core/base64.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/keyfile.h"

#define LABEL 12 /* columns */
#define RECORD ".published" /* behind the name of the key */
#define ADVICE N_("keep log and folder as they are, and have the officers explain")

/* What is published cannot be called back: what audit verify refuses is not. */
static enum err silent(const struct audit *a, const struct verify_options *o, struct diag *d)
{
    (void)a, (void)o, (void)d;
    return E_OK;
}

static enum err verify(struct diag *d)
{
    return verify_and(NULL, false, silent, d);
}

static enum err report(const struct published *p, const struct note_key *key, const char *record)
{
    struct buf root = {0}, vkey = {0};
    enum err e = base64_encode(p->now.root, DIGEST_LEN, &root);
    if (e == E_OK)
        e = note_key_write(key, &vkey);
    if (e == E_OK) {
        screen_field(_("checkpoint"), LABEL, _("%" PRIu64 " lines, %" PRIu64 " of them new"), p->now.size, p->now.size - p->before.size);
        screen_field(_("root"), LABEL, "%.*s", (int)root.len, (const char *)root.data);
        screen_field(_("files"), LABEL, _("%" PRIu64 " written, %" PRIu64 " there already"), p->added, p->present);
        screen_field(_("record"), LABEL, "%s", record);
        screen_field(_("key"), LABEL, "%.*s", (int)vkey.len, (const char *)vkey.data);
    }
    buf_free(&root);
    buf_free(&vkey);
    return e;
}

static enum err publish(EVP_PKEY *pkey, const char *record, struct diag *d)
{
    struct cli_progress bar = {.label = N_("publishing")};
    const struct progress progress = {cli_progress_step, &bar};
    struct note_key key;
    struct published p;
    enum err e = note_key_of(options.origin, pkey, &key, d);
    if (e != E_OK)
        return e;
    const struct publish_options o = {.state = options.state, .anchors = options.anchors, .to = options.to, .record = record,
                                      .verify = verify, .policy = &policy_table, .key = &key, .progress = &progress};
    e = publish_log(&o, &p, d);
    cli_progress_end(&bar);
    if (e == E_LOG_PUBLISHED || e == E_LOG_ROLLED_BACK || e == E_LOG_SEAL || e == E_LOG_CHAIN || e == E_LOG_FORMAT)
        diag_advise(d, ADVICE);
    return e == E_OK ? report(&p, &key, record) : e;
}

enum err cmd_tiles(int n, char **operands, struct diag *d)
{
    EVP_PKEY *pkey = NULL;
    struct buf record = {0};
    (void)n;
    (void)operands;
    buf_printf(&record, "%s%s", options.record != NULL ? options.record : options.key, options.record != NULL ? "" : RECORD);
    buf_append_byte(&record, '\0');
    enum err e = buf_err(&record) == E_OK ? note_check_name(options.origin, d) : diag_set(d, E_NO_MEMORY, "%s", options.key);
    if (e == E_OK)
        e = keyfile_open(options.key, options.pass_fd, options.origin, &pkey, d);
    if (e == E_OK)
        e = publish(pkey, (const char *)record.data, d);
    buf_free(&record);
    EVP_PKEY_free(pkey);
    return e;
}
