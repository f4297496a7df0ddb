#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "room/script_media.h"

Suite *suite_script(void);

static const struct policy_officer officers[] = {{.id = "officer-1"}, {.id = "officer-2"}};
static const struct policy policy = {
    .log_key = {.name = "log"}, .bundle_key = {.name = "bundle", .transferable = true}, .quorum = 2, .officers = officers, .officers_n = 2};

static const char good[] = "ceremony: first\n"
                           "title: The first\n"
                           "follows: none\n"
                           "present:\n"
                           "  - {id: operator-1, name: 张伟, role: operator, initials: ZW}\n"
                           "  - {id: officer-1, name: Li Na, role: officer, initials: LN}\n"
                           "  - {id: officer-2, name: Wang Fang, role: officer, initials: WF}\n"
                           "  - {id: witness-1, name: Chen Jie, role: witness, initials: CJ}\n"
                           "steps:\n"
                           "  - do: time\n"
                           "    by: [operator-1, witness-1]\n"
                           "  - do: keygen\n"
                           "    keys: [log, bundle]\n"
                           "    say: Two keys\n"
                           "    expect: {algorithm: sm2-sm3, until: 2046-01-31}\n"
                           "  - do: medium\n"
                           "    from: stick/batch.jsonl\n"
                           "  - do: minutes\n";

/* in with the first `from` replaced; out has room for 4096 bytes. */
static void edit(const char *in, const char *from, const char *to, char *out)
{
    const char *at = strstr(in, from);
    ck_assert_msg(at != NULL, "%s is not in the file", from);
    snprintf(out, 4096, "%.*s%s%s", (int)(at - in), in, to, at + strlen(from));
}

static enum err parse(const char *text, struct script *out, struct diag *d)
{
    *d = (struct diag){0};
    return script_parse("f.yaml", (struct span){(const uint8_t *)text, strlen(text)}, &policy, out, d);
}

static enum err parse_with(const char *from, const char *to, struct script *out, struct diag *d)
{
    char text[4096];
    edit(good, from, to, text);
    return parse(text, out, d);
}

START_TEST(a_good_file_is_read)
{
    struct script s;
    struct diag d;
    expect_ok_diag(parse_with("", "", &s, &d), &d);
    ck_assert_str_eq(s.name, "first");
    ck_assert_int_eq(s.pin_parts, 0);
    ck_assert_uint_eq(s.persons_n, 4);
    ck_assert_str_eq(s.persons[0].name, "张伟");
    ck_assert_int_eq((int)s.persons[3].role, ROOM_WITNESS);
    ck_assert_uint_eq(s.steps_n, 4);
    ck_assert_uint_eq(s.steps[0].by, 9);
    ck_assert_uint_eq(s.steps[1].by, 15);
    ck_assert_int_eq((int)s.steps[1].kind, STEP_KEYGEN);
    ck_assert_uint_eq(s.steps[1].keys_n, 2);
    ck_assert_str_eq(s.steps[1].keys[1], "bundle");
    ck_assert_str_eq(s.steps[1].expect.until, "2046-01-31");
    ck_assert_ptr_null(s.steps[1].expect.subject);
    ck_assert_int_eq(s.steps[3].n, 4);
    ck_assert_int_eq(script_person_by_initials(&s, "WF"), 2);
    ck_assert_int_eq(script_person_by_initials(&s, "wf"), 2);
    ck_assert_int_eq(script_person_by_initials(&s, "XX"), -1);
    ck_assert_int_eq(script_person_by_initials(&s, "w"), -1);
    ck_assert_int_eq(script_person_find(&s, "witness-1"), 3);
    script_free(&s);
}
END_TEST

START_TEST(a_pin_in_parts)
{
    struct script s;
    struct diag d;
    expect_ok_diag(parse_with("follows: none\n", "follows: none\npin-parts: 2\n", &s, &d), &d);
    ck_assert_int_eq(s.pin_parts, 2);
    script_free(&s);
    expect_err(parse_with("follows: none\n", "follows: none\npin-parts: 3\n", &s, &d), E_SCRIPT);
    ck_assert_ptr_nonnull(strstr(d.text, "neither 1 nor 2"));
    expect_err(parse_with("follows: none\n", "follows: none\npin-parts: 12\n", &s, &d), E_SCRIPT);
}
END_TEST

