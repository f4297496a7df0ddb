#include "room/inventory.h"

#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "room/inventory_rows.h"

#define LABEL 8

static const struct hsm_object *object_of(const struct inventory_row *row)
{
    return row->private_ != NULL ? row->private_ : row->public_;
}

/* -- as text: one thing a line, what is wrong in words -- */

static const char *meaning(enum inventory_standing s)
{
    static const char *const words[] = {
        N_("on the token, with a certificate"),
        N_("PARKED: on the token, without a certificate"),
        N_("GONE: the private key is not on the token"),
        N_("ended: destroyed"),
        N_("ALIVE: destroyed as the log says, and on the token all the same"),
        N_("UNKNOWN: no line of the log tells of its making"),
    };
    return _(words[s]);
}

static void print_line(const char *what, const struct inventory_line *l)
{
    char when[CLOCK_TEXT];
    if (l->n == 0)
        return;
    clock_format(l->time, when);
    screen_item(what, _("log line %llu of %s"), (unsigned long long)l->n, when);
}

static void print_object(const struct inventory_row *row, const struct hsm_object *o)
{
    screen_item(_("on token"), _("%s, label \"%s\", id %s: %s"), o->kind, o->label, o->id[0] != '\0' ? o->id : "-",
                row->private_ == NULL  ? _("public object only")
                : row->public_ == NULL ? _("private object only")
                                       : _("private and public object"));
}

static void print_attributes(const struct hsm_attributes *a)
{
    screen_item(_("private"), "%s, %s, %s, %s", a->local ? _("made in this token") : _("not made in this token"),
                !a->sensitive ? _("NOT SENSITIVE") : a->always_sensitive ? _("always sensitive") : _("sensitive now"),
                a->extractable ? _("EXTRACTABLE") : _("not extractable"),
                a->never_extractable ? _("never was") : _("could once leave"));
}

static void print_row(const struct inventory_row *row)
{
    const struct hsm_object *o = object_of(row);
    char hex[DIGEST_HEX];
    printf("\n%s\n    %s\n", row->name[0] != '\0' ? row->name : _("(no name)"), meaning(row->standing));
    if (row->algorithm[0] != '\0')
        screen_item(_("algorithm"), "%s", row->algorithm);
    if (o != NULL)
        print_object(row, o);
    if (row->private_ != NULL)
        print_attributes(&row->private_->attributes);
    if (row->has_digest) {
        hex_encode(row->digest, DIGEST_LEN, hex);
        screen_item(_("public key"), "%s", hex);
    }
    print_line(_("made"), &row->made);
    print_line(_("transferred"), &row->transferred);
    print_line(_("certificate"), &row->certified);
    print_line(_("destroyed"), &row->destroyed);
}

static void print_text(const struct inventory *i)
{
    const struct hsm_provenance *p = &i->provenance;
    size_t counts[INVENTORY_UNKNOWN + 1] = {0};
    screen_field(_("token"), LABEL, _("%s, serial %s, label %s"), p->token.model, p->token.serial, p->token.label);
    screen_field("", LABEL, _("by %s, hardware %s, firmware %s"), p->token.manufacturer, p->hardware, p->firmware);
    screen_field(_("module"), LABEL, _("%s, %s, version %s"), p->module, p->module_manufacturer, p->module_version);
    for (size_t k = 0; k < i->n; k++) {
        print_row(&i->v[k]);
        counts[i->v[k].standing]++;
    }
    printf(_("\n%zu keys:"), i->n); /* the words are those of the JSON */
    for (int k = 0; k <= INVENTORY_UNKNOWN; k++)
        printf("%s %zu %s", k > 0 ? "," : "", counts[k], inventory_standing_name((enum inventory_standing)k));
    putchar('\n');
}

/* -- as JSON -- */

static json_t *row_json(const struct inventory_row *row)
{
    const struct hsm_object *o = object_of(row);
    const struct hsm_attributes none = {0}, *a = row->private_ != NULL ? &row->private_->attributes : &none;
    char hex[DIGEST_HEX] = "";
    if (row->has_digest)
        hex_encode(row->digest, DIGEST_LEN, hex);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:s,s:b,s:b,s:b,s:b,s:b,s:I,s:I,s:I,s:I}", "key", row->name, "standing",
                     inventory_standing_name(row->standing), "algorithm", row->algorithm, "label", o != NULL ? o->label : "",
                     "id", o != NULL ? o->id : "", "kind", o != NULL ? o->kind : "", "private", row->private_ != NULL,
                     "public", row->public_ != NULL, "public-key", hex, "sensitive", (int)a->sensitive, "always-sensitive",
                     (int)a->always_sensitive, "extractable", (int)a->extractable, "never-extractable",
                     (int)a->never_extractable, "local", (int)a->local, "made", (json_int_t)row->made.n, "transferred",
                     (json_int_t)row->transferred.n, "certificate", (json_int_t)row->certified.n, "destroyed",
                     (json_int_t)row->destroyed.n);
}

static enum err print_json(const struct inventory *i, struct diag *d)
{
    const struct hsm_provenance *p = &i->provenance;
    struct buf out = {0};
    json_t *keys = json_array();
    enum err e = keys != NULL ? E_OK : E_NO_MEMORY;
    for (size_t k = 0; k < i->n && e == E_OK; k++)
        e = json_array_append_new(keys, row_json(&i->v[k])) == 0 ? E_OK : E_NO_MEMORY;
    json_t *all = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:O}", "model", p->token.model, "serial", p->token.serial, "label",
                            p->token.label, "manufacturer", p->token.manufacturer, "firmware", p->firmware, "module",
                            p->module, "module-version", p->module_version, "keys", keys);
    if (e == E_OK)
        e = json_line_write(all, &out);
    if (e == E_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.data);
    json_decref(all);
    json_decref(keys);
    buf_free(&out);
    return e == E_OK ? E_OK : diag_set(d, e, "the inventory");
}

enum err inventory_print(struct state *s, struct hsm *h, bool json, struct diag *d)
{
    struct inventory all;
    enum err e = inventory_gather(s, h, &all, d);
    if (e == E_OK && json)
        e = print_json(&all, d);
    else if (e == E_OK)
        print_text(&all);
    inventory_free(&all);
    return e;
}
