// Why this file exists: a module map of ours names no path under /usr/include.
#pragma once
#include <umockdev.h>
