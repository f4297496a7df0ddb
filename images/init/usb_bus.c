#include "usb_bus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "machine.h"

#define PATH 320
#define DESCRIPTORS 8192 /* bytes, of all configurations */

/* The content of DEVICE/FILE in sysfs; how many bytes, 0 when there is none. */
static size_t read_attribute(const char *device, const char *file, void *out, size_t cap)
{
    char path[PATH];
    size_t n = 0;
    snprintf(path, sizeof path, USB_BUS_DEVICES "/%s/%s", device, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    for (ssize_t r; n < cap && (r = read(fd, (char *)out + n, cap - n)) > 0;)
        n += (size_t)r;
    close(fd);
    return n;
}

static bool write_attribute(const char *device, const char *file, const char *text)
{
    char path[PATH];
    snprintf(path, sizeof path, USB_BUS_DEVICES "/%s/%s", device, file);
    return machine_write(path, text, NULL) == E_OK;
}

static unsigned read_number(const char *device)
{
    char text[16] = "";
    const size_t n = read_attribute(device, "devnum", text, sizeof text - 1);
    text[n] = '\0';
    return (unsigned)strtoul(text, NULL, 10);
}

static bool is_root_hub(const char *name)
{
    return strncmp(name, "usb", 3) == 0;
}

static bool is_interface(const char *name)
{
    return strchr(name, ':') != NULL;
}

enum err usb_bus_shut(struct diag *d)
{
    DIR *dir = opendir(USB_BUS_DEVICES);
    if (dir == NULL)
        return errno == ENOENT ? E_OK : diag_errno(d, errno, USB_BUS_DEVICES);
    enum err e = E_OK;
    for (struct dirent *entry; e == E_OK && (entry = readdir(dir)) != NULL;)
        if (is_root_hub(entry->d_name) && (!write_attribute(entry->d_name, "authorized_default", "0") ||
                                           !write_attribute(entry->d_name, "interface_authorized_default", "0")))
            e = diag_set(d, E_SANDBOX, "the USB bus %s cannot be shut", entry->d_name);
    closedir(dir);
    return e;
}

/* -- one device -- */

/* As the device names itself. */
static void read_name(const char *device, char out[160])
{
    char maker[64], product[64];
    char whole[sizeof maker + sizeof product + 2];
    size_t m = read_attribute(device, "manufacturer", maker, sizeof maker);
    size_t p = read_attribute(device, "product", product, sizeof product);
    while (m > 0 && maker[m - 1] == '\n')
        m--;
    while (p > 0 && product[p - 1] == '\n')
        p--;
    memcpy(whole, maker, m);
    whole[m] = ' ';
    memcpy(whole + m + 1, product, p);
    text_escape(out, 160, whole + (m == 0), m + p + (m > 0));
}

/* sysfs names an interface DEVICE:CONFIGURATION.NUMBER. */
static bool number_of(const char *device, const char *entry, unsigned *number)
{
    const size_t n = strlen(device);
    const char *dot = strrchr(entry, '.');
    if (strncmp(entry, device, n) != 0 || entry[n] != ':' || dot == NULL)
        return false;
    *number = (unsigned)strtoul(dot + 1, NULL, 10);
    return *number < 32;
}

/* It fails where a driver has the interface already. */
static void probe(const char *interface)
{
    enum err e = machine_write("/sys/bus/usb/drivers_probe", interface, NULL);
    (void)e;
}

static void set_interfaces(const char *device, uint32_t allowed)
{
    DIR *dir = opendir(USB_BUS_DEVICES);
    unsigned number;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!number_of(device, entry->d_name, &number))
            continue;
        const bool may = allowed >> number & 1;
        if (write_attribute(entry->d_name, "authorized", may ? "1" : "0") && may)
            probe(entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

static void decide(const char *device, const unsigned working[USB_KINDS], struct usb_decision *out)
{
    static uint8_t descriptors[DESCRIPTORS];
    const size_t n = read_attribute(device, "descriptors", descriptors, sizeof descriptors);
    usb_decide(descriptors, n, working, out);
    if (n == sizeof descriptors)
        out->verdict = USB_REFUSED_FORM;
    if (out->verdict != USB_ALLOWED) {
        write_attribute(device, "authorized", "0");
        return;
    }
    write_attribute(device, "authorized", "1");
    set_interfaces(device, out->interfaces);
}

/* -- all of them -- */

static void count_working(const struct usb_bus *bus, unsigned working[USB_KINDS])
{
    memset(working, 0, USB_KINDS * sizeof *working);
    for (size_t i = 0; i < USB_BUS_MOST; i++)
        if (bus->known[i].name[0] != '\0' && bus->known[i].decision.verdict == USB_ALLOWED)
            working[bus->known[i].decision.kind]++;
}

static struct usb_known *find(struct usb_bus *bus, const char *name, unsigned number)
{
    for (size_t i = 0; i < USB_BUS_MOST; i++)
        if (strcmp(bus->known[i].name, name) == 0 && bus->known[i].number == number)
            return &bus->known[i];
    return NULL;
}

static void forget_the_gone(struct usb_bus *bus)
{
    for (size_t i = 0; i < USB_BUS_MOST; i++) {
        struct usb_known *k = &bus->known[i];
        if (k->name[0] != '\0' && read_number(k->name) != k->number)
            *k = (struct usb_known){0};
    }
}

/* A device for which there is no place stays without a driver. */
static void meet(struct usb_bus *bus, const char *name, usb_bus_tell *tell, void *arg)
{
    const unsigned number = read_number(name);
    unsigned working[USB_KINDS];
    char said[160];
    if (find(bus, name, number) != NULL)
        return;
    struct usb_known *k = find(bus, "", 0);
    if (k == NULL)
        return;
    count_working(bus, working);
    decide(name, working, &k->decision);
    snprintf(k->name, sizeof k->name, "%s", name);
    k->number = number;
    read_name(name, said);
    tell(arg, said, &k->decision);
}

void usb_bus_look(struct usb_bus *bus, usb_bus_tell *tell, void *arg)
{
    struct dirent **list = NULL;
    forget_the_gone(bus);
    const int n = scandir(USB_BUS_DEVICES, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        if (name[0] != '.' && !is_root_hub(name) && !is_interface(name) && strlen(name) < sizeof bus->known[0].name)
            meet(bus, name, tell, arg);
        free(list[i]);
    }
    free(list);
}
