// The kernel's receive stamps, without one more system call per token.
//
// libcurl reads through plain `recv` and writes through plain `send`. Defining both in the executable makes the dynamic
// linker resolve libcurl's references here (TLS goes the same way: curl's OpenSSL BIO ends in its socket filter). `recv`
// becomes `recvmsg`, which returns the SO_TIMESTAMPNS stamp of the bytes as a control message; sockets that did not ask
// for stamps get none. Must stay visible: `-fvisibility=hidden` or a linker script would switch it off silently, which
// is why a test demands stamps over http and https.
#define _GNU_SOURCE
#include "CCurl.h"
#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default"), used))

static _Thread_local spate_receive_state state = {.drained = -1};

// Send instants by socket number; grown as numbers grow, kept for the thread's life.
static _Thread_local struct spate_sends *sent;
static _Thread_local int sent_count;
static _Thread_local bool request_begins;

spate_receive_state *spate_receive_state_of_thread(void) { return &state; }

// Sockets that libcurl is kept from, by number; grown as numbers grow, kept for the thread's life.
typedef struct {
    bool held;      // libcurl's `recv` gets what is below only
    int error;      // errno it gets after the bytes; 0 = none
    char *bytes;    // given back and not yet taken, from `taken` to `length`
    size_t taken, length;
} held_socket;
static _Thread_local held_socket *held;
static _Thread_local int held_count;

static held_socket *held_entry(int socket) {
    return socket >= 0 && socket < held_count && held[socket].held ? &held[socket] : NULL;
}

static void release(held_socket *entry) {
    free(entry->bytes);
    *entry = (held_socket){0};
}

bool spate_hold_back(int socket) {
    if (socket < 0) return false;
    if (socket >= held_count) {
        int wanted = socket + 1024;
        held_socket *grown = realloc(held, (size_t)wanted * sizeof *grown);
        if (!grown) return false;
        memset(grown + held_count, 0, (size_t)(wanted - held_count) * sizeof *grown);
        held = grown;
        held_count = wanted;
    }
    held[socket].held = true;
    return true;
}

bool spate_give_back(int socket, const void *bytes, size_t length, int error) {
    held_socket *entry = held_entry(socket);
    if (!entry) return true;
    if (length > 0) {
        entry->bytes = malloc(length);
        if (!entry->bytes) return false;
        memcpy(entry->bytes, bytes, length);
    }
    entry->taken = 0;
    entry->length = length;
    entry->error = error;
    if (length == 0 && error == 0) release(entry);
    return true;
}

size_t spate_given_back(int socket) {
    held_socket *entry = held_entry(socket);
    return entry ? entry->length - entry->taken : 0;
}

/// libcurl reads a socket that is, or was until now, held back.
static ssize_t take(held_socket *entry, int socket, void *bytes, size_t length) {
    if (entry->taken < entry->length) {
        size_t count = entry->length - entry->taken < length ? entry->length - entry->taken : length;
        memcpy(bytes, entry->bytes + entry->taken, count);
        entry->taken += count;
        if (entry->taken == entry->length && entry->error == 0) release(entry);
        state.drained = -1;
        state.end = (char *)bytes + count;
        return (ssize_t)count;  // its stamp is that of the read it came with
    }
    int error = entry->error ? entry->error : EAGAIN;
    if (entry->error) release(entry);
    state.drained = socket;
    errno = error;
    return -1;
}

static ssize_t receive(int socket, void *bytes, size_t length, int flags) {
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
    struct iovec part = {bytes, length};
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;

    ssize_t count = recvmsg(socket, &message, flags);
    if (flags & MSG_PEEK) return count;
    bool emptied = count > 0 ? (size_t)count < length : count < 0 && errno == EAGAIN;
    state.drained = emptied ? socket : -1;
    if (count == 0) state.socket = -1;  // an end of stream has no stamp, and that of the bytes before it is not its own
    if (count <= 0) return count;

    state.kernel_realtime = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            state.kernel_realtime = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    }
    state.read_monotonic = spate_monotonic();
    state.socket = socket;
    state.emptied = emptied;
    state.count = (int)count;
    state.end = (char *)bytes + count;
    state.reads++;
    return count;
}

VISIBLE ssize_t recv(int socket, void *bytes, size_t length, int flags) {
    held_socket *entry = held_entry(socket);
    return entry ? take(entry, socket, bytes, length) : receive(socket, bytes, length, flags);
}

ssize_t spate_receive(int socket, const uint8_t **bytes) {
    static _Thread_local uint8_t buffer[SPATE_RECEIVE_MOST];
    *bytes = buffer;
    return receive(socket, buffer, sizeof buffer, 0);
}

// After each read libcurl 7.88 asks by `poll` whether there is more: a system call a token. A read that came back short
// has emptied the socket; what has arrived since, an end of stream too, makes the loop's own epoll report it at once. Good
// for one question, of libcurl's kind only, within the callback that read.
VISIBLE int poll(struct pollfd *entries, nfds_t count, int milliseconds) {
    held_socket *entry = count == 1 && milliseconds == 0 && !(entries[0].events & POLLOUT) ? held_entry(entries[0].fd) : NULL;
    if (entry) {
        bool has = entry->taken < entry->length || entry->error;
        entries[0].revents = has ? POLLIN : 0;
        return has;
    }
    if (count == 1 && milliseconds == 0 && state.drained >= 0 && entries[0].fd == state.drained &&
        !(entries[0].events & POLLOUT)) {
        state.drained = -1;
        entries[0].revents = 0;
        return 0;
    }
    struct timespec limit = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
    return ppoll(entries, count, milliseconds < 0 ? NULL : &limit, NULL);
}

void spate_forget_drained(void) { state.drained = -1; }

VISIBLE ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    // Taken before the call: over loopback the peer may run within it.
    int64_t now = spate_monotonic();
    ssize_t count = sendto(socket, bytes, length, flags, NULL, 0);
    bool begins = request_begins;
    request_begins = false;
    if (count > 0 && socket >= 0) {
        int saved = errno;
        if (socket >= sent_count) {
            int wanted = socket + 1024;
            struct spate_sends *grown = realloc(sent, (size_t)wanted * sizeof *grown);
            if (grown) {
                memset(grown + sent_count, 0, (size_t)(wanted - sent_count) * sizeof *grown);
                sent = grown;
                sent_count = wanted;
            }
        }
        if (socket < sent_count) {
            sent[socket].last = now;
            if (begins) sent[socket].first = now, sent[socket].first_took = spate_monotonic() - now;
        }
        errno = saved;
    }
    return count;
}

void spate_request_begins(void) { request_begins = true; }

struct spate_sends spate_sends_of(int socket) {
    return socket >= 0 && socket < sent_count ? sent[socket] : (struct spate_sends){0};
}

void spate_forget_socket(int socket) {
    if (socket >= 0 && socket < sent_count) sent[socket] = (struct spate_sends){0};
    if (socket >= 0 && socket < held_count) release(&held[socket]);
}

int spate_unread(int socket) {
    int count = 0;
    return ioctl(socket, FIONREAD, &count) == 0 ? count : 0;
}

// A sender stops where the window is closed, which is when the buffer is full of bytes and of what it takes to keep them
// (measured: 0.99 to 1.08 of it, with segments of 1,000 to 60 bytes). What is read amid the turn makes room.
bool spate_is_full(int socket) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof memory;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory, &size) != 0) return false;
    return memory[SK_MEMINFO_RMEM_ALLOC] >= memory[SK_MEMINFO_RCVBUF] / 4 * 3;
}

int spate_stamp_socket(int socket) {
    int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}
