// Why this file exists: a module map of ours names no path under /usr/include; and macros that Swift
// cannot import become constants here.
#pragma once
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
