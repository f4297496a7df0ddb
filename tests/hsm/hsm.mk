# The faulty token, and the sweep that has it fail everywhere. The including Makefile sets CC, CFLAGS and B.
#
#   KIND="WORD ..."   only these kinds of failure: answer, once, die, hang, lie, form, ceremony, vendor

FAULTY := $(B)/faulty.so
hsm_dir := $(dir $(lastword $(MAKEFILE_LIST)))

# Like the module it stands in front of, and beside it, where a program that signs can reach it: without sanitizers, always.
$(FAULTY): $(addprefix $(hsm_dir),faulty.c fault.c lies.c dialect.c pin.c count.c faulty.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fsanitize% -fno-sanitize% -fPIE,$(CFLAGS)) -fPIC -fvisibility=hidden -shared \
	    -isystem /usr/include/p11-kit-1 -o $@ $(filter %.c,$^) -lcrypto

check-hsm: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-check-hsm
run-check-hsm: all $(FAULTY)
	$(Q)ROOTSEAL_BUILD=$(B) bash $(hsm_dir)sweep.sh $(KIND)
.PHONY: check-hsm run-check-hsm
