#include "core/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "core/signals.h"

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
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

bool terminal_say(const char *text)
{
    int tty = open_terminal();
    if (tty < 0)
        return false;
    say(tty, text);
    close(tty);
    return true;
}

/* Wait until the terminal can be read. False when a signal in signals came first. */
static bool wait_readable(int tty, int signals)
{
    struct pollfd p[2] = {{.fd = signals, .events = POLLIN}, {.fd = tty, .events = POLLIN}};
    while (poll(p, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return p[0].revents == 0;
}

/* Byte by byte, so that no buffer but the caller's holds the line. */
static enum err read_line(int tty, int signals, char *out, size_t cap, size_t *n, struct diag *d)
{
    for (;;) {
        char c = '\0';
        if (!wait_readable(tty, signals))
            return diag_set(d, E_PIN_MISSING, "interrupted");
        ssize_t got = read(tty, &c, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return got < 0 ? diag_set(d, E_PIN_MISSING, "reading it: %s", strerror(errno))
                           : diag_set(d, E_PIN_MISSING, "nothing was typed");
        if (c == '\n')
            break;
        if (*n < cap)
            out[(*n)++] = c;
        OPENSSL_cleanse(&c, 1);
    }
    if (*n == cap)
        OPENSSL_cleanse(out, cap);
    else
        out[*n] = '\0';
    return E_OK;
}

enum err terminal_ask(const char *prompt, bool hidden, char *out, size_t cap, size_t *n, struct diag *d)
{
    *n = 0;
    OPENSSL_cleanse(out, cap);
    int tty = open_terminal();
    struct termios before;
    if (tty < 0 || tcgetattr(tty, &before) != 0) {
        if (tty >= 0)
            close(tty);
        return diag_set(d, E_PIN_MISSING, "there is no terminal to ask at");
    }
    sigset_t mask;
    int signals = signals_hold(true, &mask); /* or echo would be left off */
    struct termios asking = before;
    if (hidden)
        asking.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    asking.c_lflag |= ICANON | ISIG;

    enum err e;
    if (signals < 0 || tcsetattr(tty, TCSAFLUSH, &asking) != 0) {
        e = diag_set(d, E_PIN_MISSING, "the terminal could not be set: %s", strerror(errno));
    } else {
        say(tty, prompt);
        e = read_line(tty, signals, out, cap, n, d);
        tcsetattr(tty, TCSAFLUSH, &before);
        if (hidden || e != E_OK)
            say(tty, "\n");
    }
    if (e != E_OK)
        OPENSSL_cleanse(out, cap);
    close(tty);
    signals_release(signals, &mask);
    return e;
}

bool terminal_yes(const char *question)
{
    char line[8];
    size_t n;
    return terminal_ask(question, false, line, sizeof line, &n, NULL) == E_OK &&
           (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}
