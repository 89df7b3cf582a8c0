// Calls of Linux and glibc that Swift's Glibc module does not show.
#define _GNU_SOURCE
#include "CCurl.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

int spate_stream_socket(int family, int type, int protocol) {
    int made = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    // Without a range of its own a socket is given every second port only, and once those are used up (TIME_WAIT counts)
    // the kernel tries them all before the others, at each connect. Linux heeds it so since 6.8.
    uint32_t all = 65535u << 16 | 1;
    int saved = errno;
    if (made >= 0) setsockopt(made, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &all, sizeof all);
    errno = saved;
    return made;
}

int spate_bind_late(int socket) {
    int on = 1;
    return setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
}

int spate_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

bool spate_is_quiet(int socket) {
    char byte;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

ssize_t spate_send_now(int socket, const void *bytes, size_t length) {
    return send(socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int spate_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

void spate_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void spate_reserve_memory(size_t count, size_t each) {
    void **pieces = calloc(count, sizeof *pieces);
    if (!pieces) return;
    mallopt(M_TRIM_THRESHOLD, 1 << 30); // what is freed stays
    size_t made = 0;
    while (made < count && (pieces[made] = malloc(each))) {
        for (size_t byte = 0; byte < each; byte += 4096) ((volatile char *)pieces[made])[byte] = 0;
        made++;
    }
    while (made > 0) free(pieces[--made]);
    free(pieces);
}

_Noreturn void spate_end(const char *what, int error) {
    const char *hint = error == EMFILE   ? "; a higher ulimit -n allows more files"
                       : error == EAGAIN ? "; a higher ulimit -u allows more threads"
                                         : "";
    char text[512];
    int length = snprintf(text, sizeof text, "error: cannot %s: %s%s\n", what, strerror(error), hint);
    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0) {} // nowhere to say it
    _exit(74);
}

// EAGAIN is not among them: any read may have left it.
static bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS || error == ENOSPC;
}

static struct sigaction before_abort, before_trap;

// `write` and `_exit` are safe in a handler; of the rest only strings that are constant for these errors are used.
static void aborted(int number) {
    int error = errno;
    if (is_shortage(error)) spate_end("go on: the system refused a descriptor or memory", error);
    sigaction(number, number == SIGABRT ? &before_abort : &before_trap, NULL); // it comes again
}

void spate_expect_aborts(void) {
    struct sigaction ours = {.sa_handler = aborted};
    sigaction(SIGABRT, &ours, &before_abort);
    sigaction(SIGILL, &ours, &before_trap);
}

static int64_t nanoseconds(struct timeval t) { return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000; }

int64_t spate_thread_cpu(void) { return spate_clock(CLOCK_THREAD_CPUTIME_ID); }

int64_t spate_thread_waits(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

int64_t spate_process_cpu(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

#ifndef SPATE_COMMIT
#define SPATE_COMMIT ""
#endif

const char *spate_commit(void) { return SPATE_COMMIT; }

int spate_usable_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    return (int)sysconf(_SC_NPROCESSORS_ONLN);  // more CPUs than the set holds
}
// Whoever makes a thread: we, libuv, or libdispatch, which would try again every second for ever. A sanitizer has a
// `pthread_create` of its own.
#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
typedef int (*create_thread)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

__attribute__((visibility("default"), used, weak)) int pthread_create(pthread_t *thread, const pthread_attr_t *how,
                                                                      void *(*body)(void *), void *argument) {
    create_thread create;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    int error = create ? create(thread, how, body, argument) : EAGAIN;
    if (error) spate_end("start a thread", error);
    return error;
}
#endif

// --- The wall clock's discipline. ---
#include <sys/timex.h>

int spate_clock_state(int64_t *estimate, int64_t *bound) {
    struct timex state;
    memset(&state, 0, sizeof state);
    int code = adjtimex(&state);
    if (code < 0) return -1;
    *estimate = (int64_t)state.esterror * 1000;
    *bound = (int64_t)state.maxerror * 1000;
    return code == TIME_ERROR || (state.status & STA_UNSYNC) ? 0 : 1;
}
