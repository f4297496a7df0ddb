# The status of many certificates: a CRL of a million entries, and a tree of OCSP responses behind nginx. `make check` runs both
# with fewer.
#
#   make check-crl    one million entries: the memory it takes, and what OpenSSL reads
#   make check-ocsp   every response is asked for with curl and openssl ocsp

STATUS_PACKAGES := nginx curl
STATUS_HELP := $(addprefix tests/unit/,expect.c help_pki.c help_crl.c help_ocsp.c)
STATUS := tests/status/make.c

$(call objects,$(STATUS)): CPPFLAGS += -Itests
$(B)/test/status: $(call objects,$(STATUS) $(STATUS_HELP)) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcheck -lsubunit -lm -lrt $(LIBS_COMMON) -lpthread
-include $(patsubst %.o,%.d,$(call objects,$(STATUS)))

run-check: $(B)/test/status
check-crl check-ocsp: packages test-packages
	$(Q)$(MAKE) --no-print-directory run-$@
run-check-crl: $(B)/test/status
	$(Q)bash tests/status/crl.sh $< 1000000
run-check-ocsp: $(B)/test/status
	$(Q)bash tests/status/ocsp.sh $<
.PHONY: check-crl check-ocsp run-check-crl run-check-ocsp
