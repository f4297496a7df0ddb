/* The linker puts these in front of the product's own in a build that counts what is reached (cover.mk): a process that is
 * shut in may still write its counts, and one that ends without exit() does write them. */
#include <unistd.h>

#include "core/sandbox.h"

#ifndef COUNTS
#define COUNTS "build/cover/obj" /* cover.mk says it from the root */
#endif

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
enum err __real_sandbox_enter(const struct sandbox *s, struct diag *d);
enum err __wrap_sandbox_enter(const struct sandbox *s, struct diag *d);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

enum err __wrap_sandbox_enter(const struct sandbox *s, struct diag *d)
{
    enum err e = sandbox_allow((struct sandbox *)s, COUNTS, true, d);
    return e == E_OK ? __real_sandbox_enter(s, d) : e;
}
