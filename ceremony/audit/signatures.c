#include "audit/signatures.h"

#include <string.h>

#include "audit/audit.h"
#include "audit/carried.h"
#include "core/text.h"
#include "room/minutes_sign.h"

bool signatures_take_exception(json_t **excepted, const struct record *r)
{
    const char *ceremony = record_text(r, "ceremony");
    if (strcmp(record_text(r, "code"), err_name(E_UNSIGNED)) != 0)
        return true;
    if (*excepted == NULL && (*excepted = json_object()) == NULL)
        return false;
    const json_int_t before = json_integer_value(json_object_get(*excepted, ceremony));
    return json_object_set_new(*excepted, ceremony, json_integer(before + 1)) == 0;
}

/* What is looked at. */
struct minutes_of {
    struct audit *a;
    int dir_fd;
    const struct record *line;
    const json_t *events;
    size_t n;
    struct span text; /* that is signed */
};

static const char *text_of(const json_t *event, const char *key)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL ? s : "";
}

/* By their ids, how they were there first. */
static json_t *who_was_there(const struct minutes_of *m)
{
    json_t *all = json_object();
    for (size_t i = 0; i < m->n && all != NULL; i++) {
        json_t *event = json_array_get(m->events, i);
        const char *id = text_of(event, "person");
        if (strcmp(text_of(event, "event"), "present") != 0 || json_object_get(all, id) != NULL)
            continue;
        if (json_object_set(all, id, event) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    return all;
}

/* An officer of this program's policy, with the certificate that this policy pins. */
static enum err check_officer(const struct minutes_of *m, const struct policy_officer *who, bool *found, struct diag *d)
{
    enum err e = minutes_sign_check(m->dir_fd, who, m->text, m->line->time, found, d);
    if (e == E_OK && *found)
        audit_note(m->a, "the minutes of the ceremony %s are signed by %s", record_text(m->line, "ceremony"), who->id);
    return e;
}

/* Somebody whom this program's policy does not pin. */
static enum err check_named(const struct minutes_of *m, const char *id, const uint8_t certificate[DIGEST_LEN], bool *found, struct diag *d)
{
    struct buf cms = {0};
    struct diag why = {0};
    bool carried = false;
    enum err e = minutes_sign_read(m->dir_fd, id, &cms, found, d);
    if (e == E_OK && *found)
        e = carried_verify(buf_span(&cms), certificate, m->text, &carried, &why);
    if (e == E_OK && *found && !carried)
        e = diag_set(&why, E_OFFICER_SIGNATURE, "it carries another certificate");
    if (e == E_OK && *found)
        audit_note(m->a, "the minutes of the ceremony %s are signed by %s", record_text(m->line, "ceremony"), id);
    else if (e != E_OK && *found && e != E_NO_MEMORY)
        e = diag_set(d, E_OFFICER_SIGNATURE, MINUTES_SIGNATURE_PREFIX "%s.p7s: %s", id, why.text);
    buf_free(&cms);
    return e;
}

static enum err check_present(const struct minutes_of *m, const json_t *event, uint64_t *missing, struct diag *d)
{
    const char *id = text_of(event, "person");
    uint8_t certificate[DIGEST_LEN], pinned[DIGEST_LEN] = {0};
    const struct policy_officer *officer = m->a->same_log_policy ? policy_officer_find(m->a->policy, id) : NULL;
    bool found = false;
    enum err e = E_OK;
    if (!text_is_token(id, LIMIT_TOKEN_TEXT) || !hex_decode(text_of(event, "certificate"), certificate, DIGEST_LEN))
        return E_OK; /* on paper */
    if (officer != NULL)
        e = digest_bytes(DIGEST_SHA256, officer->certificate.p, officer->certificate.n, pinned);
    if (e == E_OK)
        e = memcmp(certificate, pinned, DIGEST_LEN) == 0 ? check_officer(m, officer, &found, d)
                                                         : check_named(m, id, certificate, &found, d);
    if (e == E_OK && !found) {
        ++*missing;
        audit_note(m->a, "%s, who was there, has not signed the minutes of the ceremony %s with a key", id, record_text(m->line, "ceremony"));
    }
    return e;
}

static enum err check_all(const struct minutes_of *m, struct diag *d)
{
    const char *ceremony = record_text(m->line, "ceremony");
    const json_int_t excepted = json_integer_value(json_object_get(m->a->excepted, ceremony));
    json_t *there = who_was_there(m), *event;
    const char *id;
    uint64_t missing = 0;
    enum err e = there != NULL ? E_OK : E_NO_MEMORY;
    json_object_foreach(there, id, event)
        if (e == E_OK)
            e = check_present(m, event, &missing, d);
    for (size_t i = 0; m->a->same_log_policy && i < m->a->policy->officers_n && e == E_OK; i++) {
        const struct policy_officer *who = &m->a->policy->officers[i];
        bool found;
        if (text_of(json_object_get(there, who->id), "certificate")[0] == '\0')
            e = check_officer(m, who, &found, d);
    }
    json_decref(there);
    if (e == E_OK && missing > (uint64_t)excepted)
        e = diag_set(d, E_ARCHIVE, "of the signatures of the minutes of %s %llu are missing, and the log has %llu exceptions", ceremony,
                     (unsigned long long)missing, (unsigned long long)excepted);
    return e;
}

enum err signatures_check(struct audit *a, int dir_fd, const struct record *r, const json_t *events, size_t n, struct diag *d)
{
    struct buf text = {0};
    enum err e = minutes_sign_text(r, &text);
    const struct minutes_of m = {a, dir_fd, r, events, n, buf_span(&text)};
    if (e == E_OK)
        e = check_all(&m, d);
    buf_free(&text);
    return e;
}
