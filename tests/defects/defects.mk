# The checks are checked: each defect of tests/defects/ must make its sweep fail.

defects_dir := $(dir $(lastword $(MAKEFILE_LIST)))

check-the-checks: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-check-the-checks
run-check-the-checks:
	$(Q)$(defects_dir)run.sh

.PHONY: check-the-checks run-check-the-checks
