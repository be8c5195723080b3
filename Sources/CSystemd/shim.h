// Why this file exists: a module map of ours names no path under /usr/include; and macros that Swift
// cannot import become constants here.
#pragma once
#include <sys/uio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

// Anonymous enum in sd-journal.h.
static const int EXT_SD_JOURNAL_LOCAL_ONLY = SD_JOURNAL_LOCAL_ONLY;
