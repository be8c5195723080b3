#include "CBlinkStickEmulator.h"
