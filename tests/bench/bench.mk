# How fast, beside what else could be done with the same token, files and processors. Every figure is a ratio of one run.
#
#   make bench         at full size: for two quiet cores, and a quarter of an hour
#   make bench-quick   with less of everything: for two minutes
#   FIGURES="WORD ..." only these figures: tests/bench/bench.pl --list

BENCH := $(addprefix $(B)/bench/,rawsign requests measure bound count.so)
$(B)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lcrypto -lpthread
$(B)/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $< -lcrypto

# It writes as the programs do, under their policy, and so is linked anew with each.
$(BIN)/history: $(call objects,tests/bench/history.c) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TOKEN)
-include $(patsubst %.o,%.d,$(call objects,tests/bench/history.c))

bench bench-quick: packages test-packages
	$(Q)$(ON_ALL_CORES) run-$@
run-bench run-bench-quick: all $(BENCH) $(FAULTY) $(B)/test/status
	$(Q)ROOTSEAL_BUILD=$(B) tests/bench/bench.pl $(if $(filter %quick,$@),--quick) $(FIGURES)
.PHONY: bench bench-quick run-bench run-bench-quick
