# The commands that stand in every evidence (rootseal-formats(5)), as a text in the program.

$(B)/evidence_script.c: ceremony/audit/evidence.sh
	@mkdir -p $(@D)
	@echo '#include "audit/evidence_script.h"' > $@
	@echo 'const char evidence_script[] =' >> $@
	@sed -e '/# shellcheck/d' -e 's/[\\"]/\\&/g' -e 's/.*/    "&\\n"/' $< >> $@
	@echo '    "";' >> $@
$(B)/evidence_script.o: $(B)/evidence_script.c ceremony/audit/evidence_script.h
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(B)/libcommon.a: $(B)/evidence_script.o
