# The programs under valgrind, which sees what sanitizers cannot: that something depends on memory never written. The
# including Makefile sets CC, CFLAGS, B and Q.

valgrind_dir := $(dir $(lastword $(MAKEFILE_LIST)))
VALGRIND_CALLS := $(B)/test/valgrind-calls.so

$(VALGRIND_CALLS): $(valgrind_dir)calls.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fsanitize% -fno-sanitize% -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $<

check-valgrind: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-check-valgrind
run-check-valgrind: all $(VALGRIND_CALLS)
	$(Q)ROOTSEAL_BUILD=$(B) bash $(valgrind_dir)run.sh

.PHONY: check-valgrind run-check-valgrind
