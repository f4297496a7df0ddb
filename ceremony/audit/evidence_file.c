#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/evidence.h"
#include "audit/evidence_script.h"
#include "core/base64.h"
#include "core/limits.h"
#include "pki/cause.h"
#include "pki/cert.h"

#define TITLE "Rootseal evidence 1\n"
#define PARTS "The parts:\n\n"
#define INDENT "    "

/* -- what people read -- */

/* openssl dgst with these options verifies such a signature. */
static const char *options_of(enum sig_alg alg)
{
    switch (alg) {
    case SIG_SM2_SM3:
        return "-sm3 -sigopt distid:" SM2_ID;
    case SIG_RSA_SHA256:
        return "-sha256";
    case SIG_RSA_SHA384:
        return "-sha384";
    case SIG_PSS_SHA256:
        return "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32";
    case SIG_PSS_SHA384:
        return "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48";
    default:
        return "-sha256";
    }
}

static void write_script(struct buf *out)
{
    for (const char *at = evidence_script; *at != '\0';) {
        size_t n = strcspn(at, "\n") + 1;
        if (n > 1)
            buf_append_str(out, INDENT);
        buf_append(out, at, n);
        at += n;
    }
}

static const char words[] =
    "This shows of one certificate who asked for it, which persons of the registration authority approved that, by which\n"
    "rule it was decided, which officers authorised it, and which bytes were signed; and that all of it stands in the log\n"
    "that the appliance sealed. Of other certificates there are digests only, which lead to the roots of Merkle trees\n"
    "(RFC 9162 2.1).\n\n"
    "Three things cannot come from this file, and are to be had elsewhere:\n"
    "- the certificate of the key that signs the seals, which the ceremony handed out: compare its SHA-256 with the one above;\n"
    "- the policy, whose SHA-256 the CA publishes: it says whose the certificates of persons and officers are, which of them\n"
    "  may approve and authorise, and how many have to;\n"
    "- whether the certificate has been revoked since: the issuer's newest revocation list tells, or its OCSP responder.\n\n"
    "`rootseal-audit check-evidence` checks everything. By hand it takes a shell and openssl, version 3. The lines indented\n"
    "by four blanks are a script, which takes nothing from the parts below before it has looked at their form. Run it only\n"
    "when it is the genuine one, for who gave you this file could have written another: rootseal-audit(1) names its SHA-256.\n\n"
    "sed -n 's/^    //p' evidence.txt > check.sh\nopenssl dgst -sha256 check.sh\nsh check.sh evidence.txt log-key.pem\n\n"
    "Its last line says whether anything is bad; before it stands what is to be compared with the policy.\n\n";

static enum err write_words(const struct evidence *e, const struct evidence_facts *f, struct buf *out)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const struct record *r = f->issued;
    enum err err = cert_digest(f->log_key, digest);
    hex_encode(digest, DIGEST_LEN, hex);
    buf_printf(out, TITLE "\nserial number  %s\nauthority      %s\nprofile        %s\nissued         %s\nlog            line %llu of %llu under a seal by %s\nlog key        %s\n\n",
               record_text(r, "serial"), record_text(r, "authority"), record_text(r, "profile"), json_string_value(json_object_get(r->obj, "time")),
               (unsigned long long)r->seq, (unsigned long long)e->seal.size, e->seal.key, hex);
    buf_append_str(out, words);
    write_script(out);
    buf_append_str(out, "\n" PARTS);
    return err == E_OK ? buf_err(out) : err;
}

/* -- the parts -- */

static void write_bytes(const char *name, uint64_t n, const char *what, const struct buf *bytes, struct buf *out)
{
    buf_append_str(out, name);
    if (n > 0)
        buf_printf(out, "-%llu", (unsigned long long)n);
    buf_printf(out, "%s: ", what);
    if (base64_encode(bytes->data, bytes->len, out) != E_OK)
        out->failed = true;
    buf_append_byte(out, '\n');
}

