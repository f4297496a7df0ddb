/* usb.h - which USB devices may work here: storage, smart-card readers and one keyboard. Decided from a device's
 * descriptors (USB 2.0 chapter 9), before any driver has it. */
#ifndef ROOTSEAL_INIT_USB_H
#define ROOTSEAL_INIT_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum usb_kind { USB_OTHER, USB_HUB, USB_STORAGE, USB_READER, USB_KEYBOARD, USB_KINDS };

/* How many of each kind work at once. A keyboard that somebody plugs in besides types for nobody in the room. */
#define USB_MOST {[USB_OTHER] = 0, [USB_HUB] = 8, [USB_STORAGE] = 6, [USB_READER] = 6, [USB_KEYBOARD] = 1}

enum usb_verdict {
    USB_ALLOWED,
    USB_REFUSED_CLASS, /* it is of no kind that is needed here */
    USB_REFUSED_MIXED, /* it is two things at once, as a stick that types */
    USB_REFUSED_COUNT, /* there are as many of its kind as may be */
    USB_REFUSED_FORM,  /* its descriptors are not in proper form */
};

struct usb_decision {
    enum usb_verdict verdict;
    enum usb_kind kind;
    uint32_t interfaces; /* of an allowed device: bit n is set when interface number n may have a driver */
};

/* Decide about the device with these n bytes of descriptors, as sysfs has them: the device's and every configuration's.
 * `working` says how many of each kind work already. */
void usb_decide(const uint8_t *descriptors, size_t n, const unsigned working[USB_KINDS], struct usb_decision *out);

/* What a person reads of a kind and of a refusal; translated. */
const char *usb_kind_text(enum usb_kind kind);
const char *usb_verdict_text(enum usb_verdict verdict);

#endif
