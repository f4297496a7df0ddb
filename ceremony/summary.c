#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "core/clock.h"
#include "core/words.h"
#include "pki/show.h"

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
           plan->issue, plan->refuse);
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
    enum err e = show_tbs(buf_span(&i->tbs), &text, d);
    if (e == E_OK) {
        printf("sign %" PRId64 "  %s\n", i->n, i->id);
        fwrite(text.data, 1, text.len, stdout);
    }
    buf_free(&text);
    return e;
}

static enum err print_items(struct plan *plan, bool issued, struct diag *d)
{
    struct plan_item item = {0};
    bool more = true;
    enum err e = plan_rewind(plan, d);
    while (e == E_OK) {
        e = plan_next(plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        if (item.issue && issued)
            e = print_issued(&item, d);
        else if (!item.issue && !issued)
            print_refused(&item);
    }
    plan_item_free(&item);
    return e;
}

enum err summary_print(struct plan *plan, struct diag *d)
{
    print_header(plan);
    putchar('\n');
    enum err e = print_items(plan, false, d);
    if (e == E_OK)
        e = print_items(plan, true, d);
    if (e == E_OK)
        e = plan_rewind(plan, d);
    if (e == E_OK)
        print_end(plan);
    return e;
}
