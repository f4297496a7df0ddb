/* batch.jsonl: the header's line, then requests, each decided by the shipped policy. */
#include <stdio.h>
#include <string.h>

#include "batch/decide.h"
#include "fuzz.h"
#include "pki/der.h"

static struct policy policy;

/* The shipped policy pins nobody, with which every header is refused. */
void fuzz_start(void)
{
    static const struct policy_person person = {.id = "p", .ra = "nanjing"};
    static const struct policy_officer officer = {.id = "o"};
    policy = policy_table;
    policy.persons = &person;
    policy.persons_n = 1;
    policy.officers = &officer;
    policy.officers_n = 1;
}

/* What was read is written, read and written again: the same. */
static void check_header(const struct batch_header *h)
{
    struct buf first = {0}, second = {0};
    struct batch_header again;
    struct diag d = {0};
    fuzz_hold(header_write(h, &first) == E_OK, "a header that cannot be written");
    fuzz_hold(header_parse(buf_span(&first), &again, &d) == E_OK, "a header that is not read again");
    fuzz_hold(header_write(&again, &second) == E_OK && fuzz_same(buf_span(&first), buf_span(&second)),
              "a header that changes when it is written");
    buf_free(&first);
    buf_free(&second);
}

static void check_request(struct span line)
{
    struct buf first = {0}, second = {0};
    struct request r, again;
    struct diag d = {0};
    enum err e = request_parse(line, 2, &r, &d);
    fuzz_check_diag(e, &d);
    if (e == E_OK) {
        fuzz_hold(request_write(&r, &first) == E_OK, "a request that cannot be written");
        fuzz_hold(request_parse(buf_span(&first), 2, &again, &d) == E_OK, "a request that is not read again");
        fuzz_hold(request_write(&again, &second) == E_OK && fuzz_same(buf_span(&first), buf_span(&second)),
                  "a request that changes when it is written");
        request_free(&again);
    }
    request_free(&r);
    buf_free(&first);
    buf_free(&second);
}

static bool decide(struct decider *c, struct span line, enum err line_error, uint64_t number)
{
    struct decision o;
    struct diag d = {0};
    enum err e = decide_request(c, line, line_error, number, &o, &d);
    fuzz_hold(e == E_OK, "a decision that could not be made");
    fuzz_check_shown((struct span){(const uint8_t *)o.detail, strlen(o.detail)}, false);
    fuzz_check_shown((struct span){(const uint8_t *)o.ignored, strlen(o.ignored)}, false);
    fuzz_hold(o.clause != NULL && (o.code == E_OK) == (o.detail[0] == '\0' && o.profile != NULL && o.subject.len > 0),
              "a decision without its reason");
    bool good = o.code == E_OK;
    if (good) {
        fuzz_check_name(buf_span(&o.subject));
        fuzz_hold(o.san.len == 0 || der_check(buf_span(&o.san)), "alternative names that are not DER");
    }
    decision_free(&o);
    return good;
}

/* True when every request would be issued. */
static bool decide_all(struct json_lines *lines, const struct batch_header *h)
{
    const struct policy_authority *a = NULL;
    struct diag d = {0};
    bool more = true, good = true;
    enum err e = header_check(h, &policy, FUZZ_NOW, &a, &d);
    fuzz_check_diag(e, &d);
    if (e != E_OK)
        return false;
    struct decider c = {.policy = &policy, .authority = a, .header = h, .now = FUZZ_NOW};
    for (;;) {
        e = json_lines_next(lines, &more, NULL);
        fuzz_hold(e == E_OK || e == E_LINE_TOO_LONG, "a line that could not be read");
        if (!more)
            break;
        if (e == E_OK && fuzz_turn(0, 4))
            check_request(buf_span(&lines->line));
        good = decide(&c, buf_span(&lines->line), e, lines->number) && good;
    }
    decider_free(&c);
    return good;
}

bool fuzz_one(struct span in)
{
    struct batch_header h;
    struct diag d = {0};
    bool more = false, good = false;
    if (in.n == 0)
        return false;
    FILE *f = fmemopen((void *)(uintptr_t)in.p, in.n, "r");
    fuzz_hold(f != NULL, "no stream");
    struct json_lines lines = {.f = f, .line_max = LIMIT_LINE};
    if (json_lines_next(&lines, &more, NULL) == E_OK && more) {
        enum err e = header_parse(buf_span(&lines.line), &h, &d);
        fuzz_check_diag(e, &d);
        if (e == E_OK) {
            if (fuzz_turn(0, 4))
                check_header(&h);
            good = decide_all(&lines, &h);
        }
    }
    json_lines_free(&lines);
    fclose(f);
    return good;
}
