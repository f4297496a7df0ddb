/* usb_bus.h - what sysfs shows of the USB buses, and what may work there (usb.h). For PID 1. */
#ifndef ROOTSEAL_INIT_USB_BUS_H
#define ROOTSEAL_INIT_USB_BUS_H

#include "core/diag.h"
#include "usb.h"

#define USB_BUS_DEVICES "/sys/bus/usb/devices"
#define USB_BUS_MOST 64 /* devices that are remembered */

/* Zero-initialise. */
struct usb_bus {
    struct usb_known {
        char name[32];   /* of the folder in sysfs; "" when the place is free */
        unsigned number; /* that the kernel gave it: another device in the same socket has another */
        struct usb_decision decision;
    } known[USB_BUS_MOST];
};

/* No device, and no part of one, gets a driver from here on unless it is allowed below. A machine without USB is E_OK.
 */
ERR_MUST_USE enum err usb_bus_shut(struct diag *d);

/* Look at the buses once: decide about each device that is new, and let it work, wholly or in part, or not. `tell`
 * hears of each that is new: its name as it gives it itself, printable ASCII, and the decision. It is called again and
 * again. */
typedef void usb_bus_tell(void *arg, const char *name, const struct usb_decision *decision);
void usb_bus_look(struct usb_bus *bus, usb_bus_tell *tell, void *arg);

#endif
