#include "pool.h"

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_BYTES ((size_t)256 << 20)
#define CHUNK_BYTES ((size_t)128 << 10) /* made unreadable at a time */
#define SMALL 2048
#define RESTING_SMALL 64 /* freed blocks of a size that wait before the first of them is given out again */
#define RESTING_LARGE 4
#define FILL 256 /* bytes that are spoilt, so that nobody relies on what a new block holds */

/* Stands before each block. It is unreadable, and so is what the block has beyond what was asked for. */
struct head {
    uint32_t state; /* LIVE or FREED */
    uint32_t kind;
    size_t n; /* bytes asked for */
};

enum { LIVE = 0x6c697665, FREED = 0x64656164 };

static const uint32_t sizes[] = {16,  32,  48,   64,   96,   128,  192,   256,   384,   512,    768,    1024,
                                 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576};
#define KINDS (sizeof sizes / sizeof sizes[0])
#define LARGEST 1048576

/* Freed blocks in the order of their freeing; each holds the next one's address. */
static struct resting {
    void *first, *last;
    size_t n;
} resting[KINDS];
static uint8_t *arena, *next, *unreadable;
static uint8_t small_kind[SMALL / 16 + 1]; /* by the size in sixteens */
static size_t live;

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t each);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t each);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void __wrap_free(void *p);

static bool is_ours(const void *p)
{
    return arena != NULL && (const uint8_t *)p >= arena && (const uint8_t *)p < arena + ARENA_BYTES;
}

static struct head *head_of(void *p)
{
    struct head *h = (struct head *)p - 1;
    if (h->state == LIVE && h->kind < KINDS)
        return h;
    fprintf(stderr, "%p: freed twice, or never given out\n", p);
    abort();
}

static size_t kind_for(size_t n)
{
    if (n <= SMALL)
        return small_kind[(n + 15) / 16];
    size_t kind = small_kind[SMALL / 16] + 1u;
    while (sizes[kind] < n)
        kind++;
    return kind;
}

static void *fresh(size_t kind)
{
    size_t n = sizeof(struct head) + sizes[kind];
    if ((size_t)(arena + ARENA_BYTES - next) < n + 2 * CHUNK_BYTES)
        return NULL;
    while (next + n + sizeof(struct head) > unreadable) {
        __asan_poison_memory_region(unreadable, CHUNK_BYTES);
        unreadable += CHUNK_BYTES;
    }
    uint8_t *p = next + sizeof(struct head);
    next += n;
    return p;
}

static void *rested(size_t kind)
{
    struct resting *r = &resting[kind];
    void *p = r->first;
    if (r->n <= (sizes[kind] <= SMALL ? RESTING_SMALL : RESTING_LARGE))
        return NULL;
    r->first = *(void **)p;
    r->n--;
    return p;
}

static void *take(size_t n)
{
    size_t kind = kind_for(n);
    void *p = rested(kind);
    if (p == NULL)
        p = fresh(kind);
    if (p == NULL)
        return NULL;
    ((struct head *)p)[-1] = (struct head){.state = LIVE, .kind = (uint32_t)kind, .n = n};
    __asan_unpoison_memory_region(p, n);
    memset(p, 0xbe, n < FILL ? n : FILL);
    live++;
    return p;
}

static void give_back(void *p)
{
    struct head *h = head_of(p);
    struct resting *r = &resting[h->kind];
    h->state = FREED;
    __asan_poison_memory_region(p, h->n);
    *(void **)p = NULL;
    if (r->n++ > 0)
        *(void **)r->last = p;
    else
        r->first = p;
    r->last = p;
    live--;
}

void *__wrap_malloc(size_t n)
{
    void *p = arena != NULL && n > 0 && n <= LARGEST ? take(n) : NULL;
    return p != NULL ? p : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t each)
{
    size_t all;
    if (__builtin_mul_overflow(n, each, &all))
        return NULL;
    void *p = __wrap_malloc(all);
    if (p != NULL)
        memset(p, 0, all);
    return p;
}

void *__wrap_realloc(void *old, size_t n)
{
    if (old == NULL)
        return __wrap_malloc(n);
    if (!is_ours(old))
        return __real_realloc(old, n);
    size_t had = head_of(old)->n;
    void *p = n > 0 ? __wrap_malloc(n) : NULL;
    if (p != NULL)
        memcpy(p, old, had < n ? had : n);
    if (p != NULL || n == 0)
        give_back(old);
    return p;
}

void *__wrap_reallocarray(void *p, size_t n, size_t each)
{
    size_t all;
    return __builtin_mul_overflow(n, each, &all) ? NULL : __wrap_realloc(p, all);
}

char *__wrap_strndup(const char *s, size_t n)
{
    size_t length = strnlen(s, n);
    char *p = __wrap_malloc(length + 1);
    if (p != NULL) {
        memcpy(p, s, length);
        p[length] = '\0';
    }
    return p;
}

char *__wrap_strdup(const char *s)
{
    return __wrap_strndup(s, strlen(s));
}

void __wrap_free(void *p)
{
    if (is_ours(p))
        give_back(p);
    else
        __real_free(p);
}

size_t pool_live(void)
{
    return live;
}

void pool_start(void)
{
    for (size_t i = 1, kind = 0; i <= SMALL / 16; i++) {
        kind += 16 * i > sizes[kind];
        small_kind[i] = (uint8_t)kind;
    }
    arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED) {
        perror("pool");
        exit(2);
    }
    next = unreadable = arena;
}
