/*
 * words: reads one digest of 32 bytes in hexadecimal from stdin and writes it in words, as the programs do. For what is
 * printed beside an image.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/words.h"

int main(void)
{
    uint8_t digest[32];
    char text[1024];
    for (size_t i = 0; i < sizeof digest; i++) {
        unsigned byte;
        if (scanf("%2x", &byte) != 1) {
            fprintf(stderr, "words: stdin is not 64 hexadecimal digits\n");
            return EXIT_FAILURE;
        }
        digest[i] = (uint8_t)byte;
    }
    words_format(digest, sizeof digest, 8, "    ", text, sizeof text);
    printf("    %s\n", text);
    return EXIT_SUCCESS;
}
