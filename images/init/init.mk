# PID 1 of the appliance, and what of it the unit suites test. The including Makefile sets CC, CPPFLAGS, CFLAGS,
# LDFLAGS, B and Q.

INIT_PARTS := $(addprefix images/init/,mode.c content.c partition.c usb.c usb_bus.c machine.c media.c media_mount.c \
    process.c store.c image.c readers.c vendor.c ask.c stick.c copy.c \
    program.c action_state.c action_module.c action_ceremony.c \
    action_batch.c console.c)
INIT := images/init/init.c $(INIT_PARTS)

$(IMAGE)/init: $(call objects,$(INIT)) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS_COMMON)

-include $(patsubst %.o,%.d,$(call objects,$(INIT)))
