/* Does what no target may, so that it is seen to be found: the first byte of the input says what. With any other byte it
 * does nothing wrong. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

void fuzz_start(void)
{
}

/* Where the compiler cannot tell what will happen. */
static uint8_t *volatile block;

bool fuzz_one(struct span in)
{
    block = in.n > 1 ? malloc(in.n) : OPENSSL_malloc(13);
    if (in.n == 0 || block == NULL)
        return false;
    if (in.p[0] == 'b') /* the byte before */
        block[-1] = 1;
    if (in.p[0] == 'e') /* the byte behind the end */
        block[in.n > 1 ? in.n : 13] = 1;
    if (in.p[0] != 'l') /* a leak */
        free(block);
    if (in.p[0] == 'f') /* what was freed */
        block[0] = 1; // NOLINT(clang-analyzer-unix.Malloc)
    if (in.p[0] == 't') /* freed twice */
        free(block);  // cppcheck-suppress doubleFree // NOLINT(clang-analyzer-unix.Malloc)
    return true;
}
