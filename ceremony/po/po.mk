# What the programs say in other languages than that of the sources: gettext catalogues, beside the programs.
# The including Makefile sets B and BIN (the build folders), DESTDIR and PREFIX.

PO := ceremony/po
LANGUAGES := zh_CN
CATALOGUES := $(LANGUAGES:%=$(BIN)/locale/%/LC_MESSAGES/rootseal.mo)

# --check refuses a translation whose conversions are not those of the text.
$(BIN)/locale/%/LC_MESSAGES/rootseal.mo: $(PO)/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt --check -o $@ $<
$(PROGRAMS) $(B)/policyc: | $(CATALOGUES)

# Brings the catalogues up to the sources: what is new stands there without a translation, to be given one by hand.
po:
	@mkdir -p $(B)
	$(Q)$(PO)/extract.sh > $(B)/rootseal.pot
	$(Q)for l in $(LANGUAGES); do msgmerge --quiet --update --backup=none --no-fuzzy-matching --no-location \
	    $(PO)/$$l.po $(B)/rootseal.pot && msgattrib --no-obsolete --no-location -o $(PO)/$$l.po $(PO)/$$l.po && \
	    msgfmt --check --statistics -o /dev/null $(PO)/$$l.po; done

install: install-catalogues
install-catalogues: $(CATALOGUES)
	for l in $(LANGUAGES); do install -d $(DESTDIR)$(PREFIX)/share/locale/$$l/LC_MESSAGES && \
	    install -m644 $(BIN)/locale/$$l/LC_MESSAGES/rootseal.mo $(DESTDIR)$(PREFIX)/share/locale/$$l/LC_MESSAGES; done

.PHONY: po install-catalogues
