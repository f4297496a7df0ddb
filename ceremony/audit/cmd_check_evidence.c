#include <inttypes.h>
#include <stdio.h>

#include "audit/commands.h"
#include "audit/evidence.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/cert.h"
#include "pki/name.h"

#define LABEL 13 /* columns */

static enum err say_name(const char *label, const X509_NAME *name)
{
    struct buf text = {0};
    name_display(name, &text);
    enum err e = buf_err(&text);
    if (e == E_OK)
        screen_field(label, LABEL, "%.*s", (int)text.len, (const char *)text.data);
    buf_free(&text);
    return e;
}

/* A person, by the certificate that signed. */
static enum err say_person(const char *label, const struct buf *certificate, struct diag *d)
{
    X509 *x = NULL;
    uint8_t digest[DIGEST_LEN] = {0};
    char hex[DIGEST_HEX];
    enum err e = cert_parse(buf_span(certificate), &x, d);
    if (e == E_OK)
        e = say_name(label, X509_get_subject_name(x));
    if (e == E_OK)
        e = cert_digest(x, digest);
    hex_encode(digest, DIGEST_LEN, hex);
    if (e == E_OK)
        screen_field("", LABEL, "SHA-256 %s", hex);
    X509_free(x);
    return e;
}

static enum err say_certificate(const struct evidence *e, const struct evidence_facts *f, struct diag *d)
{
    X509 *x = NULL;
    enum err err = cert_parse(buf_span(&e->certificate), &x, d);
    screen_field(_("certificate"), LABEL, "%s", record_text(f->issued, "serial"));
    if (err == E_OK)
        err = say_name(_("subject"), X509_get_subject_name(x));
    if (err == E_OK)
        err = say_name(_("issuer"), X509_get_issuer_name(x));
    X509_free(x);
    screen_field(_("authority"), LABEL, "%s", f->header.authority);
    screen_field(_("profile"), LABEL, "%s", f->item.profile);
    screen_field(_("clause"), LABEL, "%s", f->item.clause);
    return err;
}

static enum err say_course(const struct evidence *e, const struct evidence_facts *f, struct diag *d)
{
    char when[CLOCK_TEXT];
    enum err err = E_OK;
    clock_format(f->request.requested_at, when);
    screen_field(_("asked for"), LABEL, "%s", when);
    screen_field(_("request"), LABEL, _("%s in batch %s, sequence %" PRId64 " of %s"), f->request.id, f->header.id, f->header.sequence,
                 f->header.ra);
    for (size_t i = 0; i < e->approvals.n && err == E_OK; i++)
        err = say_person(_(policy_role_name(f->plan_header.approvals[i].role)), &e->approvals.v[i].certificate, d);
    for (size_t i = 0; i < e->authorisations.n && err == E_OK; i++)
        err = say_person(_("officer"), &e->authorisations.v[i].certificate, d);
    clock_format(f->issued->time, when);
    screen_field(_("issued"), LABEL, "%s", when);
    screen_field(_("log"), LABEL, _("line %" PRIu64 ", under a seal over %" PRIu64 " lines"), f->issued->seq, e->seal.size);
    return err;
}

/* What has to be known to rely on it. */
static enum err say_open(const struct evidence_facts *f, const struct evidence_verdict *v)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = cert_digest(f->log_key, digest);
    hex_encode(digest, DIGEST_LEN, hex);
    if (!v->anchors_compared)
        printf(_("\nThe certificate of the key that signs the seals was taken from the evidence: compare its\nSHA-256 %s\n"
                 "with the ceremony's, or give --anchors.\n"), hex);
    if (!v->same_policy)
        printf("%s", _("\nIt was decided under another policy than this program's. Not checked: whose the certificates of persons\n"
                       "and officers are, roles, quorum and profile.\n"));
    printf("%s", _("\nverified\n"));
    return e;
}

static enum err report(const struct evidence *e, const struct evidence_facts *f, const struct evidence_verdict *v, struct diag *d)
{
    enum err err = say_certificate(e, f, d);
    if (err == E_OK)
        err = say_course(e, f, d);
    return err == E_OK ? say_open(f, v) : err;
}

enum err cmd_check_evidence(int n, char **operands, struct diag *d)
{
    struct evidence e = {0};
    struct evidence_facts f = {0};
    struct evidence_verdict verdict = {0};
    struct buf text = {0};
    if (n != 1)
        return diag_set(d, E_USAGE, "one file is checked");
    enum err err = file_read_path(operands[0], EVIDENCE_BYTES_MAX, E_EVIDENCE_FORMAT, &text, d);
    if (err == E_OK)
        err = evidence_parse(buf_span(&text), &e, d);
    if (err == E_OK)
        err = evidence_read_parts(&e, &f, d);
    if (err == E_OK)
        err = evidence_check(&e, &f, &policy_table, options.anchors, &verdict, d);
    if (err == E_OK)
        err = report(&e, &f, &verdict, d);
    if (err != E_OK && err != E_USAGE)
        diag_advise(d, N_("do not rely on it; ask the auditor who made it"));
    evidence_facts_free(&f);
    evidence_free(&e);
    buf_free(&text);
    return err;
}
