/* index_certs.c - certificates, what becomes of them, and the lists that say so. */
#include <stdlib.h>
#include <string.h>

#include "log/query.h"

/* -- certificates -- */

enum err index_add_cert(struct index *x, const struct index_cert *c, struct diag *d)
{
    struct query q;
    if (c->serial_n == 0 || c->serial_n > sizeof c->serial)
        return diag_set(d, E_INDEX, "%s: a serial number of %zu bytes", INDEX_FILE, c->serial_n);
    query_begin(&q, x, QUERY_ADD_CERT);
    query_text(&q, c->authority);
    query_bytes(&q, c->serial, c->serial_n);
    query_bytes(&q, c->batch, DIGEST_LEN);
    query_number(&q, c->n);
    query_text(&q, c->profile);
    query_text(&q, c->key);
    query_bytes(&q, c->spki, DIGEST_LEN);
    query_bytes(&q, c->subject, DIGEST_LEN);
    query_number(&q, c->not_after);
    query_number(&q, (int64_t)c->log_seq);
    return query_change(&q, d);
}

enum err index_set_issued(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n,
                          uint64_t log_seq, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_SET_ISSUED);
    query_bytes(&q, batch, DIGEST_LEN);
    query_number(&q, n);
    query_number(&q, (int64_t)log_seq);
    return query_change(&q, d);
}

enum err index_key_subject(struct index *x, const uint8_t spki[DIGEST_LEN],
                           uint8_t subject[DIGEST_LEN], bool *found, struct diag *d)
{
    struct query q;
    memset(subject, 0, DIGEST_LEN);
    *found = false;
    query_begin(&q, x, QUERY_KEY_SUBJECT);
    query_bytes(&q, spki, DIGEST_LEN);
    bool row = query_row(&q);
    if (row)
        query_get_exact(&q, 0, subject, DIGEST_LEN);
    enum err e = query_end(&q, d);
    *found = e == E_OK && row;
    return e;
}

enum err index_has_serial(struct index *x, const char *authority, const uint8_t *serial, size_t n,
                          bool *has, struct diag *d)
{
    struct query q;
    *has = false;
    query_begin(&q, x, QUERY_HAS_SERIAL);
    query_text(&q, authority);
    query_bytes(&q, serial, n);
    bool row = query_row(&q);
    enum err e = query_end(&q, d);
    *has = e == E_OK && row;
    return e;
}

/* Columns from this one on: what QUERY_CERT and QUERY_ISSUED say of a certificate besides its name. */
static void get_cert(struct query *q, int from, struct index_cert *c)
{
    query_get_exact(q, from, c->batch, DIGEST_LEN);
    c->n = query_get_number(q, from + 1);
    query_get_text(q, from + 2, c->profile, sizeof c->profile);
    query_get_text(q, from + 3, c->key, sizeof c->key);
    query_get_exact(q, from + 4, c->spki, DIGEST_LEN);
    query_get_exact(q, from + 5, c->subject, DIGEST_LEN);
    c->not_after = query_get_number(q, from + 6);
    c->log_seq = (uint64_t)query_get_number(q, from + 7);
    c->status = (enum index_status)query_get_number(q, from + 8);
    c->reason = (int)query_get_number(q, from + 9);
    c->changed = query_get_number(q, from + 10);
    c->accepted = query_get_number(q, from + 11) != 0;
}

enum err index_cert(struct index *x, const char *authority, const uint8_t *serial, size_t n, struct index_cert *out,
                    bool *found, struct diag *d)
{
    struct query q;
    struct index_cert c = {.serial_n = n};
    *out = (struct index_cert){0};
    *found = false;
    if (n == 0 || n > sizeof c.serial)
        return E_OK;
    snprintf(c.authority, sizeof c.authority, "%s", authority);
    memcpy(c.serial, serial, n);
    query_begin(&q, x, QUERY_CERT);
    query_text(&q, authority);
    query_bytes(&q, serial, n);
    bool row = query_row(&q);
    if (row)
        get_cert(&q, 0, &c);
    enum err e = query_end(&q, d);
    *found = e == E_OK && row;
    if (*found)
        *out = c;
    return e;
}

