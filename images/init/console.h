/* console.h - where officers work: a menu on a terminal, whose entries start the installed programs. */
#ifndef ROOTSEAL_INIT_CONSOLE_H
#define ROOTSEAL_INIT_CONSOLE_H

#include <stdbool.h>

#include "mode.h"

/* Exit status of a console; with any other PID 1 starts it anew. */
enum console_end {
    CONSOLE_POWER_OFF = 0,
    CONSOLE_NO_TERMINAL = 3, /* nothing is behind this line */
    CONSOLE_LANGUAGE = 4,    /* begin again in the other language */
};

struct console {
    const char *terminal; /* e.g. /dev/tty1 */
    bool utf8;            /* it can show Chinese */
    enum mode mode;
    const char *trouble;  /* why nothing can be done but power off; NULL when all is well */
};

/* Work at this terminal until the person powers off. For a child of PID 1, which has no other thread. */
_Noreturn void console_run(const struct console *c);

#endif
