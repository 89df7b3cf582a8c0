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

// Send instants by socket number; grown as numbers grow, until the thread's loop ends.
static _Thread_local struct spate_sends *sent;
static _Thread_local int sent_count;
static _Thread_local bool request_begins;

spate_receive_state *spate_receive_state_of_thread(void) { return &state; }

// Bytes that libcurl reads before any of the kernel's, by number of the socket; grown as numbers grow, until the thread's
// loop ends.
typedef struct {
    bool held;         // libcurl's `recv` gets these bytes only
    bool ahead;        // more is read than libcurl asks for
    bool is_lent;      // `bytes` are those of `ahead`, not allocated
    int error;         // errno it gets after the bytes; 0 = none
    unsigned drained;  // of what is read ahead: the turn of the loop in which the kernel had no more
    char *bytes;       // given back or read ahead, and not yet taken, from `taken` to `length`
    size_t taken, length;
} held_socket;
static _Thread_local held_socket *held;
static _Thread_local int held_count;

// What was read ahead, and of which socket: nearly always libcurl takes the rest before another socket is read.
static _Thread_local char ahead[17 * 1024];  // a record of TLS 1.3 is at most 16,645 bytes (RFC 8446, 5.2)
static _Thread_local int ahead_socket = -1;
static _Thread_local unsigned ahead_turn;
static _Thread_local spate_receive_state ahead_state;
static _Thread_local unsigned turn = 1;
static _Thread_local bool asks;  // libcurl is being called

static held_socket *entry_of(int socket) { return socket >= 0 && socket < held_count ? &held[socket] : NULL; }

static held_socket *held_entry(int socket) {
    held_socket *entry = entry_of(socket);
    return entry && entry->held ? entry : NULL;
}

static bool has_bytes(const held_socket *entry) { return entry->taken < entry->length; }

static void release(held_socket *entry) {
    if (!entry->is_lent) free(entry->bytes);
    *entry = (held_socket){.ahead = entry->ahead, .drained = entry->drained};
}

static bool make_entry(int socket) {
    if (socket < 0) return false;
    if (socket >= held_count) {
        int wanted = socket + 1024;
        held_socket *grown = realloc(held, (size_t)wanted * sizeof *grown);
        if (!grown) return false;
        memset(grown + held_count, 0, (size_t)(wanted - held_count) * sizeof *grown);
        held = grown;
        held_count = wanted;
    }
    return true;
}

bool spate_hold_back(int socket) {
    if (!make_entry(socket)) return false;
    held[socket].held = true;
    return true;
}

void spate_read_ahead(int socket) {
    if (make_entry(socket)) held[socket].ahead = true;
}

void spate_end_reading_ahead(int socket) {
    held_socket *entry = entry_of(socket);
    if (!entry || !entry->ahead) return;
    release(entry);
    *entry = (held_socket){0};
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
    held_socket *entry = entry_of(socket);
    return entry ? entry->length - entry->taken : 0;
}

int spate_ahead_of(void) {
    held_socket *entry = entry_of(ahead_socket);
    return entry && entry->is_lent ? ahead_socket : -1;
}

/// Whether `ahead` may be used. What a connection at rest was sent unasked moves out of it, its stamp is lost.
static bool ahead_is_free(void) {
    if (spate_ahead_of() < 0) return true;
    if (ahead_turn == turn) return false;  // libcurl is about to take it
    held_socket *entry = &held[ahead_socket];
    size_t left = entry->length - entry->taken;
    char *kept = malloc(left);
    if (!kept) return false;
    memcpy(kept, entry->bytes + entry->taken, left);
    entry->bytes = kept;
    entry->taken = 0;
    entry->length = left;
    entry->is_lent = false;
    return true;
}

