/* The audit log: its reader, the record of each line, the seal in a line. */
#include "log/log.h"

#include <openssl/rand.h>
#include <string.h>

#include "fuzz.h"
#include "log/position.h"
#include "log/seal.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

void fuzz_start(void)
{
}

/* Half of the time as somebody would forge it: with the digests of the lines as they are now. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 2 == 0)
        fuzz_mend_chain(data, size);
    return size;
}

/* The fields of a record, written with the writer: the line again. */
static void check_record(const struct record *r, struct span line)
{
    struct buf again = {0};
    struct diag d = {0};
    json_t *fields = json_copy(r->obj);
    static const char *const head[] = {"seq", "time", "type", "prev"};
    for (size_t i = 0; i < 4; i++)
        fuzz_hold(fields != NULL && json_object_del(fields, head[i]) == 0, "a record without its head");
    fuzz_hold(record_write(r->seq, r->time, r->type, r->prev, fields, &again, &d) == E_OK,
              "a record that cannot be written");
    fuzz_hold(fuzz_same(buf_span(&again), line), "a record that is not what it says");
    fuzz_check_shown(line, false);
    buf_free(&again);
}

static void check_seal(const struct record *r, const struct log_position *before)
{
    struct seal s;
    struct buf file = {0};
    struct diag d = {0};
    struct seal again;
    enum err e = seal_from_record(r, before, &s, &d);
    fuzz_check_diag(e, &d);
    if (e != E_OK)
        return;
    fuzz_hold(seal_write(&s, &file) == E_OK && seal_parse(buf_span(&file), &again, &d) == E_OK,
              "a seal that cannot be a file");
    fuzz_hold(seal_check_position(&again, before, &d) == E_OK, "a seal of another position");
    seal_free(&again);
    seal_free(&s);
    buf_free(&file);
}

static void check_position(const struct log_position *p)
{
    struct buf saved = {0};
    struct log_position again;
    fuzz_hold(position_save(p, &saved) == E_OK && position_load(&again, buf_span(&saved)) == E_OK && again.size == p->size &&
                  again.bytes == p->bytes && memcmp(again.head, p->head, DIGEST_LEN) == 0,
              "a position that is not kept");
    buf_free(&saved);
}

bool fuzz_one(struct span in)
{
    struct log_reader *r;
    struct diag d = {0};
    struct span line;
    struct record rec;
    bool more = true;
    fuzz_put(LOG_FILE, in);
    enum err e = log_reader_open(fuzz_folder(), LOG_FILE, NULL, &r, &d);
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK, "a log that is not opened");
    struct log_position before = *log_reader_position(r);
    while ((e = log_reader_next(r, &line, &rec, &more, &d)) == E_OK && more) {
        check_record(&rec, line);
        if (rec.type == RECORD_SEAL)
            check_seal(&rec, &before);
        record_free(&rec);
        before = *log_reader_position(r);
    }
    fuzz_check_diag(e, &d);
    fuzz_hold(e == E_OK || e == E_LOG_FORMAT || e == E_LOG_CHAIN, "a log that is refused for what it cannot be");
    if (e == E_OK)
        fuzz_hold(before.bytes + log_reader_torn(r).n == in.n, "bytes of a log that nobody read");
    if (fuzz_turn(0, 4))
        check_position(&before);
    bool whole = e == E_OK && log_reader_torn(r).n == 0;
    log_reader_close(r);
    return whole;
}
