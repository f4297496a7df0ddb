#include "room/inventory_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/i18n.h"
#include "hsm/uri.h"
#include "pki/key.h"

const char *inventory_standing_name(enum inventory_standing s)
{
    static const char *const names[] = {NC_("standing", "good"),  NC_("standing", "parked"), NC_("standing", "gone"),
                                        NC_("standing", "ended"), NC_("standing", "alive"),  NC_("standing", "unknown")};
    return names[s];
}

/* One more, all zeros; NULL when memory is used up. */
static struct inventory_row *add_row(struct inventory *i)
{
    struct inventory_row *more = reallocarray(i->v, i->n + 1, sizeof *more);
    if (more == NULL)
        return NULL;
    i->v = more;
    i->v[i->n] = (struct inventory_row){0};
    return &i->v[i->n++];
}

/* -- the log's side -- */

static struct inventory_row *find_name(const struct inventory *i, const char *name)
{
    for (size_t k = 0; k < i->n; k++)
        if (strcmp(i->v[k].name, name) == 0)
            return &i->v[k];
    return NULL;
}

static enum err add_made(struct inventory *i, const struct record *r, struct diag *d)
{
    struct inventory_row *row = add_row(i);
    struct buf spki = {0};
    const char *text = record_text(r, "public-key");
    if (row == NULL)
        return diag_set(d, E_NO_MEMORY, "the inventory");
    enum err e = base64_decode(text, strlen(text), &spki);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, spki.data, spki.len, row->digest);
    if (e == E_OK) {
        snprintf(row->name, sizeof row->name, "%s", record_text(r, "key"));
        snprintf(row->algorithm, sizeof row->algorithm, "%s", record_text(r, "algorithm"));
        row->made = (struct inventory_line){r->seq, r->time};
        row->has_digest = true;
    }
    buf_free(&spki);
    return e == E_OK ? E_OK : diag_set(d, e, "the inventory");
}

static enum err take_line(void *arg, const struct record *r, struct diag *d)
{
    struct inventory *i = arg;
    const struct inventory_line line = {r->seq, r->time};
    struct inventory_row *row = find_name(i, record_text(r, "key"));
    if (r->type == RECORD_KEYGEN && row == NULL)
        return add_made(i, r, d);
    if (row == NULL)
        return E_OK;
    if (r->type == RECORD_ANCHOR)
        row->certified = line;
    if (r->type == RECORD_DESTROYED)
        row->destroyed = line;
    if (r->type == RECORD_TRANSFERRED)
        row->transferred = line;
    return E_OK;
}

/* -- the token's side -- */

/* By the public key; a private key that shows none, by the label that the policy gives the log's key. */
static bool is_of_row(const struct state *s, const struct inventory_row *row, const struct hsm_object *o, const uint8_t *digest)
{
    struct uri *u = NULL;
    const struct policy_key *key = policy_key_find(s->policy, row->name);
    if (digest != NULL)
        return row->has_digest && memcmp(row->digest, digest, DIGEST_LEN) == 0;
    if (row->name[0] == '\0' || key == NULL || uri_parse(key->uri, &u, NULL) != E_OK)
        return false;
    bool same = uri_label(u) != NULL && strcmp(uri_label(u), o->label) == 0;
    uri_free(u);
    return same;
}

static bool has_place(const struct inventory_row *row, const struct hsm_object *o)
{
    const struct hsm_object *beside = o->private_ ? row->public_ : row->private_;
    return (o->private_ ? row->private_ : row->public_) == NULL &&
           (beside == NULL || (strcmp(beside->label, o->label) == 0 && strcmp(beside->id, o->id) == 0));
}

static enum err add_object(const struct state *s, struct inventory *i, const struct hsm_object *o, struct diag *d)
{
    struct inventory_row *row = NULL;
    struct key key = {0};
    bool shown = o->public_key != NULL && key_from_pkey(o->public_key, &key, NULL) == E_OK;
    for (size_t k = 0; k < i->n && row == NULL; k++)
        if (is_of_row(s, &i->v[k], o, shown ? key.digest : NULL) && has_place(&i->v[k], o))
            row = &i->v[k];
    if (row == NULL)
        row = add_row(i);
    if (row != NULL && shown && !row->has_digest) {
        memcpy(row->digest, key.digest, DIGEST_LEN);
        row->has_digest = true;
    }
    if (row != NULL)
        *(o->private_ ? &row->private_ : &row->public_) = o;
    key_free(&key);
    return row != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "the inventory");
}

static enum inventory_standing stands(const struct inventory_row *row)
{
    const bool there = row->private_ != NULL;
    if (row->made.n == 0)
        return INVENTORY_UNKNOWN;
    if (row->destroyed.n > 0)
        return there || row->public_ != NULL ? INVENTORY_ALIVE : INVENTORY_ENDED;
    if (!there)
        return INVENTORY_GONE;
    return row->certified.n > 0 ? INVENTORY_GOOD : INVENTORY_PARKED;
}

enum err inventory_gather(struct state *s, struct hsm *h, struct inventory *out, struct diag *d)
{
    *out = (struct inventory){0};
    enum err e = hsm_provenance(h, &out->provenance, d);
    if (e == E_OK)
        e = hsm_objects(h, NULL, &out->objects, d);
    if (e == E_OK)
        e = log_each(s->fd, NULL, take_line, out, d);
    for (size_t k = 0; k < out->objects.n && e == E_OK; k++)
        e = add_object(s, out, &out->objects.v[k], d);
    for (size_t k = 0; k < out->n; k++)
        out->v[k].standing = stands(&out->v[k]);
    return e;
}

void inventory_free(struct inventory *i)
{
    hsm_objects_free(&i->objects);
    free(i->v);
    *i = (struct inventory){0};
}
