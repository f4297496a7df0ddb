#include "ra/store.h"

#include <inttypes.h>
#include <openssl/x509.h>
#include <string.h>

#include "core/i18n.h"
#include "pki/cert.h"
#include "ra/db_schema.h"
#include "ra/result.h"

struct store {
    struct db_schema schema;
    const struct import *i;
    const struct manifest *m;
    char bundle[DIGEST_HEX], log[DIGEST_HEX];
    bool known;                /* the bundle was there before */
    bool reading;              /* all was put, and is read back */
    uint64_t rows[DB_TABLES];  /* put */
    struct store_done *done;
};

/* Put the row, or look whether it is there. Of a bundle that was there before, one that has to be put was changed or lost. */
static enum err put_row(struct store *s, enum db_table table, const struct db_value *row, const char *what, struct diag *d)
{
    struct store_done *done = s->done;
    bool news = false;
    if (s->reading)
        return db_schema_check(&s->schema, table, row, what, d);
    enum err e = db_schema_put(&s->schema, table, row, what, &news, d);
    s->rows[table]++;
    done->news = done->news || news;
    if (news && s->known && done->mended++ < STORE_NAMED)
        buf_printf(&done->names, "%s: %s\n", db_schema_name(table), what);
    return e;
}

static enum err put_seal(struct store *s, struct diag *d)
{
    const struct seal *seal = &s->i->seal;
    char head[DIGEST_HEX], root[DIGEST_HEX], what[64];
    hex_encode(seal->head, DIGEST_LEN, head);
    hex_encode(seal->root, DIGEST_LEN, root);
    snprintf(what, sizeof what, "a seal over %" PRIu64 " lines of this log", seal->size);
    const struct db_value row[] = {db_text(s->log), db_number((int64_t)seal->size), db_text(digest_name(seal->hash)),
                                   db_text(head),   db_text(root),                  db_text(seal->key),
                                   db_bytes(buf_span(&seal->signature))};
    enum err e = put_row(s, DB_SEALS, row, what, d);
    if (e == E_BUNDLE_OTHER) {
        const struct diag why = d != NULL ? *d : (struct diag){0};
        diag_wrap(d, e, &why, "the log was forked");
        diag_advise(d, N_("keep both bundles; the CA owes a proof by audit consistency of their seals"));
    }
    return e;
}

static enum err put_bundle(struct store *s, struct diag *d)
{
    const struct manifest *m = s->m;
    char batch[DIGEST_HEX], plan[DIGEST_HEX], policy[DIGEST_HEX], what[LIMIT_TOKEN_TEXT + 48];
    hex_encode(m->batch, DIGEST_LEN, batch);
    hex_encode(m->plan, DIGEST_LEN, plan);
    hex_encode(m->policy, DIGEST_LEN, policy);
    snprintf(what, sizeof what, "sequence %" PRId64 " of %s", m->sequence, m->ra);
    const struct db_value row[] = {db_text(m->authority),   db_text(m->ra),
                                   db_number(m->sequence),  db_text(s->bundle),
                                   db_text(m->id),          db_text(batch),
                                   db_text(plan),           db_text(policy),
                                   db_number(m->issued),    db_number(m->refused),
                                   db_number(m->status),    db_number(m->lists),
                                   db_number(m->log_first), db_number(m->log_last),
                                   db_text(s->log),         db_number((int64_t)s->i->seal.size)};
    return put_row(s, DB_BUNDLES, row, what, d);
}

#define WHAT (LIMIT_TOKEN_TEXT + 40)

static void answer_name(int64_t n, const struct answer *a, char what[WHAT])
{
    snprintf(what, WHAT, "answer %" PRId64 "%s%s", n, a->id[0] != '\0' ? ", " : "", a->id);
}

static enum err put_answer(struct store *s, const struct answer *a, int64_t n, struct diag *d)
{
    char what[WHAT];
    const struct db_value row[] = {db_text(s->bundle),
                                   db_number(n),
                                   db_text(a->id),
                                   db_text(result_word(a->act)),
                                   db_text(a->serial),
                                   db_text(a->act == PLAN_REFUSE ? err_name(a->code) : ""),
                                   db_text(a->clause),
                                   db_text(a->act == PLAN_REFUSE ? a->note : ""),
                                   db_text(a->act == PLAN_ISSUE ? a->note : ""),
                                   db_number(a->log)};
    answer_name(n, a, what);
    return put_row(s, DB_ANSWERS, row, what, d);
}

/* The subject as RFC 4514 writes it, in UTF-8. */
static enum err write_subject(struct span der, char **out, struct diag *d)
{
    X509 *cert = NULL;
    BIO *text = NULL;
    char *bytes;
    *out = NULL;
    enum err e = cert_parse(der, &cert, d);
    if (e != E_OK)
        return e;
    text = BIO_new(BIO_s_mem());
    bool good = text != NULL &&
                X509_NAME_print_ex(text, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0;
    long n = good ? BIO_get_mem_data(text, &bytes) : 0;
    *out = good ? strndup(n > 0 ? bytes : "", (size_t)n) : NULL;
    BIO_free(text);
    X509_free(cert);
    return *out != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "a subject");
}

