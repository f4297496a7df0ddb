#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/commands.h"
#include "audit/evidence.h"
#include "audit/finding.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/json.h"
#include "core/screen.h"
#include "pki/cert.h"
#include "pki/name.h"
#include "policy/folder.h"

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

/* -- what has to be known to rely on it -- */

static void add_open(struct findings *open, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    finding_add(open, FINDING_OPEN, E_OK, 0, format, ap);
    va_end(ap);
}

static enum err find_open(const struct evidence *e, const struct evidence_facts *f, const struct evidence_verdict *v,
                          struct findings *open)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err err = cert_digest(f->log_key, digest);
    hex_encode(digest, DIGEST_LEN, hex);
    if (!v->anchors_compared)
        add_open(open, N_("the certificate of the key that signs the seals was taken from the evidence: compare its SHA-256 %s with the "
                          "ceremony's, or give --anchors"), hex);
    if (!v->log_key_known)
        add_open(open, N_("the policy of this program has no key %s, which signed the seal"), e->seal.key);
    hex_encode(f->plan_header.policy, DIGEST_LEN, hex);
    if (!v->same_policy)
        add_open(open, N_("it was decided under another policy, %s: whose the certificates of persons and officers are, roles, quorum, "
                          "profile and decision were not checked; give --policies"), hex);
    return err;
}

static void say_open(const struct findings *open)
{
    const uint64_t n = open->count[FINDING_OPEN];
    printf("%s\n", _("\nWhether it has been revoked since, the issuer's newest list tells."));
    for (uint64_t i = 0; i < n; i++) {
        if (i == 0)
            putchar('\n');
        screen_label(_("open"), 7);
        puts(open->kept[FINDING_OPEN][i].said);
    }
    if (n > 0)
        printf(_("\nverified, with %" PRIu64 " open\n"), n);
    else
        printf("%s", _("\nverified\n"));
}

static json_t *pack_open(const struct findings *open)
{
    json_t *list = json_array();
    for (uint64_t i = 0; i < open->count[FINDING_OPEN]; i++)
        if (json_array_append_new(list, json_string(open->kept[FINDING_OPEN][i].text)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static enum err print_json(const struct evidence_facts *f, const struct findings *open)
{
    struct buf out = {0};
    char policy[DIGEST_HEX];
    hex_encode(f->plan_header.policy, DIGEST_LEN, policy);
    json_t *obj = json_pack("{s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:o}", "verified", 1, "serial", record_text(f->issued, "serial"),
                            "certificate", record_text(f->issued, "certificate"), "authority", f->header.authority, "ra", f->header.ra,
                            "profile", f->item.profile, "clause", f->item.clause, "policy", policy, "line", (json_int_t)f->issued->seq,
                            "open", pack_open(open));
    enum err e = json_line_write(obj, &out);
    if (e == E_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.data);
    json_decref(obj);
    buf_free(&out);
    return e;
}

static enum err report(const struct evidence *e, const struct evidence_facts *f, const struct evidence_verdict *v, struct diag *d)
{
    struct findings *open = calloc(1, sizeof *open);
    if (open == NULL)
        return diag_set(d, E_NO_MEMORY, "what is open");
    enum err err = find_open(e, f, v, open);
    if (err == E_OK && options.json) {
        err = print_json(f, open);
    } else if (err == E_OK) {
        err = say_certificate(e, f, d);
        if (err == E_OK)
            err = say_course(e, f, d);
        if (err == E_OK)
            say_open(open);
    }
    free(open);
    return err;
}

/* -- the policy -- */

/* That of the plan, from --policies, or this program's. */
static enum err find_policy(const struct evidence_facts *f, struct policy_folder **folder, const struct policy **out, struct diag *d)
{
    uint8_t own[DIGEST_LEN];
    char hex[DIGEST_HEX];
    int fd = -1, dir_fd = -1;
    *out = &policy_table;
    enum err e = policy_digest(&policy_table, own);
    if (e != E_OK || options.policies == NULL || memcmp(own, f->plan_header.policy, DIGEST_LEN) == 0)
        return e;
    hex_encode(f->plan_header.policy, DIGEST_LEN, hex);
    e = file_open_dir(options.policies, &dir_fd, d);
    if (e == E_OK && (fd = file_open_beneath(dir_fd, hex, O_RDONLY | O_DIRECTORY, 0)) < 0)
        e = diag_set(d, E_POLICY, "%s is not there", hex);
    if (e == E_OK)
        e = policy_folder_read(fd, hex, folder, d);
    if (e == E_OK)
        *out = policy_folder_result(*folder);
    if (e == E_OK)
        e = policy_digest(*out, own);
    if (e == E_OK && memcmp(own, f->plan_header.policy, DIGEST_LEN) != 0)
        e = diag_set(d, E_POLICY, "%s is not the policy of its name", hex);
    if (fd >= 0)
        close(fd);
    if (dir_fd >= 0)
        close(dir_fd);
    return e;
}

static enum err check(struct span text, struct diag *d)
{
    struct evidence e = {0};
    struct evidence_facts f = {0};
    struct evidence_verdict verdict = {0};
    struct policy_folder *folder = NULL;
    const struct policy *policy = NULL;
    enum err err = evidence_parse(text, &e, d);
    if (err == E_OK)
        err = evidence_read_parts(&e, &f, d);
    if (err == E_OK && (err = find_policy(&f, &folder, &policy, d)) != E_OK)
        goto out; /* nothing is wrong with the evidence */
    if (err == E_OK)
        err = evidence_check(&e, &f, policy, options.anchors, &verdict, d);
    if (err != E_OK && err != E_USAGE)
        diag_advise(d, N_("do not rely on it; ask the auditor who made it"));
    if (err == E_OK)
        err = report(&e, &f, &verdict, d);
out:
    policy_folder_free(folder);
    evidence_facts_free(&f);
    evidence_free(&e);
    return err;
}

enum err cmd_check_evidence(int n, char **operands, struct diag *d)
{
    struct buf text = {0};
    if (n != 1)
        return diag_set(d, E_USAGE, "one file is checked");
    enum err e = file_read_path(operands[0], EVIDENCE_BYTES_MAX, E_EVIDENCE_FORMAT, &text, d);
    if (e == E_OK)
        e = check(buf_span(&text), d);
    buf_free(&text);
    return e;
}
