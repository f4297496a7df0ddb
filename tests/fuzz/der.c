/* The DER reader, against OpenSSL's: what it calls DER, OpenSSL reads, and writes as the same bytes. */
#include "pki/der.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

#include "fuzz.h"

void fuzz_start(void)
{
}

/* Every element, however deep: what the cursor takes is what the writer puts. */
static void check_elements(struct span in, int depth)
{
    struct der e;
    while (in.n > 0) {
        struct buf again = {0};
        fuzz_hold(der_next(&in, &e), "DER whose inside cannot be read");
        der_put(&again, e.tag, e.body);
        fuzz_hold(buf_err(&again) == E_OK && fuzz_same(buf_span(&again), e.whole), "an element that is written otherwise");
        buf_free(&again);
        if ((e.tag & 0x20) != 0)
            check_elements(e.body, depth + 1);
    }
    fuzz_hold(depth < 1000, "nested without a bound");
}

bool fuzz_one(struct span in)
{
    if (!der_check(in))
        return false;
    check_elements(in, 0);
    const uint8_t *p = in.p;
    uint8_t *again = NULL;
    ASN1_TYPE *t = d2i_ASN1_TYPE(NULL, &p, (long)in.n);
    if (t != NULL) {
        int n = i2d_ASN1_TYPE(t, &again);
        fuzz_hold(p == in.p + in.n && n > 0 && fuzz_same((struct span){again, (size_t)n}, in),
                  "DER that OpenSSL writes otherwise");
    }
    OPENSSL_free(again);
    ASN1_TYPE_free(t);
    ERR_clear_error();
    return true;
}