static enum err put_certificate(struct store *s, const struct answer *a, int64_t n, struct diag *d)
{
    char what[96], *subject = NULL;
    enum err e = a->cert.n > 0 ? write_subject(a->cert, &subject, d) : E_OK;
    if (e != E_OK)
        return e;
    const struct db_value row[] = {db_text(s->m->authority),
                                   db_text(a->serial),
                                   db_text(s->bundle),
                                   db_number(n),
                                   db_text(a->id),
                                   db_text(a->profile),
                                   db_text(subject != NULL ? subject : ""),
                                   db_text(a->not_before),
                                   db_text(a->not_after),
                                   db_text(a->supersedes),
                                   db_bytes(a->cert),
                                   db_bytes(a->seal),
                                   db_bytes(a->enveloped_key)};
    snprintf(what, sizeof what, "serial number %s", a->serial);
    e = put_row(s, DB_CERTIFICATES, row, what, d);
    free(subject);
    return e;
}

/* What became of an earlier certificate: by a request about it, or by this one's taking its place. */
static enum err put_change(struct store *s, const struct answer *a, int64_t n, struct diag *d)
{
    char what[WHAT];
    bool superseded = a->act == PLAN_ISSUE;
    const struct db_value row[] = {db_text(s->bundle),
                                   db_number(n),
                                   db_text(s->m->authority),
                                   db_text(superseded ? a->supersedes : a->serial),
                                   db_text(superseded ? "superseded" : result_word(a->act)),
                                   db_text(a->reason),
                                   db_number(a->late),
                                   db_number(a->log),
                                   db_text(a->log_time)};
    answer_name(n, a, what);
    return put_row(s, DB_CHANGES, row, what, d);
}

static enum err put_list(struct store *s, const struct answer *a, int64_t n, struct diag *d)
{
    char what[LIMIT_TOKEN_TEXT + 48];
    const struct db_value row[] = {db_text(s->m->authority), db_text(a->key),         db_number(a->number),
                                   db_text(s->bundle),       db_number(n),            db_number(a->base),
                                   db_text(a->next_update),  db_bytes(a->list->content), db_text(a->this_update)};
    snprintf(what, sizeof what, "list %" PRId64 " of %s", a->number, a->key);
    return put_row(s, DB_LISTS, row, what, d);
}

static enum err put_one(struct store *s, const struct answer *a, int64_t n, struct diag *d)
{
    enum err e = put_answer(s, a, n, d);
    if (e != E_OK)
        return e;
    switch (a->act) {
    case PLAN_REFUSE:
        return E_OK;
    case PLAN_CRL:
        return put_list(s, a, n, d);
    case PLAN_ISSUE:
        e = put_certificate(s, a, n, d);
        return e == E_OK && a->supersedes[0] != '\0' ? put_change(s, a, n, d) : e;
    default:
        return put_change(s, a, n, d);
    }
}

/* Every row of the bundle, once. */
static enum err put_all(struct store *s, const struct progress *progress, struct diag *d)
{
    const size_t all = s->i->answers.n;
    enum err e = put_seal(s, d);
    if (e == E_OK)
        e = put_bundle(s, d);
    for (size_t n = 0; n < all && e == E_OK; n++) {
        e = put_one(s, answers_at(&s->i->answers, n), (int64_t)n + 1, d);
        if (progress != NULL)
            progress->step(progress->arg, (s->reading ? all : 0) + n + 1, 2 * all);
    }
    return e;
}

/* What a statement was taken for done may have been undone by a trigger; and somebody may have put rows beside ours. */
static enum err read_back(struct store *s, const struct progress *progress, struct diag *d)
{
    s->reading = true;
    enum err e = put_all(s, progress, d);
    for (int t = 0; t < DB_TABLES && e == E_OK; t++)
        e = db_schema_count(&s->schema, (enum db_table)t, s->bundle, s->rows[t], d);
    return e;
}

enum err store_put(struct db *db, const struct import *i, const struct progress *progress, struct store_done *done, struct diag *d)
{
    struct store s = {.i = i, .m = &i->bundle.manifest, .done = done};
    *done = (struct store_done){.news = false};
    hex_encode(i->bundle.digest, DIGEST_LEN, s.bundle);
    hex_encode(i->seal.log, DIGEST_LEN, s.log);
    enum err e = db_begin(db, d);
    if (e == E_OK)
        e = db_schema_open(db, &s.schema, d);
    if (e == E_OK)
        e = db_schema_known(&s.schema, s.bundle, &s.known, d);
    if (e == E_OK)
        e = put_all(&s, progress, d);
    if (e == E_OK)
        e = read_back(&s, progress, d);
    done->stranger = s.schema.stranger;
    s.schema.stranger = (struct buf){0};
    if (e == E_OK && (buf_err(&done->names) != E_OK || buf_err(&done->stranger) != E_OK))
        e = diag_set(d, E_NO_MEMORY, "the database");
    db_schema_free(&s.schema);
    return e;
}

void store_done_free(struct store_done *done)
{
    buf_free(&done->names);
    buf_free(&done->stranger);
}
