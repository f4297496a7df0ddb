# make cover: lines and branches of the product that the unit suites reach, and those of its ceremonies that cases reach (a
# program in a room full of people has no unit to speak of), by file, into build/cover (report.txt, and lines with their
# counts below html/). It fails when a branch of the code that decides, logs, reads DER or approves is
# (groups.txt) is not taken and not explained in tests/cover/unreached.txt, and when an explanation fits nothing any more.

COVER_PACKAGES := gcovr jq
COVER_B := build/cover
COVER_CASES := ceremony-batch ceremony-forged ceremony-keys ceremony-minutes ceremony-persons ceremony-stops \
    ceremony-two-roots ceremony-chain ceremony-killed ceremony-planted ceremony-request ceremony-requests ceremony-officers \
    chain-cross chain-forged chain-root chain-sub-ca chain-swapped ceremony-cut-back cmc evidence seals-consistent tiles

ifdef COVER
# Without optimisation: each branch of the source is one in the program. Threads count, so atomically.
CFLAGS = -std=c17 -D_GNU_SOURCE -O0 -g --coverage -fprofile-update=atomic
$(B)/obj/tests/cover/reach.o: CPPFLAGS += -DCOUNTS='"$(abspath $(B)/obj)"'
$(PROGRAMS): $(B)/obj/tests/cover/reach.o
$(PROGRAMS): LDFLAGS += -Wl,--wrap=_exit -Wl,--wrap=sandbox_enter
endif

cover: packages test-packages
	@$(call install_missing,$(COVER_PACKAGES))
	$(Q)$(MAKE) --no-print-directory COVER= modules build/faulty.so
	$(Q)mkdir -p $(COVER_B) && cp -p build/softhsm-sm2.so build/softhsm-sm2-inner.so build/faulty.so $(COVER_B)/ # not counted
	$(Q)$(MAKE) --no-print-directory COVER=1 all $(COVER_B)/test/check
	$(Q)$(MAKE) --no-print-directory COVER=1 run-cover
run-cover:
	$(Q)find $(COVER_B)/obj -name '*.gcda' -delete
	$(Q)rm -rf $(addprefix $(COVER_B)/test/,world* operators* chains*) # making them counts
	$(Q)ROOTSEAL_BUILD=$(COVER_B) ROOTSEAL_MODULE=$(CURDIR)/$(COVER_B)/softhsm-sm2.so ROOTSEAL_VECTORS=$(VECTORS) \
	    sh -c 'printf "%s\n" $(SUITES) | xargs -P$$(nproc) -I{} env CK_RUN_SUITE={} $(COVER_B)/test/check --units'
	$(Q)printf '%s\n' $(COVER_CASES) | ROOTSEAL_BUILD=$(COVER_B) xargs -P$$(nproc) -n1 tests/cases/run
	$(Q)bash tests/cover/report.sh $(COVER_B)

.PHONY: cover run-cover
