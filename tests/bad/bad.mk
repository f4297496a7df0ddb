# The sweep of bad inputs: `make check-bad` runs all of it, `make check` every 25th input.
#
#   ONLY=WORD    only the kinds whose names hold this word

BAD := $(addprefix tests/bad/,bad.c run.c mutate.c mutate_text.c people.c csr.c transplant.c approval.c line.c plan.c \
    bundle.c log.c log_make.c log_mutate.c eseal.c status.c csv.c)
BAD += tests/bad/published.c
BAD_HELP := $(addprefix tests/unit/,expect.c help_pki.c help_crl.c help_ocsp.c help_eseal.c help_bundle.c help_bundle_policy.c help_bundle_log.c help_batch.c sample_records.c)
BAD += tests/bad/cmc.c
BAD_HELP += tests/unit/help_cmc.c
BAD_HELP += tests/unit/help_evidence.c

$(call objects,$(BAD)): CPPFLAGS += -Itests
$(B)/test/bad-inputs: $(call objects,$(BAD) $(BAD_HELP) $(RA_PARTS) $(AUDIT_PARTS)) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcyaml -lyaml $(LIBS_MINUTES) $(LIBS_TOKEN)
-include $(patsubst %.o,%.d,$(call objects,$(BAD)))

run-check: $(B)/test/bad-inputs
check-bad: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-check-bad
run-check-bad: $(B)/test/bad-inputs
	$(Q)ROOTSEAL_BUILD=$(B) $(B)/test/bad-inputs $(ONLY)
.PHONY: check-bad run-check-bad
