/* pool.h - where memory comes from in a long run, for the product and the libraries that are linked as archives: each
 * input takes and frees hundreds of small blocks, and the sanitizer's own allocator is most of the time of a run.
 *
 * Blocks from here are watched as sharply. What lies around one and a block that was freed are unreadable; a freed block
 * rests until others of its size were freed; what is not freed is counted. Only the report of a finding is shorter: run
 * the input again without the pool.
 */
#ifndef ROOTSEAL_TESTS_FUZZ_POOL_H
#define ROOTSEAL_TESTS_FUZZ_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on memory comes from the pool; what was taken before is given back to whom it came from. */
void pool_start(void);
/* Blocks that are not given back. */
size_t pool_live(void);

#endif
