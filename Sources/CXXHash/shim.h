// Why this file exists: a module map of ours names no path under /usr/include. Only the functions whose results
// xxHash holds stable are seen: what it calls experimental hides behind XXH_STATIC_LINKING_ONLY.
#pragma once
#include <xxhash.h>
