#include "help_minutes.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "sample_records.h"

#define POLICY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define BEGIN INT64_C(1795757400) /* 2026-11-27T05:30:00Z, 13:30 in Beijing */

/* -- the ceremony file -- */

static void make_script(struct help_ceremony *c)
{
    static const char *const keys[] = {"root-sm2", "root-rsa"};
    static const uint8_t certificate[] = {0x30, 0x00}; /* nothing reads it here; its digest is told */
    const struct script_person persons[] = {
        {"operator-1", "张伟", "ZW", ROOM_OPERATOR, {0}},
        {"officer-1", "李娜", "LN", ROOM_OFFICER, {certificate, sizeof certificate}},
        {"officer-2", "O'Brien & Søn", "OB", ROOM_OFFICER, {certificate, sizeof certificate}},
        {"witness-1", "王芳", "WF", ROOM_WITNESS, {0}},
    };
    const struct script_step steps[] = {
        {.n = 1, .kind = STEP_TIME, .by = 9, .say = "The operator and the witness each read the time from their own clock, aloud."},
        {.n = 2, .kind = STEP_INIT, .by = 15},
        {.n = 3, .kind = STEP_KEYGEN, .by = 15, .keys = keys, .keys_n = 2, .say = "请各位见证：两把根密钥在密码机内生成，私钥不能离开密码机。"},
        {.n = 4, .kind = STEP_ROOT, .by = 15, .keys = keys, .keys_n = 2},
        {.n = 5, .kind = STEP_KEYS, .by = 15},
        {.n = 6, .kind = STEP_MINUTES, .by = 15},
    };
    memcpy(c->persons, persons, sizeof persons);
    memcpy(c->steps, steps, sizeof steps);
    c->script = (struct script){.name = "two-roots-2026", .title = "双根认证机构 · Roots of the Two-Root Authority",
                                .persons = c->persons, .persons_n = 4, .steps = c->steps, .steps_n = 6, .digest = {0xab, 0xcd}};
}

/* -- the log -- */

static void add_line(struct help_ceremony *c, struct buf *log, int64_t time, enum record_type type, json_t *fields)
{
    struct buf line = {0};
    struct diag d = {0};
    ck_assert_int_eq(record_write(++c->size, time, type, c->head, fields, &line, &d), E_OK);
    ck_assert_int_eq(digest_bytes(DIGEST_SM3, line.data, line.len, c->head), E_OK);
    buf_append(log, line.data, line.len);
    buf_append_byte(log, '\n');
    buf_free(&line);
}

static json_t *key_fields(enum record_type type, const char *key, const char *algorithm)
{
    /* long enough to be told by its digest */
    static const char bytes[] = "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEvLnCAyXBMSMjZ0n3kGgGMzC9nWQh7O7yCmS0mTQ0NlQmMzQ0"
                                "NlQmMzQ0NlQmMzQ0NlQmMzQ0NlQmMzQ0NlQm";
    return type == RECORD_KEYGEN ? json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "key", key, "algorithm", algorithm, "public-key", bytes, "sensitive",
                                             1, "always-sensitive", 1, "never-extractable", 1, "local", 1)
                                 : json_pack("{s:s,s:s}", "key", key, "certificate", bytes);
}

/* -- the transcript: an event a line, at a time that goes on by so many seconds -- */

static int64_t clock_;

