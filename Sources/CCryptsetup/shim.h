// Why this file exists: a module map of ours names no path under /usr/include; and macros that Swift
// cannot import (UINT32_C() and casts) become constants here.
#pragma once
#include <libcryptsetup.h>

// Hides a mapping from udev's scans.
static const uint32_t EXT_CRYPT_ACTIVATE_PRIVATE = CRYPT_ACTIVATE_PRIVATE;

// Nothing can be written through a mapping.
static const uint32_t EXT_CRYPT_ACTIVATE_READONLY = CRYPT_ACTIVATE_READONLY;

// Closes a mapping now or when its last user ends.
static const uint32_t EXT_CRYPT_DEACTIVATE_DEFERRED = CRYPT_DEACTIVATE_DEFERRED;

// Takes the cost of the key derivation as given.
static const uint32_t EXT_CRYPT_PBKDF_NO_BENCHMARK = CRYPT_PBKDF_NO_BENCHMARK;
