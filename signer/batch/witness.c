#include "batch/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "rootseal-head-1"
#define TEXT_MAX 256

struct head {
    uint8_t log[DIGEST_LEN];
    struct log_position at; /* size, bytes and head only */
};

static enum err parse(const char *text, struct head *out, struct diag *d)
{
    char log[DIGEST_HEX], head[DIGEST_HEX];
    int used = 0;
    if (sscanf(text, FORMAT " %64[0-9a-f] %" SCNu64 " %" SCNu64 " %64[0-9a-f]%n", log, &out->at.size, &out->at.bytes,
               head, &used) != 4 ||
        text[used] != '\0' || !hex_decode(log, out->log, DIGEST_LEN) || !hex_decode(head, out->at.head, DIGEST_LEN))
        return diag_set(d, E_LOG_ROLLED_BACK, "the token's data object %s is not readable", WITNESS_LABEL);
    return E_OK;
}

static enum err read_head(struct hsm *h, struct head *out, bool *found, struct diag *d)
{
    char text[TEXT_MAX + 1];
    size_t n = 0;
    *out = (struct head){0};
    enum err e = hsm_data_read(h, WITNESS_LABEL, text, TEXT_MAX, &n, d);
    *found = n > 0;
    text[n] = '\0';
    return e == E_OK && n > 0 ? parse(text, out, d) : e;
}

enum err witness_check_unused(struct hsm *h, struct diag *d)
{
    struct head head;
    bool found = false;
    enum err e = read_head(h, &head, &found, d);
    if (e == E_LOG_ROLLED_BACK || (e == E_OK && found))
        return diag_set(d, E_TOKEN_USED, "it keeps the head of another log");
    return e;
}

static bool same_log(const struct state *s, const struct head *head)
{
    return memcmp(head->log, s->log_id, DIGEST_LEN) == 0;
}

/* Does the log hold the line that the token knows as its last? */
static enum err check_holds(const struct state *s, struct head *head, struct diag *d)
{
    const struct log_position *now = log_position(s->log);
    bool holds = false;
    enum err e = E_OK;
    head->at.hash = now->hash;
    if (head->at.size <= now->size)
        e = log_position_holds(s->fd, &head->at, &holds, d);
    if (e == E_OK && !holds)
        e = diag_set(d, E_LOG_ROLLED_BACK, "the token knows %" PRIu64 " lines, the log has %" PRIu64 "%s", head->at.size,
                     now->size, head->at.size <= now->size ? " others" : "");
    return e;
}

enum err witness_check(struct state *s, struct hsm *h, struct diag *d)
{
    const struct hsm_identity *token = hsm_identity(h);
    const struct log_position *now = log_position(s->log);
    struct head head;
    bool found = false;
    if (strcmp(token->serial, s->token_serial) != 0 || strcmp(token->model, s->token_model) != 0)
        return diag_set(d, E_TOKEN_OTHER, "its serial is %s, the state was made with %s", token->serial,
                        s->token_serial);
    enum err e = read_head(h, &head, &found, d);
    if (e == E_OK && !found && now->size == 1) /* a new log whose init was interrupted before the token knew of it */
        return witness_write(s, h, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_LOG_ROLLED_BACK, "the token's data object %s is gone", WITNESS_LABEL);
    if (e != E_OK)
        return e;
    if (!same_log(s, &head))
        return diag_set(d, E_TOKEN_OTHER, "the token keeps the head of another log");
    e = check_holds(s, &head, d);
    if (e == E_OK) {
        s->told = head.at.size;
        s->heard = head.at;
    }
    return e;
}

enum err witness_take_over(struct state *s, struct hsm *h, struct diag *d)
{
    struct head head;
    bool found = false;
    enum err e = read_head(h, &head, &found, d);
    if (e == E_LOG_ROLLED_BACK || (e == E_OK && found && !same_log(s, &head)))
        return diag_set(d, E_TOKEN_USED, "it keeps the head of another log");
    return e == E_OK && found ? check_holds(s, &head, d) : e;
}

enum err witness_write(struct state *s, struct hsm *h, struct diag *d)
{
    const struct log_position *now = log_position(s->log);
    char text[TEXT_MAX], log[DIGEST_HEX], head[DIGEST_HEX];
    enum err e = log_sync(s->log, d);
    if (e != E_OK)
        return e;
    hex_encode(s->log_id, DIGEST_LEN, log);
    hex_encode(now->head, DIGEST_LEN, head);
    int n = snprintf(text, sizeof text, FORMAT " %s %" PRIu64 " %" PRIu64 " %s", log, now->size, now->bytes, head);
    e = hsm_data_write(h, WITNESS_LABEL, text, (size_t)n, d);
    if (e == E_OK) {
        s->told = now->size;
        s->heard = *now;
    }
    return e;
}