/* A line as it is where it is printable ASCII; those of a batch are the RA's, and can be anything. */
static void write_lines(const char *name, const struct evidence_lines *l, bool encoded, unsigned first, struct buf *out)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct evidence_line *one = &l->v[i];
        buf_printf(out, "%s-%llu: ", name, (unsigned long long)one->index + first);
        if (!encoded)
            buf_append(out, one->bytes.data, one->bytes.len);
        else if (base64_encode(one->bytes.data, one->bytes.len, out) != E_OK)
            out->failed = true;
        buf_printf(out, "\n%s-%llu-path:", name, (unsigned long long)one->index + first);
        for (size_t k = 0; k < one->path.n; k++) {
            char hex[DIGEST_HEX];
            hex_encode(one->path.hash[k], DIGEST_LEN, hex);
            buf_printf(out, " %s", hex);
        }
        buf_append_byte(out, '\n');
    }
}

static void write_signatures(const char *name, const struct evidence_signatures *s, struct buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        write_bytes(name, i + 1, "", &s->v[i].cms, out);
        write_bytes(name, i + 1, "-certificate", &s->v[i].certificate, out);
    }
}

static enum err write_parts(const struct evidence *e, const struct evidence_facts *f, struct buf *out)
{
    buf_append_str(out, "seal: ");
    enum err err = seal_write(&e->seal, out);
    buf_printf(out, "seal-algorithm: %s\n", options_of(f->seal_alg));
    write_lines("log", &e->log, false, 1, out);
    write_lines("batch", &e->batch, true, 0, out);
    write_lines("plan", &e->plan, false, 0, out);
    write_signatures("approval", &e->approvals, out);
    write_signatures("authorisation", &e->authorisations, out);
    write_bytes("certificate", 0, "", &e->certificate, out);
    buf_printf(out, "certificate-algorithm: %s\n", options_of(f->alg));
    return err == E_OK ? buf_err(out) : err;
}

enum err evidence_write(const struct evidence *e, struct buf *out, struct diag *d)
{
    struct evidence_facts f;
    enum err err = evidence_read_parts(e, &f, d);
    if (err == E_OK && ((err = write_words(e, &f, out)) != E_OK || (err = write_parts(e, &f, out)) != E_OK))
        diag_set(d, err, "writing the evidence");
    evidence_facts_free(&f);
    return err;
}

/* -- and back: whatever is not exactly as it is written is found when it is written again -- */

struct part {
    char name[32];      /* "log", "approval" */
    uint64_t n;         /* its number */
    char what[16];      /* "", "path", "certificate", "algorithm" */
    struct span value;
};

static bool take_apart(struct span line, struct part *out)
{
    char key[64];
    unsigned long long n = 0;
    const uint8_t *colon = memchr(line.p, ':', line.n);
    size_t at = colon != NULL ? (size_t)(colon - line.p) : line.n;
    *out = (struct part){0};
    if (at == line.n || at >= sizeof key || at + 1 == line.n)
        return false;
    memcpy(key, line.p, at);
    key[at] = '\0';
    out->value = (struct span){line.p + at + 2, line.n - at - 2};
    if (sscanf(key, "%31[a-z]-%19llu-%15[a-z]", out->name, &n, out->what) < 2)
        (void)sscanf(key, "%31[a-z]-%15[a-z]", out->name, out->what);
    out->n = n;
    return true;
}

static enum err read_bytes(struct span value, bool encoded, struct buf *out)
{
    if (encoded)
        return base64_decode((const char *)value.p, value.n, out);
    buf_append(out, value.p, value.n);
    return buf_err(out);
}

/* Digests with a blank between two. */
static enum err read_path(struct span value, struct proof *out)
{
    const size_t each = DIGEST_HEX; /* a digest and a blank */
    if (value.n % each != each - 1 || value.n / each >= PROOF_MAX)
        return E_EVIDENCE_FORMAT;
    for (size_t at = 0; at < value.n; at += each) {
        char hex[DIGEST_HEX] = "";
        memcpy(hex, value.p + at, DIGEST_HEX - 1);
        if (!hex_decode(hex, out->hash[out->n++], DIGEST_LEN))
            return E_EVIDENCE_FORMAT;
    }
    return E_OK;
}

