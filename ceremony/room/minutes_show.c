#include "room/minutes_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/state.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/qr.h"
#include "room/record_files.h"

#define LABEL 11 /* columns */

static bool is_utf8_terminal(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return isatty(STDERR_FILENO) && (strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL);
    }
    return false;
}

enum err minutes_show(const char *ceremony, const uint8_t html[DIGEST_LEN], struct diag *d)
{
    char hex[DIGEST_HEX], text[LIMIT_QR_TEXT + 1];
    struct buf code = {0};
    hex_encode(html, DIGEST_LEN, hex);
    screen_field(_("minutes"), LABEL, CEREMONIES_DIR "/%s/" MINUTES_HTML, ceremony);
    screen_field("sha256", LABEL, "%s", hex);
    screen_words(_("words"), LABEL, html);
    if (!is_utf8_terminal())
        return E_OK;
    snprintf(text, sizeof text, "rootseal-minutes %s", hex);
    enum err e = qr_screen(text, &code, d);
    if (e == E_OK) {
        fflush(stdout);
        fwrite(code.data, 1, code.len, stderr);
    }
    buf_free(&code);
    return e;
}