static void add(struct help_ceremony *c, int seconds, const char *event, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void add(struct help_ceremony *c, int seconds, const char *event, const char *format, ...)
{
    char rest[1024], text[2048], at[CLOCK_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(rest, sizeof rest, format, ap);
    va_end(ap);
    clock_ += seconds;
    clock_format(clock_, at);
    snprintf(text, sizeof text, "{\"at\":\"%s\",\"event\":\"%s\"%s%s}", at, event, rest[0] != '\0' ? "," : "", rest);
    help_ceremony_insert(c, json_array_size(c->events), text);
}

static void open_(struct help_ceremony *c, int seconds)
{
    char file[DIGEST_HEX];
    hex_encode(c->script.digest, DIGEST_LEN, file);
    add(c, seconds, "open", "\"ceremony\":\"two-roots-2026\",\"file\":\"%s\",\"policy\":\"" POLICY "\",\"program\":\"rootseal 0.1.0\","
        "\"zone\":\"+0800 CST\",\"rehearsal\":false", file);
    for (size_t i = 0; i < 4; i++)
        add(c, 9, "present", "\"person\":\"%s\",\"role\":\"%s\"", c->persons[i].id, i == 0 ? "operator" : i == 3 ? "witness" : "officer");
}

static void begin_step(struct help_ceremony *c, int n, const char *kind)
{
    add(c, 20, "step", "\"n\":%d,\"do\":\"%s\"", n, kind);
    for (size_t i = 0; i < 4; i++)
        if (n != 6 && (c->steps[n - 1].by >> i & 1) != 0)
            add(c, 5, "confirm", "\"n\":%d,\"person\":\"%s\"", n, c->persons[i].id);
}

static void say(struct help_ceremony *c, int n, const char *text)
{
    add(c, 0, "said", "\"n\":%d,\"text\":\"%s\"", n, text);
}

static void end_step(struct help_ceremony *c, int n)
{
    char head[DIGEST_HEX];
    hex_encode(c->head, DIGEST_LEN, head);
    if (c->size > 0)
        add(c, 1, "head", "\"n\":%d,\"size\":%" PRIu64 ",\"head\":\"%s\"", n, c->size, head);
    add(c, 1, "done", "\"n\":%d", n);
}

static void make_keys(struct help_ceremony *c, struct buf *log)
{
    static const struct {
        const char *key, *algorithm;
    } keys[] = {{"root-sm2", "sm2-sm3"}, {"root-rsa", "rsa-sha256"}};
    begin_step(c, 3, "keygen");
    add(c, 14, "failed", "\"n\":3,\"code\":\"E_PIN_WRONG\",\"text\":\"rootseal, serial 1f2e3d4c\"");
    add(c, 40, "stopped", "\"n\":3");
    open_(c, 600);
    begin_step(c, 3, "keygen");
    for (size_t i = 0; i < 2; i++) {
        add_line(c, log, clock_, RECORD_KEYGEN, key_fields(RECORD_KEYGEN, keys[i].key, keys[i].algorithm));
        say(c, 3, i == 0 ? "root-sm2  sm2-sm3     made in the token" : "root-rsa  rsa-sha256  made in the token");
        add(c, 2, "checked", "\"n\":3,\"what\":\"algorithm\",\"expected\":\"%s\",\"found\":\"%s\"", keys[i].algorithm, keys[i].algorithm);
    }
    end_step(c, 3);
    begin_step(c, 4, "root");
    for (size_t i = 0; i < 2; i++) {
        add_line(c, log, clock_, RECORD_ANCHOR, key_fields(RECORD_ANCHOR, keys[i].key, NULL));
        say(c, 4, i == 0 ? "root-sm2  CN=\\u53cc\\u6839 SM2,O=Two-Root Authority,C=CN  until 2046-11-27" : "root-rsa  CN=Two-Root RSA,O=Two-Root Authority,C=CN  until 2041-11-27");
    }
    add(c, 1, "checked", "\"n\":4,\"what\":\"until\",\"expected\":\"2046\",\"found\":\"2041-11-27\"");
    add(c, 0, "failed", "\"n\":4,\"code\":\"E_EXPECTATION\",\"text\":\"until: expected 2046, found 2041-11-27\"");
    add(c, 300, "exception", "\"n\":4,\"code\":\"E_EXPECTATION\",\"reason\":\"The policy of 2026-10 gives the RSA root fifteen years; the file was "
        "reviewed before it. \\u5df2\\u4e0e\\u5ba1\\u8ba1\\u5458\\u6838\\u5bf9\\u3002\",\"persons\":[\"officer-1\",\"witness-1\"]");
    end_step(c, 4);
}

void help_ceremony_make(int dir_fd, struct help_ceremony *out)
{
    struct buf log = {0};
    struct diag d = {0};
    *out = (struct help_ceremony){0};
    clock_ = BEGIN;
    make_script(out);
    out->events = json_array();
    ck_assert_ptr_nonnull(out->events);
    open_(out, 0);
    begin_step(out, 1, "time");
    say(out, 1, "2026-11-27 05:31:20 UTC, 13:31:20 CST");
    end_step(out, 1);
    begin_step(out, 2, "init");
    add_line(out, &log, clock_, RECORD_GENESIS, sample_fields(RECORD_GENESIS, "sm3"));
    add_line(out, &log, clock_, RECORD_CEREMONY, json_pack("{s:s,s:s,s:i,s:i}", "ceremony", "two-roots-2026", "file", POLICY, "steps", 6, "done", 0));
    say(out, 2, "state made, log begun");
    end_step(out, 2);
    make_keys(out, &log);
    begin_step(out, 5, "keys");
    for (int i = 0; i < 30; i++)
        say(out, 5, "<b>root-sm2</b> & \\\"quotes\\\"; a line that is a good deal longer than the eighty columns of a screen, and goes on");
    end_step(out, 5);
    begin_step(out, 6, "minutes");
    ck_assert_int_eq(file_write(dir_fd, LOG_FILE, log.data, log.len, &d), E_OK);
    end_step(out, 6);
    add(out, 1, "close", "%s", "");
    buf_free(&log);
}

void help_ceremony_free(struct help_ceremony *c)
{
    json_decref(c->events);
    *c = (struct help_ceremony){0};
}

void help_ceremony_insert(struct help_ceremony *c, size_t at, const char *json)
{
    json_t *event = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(event != NULL, "%s", json);
    ck_assert_int_eq(json_array_insert_new(c->events, at, event), 0);
}

size_t help_ceremony_find(const struct help_ceremony *c, const char *event)
{
    for (size_t i = 0; i < json_array_size(c->events); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(c->events, i), "event"));
        if (name != NULL && strcmp(name, event) == 0)
            return i;
    }
    ck_abort_msg("no event %s", event);
}