static enum err read_line(const struct part *p, bool encoded, unsigned first, struct evidence_lines *out)
{
    struct evidence_line *one;
    if (strcmp(p->what, "path") == 0)
        return out->n > 0 && out->v[out->n - 1].path.n == 0 ? read_path(p->value, &out->v[out->n - 1].path) : E_EVIDENCE_FORMAT;
    if (p->n < first || out->n >= EVIDENCE_LINES_MAX)
        return E_EVIDENCE_FORMAT;
    enum err e = evidence_add_line(out, p->n - first, &one);
    return e == E_OK ? read_bytes(p->value, encoded, &one->bytes) : e;
}

static enum err read_signature(const struct part *p, struct evidence_signatures *out)
{
    struct evidence_signature *one;
    if (strcmp(p->what, "certificate") == 0)
        return out->n > 0 ? read_bytes(p->value, true, &out->v[out->n - 1].certificate) : E_EVIDENCE_FORMAT;
    if (out->n >= EVIDENCE_LINES_MAX)
        return E_EVIDENCE_FORMAT;
    enum err e = evidence_add_signature(out, &one);
    return e == E_OK ? read_bytes(p->value, true, &one->cms) : e;
}

static enum err read_seal(struct span value, struct seal *out, struct diag *d)
{
    seal_free(out);
    return seal_parse((struct span){value.p, value.n + 1}, out, d); /* with its newline, which follows */
}

static enum err read_part(const struct part *p, struct evidence *out, struct diag *d)
{
    if (strcmp(p->what, "algorithm") == 0)
        return E_OK;
    if (strcmp(p->name, "seal") == 0)
        return read_seal(p->value, &out->seal, d);
    if (strcmp(p->name, "log") == 0)
        return read_line(p, false, 1, &out->log);
    if (strcmp(p->name, "batch") == 0)
        return read_line(p, true, 0, &out->batch);
    if (strcmp(p->name, "plan") == 0)
        return read_line(p, false, 0, &out->plan);
    if (strcmp(p->name, "approval") == 0)
        return read_signature(p, &out->approvals);
    if (strcmp(p->name, "authorisation") == 0)
        return read_signature(p, &out->authorisations);
    return strcmp(p->name, "certificate") == 0 ? read_bytes(p->value, true, &out->certificate) : E_EVIDENCE_FORMAT;
}

static enum err read_parts(struct span text, struct evidence *out, struct diag *d)
{
    const uint8_t *begin = memmem(text.p, text.n, PARTS, strlen(PARTS));
    enum err e = E_OK;
    if (begin == NULL || text.p[text.n - 1] != '\n')
        return diag_set(d, E_EVIDENCE_FORMAT, "the parts are missing, or cut off");
    struct span rest = {begin + strlen(PARTS), text.n - (size_t)(begin - text.p) - strlen(PARTS)};
    while (rest.n > 0 && e == E_OK) {
        struct part p;
        struct diag why = {0};
        size_t n = (size_t)((const uint8_t *)memchr(rest.p, '\n', rest.n) - rest.p);
        e = take_apart((struct span){rest.p, n}, &p) ? read_part(&p, out, &why) : E_EVIDENCE_FORMAT;
        if (e != E_OK)
            e = diag_wrap(d, e == E_NO_MEMORY ? e : E_EVIDENCE_FORMAT, &why, "the part %s", p.name);
        rest = (struct span){rest.p + n + 1, rest.n - n - 1};
    }
    return e;
}

enum err evidence_parse(struct span text, struct evidence *out, struct diag *d)
{
    struct buf again = {0};
    *out = (struct evidence){0};
    enum err e = read_parts(text, out, d);
    if (e == E_OK)
        e = evidence_write(out, &again, d);
    if (e == E_OK && (again.len != text.n || memcmp(again.data, text.p, text.n) != 0))
        e = diag_set(d, E_EVIDENCE_FORMAT, "it has other words, commands or parts than it must have");
    buf_free(&again);
    return cause_settle(e, d, "the evidence");
}
