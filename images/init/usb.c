#include "usb.h"

#include <string.h>

#include "core/i18n.h"

enum { DEVICE = 1, CONFIGURATION = 2, INTERFACE = 4 }; /* USB 2.0 table 9-5 */
enum { CLASS_HID = 0x03, CLASS_STORAGE = 0x08, CLASS_HUB = 0x09, CLASS_SMART_CARD = 0x0b };

static const unsigned most[USB_KINDS] = USB_MOST;

static enum usb_kind kind_of(uint8_t class, uint8_t subclass, uint8_t protocol)
{
    const bool bulk_only = protocol == 0x50, attached_scsi = protocol == 0x62;
    if (class == CLASS_HUB)
        return USB_HUB;
    if (class == CLASS_STORAGE && subclass == 0x06 && (bulk_only || attached_scsi))
        return USB_STORAGE;
    if (class == CLASS_SMART_CARD)
        return USB_READER;
    if (class == CLASS_HID && subclass == 1 && protocol == 1) /* HID 1.11 4.2: boot interface, keyboard */
        return USB_KEYBOARD;
    return USB_OTHER;
}

/* What stands in the descriptors of a device. */
struct found {
    uint32_t interfaces[USB_KINDS]; /* by kind: the numbers of its interfaces */
};

/* False when they are not in proper form. */
static bool read_interfaces(const uint8_t *p, size_t n, struct found *found)
{
    *found = (struct found){0};
    if (n < 18 || p[0] != 18 || p[1] != DEVICE)
        return false;
    for (size_t at = 18; at < n; at += p[at]) {
        const size_t left = n - at;
        if (left < 2 || p[at] < 2 || p[at] > left)
            return false;
        if ((p[at + 1] == CONFIGURATION || p[at + 1] == INTERFACE) && p[at] < 9)
            return false;
        if (p[at + 1] != INTERFACE)
            continue;
        const uint8_t *interface = p + at;
        if (interface[2] >= 32)
            return false;
        found->interfaces[kind_of(interface[5], interface[6], interface[7])] |= 1u << interface[2];
    }
    return true;
}

/* One kind of those that are needed here, or else: how many they are. */
static unsigned count_kinds(const struct found *found, enum usb_kind *kind)
{
    unsigned kinds = 0;
    *kind = USB_OTHER;
    for (int k = USB_HUB; k < USB_KINDS; k++)
        if (found->interfaces[k] != 0) {
            *kind = (enum usb_kind)k;
            kinds++;
        }
    return kinds;
}

void usb_decide(const uint8_t *descriptors, size_t n, const unsigned working[USB_KINDS], struct usb_decision *out)
{
    struct found found;
    *out = (struct usb_decision){.verdict = USB_REFUSED_FORM};
    if (!read_interfaces(descriptors, n, &found))
        return;
    const unsigned kinds = count_kinds(&found, &out->kind);
    /* An interface number that is one thing in one setting and another in the next. */
    const uint32_t twofold = out->kind == USB_OTHER ? 0 : found.interfaces[out->kind] & found.interfaces[USB_OTHER];
    if (kinds == 0)
        out->verdict = USB_REFUSED_CLASS;
    else if (kinds > 1 || twofold != 0)
        out->verdict = USB_REFUSED_MIXED;
    else if (working[out->kind] >= most[out->kind])
        out->verdict = USB_REFUSED_COUNT;
    else
        out->verdict = USB_ALLOWED;
    if (out->verdict == USB_ALLOWED)
        out->interfaces = found.interfaces[out->kind];
}

const char *usb_kind_text(enum usb_kind kind)
{
    static const char *const texts[] = {[USB_OTHER] = N_("a device that is not needed here"),
                                        [USB_HUB] = N_("a hub"),
                                        [USB_STORAGE] = N_("a storage medium"),
                                        [USB_READER] = N_("a smart-card reader"),
                                        [USB_KEYBOARD] = N_("a keyboard")};
    return _(texts[kind]);
}

const char *usb_verdict_text(enum usb_verdict verdict)
{
    static const char *const texts[] = {
        [USB_ALLOWED] = N_("it works"),
        [USB_REFUSED_CLASS] = N_("refused: only storage, smart-card readers and one keyboard work here"),
        [USB_REFUSED_MIXED] = N_("refused: it is more than one thing, as a stick that types; take it out and keep it"),
        [USB_REFUSED_COUNT] = N_("refused: there are as many as may be; take it out"),
        [USB_REFUSED_FORM] = N_("refused: what it says of itself is not in proper form; take it out and keep it")};
    return _(texts[verdict]);
}
