# The minutes of a ceremony, and how they look printed. The including Makefile sets CC, CFLAGS, B and Q.
#
#   make check-minutes   minutes, and the report of an audit, printed to PDF by a browser and read back; KEEP=DIR leaves the
#                        pages there as pictures

MINUTES := $(addprefix ceremony/room/,qr.c sheet.c sheet_html.c sheet_text.c minutes.c minutes_telling.c loose.c minutes_front.c minutes_steps.c \
    minutes_log.c minutes_code.c minutes_facts.c minutes_archive.c minutes_show.c)
MINUTES_AUDITED := $(addprefix ceremony/room/,extent.c minutes_sign.c)
ROOM_PARTS += $(MINUTES) $(MINUTES_AUDITED)
CEREMONY += $(MINUTES) $(MINUTES_AUDITED) $(addprefix ceremony/,room/step_minutes.c room/signers.c cmd_minutes.c)
LIBS_MINUTES := -lqrencode

# with what reads a ceremony's file, for the program that makes minutes to look at
MINUTES_PARTS := $(MINUTES) $(addprefix policy/,yaml.c where.c scalar.c) $(addprefix ceremony/room/,script_yaml.c script.c \
    script_people.c script_steps.c transcript.c)
# the auditor writes them again
AUDIT_PARTS += $(MINUTES_PARTS) $(MINUTES_AUDITED)
AUDIT += $(MINUTES_PARTS) $(MINUTES_AUDITED)
MINUTES_PACKAGES := chromium fonts-noto-cjk poppler-utils zbar-tools
MINUTES_MAKE := tests/minutes/make.c $(addprefix tests/unit/,help_minutes.c help_report.c sample_records.c expect.c)
$(call objects,tests/minutes/make.c): CPPFLAGS += -Itests
$(B)/test/minutes: $(call objects,$(MINUTES_MAKE) $(MINUTES_PARTS) $(MINUTES_AUDITED) $(AUDIT_PARTS)) $(BIN)/policy_table.o $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcheck -lsubunit -lm -lrt -lcyaml -lyaml $(LIBS_MINUTES) $(LIBS_COMMON) -lpthread
-include $(patsubst %.o,%.d,$(call objects,$(MINUTES_MAKE) $(MINUTES_PARTS) $(MINUTES_AUDITED) $(AUDIT_PARTS)))

check-minutes: packages test-packages
	@$(call install_missing,$(MINUTES_PACKAGES))
	$(Q)$(MAKE) --no-print-directory run-check-minutes
run-check-minutes: $(B)/test/minutes
	$(Q)bash tests/minutes/print.sh $<
.PHONY: check-minutes run-check-minutes
