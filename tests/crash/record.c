#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void put_bytes(FILE *f, pid_t tid, uint64_t at, uint64_t n)
{
    char *bytes = malloc(n > 0 ? n : 1);
    if (bytes == NULL || !calls_memory(tid, at, bytes, n) || fwrite(bytes, 1, n, f) != n) {
        fprintf(stderr, "trace: the data of a write cannot be read\n");
        exit(125);
    }
    fputc('\n', f);
    free(bytes);
}

void record_call(FILE *f, const struct touch *t, const char *under, uint64_t result)
{
    size_t skip = strlen(under) + 1;
    const char *path = t->path + (strlen(t->path) >= skip ? skip : skip - 1);
    switch (t->call->what) {
    case CALL_OPEN:
        if (t->creates)
            fprintf(f, "create %s\n", path);
        if (t->truncates)
            fprintf(f, "truncate 0 %s\n", path);
        break;
    case CALL_WRITE:
        fprintf(f, "write %llu %llu %s\n", (unsigned long long)t->offset, (unsigned long long)result, path);
        put_bytes(f, t->tid, t->args[1], result);
        break;
    case CALL_SYNC:
        fprintf(f, "%s %s\n", t->call->nr == SYS_syncfs ? "syncfs" : "sync", path);
        break;
    case CALL_TRUNCATE:
        fprintf(f, "truncate %llu %s\n", (unsigned long long)t->args[1], path);
        break;
    case CALL_RENAME:
        fprintf(f, "rename %s\t%s\n", path, t->path2 + skip);
        break;
    case CALL_UNLINK:
        fprintf(f, "unlink %s\n", path);
        break;
    case CALL_MKDIR:
        fprintf(f, "mkdir %s\n", path);
        break;
    default:
        break;
    }
}

bool record_is_shown(pid_t tid, const struct user_regs_struct *regs)
{
    (void)tid;
    return regs->orig_rax == SYS_write && regs->rdi == STDOUT_FILENO;
}

void record_shown(FILE *f, pid_t tid, const struct user_regs_struct *regs)
{
    fprintf(f, "shown %llu\n", (unsigned long long)regs->rdx);
    put_bytes(f, tid, regs->rsi, regs->rdx);
}
