// Why this file exists: a module map of ours names no path under /usr/include; and macros that Swift
// cannot import become constants here.
#pragma once
#include <libcryptsetup.h>

// Key slots: "any" tries them all, also the costly passphrase slot.
static const int32_t EXT_CRYPT_ANY_SLOT = CRYPT_ANY_SLOT;

// Activation (UINT32_C() macros).
static const uint32_t EXT_CRYPT_ACTIVATE_READONLY = CRYPT_ACTIVATE_READONLY;
static const uint32_t EXT_CRYPT_ACTIVATE_PRIVATE = CRYPT_ACTIVATE_PRIVATE;
static const uint32_t EXT_CRYPT_ACTIVATE_ALLOW_DISCARDS = CRYPT_ACTIVATE_ALLOW_DISCARDS;

// Deactivation (UINT32_C() macros).
static const uint32_t EXT_CRYPT_DEACTIVATE_FORCE = CRYPT_DEACTIVATE_FORCE;
static const uint32_t EXT_CRYPT_DEACTIVATE_DEFERRED = CRYPT_DEACTIVATE_DEFERRED;
static const uint32_t EXT_CRYPT_DEACTIVATE_DEFERRED_CANCEL = CRYPT_DEACTIVATE_DEFERRED_CANCEL;

// Key derivation (UINT32_C() macros).
static const uint32_t EXT_CRYPT_PBKDF_ITER_TIME_SET = CRYPT_PBKDF_ITER_TIME_SET;
static const uint32_t EXT_CRYPT_PBKDF_NO_BENCHMARK = CRYPT_PBKDF_NO_BENCHMARK;

// New volume keys (UINT32_C() macros).
static const uint32_t EXT_CRYPT_VOLUME_KEY_NO_SEGMENT = CRYPT_VOLUME_KEY_NO_SEGMENT;
static const uint32_t EXT_CRYPT_VOLUME_KEY_SET = CRYPT_VOLUME_KEY_SET;

// What crypt_keyslot_status answers (an enum).
static const int32_t EXT_CRYPT_SLOT_INVALID = CRYPT_SLOT_INVALID;
static const int32_t EXT_CRYPT_SLOT_INACTIVE = CRYPT_SLOT_INACTIVE;
static const int32_t EXT_CRYPT_SLOT_ACTIVE = CRYPT_SLOT_ACTIVE;
static const int32_t EXT_CRYPT_SLOT_ACTIVE_LAST = CRYPT_SLOT_ACTIVE_LAST;
static const int32_t EXT_CRYPT_SLOT_UNBOUND = CRYPT_SLOT_UNBOUND;
