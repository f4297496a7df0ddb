/* A ceremony file: what is accepted keeps every promise of script.h, and reads again as the same. */
#include <string.h>

#include "core/text.h"
#include "fuzz.h"
#include "room/script_media.h"

static const struct policy_officer officers[] = {{.id = "officer-1"}, {.id = "officer-2"}};
static const struct policy policy = {
    .log_key = {.name = "log"}, .bundle_key = {.name = "bundle"}, .quorum = 2, .officers = officers, .officers_n = 2};

void fuzz_start(void)
{
}

static void check_persons(const struct script *s)
{
    int officers_n = 0;
    for (size_t i = 0; i < s->persons_n; i++) {
        const struct script_person *p = &s->persons[i];
        officers_n += p->role == ROOM_OFFICER;
        fuzz_hold(text_is_token(p->id, LIMIT_TOKEN_TEXT) && text_is_utf8(p->name, strlen(p->name)), "a person without a name");
        fuzz_hold((p->role == ROOM_OFFICER) == (policy_officer_find(&policy, p->id) != NULL), "a role that is not the policy's");
        fuzz_hold(script_person_find(s, p->id) == (int)i && script_person_by_initials(s, p->initials) == (int)i,
                  "a person who is there twice");
    }
    fuzz_hold(officers_n >= policy.quorum, "too few officers");
}

static void check_steps(const struct script *s)
{
    for (size_t i = 0; i < s->steps_n; i++) {
        const struct script_step *one = &s->steps[i];
        fuzz_hold(one->n == (int)i + 1 && one->by != 0 && one->by >> (s->persons_n - 1) <= 1, "a step that nobody confirms");
        fuzz_hold((one->kind == STEP_TIME) == (i == 0) && (one->kind == STEP_MINUTES) == (i + 1 == s->steps_n) &&
                      (one->kind == STEP_CHAIN) == (s->follows_any && i == (s->steps[1].kind == STEP_REPLACE ? 2 : 1)),
                  "a step out of its place");
        for (size_t k = 0; k < one->keys_n; k++)
            fuzz_hold(policy_key_find(&policy, one->keys[k]) != NULL, "a key that is not the policy's");
    }
}

bool fuzz_one(struct span in)
{
    struct script s, again;
    struct diag d = {0};
    enum err e = script_parse("f.yaml", in, &policy, &s, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_SCRIPT, "a ceremony file that is refused for what it cannot be");
    if (e != E_OK)
        return false;
    check_persons(&s);
    check_steps(&s);
    fuzz_hold(script_parse("f.yaml", buf_span(&s.text), &policy, &again, &d) == E_OK &&
                  memcmp(s.digest, again.digest, DIGEST_LEN) == 0 && again.steps_n == s.steps_n,
              "a ceremony file that is another when it is read again");
    d = (struct diag){0};
    e = script_under_media(&again, "m", &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_SCRIPT, "a name on a stick that is refused for what it cannot be");
    script_free(&again);
    script_free(&s);
    return true;
}
