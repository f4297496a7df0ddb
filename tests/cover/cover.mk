# make cover: lines and branches of the product that the unit suites reach, by file, into build/cover (report.txt, and
# lines with their counts below html/). It fails when a branch of the code that decides, logs, reads DER or approves is
# (groups.txt) is not taken and not explained in tests/cover/unreached.txt, and when an explanation fits nothing any more.

COVER_PACKAGES := gcovr jq
COVER_B := build/cover
# Without optimisation: each branch of the source is one in the program. Threads count, so atomically. The modules are the usual build's.
COVER_CFLAGS := -std=c17 -D_GNU_SOURCE -O0 -g --coverage -fprofile-update=atomic

cover: packages test-packages
	@$(call install_missing,$(COVER_PACKAGES))
	$(Q)$(MAKE) --no-print-directory modules
	$(Q)$(MAKE) --no-print-directory B=$(COVER_B) BIN=$(COVER_B) SAN= CFLAGS='$(COVER_CFLAGS)' $(COVER_B)/test/check
	$(Q)find $(COVER_B) -name '*.gcda' -delete
	$(Q)ROOTSEAL_BUILD=$(COVER_B) ROOTSEAL_MODULE=$(CURDIR)/build/softhsm-sm2.so ROOTSEAL_VECTORS=$(VECTORS) \
	    sh -c 'printf "%s\n" $(SUITES) | xargs -P$$(nproc) -I{} env CK_RUN_SUITE={} $(COVER_B)/test/check --units'
	$(Q)bash tests/cover/report.sh $(COVER_B)

.PHONY: cover
