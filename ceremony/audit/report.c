#include "audit/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/words.h"

#define LABEL 12 /* columns */
#define WORDS_TEXT (DIGEST_LEN * 12 + 1)

static void print_hex(const char *label, const uint8_t digest[DIGEST_LEN], const char *after)
{
    char hex[DIGEST_HEX];
    hex_encode(digest, DIGEST_LEN, hex);
    screen_field(label, LABEL, "%s%s", hex, after);
}

static void print_table(const struct audit *a, const struct verify_options *o)
{
    char time[CLOCK_TEXT];
    const struct audit_counts *c = &a->counts;
    clock_format(a->end.time, time);
    if (o->log != NULL)
        screen_field(_("file"), LABEL, "%s", o->log);
    else
        screen_field(_("state"), LABEL, "%s", o->state);
    print_hex(_("log"), a->end.id, "");
    print_hex(_("policy"), a->log_policy, memcmp(a->log_policy, a->policy_digest, DIGEST_LEN) == 0 ? _(", this program's") : _(", not this program's"));
    screen_field(_("lines"), LABEL, _("%" PRIu64 ", the last of %s"), a->end.size, time);
    screen_field(_("keys"), LABEL, _("%" PRIu64 ", %" PRIu64 " with a certificate"), c->keys, c->anchors);
    screen_field(_("batches"), LABEL, _("%" PRIu64 " planned, %" PRIu64 " refusals of whole batches"), c->batches,
                 c->turned_away);
    if (o->replay)
        screen_field(_("decided"), LABEL, _("%" PRIu64 " requests again, under this program's policy and %zu others"), c->decided,
                     policies_read(&a->policies));
    screen_field(_("issued"), LABEL, "%" PRIu64, c->issued);
    screen_field(_("refused"), LABEL, "%" PRIu64, c->refused);
    screen_field(_("statuses"), LABEL,
                 _("%" PRIu64 " revoked, %" PRIu64 " of them late, %" PRIu64 " superseded, %" PRIu64 " held, %" PRIu64
                   " released, %" PRIu64 " accepted"),
                 c->revoked, c->late, c->superseded, c->held, c->released, c->accepted);
    screen_field(_("lists"), LABEL, "%" PRIu64, c->lists);
    screen_field(_("seals"), LABEL, _("%" PRIu64 ", the last good one over %" PRIu64 " lines"), c->seals, a->sealed);
    screen_field(_("bundles"), LABEL, "%" PRIu64, c->bundles);
    screen_field(_("recoveries"), LABEL, "%" PRIu64, c->recoveries);
    print_hex(_("head"), a->end.head, "");
    screen_words(_("words"), LABEL, a->end.head);
    if (a->witness > 0)
        screen_field(_("witness"), LABEL, _("line %" PRIu64 " has the digest of the witness"), a->witness);
}

static void print_keys(const struct audit *a, const struct verify_options *o)
{
    putchar('\n');
    if (o->anchors != NULL) {
        printf(_("The certificates of the keys were compared with those in %s.\n"), o->anchors);
        return;
    }
    printf("%s\n", _("The keys were taken from the state itself. SHA-256 of their certificates, to be\n"
                     "compared with what the ceremony printed:"));
    for (size_t i = 0; i < a->keys.n; i++) {
        if (a->keys.v[i].anchor == NULL)
            continue;
        printf("  %s\n", a->keys.v[i].name);
        print_hex("", a->keys.v[i].digest, "");
        screen_words("", LABEL, a->keys.v[i].digest);
    }
}

/* To be compared with what the token counts, where it does. It also signs what no line stands for: each run tries each key it will
 * use, and a run that was killed may have signed what was not recorded. */
static void print_signatures(const struct audit *a)
{
    printf("\n%s\n", _("Signatures that the log stands for, how many of them are self-tests, and the key:"));
    for (size_t i = 0; i < a->keys.n; i++)
        printf("  %8" PRIu64 "  %8" PRIu64 "  %s\n", a->keys.v[i].signatures, a->keys.v[i].self_tests, a->keys.v[i].name);
}

