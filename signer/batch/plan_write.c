#include <stdlib.h>

#include "batch/plan.h"
#include "core/base64.h"
#include "core/clock.h"

static enum err write_line(json_t *obj, struct buf *out)
{
    if (obj == NULL)
        return E_NO_MEMORY;
    enum err e = json_line_write(obj, out);
    buf_append_byte(out, '\n');
    json_decref(obj);
    return e != E_OK ? e : buf_err(out);
}

static json_t *pack_approvals(const struct plan_header *h)
{
    char hex[DIGEST_HEX];
    json_t *list = json_array();
    for (size_t i = 0; i < h->approvals_n; i++) {
        hex_encode(h->approvals[i].certificate, DIGEST_LEN, hex);
        json_t *one =
            json_pack("{s:s,s:s}", "role", policy_role_name(h->approvals[i].role), "certificate", hex);
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

enum err plan_write_header(const struct plan_header *h, struct buf *out)
{
    char batch[DIGEST_HEX], intake[DIGEST_HEX], policy[DIGEST_HEX], head[DIGEST_HEX];
    char created[CLOCK_TEXT], expires[CLOCK_TEXT];
    hex_encode(h->batch, DIGEST_LEN, batch);
    hex_encode(h->intake, DIGEST_LEN, intake);
    hex_encode(h->policy, DIGEST_LEN, policy);
    hex_encode(h->log_head, DIGEST_LEN, head);
    clock_format(h->created, created);
    clock_format(h->expires, expires);
    return write_line(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:s,s:o}", "format", PLAN_FORMAT,
                                "batch", batch, "intake", intake, "authority", h->authority, "ra", h->ra, "id", h->id,
                                "sequence", (json_int_t)h->sequence, "policy", policy, "created", created, "expires",
                                expires, "log-size", (json_int_t)h->log_size, "log-bytes", (json_int_t)h->log_bytes,
                                "log-head", head, "approvals", pack_approvals(h)),
                      out);
}

enum err plan_write_item(const struct plan_item *i, struct buf *out)
{
    char serial[2 * PLAN_SERIAL + 1];
    if (!i->issue)
        return write_line(json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "n", (json_int_t)i->n, "id", i->id, "decision",
                                    "refuse", "code", err_name(i->code), "clause", i->clause, "detail", i->detail),
                          out);
    char *tbs = base64_string(i->tbs.data, i->tbs.len);
    if (tbs == NULL)
        return E_NO_MEMORY;
    hex_encode(i->serial, PLAN_SERIAL, serial);
    enum err e = write_line(json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "n", (json_int_t)i->n, "id", i->id,
                                      "decision", "issue", "clause", i->clause, "profile", i->profile, "key", i->key,
                                      "serial", serial, "ignored", i->ignored, "tbs", tbs),
                            out);
    free(tbs);
    return e;
}

enum err plan_write_end(int64_t issue, int64_t refuse, struct buf *out)
{
    return write_line(json_pack("{s:b,s:I,s:I}", "end", 1, "issue", (json_int_t)issue, "refuse", (json_int_t)refuse),
                      out);
}
