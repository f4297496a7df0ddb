#include "core/i18n.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DOMAIN "rootseal"
#define CHINESE "zh_CN"
#define CATALOGUE "/" CHINESE "/LC_MESSAGES/" DOMAIN ".mo"

/* The locale in which gettext looks into the catalogue; no other call of the program is made in it. 0: English. */
static locale_t chinese;

/* -- which language -- */

/* What the environment says of this category, e.g. "zh_CN.UTF-8". */
static const char *locale_of(const char *category)
{
    const char *const names[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "C";
}

static bool is_utf8(const char *locale)
{
    const char *codeset = strchr(locale, '.');
    if (codeset == NULL)
        return false;
    size_t n = strcspn(++codeset, "@");
    return (n == 5 && strncasecmp(codeset, "UTF-8", n) == 0) || (n == 4 && strncasecmp(codeset, "utf8", n) == 0);
}

bool i18n_is_utf8(void)
{
    return is_utf8(locale_of("LC_CTYPE"));
}

/* Is the first language of the list that the programs speak Chinese? "zh_TW" is not: its readers want other characters. */
static bool is_chinese_first(const char *list)
{
    static const char *const ours[] = {"zh_CN", "zh_SG", "zh", "zh_Hans"};
    while (*list != '\0') {
        size_t n = strcspn(list, ":"), name = strcspn(list, ":.@");
        if (name >= 2 && strncmp(list, "en", 2) == 0 && (name == 2 || list[2] == '_'))
            return false;
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            if (name == strlen(ours[i]) && strncmp(list, ours[i], name) == 0)
                return true;
        list += n + (list[n] == ':');
    }
    return false;
}

static bool wants_chinese(void)
{
    const char *messages = locale_of("LC_MESSAGES"), *languages = getenv("LANGUAGE");
    if (strcmp(messages, "C") == 0 || strcmp(messages, "POSIX") == 0 || !i18n_is_utf8())
        return false;
    return is_chinese_first(languages != NULL && languages[0] != '\0' ? languages : messages);
}

/* -- the catalogue -- */

/* The folder is found from where the program lies: who can write there can change the program as well. */
static bool find_catalogue(char folder[PATH_MAX])
{
    static const char *const places[] = {"locale", "../share/locale"};
    char program[PATH_MAX], path[2 * PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return false;
    program[n] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (snprintf(folder, PATH_MAX, "%s/%s", program, places[i]) >= PATH_MAX)
            return false;
        snprintf(path, sizeof path, "%s" CATALOGUE, folder);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

void i18n_start(void)
{
    char folder[PATH_MAX];
    if (!wants_chinese() || !find_catalogue(folder))
        return;
    /* What else the C library would let the environment say about where it looks and what it loads. */
    static const char *const elsewhere[] = {"LOCPATH", "NLSPATH", "GCONV_PATH", "OUTPUT_CHARSET"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        unsetenv(elsewhere[i]);
    if (setenv("LANGUAGE", CHINESE, 1) != 0 || bindtextdomain(DOMAIN, folder) == NULL ||
        bind_textdomain_codeset(DOMAIN, "UTF-8") == NULL)
        return;
    chinese = newlocale(LC_MESSAGES_MASK, "C.UTF-8", (locale_t)0);
    (void)i18n("done"); /* what is opened lazily is open now */
}

const char *i18n_language(void)
{
    return chinese != (locale_t)0 ? CHINESE : "en";
}

const char *i18n(const char *text)
{
    if (chinese == (locale_t)0 || text[0] == '\0') /* an empty text would be the catalogue's header */
        return text;
    locale_t before = uselocale(chinese);
    const char *translated = dgettext(DOMAIN, text);
    uselocale(before);
    return translated;
}

const char *i18n_in(const char *context, const char *text)
{
    char both[128];
    if (snprintf(both, sizeof both, "%s\004%s", context, text) >= (int)sizeof both) /* as gettext.h writes it */
        return text;
    const char *translated = i18n(both);
    return translated == both ? text : translated;
}

const char *i18n_plural(const char *one, const char *many, uint64_t n)
{
    if (chinese == (locale_t)0)
        return n == 1 ? one : many;
    locale_t before = uselocale(chinese);
    const char *translated = dngettext(DOMAIN, one, many, n);
    uselocale(before);
    return translated;
}
