/* i18n.h - what a person reads, in the person's language: English, which stands in the sources, or Chinese, from the
 * gettext catalogue ceremony/po/zh_CN.po.
 *
 * Only what is printed for a person goes through here, and only as it is printed; struct diag (core/diag.h) has its words
 * twice, as they are kept and as they are said. Codes, formats, log lines, JSON and the texts of plans are the same in
 * every language. The process itself stays in the C locale, so that
 * nothing else changes with the language: no number, no strerror(), nothing in a PKCS#11 module.
 */
#ifndef ROOTSEAL_CORE_I18N_H
#define ROOTSEAL_CORE_I18N_H

#include <stdbool.h>
#include <stdint.h>

/* Choose the language, as gettext does: the first one of LANGUAGE that there is, else that of LC_ALL, LC_MESSAGES or
 * LANG; English where these name the C locale, and where the locale's characters are not UTF-8. The catalogue is opened
 * here, before the process shuts itself in, and is searched for beside the program (locale/, in the build) and where
 * `make install` puts it (../share/locale/); no variable names another place. Without a catalogue it stays English.
 * Call it once, before the first thread. */
void i18n_start(void);

/* The language that was chosen: "en" or "zh_CN" (for <html lang>, and for tests). Constant. */
const char *i18n_language(void);

/* Are the locale's characters UTF-8, by LC_ALL, LC_CTYPE or LANG? */
bool i18n_is_utf8(void);

/* The translation of an English text, or the text itself. Constant, UTF-8. A text with conversions for printf has them
 * in its translation, too (msgfmt -c refuses the catalogue otherwise). */
const char *i18n(const char *text) __attribute__((format_arg(1)));

/* The same for a text that has a form for one and another for all other numbers. */
const char *i18n_plural(const char *one, const char *many, uint64_t n) __attribute__((format_arg(1), format_arg(2)));

/* The same for a short word that means something else elsewhere; context says what it is about, e.g. "role". */
const char *i18n_in(const char *context, const char *text);

/* The names by which xgettext finds the texts; N_() marks one that is translated where it is printed,
 * NC_() one that is translated there by i18n_in(). */
#define _(text) i18n(text)
#define N_(text) text
#define NC_(context, text) text

#endif
