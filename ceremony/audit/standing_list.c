#include "audit/standing_list.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/json.h"

const char *standing_word(const struct index_cert *c, int64_t now)
{
    if (c->status == INDEX_REVOKED)
        return c->reason == CRL_REASON_SUPERSEDED ? "superseded" : "revoked";
    if (c->not_after < now)
        return "expired";
    return c->status == INDEX_HELD ? "held" : "good";
}

static enum err print_json(const struct index_cert *c, const char *serial, const char *status, const char *since,
                           const char *until)
{
    struct buf out = {0};
    bool off = c->status != INDEX_GOOD;
    json_t *obj = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "authority", c->authority, "serial", serial, "profile",
                            c->profile, "key", c->key, "status", status, "until", until, "accepted", c->accepted, "since",
                            since);
    if (obj != NULL && off && json_object_set_new(obj, "reason-code", json_integer(c->reason)) != 0) {
        json_decref(obj);
        obj = NULL;
    }
    enum err e = json_line_write(obj, &out);
    if (e == E_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.data);
    json_decref(obj);
    buf_free(&out);
    return e;
}

/* Names and numbers only: nothing needs quotes. */
static void print_csv(const struct index_cert *c, const char *serial, const char *status, const char *since,
                      const char *until)
{
    char reason[16] = "";
    if (c->status != INDEX_GOOD)
        snprintf(reason, sizeof reason, "%d", c->reason);
    printf("%s,%s,%s,%s,%s,%s,%s,%s,%s\n", c->authority, serial, c->profile, c->key, status, until,
           c->accepted ? "yes" : "no", since, reason);
}

static enum err print_one(const struct index_cert *c, int64_t now, bool json)
{
    char serial[2 * sizeof c->serial + 1], since[CLOCK_TEXT] = "", until[CLOCK_TEXT];
    hex_encode(c->serial, c->serial_n, serial);
    clock_format(c->not_after, until);
    if (c->changed > 0)
        clock_format(c->changed, since);
    if (json)
        return print_json(c, serial, standing_word(c, now), since, until);
    print_csv(c, serial, standing_word(c, now), since, until);
    return E_OK;
}

enum err standing_list_print(const struct audit *a, int64_t now, bool json, struct diag *d)
{
    struct index_certs *walk = NULL;
    struct index_cert c;
    bool more = true;
    if (!json)
        printf("authority,serial,profile,key,status,until,accepted,since,reason-code\n");
    enum err e = index_certs_open(a->index, &walk, d);
    while (e == E_OK) {
        e = index_certs_next(walk, &c, &more, d);
        if (e != E_OK || !more)
            break;
        e = print_one(&c, now, json);
    }
    enum err closed = index_certs_close(walk, e == E_OK ? d : NULL);
    return e != E_OK ? e : closed;
}
