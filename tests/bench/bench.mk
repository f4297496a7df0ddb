# How fast, beside what else could be done with the same token, files and processors. Every figure is a ratio of one run.
#
#   make bench         within a quarter of an hour on two quiet cores
#   make bench-quick   within two minutes, with less of everything
#   FIGURES="WORD ..." only these figures: tests/bench/bench.pl --list

BENCH := $(addprefix $(B)/bench/,rawsign requests measure bound count.so)
$(B)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lcrypto -lpthread
$(B)/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $< -lcrypto

bench bench-quick: packages test-packages
	$(Q)$(ON_ALL_CORES) run-$@
run-bench run-bench-quick: all $(BENCH) $(FAULTY)
	$(Q)ROOTSEAL_BUILD=$(B) tests/bench/bench.pl $(if $(filter %quick,$@),--quick) $(FIGURES)
.PHONY: bench bench-quick run-bench run-bench-quick
