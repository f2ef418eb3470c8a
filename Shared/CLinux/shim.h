// What Glibc's module map leaves out, and calls that are macros or variadic.
#ifndef SLIPWAY_CLINUX_H
#define SLIPWAY_CLINUX_H

#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl is variadic. A name longer than 15 bytes is cut by the kernel.
static inline int clinux_set_thread_name(const char *name) {
    return prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL);
}

// Files with the set-uid bit give this thread, and whatever it begins, no rights from now on.
static inline int clinux_gain_no_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
}

// Has the kernel hand to this process whatever its descendants leave behind when they end.
static inline int clinux_adopt_orphans(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

// Copies at both files' offsets and moves them on. Returns bytes; 0 at the end of the source; -1 with errno.
static inline long clinux_copy_file_range(int source, int destination, unsigned long length) {
    return syscall(SYS_copy_file_range, source, (void *)0, destination, (void *)0, length, 0U);
}

// Opens what is beneath a directory and by no link out of it (RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS). Returns a
// descriptor; -1 with errno: ENOSYS and EPERM where the kernel or a filter of system calls has no such call.
static inline int clinux_open_beneath(int directory, const char *path, int flags) {
    struct { uint64_t flags, mode, resolve; } how = {(uint64_t)(unsigned int)flags, 0, 0x08 | 0x02};
    return (int)syscall(437 /* openat2 on every architecture */, directory, path, &how, sizeof how);
}

#endif
