/* partition.h - the table of a state medium: one partition, no larger than a state needs. */
#ifndef ROOTSEAL_INIT_PARTITION_H
#define ROOTSEAL_INIT_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#define PARTITION_SECTOR 512
#define PARTITION_TABLE 512 /* bytes */

/* Sectors, of 512 bytes. Making the medium writes every sector of the partition twice, since each needs its tag before
 * it can be read: on a stick of 64 GB that would be hours for a state that fills a hundredth of it. */
#define PARTITION_LEAST (96ULL * 2048)     /* 96 MiB */
#define PARTITION_MOST (2ULL * 1024 * 2048) /* 2 GiB */

/* Write a master boot record with one Linux partition, from 1 MiB to the end of the medium, its last MiB left out, or
 * PARTITION_MOST; what stood there of another table is gone with its own sectors. False when less than PARTITION_LEAST
 * is left, and out is all zero. */
bool partition_table(uint64_t sectors, uint8_t out[PARTITION_TABLE]);

#endif
