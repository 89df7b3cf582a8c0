// What the reference pieces share: clocks, CPU, stamps, the command line.
#ifndef COMMON_H
#define COMMON_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)

static inline int64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static inline int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static inline int64_t timeval_ns(struct timeval t) { return (int64_t)t.tv_sec * SECOND + (int64_t)t.tv_usec * 1000; }

typedef struct {
    int64_t user, system; // nanoseconds
} cpu_time;

static inline cpu_time process_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (cpu_time){timeval_ns(usage.ru_utime), timeval_ns(usage.ru_stime)};
}

/// CLOCK_REALTIME minus CLOCK_MONOTONIC, from the tightest of a few readings.
static inline int64_t realtime_offset(void) {
    int64_t best = 0, width = INT64_MAX;
    for (int i = 0; i < 8; i++) {
        int64_t before = now_ns(), real = clock_ns(CLOCK_REALTIME), after = now_ns();
        if (after - before < width) width = after - before, best = real - (before + after) / 2;
    }
    return best;
}

/// `recv` that also gives the kernel's receive stamp (CLOCK_REALTIME ns), 0 when the socket asks for none.
static inline ssize_t receive(int fd, void *bytes, size_t length, int64_t *stamp) {
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
    struct iovec part = {bytes, length};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t count = recvmsg(fd, &message, 0);
    *stamp = 0;
    if (count <= 0) return count;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            *stamp = (int64_t)t.tv_sec * SECOND + t.tv_nsec;
        }
    }
    return count;
}

static inline void set_option(int fd, int level, int name, int value) {
    if (setsockopt(fd, level, name, &value, sizeof value) != 0) {
        perror("setsockopt");
        exit(1);
    }
}

/// Takes all the descriptors that the hard limit allows.
static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static inline struct sockaddr_in address_of(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        fprintf(stderr, "not an IPv4 address: %s\n", host);
        exit(2);
    }
    return address;
}

/// Finds `--name value` pairs; an option that no call asked for is an error at `finish_options`.
typedef struct {
    int count;
    char **words;
    bool *known;
} options;

static inline options read_options(int argc, char **argv) {
    options all = {argc, argv, calloc((size_t)argc, sizeof(bool))};
    return all;
}

static inline const char *text_option(options *all, const char *name, const char *fallback) {
    for (int i = 1; i + 1 < all->count; i += 2) {
        if (strncmp(all->words[i], "--", 2) == 0 && strcmp(all->words[i] + 2, name) == 0) {
            all->known[i] = all->known[i + 1] = true;
            return all->words[i + 1];
        }
    }
    return fallback;
}

static inline double number_option(options *all, const char *name, double fallback) {
    const char *text = text_option(all, name, NULL);
    if (!text) return fallback;
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end) {
        fprintf(stderr, "--%s takes a number, not %s\n", name, text);
        exit(2);
    }
    return value;
}

static inline void finish_options(options *all) {
    for (int i = 1; i < all->count; i++) {
        if (!all->known[i]) {
            fprintf(stderr, "unknown or incomplete option: %s\n", all->words[i]);
            exit(2);
        }
    }
    free(all->known);
}

#endif