/* The kind's name, which JSON has as it is, in the person's language. */
static const char *finding_word(enum finding_kind kind)
{
    static const char *const words[FINDING_KINDS] = {[FINDING_ERROR] = N_("error"), [FINDING_OPEN] = N_("open"),
                                                     [FINDING_NOTE] = N_("note")};
    return _(words[kind]);
}

static void print_findings(const struct audit *a)
{
    for (int k = 0; k < FINDING_KINDS; k++) {
        const struct findings *f = &a->findings;
        for (size_t i = 0; i < f->count[k] && i < FINDINGS_KEPT; i++) {
            const struct finding *one = &f->kept[k][i];
            if (i == 0)
                putchar('\n');
            screen_label(finding_word((enum finding_kind)k), 7);
            if (one->line > 0)
                printf(_("line %" PRIu64 ": "), one->line);
            if (one->code != E_OK)
                printf("%s: %s: ", err_name(one->code), _(err_sentence(one->code)));
            puts(one->said);
        }
        if (f->count[k] > FINDINGS_KEPT) {
            screen_label(finding_word((enum finding_kind)k), 7);
            printf(_("and %" PRIu64 " more\n"), f->count[k] - FINDINGS_KEPT);
        }
    }
}

static void print_what_holds(const struct audit *a)
{
    putchar('\n');
    if (a->holds.size == 0) {
        printf("%s\n", _("Nothing before it holds."));
        return;
    }
    char text[256];
    snprintf(text, sizeof text,
             _("Before the first error, lines 1 to %" PRIu64 " hold with all they name; a good seal covers %" PRIu64
               " of them."),
             a->holds.size, a->holds_sealed);
    screen_fold(0, 0, text);
    print_hex(_("head then"), a->holds.head, "");
    screen_words(_("words"), LABEL, a->holds.head);
}

void report_text(const struct audit *a, const struct verify_options *o)
{
    print_table(a, o);
    print_keys(a, o);
    if (o->replay)
        print_signatures(a);
    print_findings(a);
    if (a->findings.count[FINDING_ERROR] > 0)
        print_what_holds(a);
    else if (a->findings.count[FINDING_OPEN] > 0)
        printf(_("\nverified, with %" PRIu64 " open\n"), a->findings.count[FINDING_OPEN]);
    else
        printf("%s", _("\nverified\n"));
}

/* -- JSON -- */

static json_t *pack_position(const struct log_position *p)
{
    char hex[DIGEST_HEX], words[WORDS_TEXT];
    hex_encode(p->head, DIGEST_LEN, hex);
    words_format(p->head, DIGEST_LEN, 0, "", words, sizeof words);
    return json_pack("{s:I,s:s,s:s}", "lines", (json_int_t)p->size, "head", hex, "words", words);
}

static json_t *pack_counts(const struct audit *a)
{
    const struct audit_counts *c = &a->counts;
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "keys", (json_int_t)c->keys,
                     "anchors", (json_int_t)c->anchors, "batches", (json_int_t)c->batches, "decided", (json_int_t)c->decided,
                     "batches-refused", (json_int_t)c->turned_away, "authorisations",
                     (json_int_t)c->authorisations, "issued", (json_int_t)c->issued, "refused",
                     (json_int_t)c->refused, "revoked", (json_int_t)c->revoked, "late", (json_int_t)c->late,
                     "superseded", (json_int_t)c->superseded, "held", (json_int_t)c->held, "released",
                     (json_int_t)c->released, "accepted", (json_int_t)c->accepted, "lists", (json_int_t)c->lists, "seals", (json_int_t)c->seals, "bundles",
                     (json_int_t)c->bundles, "recoveries", (json_int_t)c->recoveries);
}

