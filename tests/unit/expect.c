#include "expect.h"

#include <stdio.h>
#include <stdlib.h>

void expect_seen(enum err code)
{
    const char *path = getenv("ROOTSEAL_CODES");
    if (path == NULL)
        return;
    FILE *f = fopen(path, "a");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "%s\n", err_name(code));
    fclose(f);
}