START_TEST(what_follows_a_ceremony_has_a_chain)
{
    struct script s;
    struct diag d;
    const char follows[] = "follows: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    expect_err(parse_with("follows: none", follows, &s, &d), E_SCRIPT);
    ck_assert_ptr_nonnull(strstr(d.text, "f.yaml:12: steps[1].do: chain is the second step"));
    char text[4096], chained[4096];
    edit(good, "follows: none", follows, text);
    edit(text, "  - do: keygen", "  - do: chain\n  - do: keygen", chained);
    expect_ok_diag(parse(chained, &s, &d), &d);
    ck_assert(s.follows_any);
    ck_assert_int_eq(s.follows[1], 0x11);
    script_free(&s);
    edit(text, "  - do: keygen", "  - do: chain\n  - do: init\n  - do: keygen", chained);
    expect_err(parse(chained, &s, &d), E_SCRIPT);
    ck_assert_ptr_nonnull(strstr(d.text, "steps[2].do: the ceremony follows one, whose log goes on"));
}
END_TEST

START_TEST(a_log_that_begins_and_a_key_that_travels)
{
    struct script s;
    struct diag d;
    expect_ok_diag(parse_with("  - do: medium\n    from: stick/batch.jsonl\n",
                              "  - do: init\n  - {do: transfer, key: bundle, expect: {token: \"1\"}}\n", &s, &d), &d);
    script_free(&s);
}
END_TEST

/* One stick for all that needs it, and a folder where sticks are plugged in. */
START_TEST(sticks)
{
    struct script s;
    struct diag d;
    const char to[] = "    from: stick/batch.jsonl\n  - {do: batch, from: stick, to: out}\n  - {do: crl, key: log, to: out}\n";
    expect_ok_diag(parse_with("    from: stick/batch.jsonl\n", to, &s, &d), &d);
    expect_ok_diag(script_under_media(&s, "/media", &d), &d);
    ck_assert_str_eq(s.steps[2].from, "/media/stick/batch.jsonl");
    ck_assert_str_eq(s.steps[3].from, "/media/stick");
    ck_assert_str_eq(s.steps[4].to, "/media/out");
    ck_assert_ptr_null(s.steps[4].from);
    script_free(&s);
    expect_err(parse_with("  - do: medium\n", "  - {do: batch, from: stick, to: out}\n  - do: medium\n", &s, &d), E_SCRIPT);
    ck_assert_ptr_nonnull(strstr(d.text, "steps[2].to: no medium step before it"));
}
END_TEST

static const char *const out_of_media[] = {"/etc/passwd", "..", "../f", "a/../../f", "a/.."};

START_TEST(no_way_out_of_the_media)
{
    struct script s;
    struct diag d;
    char to[64];
    snprintf(to, sizeof to, "from: %s\n", out_of_media[_i]);
    expect_ok_diag(parse_with("from: stick/batch.jsonl\n", to, &s, &d), &d);
    expect_err(script_under_media(&s, "/media", &d), E_SCRIPT);
    ck_assert_ptr_nonnull(strstr(d.text, "leads out of /media"));
    script_free(&s);
    expect_ok_diag(parse_with("from: stick/batch.jsonl\n", "from: ..a/b..\n", &s, &d), &d);
    expect_ok_diag(script_under_media(&s, "/media", &d), &d);
    script_free(&s);
}
END_TEST

