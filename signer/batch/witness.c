#include "batch/witness.h"

#include <inttypes.h>
#include <string.h>

#include "core/i18n.h"
#include "log/head_text.h"

static enum err read_head(struct hsm *h, struct head_text *out, bool *found, struct diag *d)
{
    char text[HEAD_TEXT_MAX + 1];
    size_t n = 0;
    *out = (struct head_text){0};
    enum err e = hsm_data_read(h, WITNESS_LABEL, text, HEAD_TEXT_MAX, &n, d);
    *found = n > 0;
    text[n] = '\0';
    if (e == E_OK && n > 0 && !head_text_parse(text, out))
        e = diag_set(d, E_LOG_ROLLED_BACK, "the token's data object %s is not readable", WITNESS_LABEL);
    return e;
}

enum err witness_check_unused(struct hsm *h, struct diag *d)
{
    struct head_text head;
    bool found = false;
    enum err e = read_head(h, &head, &found, d);
    if (e == E_LOG_ROLLED_BACK || (e == E_OK && found))
        return diag_set(d, E_TOKEN_USED, "it keeps the head of another log");
    return e;
}

static bool same_log(const struct state *s, const struct head_text *head)
{
    return memcmp(head->log, s->log_id, DIGEST_LEN) == 0;
}

static struct log_position position_of(const struct state *s, const struct head_text *head)
{
    struct log_position at = {.size = head->size, .bytes = head->bytes, .hash = log_position(s->log)->hash};
    memcpy(at.head, head->head, DIGEST_LEN);
    return at;
}

/* Does the log hold the line that the token knows as its last? */
static enum err check_holds(const struct state *s, struct head_text *head, struct diag *d)
{
    const struct log_position *now = log_position(s->log);
    bool holds = false;
    enum err e = E_OK;
    const struct log_position at = position_of(s, head);
    if (at.size <= now->size)
        e = log_position_holds(s->fd, &at, &holds, d);
    if (e == E_OK && !holds)
        e = diag_set(d, E_LOG_ROLLED_BACK, head->size <= now->size ? N_("the token knows %" PRIu64 " lines, the log has %" PRIu64 " others")
                                                                   : N_("the token knows %" PRIu64 " lines, the log has %" PRIu64),
                     head->size, now->size);
    return e;
}

enum err witness_check(struct state *s, struct hsm *h, struct diag *d)
{
    const struct hsm_identity *token = hsm_identity(h);
    const struct log_position *now = log_position(s->log);
    struct head_text head;
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
        s->told = head.size;
        s->heard = position_of(s, &head);
    }
    return e;
}

enum err witness_take_over(struct state *s, struct hsm *h, struct diag *d)
{
    struct head_text head;
    bool found = false;
    enum err e = read_head(h, &head, &found, d);
    if (e == E_LOG_ROLLED_BACK || (e == E_OK && found && !same_log(s, &head)))
        return diag_set(d, E_TOKEN_USED, "it keeps the head of another log");
    return e == E_OK && found ? check_holds(s, &head, d) : e;
}

enum err witness_write(struct state *s, struct hsm *h, struct diag *d)
{
    const struct log_position *now = log_position(s->log);
    struct head_text head = {.size = now->size};
    char text[HEAD_TEXT_MAX];
    enum err e = log_sync(s->log, d);
    if (e != E_OK)
        return e;
    head.bytes = now->bytes;
    memcpy(head.log, s->log_id, DIGEST_LEN);
    memcpy(head.head, now->head, DIGEST_LEN);
    e = hsm_data_write(h, WITNESS_LABEL, text, head_text_write(&head, text), d);
    if (e == E_OK) {
        s->told = now->size;
        s->heard = *now;
    }
    return e;
}
