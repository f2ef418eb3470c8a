/* A clock on the wall that a test sets: loaded before all other libraries, it adds the seconds that the file named by
 * SLIPWAY_TEST_CLOCK holds to the time of the day, and leaves the clocks alone that nobody can set, and all timers on them.
 * (libfaketime 0.9.10 moves the timers as well.) */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
    const char *path = getenv("SLIPWAY_TEST_CLOCK");
    char text[24];
    if (path == NULL) return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    long status = syscall(SYS_clock_gettime, clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return (int)status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec moment;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &moment) != 0) return -1;
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *given) {
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (given != NULL) *given = moment.tv_sec;
    return moment.tv_sec;
}
