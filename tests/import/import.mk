# Many certificates imported at once; `make check` runs it with fewer.
#
#   make check-import   a hundred thousand: the memory and the time it takes, and what interrupting it does

run-check: $(B)/bench/requests $(B)/bench/measure
check-import: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-$@
run-check-import: all $(B)/bench/requests $(B)/bench/measure $(B)/test/pty
	$(Q)ROOTSEAL_BUILD=$(B) bash tests/import/import.sh 100000
.PHONY: check-import run-check-import
