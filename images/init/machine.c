#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"

#define SAFE (MS_NOSUID | MS_NODEV | MS_NOEXEC)

struct place {
    const char *type, *where;
    unsigned long flags;
    const char *options;
    bool handed_over; /* by the initrd, as a rule */
};

static const struct place places[] = {
    {"proc", "/proc", SAFE, "hidepid=2", true},
    {"sysfs", "/sys", SAFE, NULL, true},
    {"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, NULL, true},
    {"tmpfs", MACHINE_RUN, SAFE, "mode=0755,size=25%", false},
    {"tmpfs", "/tmp", SAFE, "mode=0700,size=25%", false},
    {"tmpfs", "/dev/shm", SAFE, "mode=0700,size=5%", false},
};

static bool is_mounted(const char *where)
{
    struct stat here, above;
    char parent[64];
    snprintf(parent, sizeof parent, "%s/..", where);
    return stat(where, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

enum err machine_mount(struct diag *d)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct place *p = &places[i];
        const bool there = p->handed_over && is_mounted(p->where);
        if (strcmp(p->where, "/dev/shm") == 0 && mkdir(p->where, 0700) != 0 && errno != EEXIST)
            return diag_errno(d, errno, "%s", p->where);
        if (mount(p->type, p->where, p->type, p->flags | (there ? MS_REMOUNT : 0), p->options) != 0)
            return diag_errno(d, errno, "%s", p->where);
    }
    return mkdir(MACHINE_RUN "/media", 0700) == 0 ? E_OK : diag_errno(d, errno, "%s", MACHINE_RUN "/media");
}

enum err machine_write(const char *path, const char *text, struct diag *d)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return diag_errno(d, errno, "%s", path);
    const size_t n = strlen(text);
    const ssize_t w = write(fd, text, n);
    const int failed = w < 0 ? errno : EIO;
    close(fd);
    return w == (ssize_t)n ? E_OK : diag_errno(d, failed, "%s", path);
}

static const struct {
    const char *path, *text;
} settings[] = {
    {"/proc/sys/kernel/printk", "1 4 1 7"},       /* the screen belongs to the ceremony */
    {"/proc/sys/kernel/sysrq", "0"},
    {"/proc/sys/kernel/ctrl-alt-del", "0"},       /* PID 1 hears of it, and powers off */
    {"/proc/sys/kernel/core_pattern", "\n"},
    {"/proc/sys/fs/suid_dumpable", "0"},
    {"/proc/sys/kernel/dmesg_restrict", "1"},
    {"/proc/sys/kernel/kptr_restrict", "2"},
    {"/proc/sys/kernel/perf_event_paranoid", "3"},
    {"/proc/sys/kernel/unprivileged_bpf_disabled", "1"},
    {"/proc/sys/kernel/yama/ptrace_scope", "3"},
    {"/proc/sys/kernel/kexec_load_disabled", "1"},
    {"/proc/sys/kernel/randomize_va_space", "2"},
    {"/proc/sys/user/max_user_namespaces", "0"},
    {"/proc/sys/dev/tty/ldisc_autoload", "0"},
    {"/proc/sys/fs/protected_symlinks", "1"},
    {"/proc/sys/fs/protected_hardlinks", "1"},
};

/* Programs are started by their whole names. */
static const char *const environment[][2] = {
    {"LANG", "C.UTF-8"},
    {"TZ", "UTC"},
    {"SOFTHSM2_CONF", MACHINE_RUN "/softhsm2.conf"},
    {"DM_DISABLE_UDEV", "1"}, /* there is no udev that could be waited for */
};

enum err machine_settle(struct diag *d)
{
    static const struct rlimit none = {0, 0};
    char image[65] = "";
    const char *handed_over = getenv(MACHINE_IMAGE);
    if (handed_over != NULL)
        snprintf(image, sizeof image, "%s", handed_over);
    umask(077);
    if (clearenv() != 0 || setenv(MACHINE_IMAGE, image, 1) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return diag_errno(d, errno, "environment");
    for (size_t i = 0; i < sizeof environment / sizeof environment[0]; i++)
        if (setenv(environment[i][0], environment[i][1], 1) != 0)
            return diag_errno(d, errno, "environment");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        enum err e = access(settings[i].path, W_OK) == 0 ? machine_write(settings[i].path, settings[i].text, d) : E_OK;
        if (e != E_OK)
            return e;
    }
    if (reboot(RB_DISABLE_CAD) != 0)
        return diag_errno(d, errno, "ctrl-alt-del");
    return machine_write("/proc/sys/kernel/modules_disabled", "1", d);
}

enum err machine_network(const char *folder, char names[MACHINE_NAMES], struct diag *d)
{
    struct file_list list = {0};
    int fd = -1;
    size_t at = 0, more = 0;
    names[0] = '\0';
    enum err e = file_open_dir(folder, &fd, d);
    if (e == E_OK)
        e = file_list(fd, 4096, &list, d);
    for (size_t i = 0; i < list.n; i++) {
        more += strcmp(list.names[i], "lo") != 0;
        if (at < MACHINE_NAMES)
            at += (size_t)snprintf(names + at, MACHINE_NAMES - at, "%s%s", at > 0 ? " " : "", list.names[i]);
    }
    file_list_free(&list);
    if (fd >= 0)
        close(fd);
    if (e == E_OK && more > 0) {
        e = diag_set(d, E_SANDBOX, "network interfaces besides lo: %s", names);
        diag_advise(d, N_("power off, and take the network card out of the machine"));
    }
    return e;
}

/* -- the end -- */

static void wait_a_little(int tenths)
{
    static const struct timespec tenth = {0, 100000000};
    for (int i = 0; i < tenths; i++) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (pid < 0 && errno == ECHILD)
            return;
        nanosleep(&tenth, NULL);
    }
}

void machine_end_processes(void)
{
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    wait_a_little(50);
    kill(-1, SIGKILL);
    wait_a_little(20);
}

_Noreturn void machine_power_off(void)
{
    sync();
    for (size_t i = sizeof places / sizeof places[0]; i-- > 0;)
        if (!places[i].handed_over)
            (void)umount2(places[i].where, MNT_DETACH);
    sync();
    reboot(RB_POWER_OFF);
    for (;;) /* without ACPI the kernel halts; PID 1 must not end */
        pause();
}