struct index_certs {
    struct query q;
};

enum err index_certs_open(struct index *x, struct index_certs **out, struct diag *d)
{
    struct index_certs *l = *out = calloc(1, sizeof *l);
    if (l == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", INDEX_FILE);
    query_begin(&l->q, x, QUERY_ISSUED);
    return E_OK;
}

/* A serial number from this column of the row. */
static enum err get_serial(struct query *q, int column, uint8_t out[20], size_t *n, struct diag *d)
{
    struct buf serial = {0};
    query_get_bytes(q, column, &serial);
    enum err e = serial.len <= 20 ? buf_err(&serial) : query_error(q->x, SQLITE_CORRUPT, d);
    if (e == E_OK && serial.len > 0)
        memcpy(out, serial.data, serial.len);
    *n = serial.len;
    buf_free(&serial);
    return e;
}

enum err index_certs_next(struct index_certs *l, struct index_cert *out, bool *more, struct diag *d)
{
    *out = (struct index_cert){0};
    *more = query_row(&l->q);
    if (!*more)
        return E_OK; /* what went wrong is told when it is closed */
    query_get_text(&l->q, 0, out->authority, sizeof out->authority);
    enum err e = get_serial(&l->q, 1, out->serial, &out->serial_n, d);
    get_cert(&l->q, 2, out);
    return e;
}

enum err index_certs_close(struct index_certs *l, struct diag *d)
{
    if (l == NULL)
        return E_OK;
    enum err e = query_end(&l->q, d);
    free(l);
    return e;
}

/* -- changes of status -- */

enum err index_add_change(struct index *x, const struct index_change *c, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_ADD_CHANGE);
    query_bytes(&q, c->batch, DIGEST_LEN);
    query_number(&q, c->n);
    query_text(&q, c->authority);
    query_bytes(&q, c->serial, c->serial_n);
    query_number(&q, c->what);
    query_number(&q, c->reason);
    query_number(&q, c->at);
    return query_change(&q, d);
}

static enum err get_change(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n, struct index_change *out,
                           bool *found, struct diag *d)
{
    struct query q;
    struct buf serial = {0};
    *out = (struct index_change){0};
    query_begin(&q, x, QUERY_CHANGE);
    query_bytes(&q, batch, DIGEST_LEN);
    query_number(&q, n);
    bool row = query_row(&q);
    if (row) {
        query_get_text(&q, 0, out->authority, sizeof out->authority);
        query_get_bytes(&q, 1, &serial);
        out->what = (enum index_change_kind)query_get_number(&q, 2);
        out->reason = (int)query_get_number(&q, 3);
        out->at = query_get_number(&q, 4);
    }
    enum err e = query_end(&q, d);
    if (e == E_OK && serial.len > sizeof out->serial)
        e = query_error(x, SQLITE_CORRUPT, d);
    if (e == E_OK && row) {
        memcpy(out->serial, serial.data, serial.len);
        out->serial_n = serial.len;
    }
    buf_free(&serial);
    *found = e == E_OK && row;
    return e;
}

static enum err set_accepted(struct index *x, const struct index_change *c, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_SET_ACCEPTED);
    query_text(&q, c->authority);
    query_bytes(&q, c->serial, c->serial_n);
    query_number(&q, 1);
    return query_change(&q, d);
}

static enum err set_status(struct index *x, const struct index_change *c, uint64_t plan_seq, struct diag *d)
{
    static const enum index_status after[] = {
        [INDEX_REVOKE] = INDEX_REVOKED, [INDEX_HOLD] = INDEX_HELD, [INDEX_RELEASE] = INDEX_GOOD};
    struct query q;
    query_begin(&q, x, QUERY_SET_STATUS);
    query_text(&q, c->authority);
    query_bytes(&q, c->serial, c->serial_n);
    query_number(&q, after[c->what]);
    query_number(&q, c->what == INDEX_RELEASE ? 0 : c->reason);
    query_number(&q, c->at);
    query_number(&q, (int64_t)plan_seq);
    return query_change(&q, d);
}

