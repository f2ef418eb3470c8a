// What Glibc's module map leaves out, and calls that are macros or variadic.
#ifndef SLIPWAY_CLINUX_H
#define SLIPWAY_CLINUX_H

#include <sys/eventfd.h>
#include <sys/prctl.h>

#endif
