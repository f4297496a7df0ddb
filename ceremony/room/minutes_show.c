#include "room/minutes_show.h"

#include <stdio.h>
#include <unistd.h>

#include "batch/state.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/minutes_code.h"
#include "room/qr.h"
#include "room/record_files.h"

#define LABEL 11 /* columns */

void minutes_show_digest(const char *ceremony, const uint8_t html[DIGEST_LEN])
{
    char hex[DIGEST_HEX];
    hex_encode(html, DIGEST_LEN, hex);
    screen_field(_("minutes"), LABEL, CEREMONIES_DIR "/%s/" MINUTES_HTML, ceremony);
    screen_field("sha256", LABEL, "%s", hex);
    screen_words(_("words"), LABEL, html);
}

enum err minutes_show(const char *ceremony, const uint8_t html[DIGEST_LEN], struct diag *d)
{
    char text[LIMIT_QR_TEXT + 1];
    struct buf code = {0};
    minutes_show_digest(ceremony, html);
    if (!isatty(STDERR_FILENO) || !i18n_is_utf8())
        return E_OK;
    minutes_code_of_digest(MINUTES_CODE_MINUTES, html, text);
    enum err e = qr_screen(text, &code, d);
    if (e == E_OK) {
        fflush(stdout);
        fwrite(code.data, 1, code.len, stderr);
    }
    buf_free(&code);
    return e;
}