enum err index_apply_change(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n, uint64_t plan_seq,
                            struct diag *d)
{
    struct index_change c;
    bool found;
    enum err e = get_change(x, batch, n, &c, &found, d);
    if (e != E_OK || !found)
        return e;
    return c.what == INDEX_ACCEPT ? set_accepted(x, &c, d) : set_status(x, &c, plan_seq, d);
}

/* -- lists -- */

enum err index_add_crl(struct index *x, const struct index_crl *c, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_ADD_CRL);
    query_text(&q, c->key);
    query_number(&q, c->number);
    query_number(&q, c->base);
    query_number(&q, c->this_update);
    query_number(&q, (int64_t)c->plan_seq);
    query_bytes(&q, c->batch, DIGEST_LEN);
    query_number(&q, c->n);
    query_number(&q, (int64_t)c->log_seq);
    return query_change(&q, d);
}

enum err index_set_crl_issued(struct index *x, const uint8_t batch[DIGEST_LEN], int64_t n, uint64_t log_seq,
                              struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_SET_CRL_ISSUED);
    query_bytes(&q, batch, DIGEST_LEN);
    query_number(&q, n);
    query_number(&q, (int64_t)log_seq);
    return query_change(&q, d);
}

enum err index_crl_number(struct index *x, const char *key, int64_t *last, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_CRL_NUMBER);
    query_text(&q, key);
    *last = query_row(&q) ? query_get_number(&q, 0) : 0;
    return query_end(&q, d);
}

enum err index_crl_last_full(struct index *x, const char *key, int64_t before, const uint8_t but[DIGEST_LEN],
                             struct index_crl *out, bool *found, struct diag *d)
{
    struct query q;
    *out = (struct index_crl){0};
    query_begin(&q, x, QUERY_CRL_LAST_FULL);
    query_text(&q, key);
    query_number(&q, before);
    query_bytes(&q, but, DIGEST_LEN);
    bool row = query_row(&q);
    if (row) {
        snprintf(out->key, sizeof out->key, "%s", key);
        out->number = query_get_number(&q, 0);
        out->this_update = query_get_number(&q, 1);
        out->plan_seq = (uint64_t)query_get_number(&q, 2);
    }
    enum err e = query_end(&q, d);
    *found = e == E_OK && row;
    return e;
}

struct index_entries {
    struct query q;
};

enum err index_entries_open(struct index *x, const char *key, int64_t alive, uint64_t since, struct index_entries **out,
                            struct diag *d)
{
    struct index_entries *l = *out = calloc(1, sizeof *l);
    if (l == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", INDEX_FILE);
    query_begin(&l->q, x, since > 0 ? QUERY_CHANGED : QUERY_LISTED);
    query_text(&l->q, key);
    query_number(&l->q, alive);
    if (since > 0)
        query_number(&l->q, (int64_t)since);
    return E_OK;
}

enum err index_entries_all(struct index *x, const char *authority, const char *key, int64_t alive, uint64_t before,
                           struct index_entries **out, struct diag *d)
{
    struct index_entries *l = *out = calloc(1, sizeof *l);
    if (l == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", INDEX_FILE);
    query_begin(&l->q, x, QUERY_ANSWERED);
    query_text(&l->q, authority);
    query_text(&l->q, key);
    query_number(&l->q, alive);
    query_number(&l->q, (int64_t)before);
    return E_OK;
}

enum err index_entries_next(struct index_entries *l, struct index_entry *out, bool *more, struct diag *d)
{
    *out = (struct index_entry){0};
    *more = query_row(&l->q);
    if (!*more)
        return E_OK; /* what went wrong is told when it is closed */
    enum err e = get_serial(&l->q, 0, out->serial, &out->serial_n, d);
    out->status = (enum index_status)query_get_number(&l->q, 1);
    out->reason = (int)query_get_number(&l->q, 2);
    out->changed = query_get_number(&l->q, 3);
    return e;
}

enum err index_entries_close(struct index_entries *l, struct diag *d)
{
    if (l == NULL)
        return E_OK;
    enum err e = query_end(&l->q, d);
    free(l);
    return e;
}
