// Goes before the C library and lets calls on files under one folder fail: the FIRST-th of a kind, and so many after it.
//
//     SPATE_FAULT_FOLDER  files under it; calls on others are neither counted nor failed
//     SPATE_FAULT_CALL    write | pwrite | fsync | fdatasync | open | rename
//     SPATE_FAULT_FIRST   which one fails, from 1; 0 = none
//     SPATE_FAULT_TIMES   how many fail from there on
//     SPATE_FAULT_ERRNO   with what
//     SPATE_FAULT_LOG     gets a line for each failure (CALL NUMBER MONOTONIC_NS PATH) and the counts at the end
//
// Only in the process it was given to: its children write their files as ever.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"write", "pwrite", "fsync", "fdatasync", "open", "rename"};
enum call { WRITE, PWRITE, FSYNC, FDATASYNC, OPEN, RENAME, CALLS };

static atomic_long counts[CALLS];
static char folder[4096];
static int failing = -1, error_number, log_file = -1;
static long first, times;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SPATE_FAULT_FOLDER"), *call = getenv("SPATE_FAULT_CALL"), *log = getenv("SPATE_FAULT_LOG");
    unsetenv("LD_PRELOAD");
    if (!path || !call || !log) return;
    snprintf(folder, sizeof folder, "%s", path);
    for (int index = 0; index < CALLS; index++)
        if (!strcmp(call, names[index])) failing = index;
    first = atol(getenv("SPATE_FAULT_FIRST"));
    times = atol(getenv("SPATE_FAULT_TIMES"));
    error_number = atoi(getenv("SPATE_FAULT_ERRNO"));
    log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const char *line, int length) {
    if (log_file >= 0) syscall(SYS_write, log_file, line, (size_t)length);
}

__attribute__((destructor)) static void end(void) {
    char line[256];
    int length = 0;
    for (int index = 0; index < CALLS; index++)
        length += snprintf(line + length, sizeof line - (size_t)length, "count %s %ld\n", names[index],
                           atomic_load(&counts[index]));
    note(line, length);
}

static int fails(enum call call, const char *path) {
    size_t length = strlen(folder);
    if (!length || !path || strncmp(path, folder, length) || (path[length] && path[length] != '/')) return 0;
    long number = atomic_fetch_add(&counts[call], 1) + 1;
    if ((int)call != failing || !first || number < first || number >= first + times) return 0;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char line[4300];
    note(line, snprintf(line, sizeof line, "%s %ld %lld %s\n", names[call], number,
                        (long long)now.tv_sec * 1000000000LL + now.tv_nsec, path));
    errno = error_number;
    return 1;
}

static int fails_on(enum call call, int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return fails(call, path);
}

#define REAL(result, name, parameters)                                                                                \
    static result(*real) parameters;                                                                                  \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

#define ON_DESCRIPTOR(result, name, call, parameters, arguments)                                                      \
    result name parameters {                                                                                          \
        REAL(result, name, parameters);                                                                               \
        return fails_on(call, descriptor) ? -1 : real arguments;                                                      \
    }

ON_DESCRIPTOR(ssize_t, write, WRITE, (int descriptor, const void *bytes, size_t count), (descriptor, bytes, count))
ON_DESCRIPTOR(ssize_t, pwrite, PWRITE, (int descriptor, const void *bytes, size_t count, off_t at),
              (descriptor, bytes, count, at))
ON_DESCRIPTOR(ssize_t, pwrite64, PWRITE, (int descriptor, const void *bytes, size_t count, off64_t at),
              (descriptor, bytes, count, at))
ON_DESCRIPTOR(int, fsync, FSYNC, (int descriptor), (descriptor))
ON_DESCRIPTOR(int, fdatasync, FDATASYNC, (int descriptor), (descriptor))

#define OPENING(name)                                                                                                 \
    int name(const char *path, int flags, ...) {                                                                      \
        REAL(int, name, (const char *, int, ...));                                                                    \
        mode_t mode = 0;                                                                                              \
        if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                                                                          \
            va_list rest;                                                                                             \
            va_start(rest, flags);                                                                                    \
            mode = va_arg(rest, mode_t);                                                                              \
            va_end(rest);                                                                                             \
        }                                                                                                             \
        return fails(OPEN, path) ? -1 : real(path, flags, mode);                                                      \
    }

OPENING(open)
OPENING(open64)

int rename(const char *from, const char *to) {
    REAL(int, rename, (const char *, const char *));
    return fails(RENAME, from) ? -1 : real(from, to);
}
