/* plan.c - a plan that two officers authorised, spoilt. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bad/bad.h"
#include "bad/people.h"
#include "batch/authorise.h"
#include "batch/certify.h"
#include "batch/intake.h"
#include "batch/plan.h"
#include "batch/replay.h"
#include "core/file.h"
#include "log/merkle_lines.h"
#include "unit/help_pki.h"

#define OFFICERS_ASKED 2
#define OFFICER_NAME 160

static struct buf plan;
static struct buf officers[OFFICERS_ASKED]; /* their signatures over it */

static enum err find_issuer(void *arg, const char *key, const struct issuer **out, struct diag *d)
{
    (void)arg, (void)key, (void)d;
    *out = &people_get()->issuer;
    return E_OK;
}

static int open_folder(void)
{
    int dir = open(bad_folder(), O_RDONLY | O_DIRECTORY);
    bad_must(dir >= 0, "the folder");
    return dir;
}

/* -- the good one: every request issued -- */

static void put_header(int dir)
{
    const struct people *p = people_get();
    struct intake in;
    struct plan_header h = {.authority = "ca", .ra = "ra-1", .id = "batch-1", .sequence = 1, .created = WORLD_NOW,
                            .expires = WORLD_NOW + 86400, .log_size = 5, .log_bytes = 1500, .approvals_n = 2};
    bad_must(intake_digest(dir, &in, NULL) == E_OK, "the intake");
    memcpy(h.batch, in.batch, DIGEST_LEN);
    memcpy(h.intake, in.digest, DIGEST_LEN);
    bad_must(policy_digest(&p->world.policy, h.policy) == E_OK, "the policy");
    for (int i = 0; i < 2; i++) {
        const struct policy_person *by = &p->world.persons[i == 0 ? ENTRY_1 : REVIEW_1];
        h.approvals[i].role = by->role;
        bad_must(digest_bytes(DIGEST_SHA256, by->certificate.p, by->certificate.n, h.approvals[i].certificate) == E_OK,
                 "a digest");
    }
    bad_must(plan_write_header(&h, &plan) == E_OK, "the plan");
}

static void put_item(struct decider *decider, struct span line, int64_t n)
{
    struct decision o = {0};
    struct plan_item item = {.n = n, .serial = {0x40, [15] = (uint8_t)n}};
    bad_must(decide_request(decider, line, E_OK, (uint64_t)n + 1, &o, NULL) == E_OK && o.code == E_OK, "request %d: %s", (int)n,
             o.detail);
    memcpy(item.id, o.request.id, sizeof item.id);
    item.act = PLAN_ISSUE;
    snprintf(item.clause, sizeof item.clause, "%s", o.clause);
    bad_must(certify_build(&people_get()->issuer, &o, WORLD_NOW, &item, NULL) == E_OK, "a certificate");
    bad_must(plan_write_item(&item, &plan) == E_OK, "the plan");
    plan_item_free(&item);
    decision_free(&o);
}

static void put_items(void)
{
    struct people *p = people_get();
    struct batch_header h = world_header(PEOPLE_KEYS);
    struct decider decider = {.policy = &p->world.policy, .authority = &p->world.authorities[0], .header = &h, .now = WORLD_NOW};
    const uint8_t *at = memchr(p->batch.data, '\n', p->batch.len);
    for (int64_t n = 1; n <= PEOPLE_KEYS; n++) {
        const uint8_t *from = at + 1, *end = p->batch.data + p->batch.len;
        at = memchr(from, '\n', (size_t)(end - from));
        put_item(&decider, (struct span){from, (size_t)(at - from)}, n);
    }
    decider_free(&decider);
    bad_must(plan_write_end(&(struct plan_counts){.issue = PEOPLE_KEYS, .refuse = 0}, &plan) == E_OK, "the plan");
}

/* The file that an officer's signature over the plan of this digest has. */
static void officer_file(int i, const uint8_t digest[DIGEST_LEN], char name[OFFICER_NAME])
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(name, OFFICER_NAME, AUTHORISATION_PREFIX "%.16s-%s.p7s", hex, people_get()->world.officers[i].id);
}

static void authorise(int dir)
{
    struct people *p = people_get();
    uint8_t digest[DIGEST_LEN];
    bad_must(merkle_lines_root(buf_span(&plan), digest) == E_OK, "a digest");
    for (int i = 0; i < OFFICERS_ASKED; i++) {
        const struct world *w = &p->world;
        char name[OFFICER_NAME];
        officer_file(i, digest, name);
        bad_must(world_authorise(dir, &w->officers[i], w->officer_certs[i], w->officer_keys[i], digest, WORLD_NOW,
                                 NULL) == E_OK, "an officer");
        bad_must(file_read(dir, name, LIMIT_APPROVAL_BYTES, &officers[i], NULL, NULL) == E_OK, "%s", name);
    }
}

static void prepare(struct inputs *in)
{
    static const struct mutator *const ways[] = {&mutate_bits, &mutate_cuts, &mutate_tails, &mutate_lines};
    people_write("", (struct span){0});
    int dir = open_folder();
    put_header(dir);
    put_items();
    authorise(dir);
    close(dir);
    for (size_t m = 0; m < 4; m++)
        inputs_add(in, "plan", buf_span(&plan), ways[m]);
}

/* -- the bad ones -- */

/* The officers' signatures put under the name that they would have for this plan. */
static enum err ask_officers(int dir, const uint8_t digest[DIGEST_LEN])
{
    char names[OFFICERS_ASKED][OFFICER_NAME];
    struct authorisations a;
    for (int i = 0; i < OFFICERS_ASKED; i++) {
        officer_file(i, digest, names[i]);
        bad_write(names[i], buf_span(&officers[i]));
    }
    enum err e = authorise_check(dir, &people_get()->world.policy, &(struct authorise_what){.digest = digest}, WORLD_NOW, &a, NULL);
    for (int i = 0; i < OFFICERS_ASKED; i++)
        unlinkat(dir, names[i], 0);
    return e;
}

/* Reading it through, item by item. */
static enum err read_items(struct plan *p)
{
    struct plan_item item = {0};
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK && more)
        e = plan_next(p, &item, &more, NULL);
    plan_item_free(&item);
    return e == E_OK ? plan_rewind(p, NULL) : e;
}

/* The same: the same bytes. A plan in good form but of other content must be refused twice over: it does not follow from
 * its batch, and the officers' signatures are not over it. Only the header's words on the log, which is not here, are
 * left to the officers' signatures alone. */
static enum err judge(const char *what, struct span bytes, bool *same)
{
    const struct replay_source source = {find_issuer, NULL, NULL};
    struct plan got = {0};
    enum err officer = E_OK, batch = E_OK;
    (void)what;
    people_write("", (struct span){0});
    bad_write(PLAN_FILE, bytes);
    int dir = open_folder();
    enum err e = plan_open(dir, &got, NULL);
    if (e == E_OK)
        e = read_items(&got);
    if (e == E_OK) {
        officer = ask_officers(dir, got.digest);
        batch = replay_plan(dir, &got, &people_get()->world.policy, NULL, &source, NULL);
        *same = batch == E_OK && bytes.n == plan.len && memcmp(bytes.p, plan.data, plan.len) == 0;
        e = officer == E_OK ? E_OK : batch != E_OK ? batch : officer;
    }
    plan_close(&got);
    close(dir);
    return e;
}

const struct kind kind_plan = {"plan", prepare, judge, NULL};