/// libcurl reads a socket that is, or was until now, held back, or from which more was read than it had asked for.
static ssize_t take(held_socket *entry, int socket, void *bytes, size_t length, int flags) {
    if (has_bytes(entry)) {
        size_t count = entry->length - entry->taken < length ? entry->length - entry->taken : length;
        memcpy(bytes, entry->bytes + entry->taken, count);
        if (flags & MSG_PEEK) return (ssize_t)count;
        bool is_lent = entry->is_lent;
        if (is_lent && state.reads != ahead_state.reads) {  // others were read meanwhile
            uint64_t reads = state.reads + 1;
            state = ahead_state;
            state.reads = ahead_state.reads = reads;
        }
        entry->taken += count;
        state.drained = -1;
        state.end = is_lent ? NULL : (char *)bytes + count;
        if (!has_bytes(entry) && entry->error == 0) release(entry);
        return (ssize_t)count;  // its stamp is that of the read it came with
    }
    int error = entry->error ? entry->error : EAGAIN;
    if (!(flags & MSG_PEEK)) {
        if (entry->error) release(entry);
        state.drained = socket;
    }
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

// OpenSSL asks for the five bytes before a record, then for the record: two calls into the kernel for each token, and
// since neither comes back short, libcurl asks with a third whether there is more.
static ssize_t receive_ahead(held_socket *entry, int socket, void *bytes, size_t length, int flags) {
    if (entry->drained == turn) return (errno = EAGAIN, -1);
    bool is_direct = length >= sizeof ahead || !ahead_is_free();
    ssize_t count = receive(socket, is_direct ? bytes : ahead, is_direct ? length : sizeof ahead, flags);
    if (state.drained == socket) entry->drained = turn;
    if (is_direct || count <= 0) return count;
    size_t given = (size_t)count < length ? (size_t)count : length;
    memcpy(bytes, ahead, given);
    state.end = NULL;  // what is delivered lies elsewhere
    if (given == (size_t)count) return count;
    ahead_socket = socket;
    ahead_turn = turn;
    ahead_state = state;
    entry->is_lent = true;
    entry->bytes = ahead;
    entry->taken = given;
    entry->length = (size_t)count;
    return (ssize_t)given;
}

VISIBLE ssize_t recv(int socket, void *bytes, size_t length, int flags) {
    held_socket *entry = entry_of(socket);
    if (!entry) return receive(socket, bytes, length, flags);
    if (entry->held || has_bytes(entry)) return take(entry, socket, bytes, length, flags);
    if (entry->ahead && !(flags & MSG_PEEK)) return receive_ahead(entry, socket, bytes, length, flags);
    return receive(socket, bytes, length, flags);
}

ssize_t spate_receive(int socket, const uint8_t **bytes) {
    static _Thread_local uint8_t buffer[SPATE_RECEIVE_MOST];
    *bytes = buffer;
    return receive(socket, buffer, sizeof buffer, 0);
}

// After each read libcurl 7.88 asks by `poll` whether there is more: a system call a token, several of them where streams
// share a connection. A read that came back short has emptied the socket; what has arrived since, an end of stream too,
// makes the loop's own epoll report it at once. Good for questions of libcurl's kind only, within the callback that read;
// of a socket that is read ahead, until the loop waits.
VISIBLE int poll(struct pollfd *entries, nfds_t count, int milliseconds) {
    if (count == 1 && milliseconds == 0 && !(entries[0].events & POLLOUT)) {
        int socket = entries[0].fd;
        held_socket *entry = entry_of(socket);
        bool has = entry && (has_bytes(entry) || (entry->held && entry->error));
        bool is_known = has || (asks && socket == state.drained) || (entry && (entry->held || entry->drained == turn));
        if (is_known && socket >= 0) {
            entries[0].revents = has ? POLLIN : 0;
            return has;
        }
    }
    struct timespec limit = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
    return ppoll(entries, count, milliseconds < 0 ? NULL : &limit, NULL);
}

void spate_libcurl_reads(bool does) {
    asks = does;
    state.drained = -1;
}

void spate_turn_ends(void) { turn++; }

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
    if (entry_of(socket)) release(entry_of(socket));
    spate_end_reading_ahead(socket);
}

void spate_forget_sockets(void) {
    for (int socket = 0; socket < held_count; socket++) release(&held[socket]);
    free(held);
    free(sent);
    held = NULL;
    sent = NULL;
    held_count = sent_count = 0;
    ahead_socket = -1;
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
