# The forger, who has the token: for the cases fraud-*. It is linked anew with each policy, as the programs are.

fraud_dir := $(dir $(lastword $(MAKEFILE_LIST)))
$(BIN)/forger: $(call objects,$(fraud_dir)forger.c) $(BIN)/policy_table.o $(B)/libtoken.a $(B)/libcommon.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TOKEN)
-include $(patsubst %.o,%.d,$(call objects,$(fraud_dir)forger.c))
