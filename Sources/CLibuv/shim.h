// libuv, and the kernel timers that Swift's Glibc module does not show.
#include <sys/timerfd.h>
#include <uv.h>

static inline int spate_timer_create(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

/// Fires once at that instant of CLOCK_MONOTONIC; 0 disarms.
static inline int spate_timer_set(int timer, int64_t nanoseconds) {
    struct itimerspec value = {{0, 0}, {nanoseconds / 1000000000, nanoseconds % 1000000000}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
}
