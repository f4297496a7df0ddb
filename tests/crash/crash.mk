# The crash sweep, the power cuts, and the proof that they find what they are for. The including Makefile sets CC, CFLAGS,
# B, Q and SAN.

crash_dir := $(dir $(lastword $(MAKEFILE_LIST)))
CRASH_TRACE := $(B)/test/crash/trace

# It follows programs of every build, and has no need of sanitizers itself.
$(CRASH_TRACE): $(addprefix $(crash_dir),trace.c calls.c record.c calls.h record.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS)) -pie -o $@ $(filter %.c,$^)

run-check: $(CRASH_TRACE)

check-crash: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-check-crash
run-check-crash: all $(CRASH_TRACE)
	$(Q)ROOTSEAL_BUILD=$(B) $(crash_dir)crash.pl $(if $(POINTS),--points $(POINTS)) $(if $(ONLY),--only $(ONLY))

.PHONY: check-crash run-check-crash

check-power: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-check-power
run-check-power: all $(CRASH_TRACE)
	$(Q)ROOTSEAL_BUILD=$(B) $(crash_dir)power.pl $(if $(STATES),--states $(STATES)) $(if $(ONLY),--only $(ONLY))

.PHONY: check-power run-check-power
