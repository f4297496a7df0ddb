#include "hsm/login.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/i18n.h"
#include "core/terminal.h"

/* Where the PIN is asked for; a pad needs no terminal. */
static __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!terminal_say(text))
        fputs(text, stderr);
}

static void tell_tries(const struct hsm_identity *t)
{
    if (t->pin_final)
        say(_("One try is left: another wrong PIN locks it.\n"));
    else if (t->pin_low)
        say(_("A wrong PIN was tried since the last right one.\n"));
}

static void tell_token(const struct hsm_identity *t)
{
    say(_("Token \"%s\", %s, serial %s:\na PIN of %zu to %zu characters.\n"), t->label, t->model, t->serial, t->pin_length.min,
        t->pin_length.max);
    tell_tries(t);
}

/* -- in parts -- */

static enum err read_part(const struct hsm_identity *t, int pin_fd, int n, int parts, struct pin *out, struct diag *d)
{
    const struct pin_length length = {1, t->pin_length.max};
    char prompt[256];
    snprintf(prompt, sizeof prompt, _("PIN of token %s, part %d of %d: "), t->label, n, parts);
    return pin_read(pin_fd, prompt, &length, out, d);
}

static enum err join(const struct hsm_identity *t, int pin_fd, int parts, struct pin *out, struct diag *d)
{
    struct pin part = {0};
    enum err e = E_OK;
    pin_wipe(out);
    for (int n = 1; n <= parts && e == E_OK; n++) {
        e = read_part(t, pin_fd, n, parts, &part, d);
        if (out->n + part.n <= LIMIT_PIN_BYTES)
            memcpy(out->text + out->n, part.text, part.n);
        out->n += part.n; /* more than there is room for: the caller sees that it is too long */
    }
    pin_wipe(&part);
    return e;
}

static enum err read_parts(const struct hsm_identity *t, int pin_fd, int parts, struct pin *out, struct diag *d)
{
    if (mlock(out, sizeof *out) != 0)
        return diag_errno(d, errno, "locking memory for the PIN");
    for (;;) {
        enum err e = join(t, pin_fd, parts, out, d);
        if (e != E_OK || (out->n >= t->pin_length.min && out->n <= t->pin_length.max))
            return e;
        if (pin_fd >= 0)
            return diag_set(d, E_PIN_LENGTH, "its parts together must have %zu to %zu characters; it was not tried",
                            t->pin_length.min, t->pin_length.max);
        say(_("Together that is not %zu to %zu characters; nothing was tried.\nOnce more, from part 1.\n"), t->pin_length.min,
            t->pin_length.max);
    }
}

/* -- one try -- */

static enum err read_pin(const struct hsm_identity *t, int pin_fd, int parts, struct pin *out, struct diag *d)
{
    char prompt[256];
    if (parts > 1)
        return read_parts(t, pin_fd, parts, out, d);
    snprintf(prompt, sizeof prompt, _("PIN of token %s: "), t->label);
    return pin_read(pin_fd, prompt, &t->pin_length, out, d);
}

static enum err try_once(struct hsm *h, int pin_fd, int parts, struct diag *d)
{
    const struct hsm_identity *t = hsm_identity(h);
    if (t->pinpad && pin_fd < 0) {
        say(_("Type the PIN on the pad of token %s.\n"), t->label);
        return hsm_login(h, NULL, d);
    }
    struct pin pin = {0};
    enum err e = read_pin(t, pin_fd, parts, &pin, d);
    if (e == E_OK)
        e = hsm_login(h, &pin, d);
    pin_wipe(&pin);
    return e;
}

enum err login_run(struct hsm *h, int pin_fd, int parts, struct diag *d)
{
    const struct hsm_identity *t = hsm_identity(h);
    struct diag why = {0};
    if (parts < 1 || parts > LOGIN_PARTS_MAX)
        return diag_set(d, E_USAGE, "a PIN has 1 or %d parts", LOGIN_PARTS_MAX);
    if (t->pin_locked)
        return diag_set(d, E_PIN_LOCKED, "token \"%s\", serial %s; nothing was tried", t->label, t->serial);
    if (pin_fd < 0)
        tell_token(t);
    enum err e = try_once(h, pin_fd, parts, &why);
    while (e == E_PIN_WRONG && pin_fd < 0) {
        say(_("The token refused the PIN.\n"));
        tell_tries(t);
        if (!terminal_yes(_("Type it again? [y/N] ")))
            break;
        e = try_once(h, pin_fd, parts, &why);
    }
    if (e != E_OK && d != NULL)
        *d = why;
    return e;
}
