/*
 * forger - what somebody can do who has the token, its PIN and the state: sign whatever it be with a key of the token, and write
 * the log anew, chained and sealed as it should be. For the cases fraud-*, in which the auditor has to find it all the same.
 *
 *     forger MODULE sign KEY < BYTES > SIGNATURE     by the algorithm of the key's row
 *     forger MODULE seal < LOG > LOG                 numbers, chain and seals made right
 *
 * The PIN is read from descriptor 3. The policy is the one that it is linked with.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "hsm/login.h"
#include "hsm/sign.h"
#include "log/position.h"
#include "log/seal.h"

#define PIN_FD 3

static enum err open_key(struct hsm *h, const char *name, struct hsm_key **out, struct diag *d)
{
    const struct policy_key *row = policy_key_find(&policy_table, name);
    return row == NULL ? diag_set(d, E_KEY_MISSING, "%s", name) : hsm_key_find(h, row, NULL, out, d);
}

static enum err read_all(struct buf *out)
{
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
        buf_append(out, piece, n);
    return buf_err(out);
}

static enum err sign(struct hsm *h, const char *name, struct diag *d)
{
    struct hsm_key *key;
    struct buf bytes = {0}, signature = {0};
    enum err e = open_key(h, name, &key, d);
    if (e == E_OK)
        e = read_all(&bytes);
    if (e == E_OK)
        e = hsm_sign(key, buf_span(&bytes), &signature, d);
    if (e == E_OK)
        fwrite(signature.data, 1, signature.len, stdout);
    buf_free(&bytes);
    buf_free(&signature);
    return e;
}

/* The seal that belongs at this place, in the fields of the line. */
static enum err seal_anew(struct hsm_key *key, const struct log_position *at, json_t *line, struct diag *d)
{
    struct seal seal = {0};
    struct buf text = {0};
    enum err e = seal_of(at, hsm_key_row(key)->name, &seal);
    if (e == E_OK)
        e = seal_text(&seal, &text);
    if (e == E_OK)
        e = hsm_sign(key, buf_span(&text), &seal.signature, d);
    json_t *fields = e == E_OK ? seal_fields(&seal) : NULL;
    if (e == E_OK && (fields == NULL || json_object_update(line, fields) != 0))
        e = E_NO_MEMORY;
    json_decref(fields);
    buf_free(&text);
    seal_free(&seal);
    return e;
}

static enum err write_line(struct hsm_key *key, struct log_position *at, const char *text, size_t n, struct diag *d)
{
    struct buf line = {0};
    json_t *obj = json_loadb(text, n, 0, NULL);
    char prev[DIGEST_HEX];
    enum err e = obj != NULL ? E_OK : diag_set(d, E_LOG_FORMAT, "line %llu", (unsigned long long)at->size + 1);
    hex_encode(at->head, DIGEST_LEN, prev);
    /* What stands before the first change stays as it was: the signatures of its seals, too. */
    const char *had = json_string_value(json_object_get(obj, "prev"));
    const bool moved = had == NULL || strcmp(had, prev) != 0;
    if (e == E_OK && (json_object_set_new(obj, "seq", json_integer((json_int_t)at->size + 1)) != 0 ||
                      json_object_set_new(obj, "prev", json_string(prev)) != 0))
        e = E_NO_MEMORY;
    if (e == E_OK && moved && strcmp(json_string_value(json_object_get(obj, "type")), "seal") == 0)
        e = seal_anew(key, at, obj, d);
    if (e == E_OK)
        e = json_line_write(obj, &line);
    if (e == E_OK)
        e = position_advance(at, buf_span(&line), at->time);
    if (e == E_OK)
        printf("%.*s\n", (int)line.len, (const char *)line.data);
    json_decref(obj);
    buf_free(&line);
    return e;
}

static enum err seal(struct hsm *h, struct diag *d)
{
    struct hsm_key *key;
    struct log_position at = {.hash = policy_table.log_hash};
    char *text = NULL;
    size_t room = 0;
    ssize_t n;
    enum err e = open_key(h, policy_table.log_key.name, &key, d);
    while (e == E_OK && (n = getline(&text, &room, stdin)) > 0)
        e = write_line(key, &at, text, (size_t)n, d);
    free(text);
    return e;
}

int main(int argc, char **argv)
{
    static const struct hsm_patience patience = {"forger", 60, NULL};
    struct diag d = {0};
    struct hsm *h = NULL;
    if (argc < 3)
        return 2;
    enum err e = hsm_open(argv[1], policy_table.token, policy_table.vendor, &patience, &h, &d);
    if (e == E_OK)
        e = login_run(h, PIN_FD, 1, &d);
    if (e == E_OK)
        e = strcmp(argv[2], "sign") == 0 && argc == 4 ? sign(h, argv[3], &d) : seal(h, &d);
    hsm_close(h);
    if (e != E_OK)
        diag_print("forger", e, &d);
    return e != E_OK;
}
