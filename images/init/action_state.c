#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "action.h"
#include "ask.h"
#include "core/digest.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "program.h"
#include "store.h"

#define LABEL 10 /* columns */

static const struct pin_length part_length = {STORE_PART_LEAST, LIMIT_PIN_BYTES};

static void wipe(struct store_parts *parts)
{
    for (int i = 0; i < 2; i++)
        pin_wipe(&parts->part[i]);
}

static enum err read_parts(struct store_parts *parts, struct diag *d)
{
    static const char *const prompts[] = {N_("Passphrase, the first person's part: "),
                                          N_("Passphrase, the second person's part: ")};
    enum err e = E_OK;
    for (int i = 0; i < 2 && e == E_OK; i++)
        e = pin_read(-1, _(prompts[i]), &part_length, &parts->part[i], d);
    return e;
}

/* A part that was mistyped once, here, would shut the state away for good. */
static enum err read_parts_twice(struct store_parts *parts, struct diag *d)
{
    static const char *const prompts[] = {N_("The first person's part once more: "),
                                          N_("The second person's part once more: ")};
    struct pin again = {0};
    enum err e = read_parts(parts, d);
    for (int i = 0; i < 2 && e == E_OK; i++) {
        e = pin_read(-1, _(prompts[i]), &part_length, &again, d);
        if (e == E_OK && (again.n != parts->part[i].n || memcmp(again.text, parts->part[i].text, again.n) != 0))
            e = diag_set(d, E_NOT_CONFIRMED, "the part was typed differently the second time; nothing was erased");
    }
    pin_wipe(&again);
    return e;
}

/* -- opening -- */

static bool is_state(const struct medium *m, const void *arg)
{
    (void)arg;
    return store_is(m);
}

static enum err find_state(struct medium *out, struct diag *d)
{
    while (!media_find(is_state, NULL, out))
        if (!ask_enter(_("Plug in the state medium, and press Enter (^C leaves it): ")))
            return diag_set(d, E_STOPPED, "no state medium is in");
    return E_OK;
}

static void tell_medium(const char *label, const struct medium *m)
{
    char text[160];
    media_describe(m, text, sizeof text);
    screen_field(label, LABEL, "%s", text);
}

enum err action_open(enum mode mode, struct diag *d)
{
    struct store_parts parts = {0};
    struct medium m;
    if (store_is_open())
        return diag_set(d, E_STATE_EXISTS, "a state medium is open");
    enum err e = find_state(&m, d);
    if (e == E_OK) {
        tell_medium(_("medium"), &m);
        e = read_parts(&parts, d);
    }
    if (e == E_OK) {
        puts(_("Opening it takes some seconds ..."));
        e = store_open(&m, mode, &parts, d);
    }
    wipe(&parts);
    if (e == E_OK)
        puts(_("The state medium is open."));
    return e;
}

/* -- making -- */

static enum err choose_medium(struct medium *out, struct diag *d)
{
    static struct media all, fit;
    size_t choice = 0;
    char text[160];
    enum err e = media_list(&all, d);
    fit.n = 0;
    for (size_t i = 0; i < all.n && e == E_OK; i++)
        if (store_may_become(&all.m[i], &all))
            fit.m[fit.n++] = all.m[i];
    if (e == E_OK && fit.n == 0) {
        e = diag_set(d, E_MEDIUM, "no medium is in that is empty, or holds one file system and no state");
        diag_advise(d, N_("plug in the medium that is to be the state's, and choose the same again"));
    }
    if (e != E_OK)
        return e;
    puts(_("Which of these becomes the state medium?"));
    for (size_t i = 0; i < fit.n; i++) {
        media_describe(&fit.m[i], text, sizeof text);
        printf("%4zu  %s%s\n", i + 1, text, fit.m[i].content.kind == CONTENT_BLANK ? _(" (blank)") : "");
    }
    e = ask_choice(fit.n, &choice, d);
    *out = fit.m[choice];
    return e;
}

/* What is typed names the medium by its size, so that it is the one that was looked at. */
static enum err confirm_erasing(const struct medium *m, struct diag *d)
{
    char wanted[48], line[ASK_LINE];
    tell_medium(_("medium"), m);
    snprintf(wanted, sizeof wanted, "erase %llu MB", (unsigned long long)(m->bytes / 1000000));
    puts(_("Everything on this medium will be lost, for good. The state will be on it, and nowhere else."));
    printf(_("To go on, type \"%s\".\n"), wanted);
    if (!ask_line(_("Erase it? "), line) || strcmp(line, wanted) != 0)
        return diag_set(d, E_NOT_CONFIRMED, "nothing was erased");
    return E_OK;
}

