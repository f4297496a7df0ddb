#include "partition.h"

#include <string.h>

#define MIB 2048u /* sectors */
#define ENTRY 446
#define LINUX 0x83

static void put32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

bool partition_table(uint64_t sectors, uint8_t out[PARTITION_TABLE])
{
    memset(out, 0, PARTITION_TABLE);
    if (sectors < 2 * MIB + PARTITION_LEAST)
        return false;
    uint64_t length = sectors - (uint64_t)2 * MIB;
    if (length > PARTITION_MOST)
        length = PARTITION_MOST;
    uint8_t *entry = out + ENTRY;
    memcpy(entry + 1, "\xfe\xff\xff", 3); /* cylinders, heads and sectors: none that count */
    entry[4] = LINUX;
    memcpy(entry + 5, "\xfe\xff\xff", 3);
    put32(entry + 8, MIB);
    put32(entry + 12, (uint32_t)length);
    out[510] = 0x55;
    out[511] = 0xaa;
    return true;
}
