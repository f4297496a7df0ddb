/* Which events of a transcript no line of the log vouches for. */
#include <check.h>
#include <string.h>

#include "core/json.h"
#include "room/loose.h"

Suite *suite_loose(void);

/* One letter an event: o open, s said, d and D the ends of steps 1 and 2, e an exception that ends step 2, p one about a part of it,
 * u step 1 undone. Below each, whether it is loose. */
static const struct {
    const char *events, *loose;
} table[] = {
    {"", ""},
    {"os", "--"},         /* nobody was away yet */
    {"osos", "-x--"},     /* before the first end */
    {"osdso", "---x-"},   /* behind it */
    {"osdsoDso", "---x--x-"},
    {"osdsoso", "---x-x-"},     /* two starts without an end */
    {"osdsdso", "---xxx-"},     /* a second end of step 1 is none: the log has one line for it */
    {"osdousdso", "-------x-"}, /* but when it was undone it is */
    {"osdpso", "---xx-"},       /* an exception about a part ends nothing, */
    {"osdeso", "----x-"},       /* one about the step does */
    {"osdoo", "-----"},
};

static json_t *event_of(char c)
{
    switch (c) {
    case 'o': return json_pack("{s:s}", "event", "open");
    case 'd': return json_pack("{s:s,s:i}", "event", "done", "n", 1);
    case 'D': return json_pack("{s:s,s:i}", "event", "done", "n", 2);
    case 'e': return json_pack("{s:s,s:i}", "event", "exception", "n", 2);
    case 'p': return json_pack("{s:s,s:i,s:s}", "event", "exception", "n", 2, "about", "officer-1");
    case 'u': return json_pack("{s:s,s:i}", "event", "undone", "n", 1);
    default: return json_pack("{s:s,s:i}", "event", "said", "n", 2);
    }
}

START_TEST(loose)
{
    const char *s = table[_i].events;
    const size_t n = strlen(s);
    json_t *events = json_array();
    ck_assert_uint_eq(strlen(table[_i].loose), n);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(json_array_append_new(events, event_of(s[i])), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(loose_is(events, n, i) == (table[_i].loose[i] == 'x'), "%s, event %zu", s, i);
    for (size_t i = 0; i < n; i++) /* what is behind the first n does not count */
        ck_assert(!loose_is(events, i + 1, i));
    ck_assert(!loose_is(events, n, n)); /* there is none */
    json_decref(events);
}
END_TEST

Suite *suite_loose(void)
{
    Suite *s = suite_create("loose");
    TCase *t = tcase_create("loose");
    tcase_add_loop_test(t, loose, 0, (int)(sizeof table / sizeof *table));
    suite_add_tcase(s, t);
    return s;
}
