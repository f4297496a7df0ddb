#include "core/pin.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/terminal.h"

const struct pin_length pin_any_length = {1, LIMIT_PIN_BYTES};

void pin_wipe(struct pin *p)
{
    OPENSSL_cleanse(p, sizeof *p);
}

/* One line, byte by byte, so that what follows it stays in the descriptor for its next reader. */
static enum err read_line(int fd, struct pin *out, struct diag *d)
{
    for (;;) {
        char *c = out->text + out->n;
        ssize_t n = read(fd, c, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return diag_set(d, E_PIN_MISSING, "reading it: %s", strerror(errno));
        if (n == 0 || *c == '\n')
            break;
        if (*c == '\0')
            return diag_set(d, E_PIN_MISSING, "the line holds a NUL byte");
        if (out->n == LIMIT_PIN_BYTES)
            return diag_set(d, E_PIN_MISSING, "the line is longer than %d bytes", LIMIT_PIN_BYTES);
        out->n++;
    }
    out->text[out->n] = '\0';
    return out->n > 0 ? E_OK : diag_set(d, E_PIN_MISSING, "the line is empty");
}

static enum err read_file(int fd, const struct pin_length *length, struct pin *out, struct diag *d)
{
    enum err e = read_line(fd, out, d);
    if (e == E_OK && (out->n < length->min || out->n > length->max))
        e = diag_set(d, E_PIN_LENGTH, "it must have %zu to %zu characters; it was not tried", length->min, length->max);
    return e;
}

/* What is wrong with the line; NULL when nothing is. */
static const char *slip(const struct pin *p, const struct pin_length *length)
{
    if (p->n == 0)
        return _("Nothing was typed");
    if (p->n < length->min)
        return _("That is too short");
    if (p->n > length->max)
        return _("That is too long");
    return memchr(p->text, '\0', p->n) != NULL ? _("That holds a character that none can have") : NULL;
}

static enum err read_terminal(const char *prompt, const struct pin_length *length, struct pin *out, struct diag *d)
{
    for (;;) {
        char text[256];
        enum err e = terminal_ask(prompt, true, out->text, sizeof out->text, &out->n, d);
        if (e == E_OK && strcmp(out->text, "stop") == 0)
            return diag_set(d, E_STOPPED, "at the question for a PIN or passphrase; nothing was tried");
        const char *wrong = e == E_OK ? slip(out, length) : NULL;
        if (wrong == NULL)
            return e;
        pin_wipe(out);
        snprintf(text, sizeof text, _("%s (%zu to %zu characters); nothing was tried. Once more.\n"), wrong, length->min,
                 length->max);
        terminal_say(text);
    }
}

enum err pin_read(int fd, const char *prompt, const struct pin_length *length, struct pin *out, struct diag *d)
{
    pin_wipe(out);
    if (mlock(out, sizeof *out) != 0)
        return diag_errno(d, errno, "locking memory for the PIN");
    enum err e = fd >= 0 ? read_file(fd, length, out, d) : read_terminal(prompt, length, out, d);
    if (e != E_OK)
        pin_wipe(out);
    return e;
}
