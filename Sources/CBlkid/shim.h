// Why this file exists: a module map of ours names no path under /usr/include; and macros that Swift
// cannot import become constants here.
#pragma once
#include <blkid/blkid.h>

// Macros with shifts, which Swift's importer leaves out.
static const int32_t EXT_BLKID_SUPERBLOCK_FLAGS =
    BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_MAGIC;
static const int32_t EXT_BLKID_PARTITION_FLAGS = BLKID_PARTS_MAGIC;