#define DIGEST_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* The same file, or the same content. */
START_TEST(a_stick_that_was_in_before)
{
    struct script s;
    struct diag d;
    const char other[] = "    from: a\n    digest: " DIGEST_A "\n  - {do: medium, from: b}\n  - {do: medium, from: a}\n";
    expect_ok_diag(parse_with("    from: stick/batch.jsonl\n",
                              "    from: a\n    digest: " DIGEST_A "\n  - {do: medium, from: b}\n", &s, &d), &d);
    script_free(&s);
    expect_err(parse_with("    from: stick/batch.jsonl\n", other, &s, &d), E_SCRIPT);
    ck_assert_ptr_nonnull(strstr(d.text, "steps[4].from: this stick was in at step 3: what needs it goes there"));
    expect_err(parse_with("    from: stick/batch.jsonl\n",
                          "    from: a\n    digest: " DIGEST_A "\n  - {do: medium, from: b, digest: " DIGEST_A "}\n", &s, &d), E_SCRIPT);
}
END_TEST

static const struct {
    const char *from, *to, *says;
} bad[] = {
    {"ceremony: first", "ceremony: ../first", "f.yaml:1: ceremony: \"../first\" is not a name"},
    {"title: The first\n", "title: ''\n", "f.yaml:2: title: it is empty"},
    {"follows: none", "follows: nothing", "f.yaml:3: follows: \"nothing\" is not a SHA-256"},
    {"follows: none", "follows: none\npolicy: abc", "f.yaml:4: policy: \"abc\" is not a SHA-256"},
    {"follows: none\n", "", "the key \"follows\" is missing"},
    {"initials: CJ", "initials: CJ, certificate: MAA=", "present[3].certificate: it is not one certificate"},
    {"initials: CJ", "initials: CJ, certificate: '*'", "present[3].certificate: it is not one certificate"},
    {"initials: LN", "initials: LN, certificate: MAA=", "present[1].certificate: the certificate of officer-1 is the policy's"},
    {"    from: stick/batch.jsonl\n", "    from: f\n    bundles: [g]\n", "steps[2].bundles: a step of this kind has no such key"},
    {"title:", "tittle:", "this key is not known here"},
    {"ceremony: first\n", "ceremony: [\n", "f.yaml"},
    {"id: operator-1", "id: 'operator 1'", "present[0].id: \"operator 1\" is not a name"},
    {"name: 张伟", "name: ''", "present[0].name: it is empty"},
    {"initials: ZW", "initials: zw", "present[0].initials: \"zw\" is not 1 to 8 of A-Z"},
    {"role: operator", "role: boss", "present[0].role: \"boss\" is none of operator"},
    {"id: officer-1", "id: officer-9", "present[1].id: the policy has no officer officer-9"},
    {"id: witness-1, name: Chen Jie, role: witness", "id: officer-1, name: Chen Jie, role: witness",
     "present[3].role: officer-1 is an officer of the policy and can be nothing else"},
    {"id: officer-2", "id: officer-1", "present[2].id: present[1] has the same"},
    {"name: Wang Fang", "name: Li Na", "present[2].name: present[1] has the same"},
    {"initials: WF", "initials: LN", "present[2].initials: present[1] has the same"},
    {"role: witness", "role: auditor", "present: an operator and a witness must be there"},
    {"  - {id: officer-2, name: Wang Fang, role: officer, initials: WF}\n", "",
     "present: 1 officers are there, the policy asks for 2"},
    {"do: keygen", "do: dance", "steps[1].do: \"dance\" is nothing that is done"},
    {"  - do: minutes\n", "", "steps[2].do: minutes are the last step"},
    {"  - do: medium\n", "  - do: minutes\n  - do: medium\n", "steps[2].do: minutes are the last step"},
    {"  - do: medium\n    from: stick/batch.jsonl\n", "  - do: time\n", "steps[2].do: time is the first step"},
    {"  - do: time\n    by: [operator-1, witness-1]\n", "", "steps[0].do: time is the first step"},
    {"  - do: medium\n    from: stick/batch.jsonl\n", "  - do: chain\n", "steps[2].do: the ceremony follows none"},
    {"    from: stick/batch.jsonl\n", "", "steps[2]: the key \"from\" is missing"},
    {"    from: stick/batch.jsonl\n", "    from: f\n    key: log\n", "steps[2].key: a step of this kind has no such key"},
    {"keys: [log, bundle]", "keys: [log, bundle]\n    key: log", "steps[1].keys: there is a key, too"},
    {"keys: [log, bundle]", "keys: [log, other]", "steps[1].keys: the policy has no key other"},
    {"by: [operator-1, witness-1]", "by: [operator-1]", "steps[0].by: 1 person confirms, 2 must"},
    {"by: [operator-1, witness-1]", "by: [operator-1, nobody]", "steps[0].by: nobody is not present"},
    {"by: [operator-1, witness-1]", "by: [operator-1, operator-1]", "steps[0].by: operator-1 stands twice"},
    {"say: Two keys", "say: ' '", "steps[1].say: it is empty"},
    {"say: Two keys", "say: \"Two\\nkeys\"", "f.yaml:14: the text holds a line break"},
    {"algorithm: sm2-sm3", "algorithm: rot13", "steps[1].expect.algorithm: \"rot13\" is no algorithm"},
    {"until: 2046-01-31", "until: 2046-02-30", "steps[1].expect.until: \"2046-02-30\" is neither a year nor a day"},
    {"until: 2046-01-31", "key-id: 00", "steps[1].expect.key-id: \"00\" is not 40"},
    {"  - do: medium\n    from: stick/batch.jsonl\n", "  - do: replace\n    expect: {key-id: 00}\n", "steps[2].expect: the key \"token\" is missing"},
    {"  - do: medium\n    from: stick/batch.jsonl\n", "  - do: replace\n    expect: {token: \"1\"}\n    without: [other]\n",
     "steps[2].without: the policy has no key other"},
    {"    from: stick/batch.jsonl\n", "    from: f\n    without: [log]\n", "steps[2].without: a step of this kind has no such key"},
    {"from: stick/batch.jsonl", "from: stick\n    digest: 00", "steps[2].digest: \"00\" is not 64"},
    {"  - do: medium\n    from: stick/batch.jsonl\n", "  - do: init\n  - do: init\n", "steps[3].do: step 3 has begun the log"},
    {"  - do: medium\n    from: stick/batch.jsonl\n", "  - {do: transfer, key: log, expect: {algorithm: sm2-sm3}}\n",
     "steps[2].key: the policy does not call log transferable"},
};