enum err action_make(enum mode mode, struct diag *d)
{
    struct store_parts parts = {0};
    struct medium m;
    if (store_is_open())
        return diag_set(d, E_STATE_EXISTS, "a state medium is open");
    enum err e = choose_medium(&m, d);
    if (e == E_OK)
        e = confirm_erasing(&m, d);
    if (e == E_OK)
        e = read_parts_twice(&parts, d);
    if (e == E_OK) {
        puts(_("Every sector of it is written: on a slow medium this takes minutes. Do not take it out ..."));
        e = store_make(&m, mode, &parts, d);
    }
    wipe(&parts);
    if (e == E_OK)
        puts(_("The state medium is made, and open."));
    return e;
}

/* -- the token of the training -- */

/* The label of the policy's token, from the line `token "pkcs11:token=LABEL"`. */
static enum err token_label(char *out, size_t cap, struct diag *d)
{
    static const char *const argv[] = {PROGRAM_SIGNER, "policy", NULL};
    static const char begin[] = "\ntoken \"pkcs11:token=";
    struct buf text = {0};
    const struct process p = {.argv = argv, .output = &text};
    enum err e = process_must(&p, d);
    buf_append_byte(&text, '\0');
    const char *at = e == E_OK && buf_err(&text) == E_OK ? strstr((const char *)text.data, begin) : NULL;
    const size_t n = at != NULL ? strcspn(at + sizeof begin - 1, "\";?%") : 0;
    if (e == E_OK && (n == 0 || n >= cap))
        e = diag_set(d, E_URI, "the policy's token has no plain label");
    snprintf(out, cap, "%.*s", e == E_OK && at != NULL ? (int)n : 0, at != NULL ? at + sizeof begin - 1 : "");
    buf_free(&text);
    return e;
}

enum err action_token(enum mode mode, struct diag *d)
{
    char label[64];
    struct program p = {0};
    if (mode != MODE_TRAINING)
        return diag_set(d, E_TOKEN, "only a training has a token in software");
    enum err e = token_label(label, sizeof label, d);
    if (e != E_OK)
        return e;
    puts(_("The software token of the training is made. Choose its PINs; they are asked for twice."));
    program_add(&p, PROGRAM_SOFTHSM);
    program_add(&p, "--init-token");
    program_add(&p, "--free");
    program_option(&p, "--label", label);
    return program_run(&p, NULL, NULL, d);
}

/* -- where everything stands -- */

/* By which every block of the root is verified as it is read. */
static void tell_root(void)
{
    const char *hex = getenv(MACHINE_IMAGE);
    uint8_t root[DIGEST_LEN];
    if (hex == NULL || !hex_decode(hex, root, DIGEST_LEN))
        return;
    screen_field(_("root"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, root);
}

static void tell_image(enum mode mode)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX], why[1200];
    struct diag d = {0};
    screen_field(_("image"), LABEL, "%s, %s", mode_name(mode),
                 _("read from its medium now; compare it with the printed page"));
    if (image_digest(digest, &d) == E_OK) {
        hex_encode(digest, DIGEST_LEN, hex);
        screen_field("SHA-256", LABEL, "%s", hex);
        screen_words(_("words"), LABEL, digest);
    } else {
        diag_format("rootseal-console", d.code, &d, why, sizeof why);
        fputs(why, stdout);
    }
}

enum err action_status(enum mode mode, struct diag *d)
{
    struct program p = {0};
    tell_image(mode);
    tell_root();
    if (!store_is_open())
        return E_OK;
    program_add(&p, PROGRAM_SIGNER);
    program_add(&p, "status");
    program_option(&p, "--state", STORE_STATE);
    return program_run(&p, NULL, NULL, d);
}

enum err action_verify(enum mode mode, struct diag *d)
{
    struct program p = {0};
    (void)mode;
    program_add(&p, PROGRAM_AUDIT);
    program_add(&p, "verify");
    program_option(&p, "--state", STORE_STATE);
    return program_run(&p, NULL, NULL, d);
}
