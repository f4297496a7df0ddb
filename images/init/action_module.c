#include <stdio.h>

#include "action.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "stick.h"
#include "vendor.h"

enum err action_module(enum mode mode, struct diag *d)
{
    struct vendor_module module;
    if (mode != MODE_PRODUCTION)
        return diag_set(d, E_MODULE, "a training has its token in software");
    enum err e = stick_mount(false, d);
    if (e == E_OK)
        e = vendor_take(MEDIA_STICK "/" VENDOR_FOLDER, d);
    if (e == E_OK && vendor_taken(&module))
        screen_field(_("module"), 10, "%s", module.name);
    return e;
}