START_TEST(a_bad_file_is_told_with_its_place)
{
    struct script s;
    struct diag d;
    expect_err(parse_with(bad[_i].from, bad[_i].to, &s, &d), E_SCRIPT);
    ck_assert_msg(strstr(d.text, bad[_i].says) != NULL, "%s: %s", bad[_i].says, d.text);
    ck_assert_ptr_null(s.memory);
}
END_TEST

START_TEST(a_large_file_is_refused)
{
    struct script s;
    struct diag d = {0};
    char *text = malloc(SCRIPT_BYTES + 2);
    ck_assert_ptr_nonnull(text);
    memset(text, '#', SCRIPT_BYTES + 1);
    expect_err(script_parse("f.yaml", (struct span){(const uint8_t *)text, SCRIPT_BYTES + 1}, &policy, &s, &d), E_SCRIPT);
    free(text);
}
END_TEST

Suite *suite_script(void)
{
    Suite *s = suite_create("script");
    TCase *t = tcase_create("script");
    tcase_add_test(t, a_good_file_is_read);
    tcase_add_test(t, a_pin_in_parts);
    tcase_add_test(t, what_follows_a_ceremony_has_a_chain);
    tcase_add_test(t, a_log_that_begins_and_a_key_that_travels);
    tcase_add_test(t, sticks);
    tcase_add_loop_test(t, no_way_out_of_the_media, 0, (int)(sizeof out_of_media / sizeof *out_of_media));
    tcase_add_test(t, a_stick_that_was_in_before);
    tcase_add_loop_test(t, a_bad_file_is_told_with_its_place, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(t, a_large_file_is_refused);
    suite_add_tcase(s, t);
    return s;
}
