#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "core/clock.h"
#include "core/words.h"
#include "pki/show.h"
#include "pki/show_eseal.h"

static void print_header(const struct plan *plan)
{
    const struct plan_header *h = &plan->header;
    char created[CLOCK_TEXT], expires[CLOCK_TEXT];
    clock_format(h->created, created);
    clock_format(h->expires, expires);
    printf("authority  %s\nRA         %s\nbatch      %s, sequence %" PRId64 "\n", h->authority, h->ra, h->id,
           h->sequence);
    for (size_t i = 0; i < h->approvals_n; i++) {
        char hex[DIGEST_HEX];
        hex_encode(h->approvals[i].certificate, DIGEST_LEN, hex);
        printf("approved   %-7s certificate %.16s...\n", policy_role_name(h->approvals[i].role), hex);
    }
    printf("planned    %s, good until %s\nto sign    %" PRId64 "\nto refuse  %" PRId64 "\n", created, expires,
           plan->counts.issue, plan->counts.refuse);
    if (plan->counts.status > 0)
        printf("to change  %" PRId64 "\n", plan->counts.status);
    if (plan->counts.lists > 0)
        printf("lists      %" PRId64 "\n", plan->counts.lists);
}

/* What stands above may have scrolled away when the digest is confirmed. */
static void print_end(const struct plan *plan)
{
    char hex[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    hex_encode(plan->digest, DIGEST_LEN, hex);
    words_format(plan->digest, DIGEST_LEN, 4, "           ", words, sizeof words);
    putchar('\n');
    print_header(plan);
    printf("plan       %s\nwords      %s\n", hex, words);
}

static void print_refused(const struct plan_item *i)
{
    printf("refuse %" PRId64 "  %s\n    %s [%s]\n    %s\n", i->n, i->id[0] != '\0' ? i->id : "(no id)",
           err_name(i->code), i->clause, i->detail);
}

/* Everything but the request's own id comes out of the bytes that would be signed. */
static enum err print_issued(const struct plan_item *i, struct diag *d)
{
    struct buf text = {0};
    struct eseal_info seal;
    enum err e = E_OK;
    if (plan_is_eseal(i))
        e = eseal_info_parse(buf_span(&i->tbs), &seal, d);
    if (e == E_OK)
        e = plan_is_eseal(i) ? show_eseal(&seal, &text, d) : show_tbs(buf_span(&i->tbs), &text, d);
    if (e == E_OK) {
        char ended[2 * SERIAL_LEN + 1], pair[2 * SERIAL_LEN + 1];
        hex_encode(i->supersedes, SERIAL_LEN, ended);
        hex_encode(i->pair, SERIAL_LEN, pair);
        printf("%s %" PRId64 "  %s%s%s%s%s\n", plan_is_eseal(i) ? "seal" : "sign", i->n, i->id, i->has_supersedes ? ", ends " : "",
               i->has_supersedes ? ended : "", i->has_pair ? ", beside " : "", i->has_pair ? pair : "");
        fwrite(text.data, 1, text.len, stdout);
    }
    buf_free(&text);
    return e;
}

static void print_override(const struct plan_item *i)
{
    printf("override %" PRId64 "  %s\n    the check digit is wrong of %s\n", i->n, i->id, i->override_);
}

static void print_status(const struct plan_item *i)
{
    char hex[2 * SERIAL_LEN + 1], asked[CLOCK_TEXT];
    hex_encode(i->serial, SERIAL_LEN, hex);
    clock_format(i->asked, asked);
    printf("%s %" PRId64 "  %s\n    serial  %s\n    key     %s\n", plan_act_name(i->act), i->n, i->id, hex, i->key);
    if (i->reason[0] != '\0')
        printf("    reason  %s, CRLReason %d\n", i->reason, i->reason_code);
    printf("    asked   %s\n    rule    %s\n", asked, i->clause);
}

static void print_list(const struct plan_item *i)
{
    char next[CLOCK_TEXT], hex[DIGEST_HEX], base[48] = "";
    clock_format(i->crl.next_update, next);
    hex_encode(i->crl.tbs, DIGEST_LEN, hex);
    if (i->crl.base > 0)
        snprintf(base, sizeof base, ", changes since number %" PRId64, i->crl.base);
    printf("crl %" PRId64 "  %s\n    key     %s\n    number  %" PRId64 "%s\n    entries %" PRId64 "\n    next    %s\n"
           "    SHA-256 %s\n    rule    %s\n", i->n, i->id[0] != '\0' ? i->id : "(follows from the batch)", i->key,
           i->crl.number, base, i->crl.entries, next, hex, i->clause);
}

static void print_responses(const struct plan_item *i)
{
    char next[CLOCK_TEXT], hex[DIGEST_HEX];
    clock_format(i->ocsp.next_update, next);
    hex_encode(i->ocsp.tbs, DIGEST_LEN, hex);
    printf("ocsp %" PRId64 "  %s\n    about   %s\n    key     %s\n    count   %" PRId64 "\n    next    %s\n    SHA-256 %s\n"
           "    rule    %s\n", i->n, i->id, i->key, i->ocsp.responder, i->ocsp.count, next, hex, i->clause);
}

static enum err print_item(const struct plan_item *i, struct diag *d)
{
    switch (i->act) {
    case PLAN_REFUSE:
        print_refused(i);
        return E_OK;
    case PLAN_ISSUE:
        return print_issued(i, d);
    case PLAN_CRL:
        print_list(i);
        return E_OK;
    case PLAN_OCSP:
        print_responses(i);
        return E_OK;
    default:
        print_status(i);
        return E_OK;
    }
}

/* What is unusual comes first: overrides, refusals, then changes of status, then lists and responses, then certificates. */
#define OVERRIDES (-1)
static int turn_of(enum plan_act act)
{
    return act == PLAN_REFUSE ? 0 : act == PLAN_CRL || act == PLAN_OCSP ? 2 : act == PLAN_ISSUE ? 3 : 1;
}

static enum err print_turn(struct plan *plan, int turn, struct diag *d)
{
    struct plan_item item = {0};
    bool more = true;
    enum err e = plan_rewind(plan, d);
    while (e == E_OK) {
        e = plan_next(plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        if (turn == OVERRIDES && item.override_[0] != '\0')
            print_override(&item);
        if (turn_of(item.act) == turn)
            e = print_item(&item, d);
    }
    plan_item_free(&item);
    return e;
}

enum err summary_print(struct plan *plan, struct diag *d)
{
    print_header(plan);
    putchar('\n');
    enum err e = E_OK;
    for (int turn = OVERRIDES; turn < 4 && e == E_OK; turn++)
        e = print_turn(plan, turn, d);
    if (e == E_OK)
        e = plan_rewind(plan, d);
    if (e == E_OK)
        print_end(plan);
    return e;
}
