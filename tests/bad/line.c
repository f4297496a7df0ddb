/* line.c - the lines of a batch: its header, and its requests. */
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "batch/approval.h"

static void add_all(struct inputs *in, const char *what, struct span line)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_fragments, &mutate_members};
    for (size_t m = 0; m < 5; m++)
        inputs_add(in, what, line, ways[m]);
}

static struct span line_of(const struct buf *batch, size_t number)
{
    const uint8_t *p = batch->data, *end = batch->data + batch->len, *next;
    while ((next = memchr(p, '\n', (size_t)(end - p))) != NULL && number-- > 0)
        p = next + 1;
    bad_must(next != NULL, "no such line");
    return (struct span){p, (size_t)(next - p)};
}

/* Nothing was passed over or read as something else: what was read, written anew, is the same JSON. */
static bool says_the_same(struct span line, const struct buf *again)
{
    json_t *a = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    json_t *b = json_loadb((const char *)again->data, again->len, JSON_REJECT_DUPLICATES, NULL);
    bool same = a != NULL && b != NULL && json_equal(a, b);
    json_decref(a);
    json_decref(b);
    return same;
}

/* A line that is well formed says something; whether the RA's persons said it is told by their approvals. */
static enum err ask_approvals(struct span good, struct span line, bool *same)
{
    const struct people *p = people_get();
    const struct world *w = &p->world;
    struct batch_header h = world_header(PEOPLE_KEYS);
    struct approvals a;
    struct buf batch = {0};
    size_t at = (size_t)(good.p - p->batch.data);
    buf_append(&batch, p->batch.data, at);
    buf_append(&batch, line.p, line.n);
    buf_append(&batch, good.p + good.n, p->batch.len - at - good.n);
    people_write(BATCH_FILE, buf_span(&batch));
    int dir = open(bad_folder(), O_RDONLY | O_DIRECTORY);
    enum err e = approval_check(dir, &w->policy, &w->authorities[0], &h, WORLD_NOW, &a, NULL);
    close(dir);
    *same = e == E_OK && batch.len == p->batch.len && memcmp(batch.data, p->batch.data, batch.len) == 0;
    buf_free(&batch);
    return e;
}

/* -- the header -- */

static void prepare_header(struct inputs *in)
{
    add_all(in, "header", line_of(&people_get()->batch, 0));
}

/* The same: the same bytes. And what the reader takes is what the line says, or it is told as accepted. */
static enum err judge_header(const char *what, struct span bytes, bool *same)
{
    struct batch_header h;
    struct buf again = {0};
    (void)what;
    enum err e = header_parse(bytes, &h, NULL);
    if (e == E_OK) {
        bad_must(header_write(&h, &again) == E_OK, "a header");
        if (says_the_same(bytes, &again))
            e = ask_approvals(line_of(&people_get()->batch, 0), bytes, same);
    }
    buf_free(&again);
    return e;
}

const struct kind kind_header = {"header", prepare_header, judge_header, NULL};

/* -- requests -- */

static void prepare_request(struct inputs *in)
{
    add_all(in, "request", line_of(&people_get()->batch, 2)); /* the P-256 one */
}

/* As for the header. */
static enum err judge_request(const char *what, struct span bytes, bool *same)
{
    struct request r;
    struct buf again = {0};
    (void)what;
    enum err e = request_parse(bytes, 3, &r, NULL);
    if (e == E_OK) {
        bad_must(request_write(&r, &again) == E_OK, "a request");
        if (says_the_same(bytes, &again))
            e = ask_approvals(line_of(&people_get()->batch, 2), bytes, same);
    }
    request_free(&r);
    buf_free(&again);
    return e;
}

const struct kind kind_request = {"request line", prepare_request, judge_request, NULL};
