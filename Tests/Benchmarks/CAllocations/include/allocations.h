#pragma once
#include <stdint.h>

// How many blocks this process has asked the heap for since it began.
uint64_t slipway_allocations(void);
