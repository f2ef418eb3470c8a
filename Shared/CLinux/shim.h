// What Glibc's module map leaves out, and calls that are macros or variadic.
#ifndef SLIPWAY_CLINUX_H
#define SLIPWAY_CLINUX_H

#include <sys/eventfd.h>
#include <sys/prctl.h>

// prctl is variadic. A name longer than 15 bytes is cut by the kernel.
static inline int clinux_set_thread_name(const char *name) {
    return prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL);
}

#endif