static json_t *pack_signatures(const struct audit *a, bool self_tests)
{
    json_t *all = json_object();
    for (size_t i = 0; i < a->keys.n && all != NULL; i++)
        if (json_object_set_new(all, a->keys.v[i].name, json_integer((json_int_t)(self_tests ? a->keys.v[i].self_tests : a->keys.v[i].signatures))) != 0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

static json_t *pack_anchors(const struct audit *a)
{
    json_t *list = json_array();
    char hex[DIGEST_HEX], words[WORDS_TEXT];
    for (size_t i = 0; i < a->keys.n; i++) {
        if (a->keys.v[i].anchor == NULL)
            continue;
        hex_encode(a->keys.v[i].digest, DIGEST_LEN, hex);
        words_format(a->keys.v[i].digest, DIGEST_LEN, 0, "", words, sizeof words);
        if (json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "key", a->keys.v[i].name,
                                                  "sha256", hex, "words", words)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* What is open or only to be known has no code. */
static json_t *pack_finding(const struct finding *f, enum finding_kind kind)
{
    if (f->code == E_OK)
        return json_pack("{s:s,s:I,s:s}", "kind", finding_name(kind), "line", (json_int_t)f->line, "text", f->text);
    return json_pack("{s:s,s:I,s:s,s:s}", "kind", finding_name(kind), "line", (json_int_t)f->line, "code",
                     err_name(f->code), "text", f->text);
}

static json_t *pack_findings(const struct findings *f)
{
    json_t *list = json_array();
    for (int k = 0; k < FINDING_KINDS; k++) {
        for (size_t i = 0; i < f->count[k] && i < FINDINGS_KEPT; i++) {
            if (json_array_append_new(list, pack_finding(&f->kept[k][i], (enum finding_kind)k)) != 0) {
                json_decref(list);
                return NULL;
            }
        }
    }
    return list;
}

enum err report_json(const struct audit *a, const struct verify_options *o)
{
    struct buf out = {0};
    char log[DIGEST_HEX], named[DIGEST_HEX], policy[DIGEST_HEX], time[CLOCK_TEXT];
    const struct findings *f = &a->findings;
    bool wrong = f->count[FINDING_ERROR] > 0;
    hex_encode(a->end.id, DIGEST_LEN, log);
    hex_encode(a->log_policy, DIGEST_LEN, named);
    hex_encode(a->policy_digest, DIGEST_LEN, policy);
    clock_format(a->end.time, time);
    json_t *obj = json_pack(
        "{s:b,s:s,s:s,s:s,s:s,s:I,s:s,s:o,s:o,s:o,s:o,s:I,s:I,s:o,s:I,s:b,s:o,s:I,s:I,s:I,s:o}", "verified",
        !wrong, "code", err_name(wrong ? f->kept[FINDING_ERROR][0].code : E_OK), "log", log,
        "policy", named, "program-policy", policy, "other-policies", (json_int_t)policies_read(&a->policies), "time", time, "end",
        pack_position(&a->end), "counts", pack_counts(a), "signatures", pack_signatures(a, false), "self-tests", pack_signatures(a, true), "sealed", (json_int_t)a->sealed, "witness",
        (json_int_t)a->witness, "holds", pack_position(wrong ? &a->holds : &a->end),
        "holds-sealed", (json_int_t)(wrong ? a->holds_sealed : a->sealed), "anchors-compared",
        o->anchors != NULL, "anchors", pack_anchors(a), "errors",
        (json_int_t)f->count[FINDING_ERROR], "open", (json_int_t)f->count[FINDING_OPEN], "notes",
        (json_int_t)f->count[FINDING_NOTE], "findings", pack_findings(f));
    enum err e = json_line_write(obj, &out);
    if (e == E_OK)
        printf("%.*s\n", (int)out.len, (const char *)out.data);
    json_decref(obj);
    buf_free(&out);
    return e;
}
