#include "core/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "core/signals.h"

void pin_wipe(struct pin *p)
{
    OPENSSL_cleanse(p, sizeof *p);
}

/* Wait until fd can be read. False when a signal in signals (-1: none watched) came first. */
static bool wait_readable(int fd, int signals)
{
    struct pollfd p[2] = {{.fd = signals, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(p, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return p[0].revents == 0;
}

/* One line, byte by byte, so that what follows it stays in the descriptor for its next reader. */
static enum err read_line(int fd, int signals, struct pin *out, struct diag *d)
{
    for (;;) {
        if (!wait_readable(fd, signals))
            return diag_set(d, E_PIN_MISSING, "interrupted");
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

static void say(int tty, const char *text)
{
    size_t n = strlen(text);
    while (n > 0) {
        ssize_t w = write(tty, text, n);
        if (w < 0 && errno != EINTR)
            return;
        if (w > 0) {
            text += w;
            n -= (size_t)w;
        }
    }
}

static enum err read_terminal(const char *prompt, struct pin *out, struct diag *d)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios shown;
    if (tty < 0 || tcgetattr(tty, &shown) != 0) {
        if (tty >= 0)
            close(tty);
        return diag_set(d, E_PIN_MISSING, "there is no terminal to ask at");
    }
    sigset_t before;
    int signals = signals_hold(true, &before); /* or echo would be left off */
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;

    enum err e;
    if (signals < 0 || tcsetattr(tty, TCSAFLUSH, &hidden) != 0) {
        e = diag_set(d, E_PIN_MISSING, "echo could not be turned off: %s", strerror(errno));
    } else {
        say(tty, prompt);
        e = read_line(tty, signals, out, d);
        tcsetattr(tty, TCSAFLUSH, &shown);
        say(tty, "\n");
    }
    if (e != E_OK)
        pin_wipe(out);
    close(tty);
    signals_release(signals, &before);
    return e;
}

enum err pin_read(int fd, const char *prompt, struct pin *out, struct diag *d)
{
    pin_wipe(out);
    if (mlock(out, sizeof *out) != 0)
        return diag_errno(d, errno, "locking memory for the PIN");
    enum err e = fd >= 0 ? read_line(fd, -1, out, d) : read_terminal(prompt, out, d);
    if (e != E_OK)
        pin_wipe(out);
    return e;
}
