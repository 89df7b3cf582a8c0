// libcurl for Swift: typed faces of the variadic calls, and the receive stamps of receive.c.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

/// CPUs that the calling thread may run on.
int spate_usable_cores(void);

/// The commit that was built; empty where the build was not told.
const char *spate_commit(void);

// --- Variadic calls. Swift cannot call them; each wrapper fixes the type that the option takes. ---

static inline CURLcode spate_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode spate_easy_set_off_t(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode spate_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode spate_easy_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode spate_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

typedef size_t (*spate_data_callback)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode spate_easy_set_write(CURL *easy, spate_data_callback callback, void *context) {
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
}
static inline CURLcode spate_easy_set_header(CURL *easy, spate_data_callback callback, void *context) {
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
}
typedef int (*spate_prereq_callback)(void *context, char *remote, char *local, int remote_port, int local_port);
static inline CURLcode spate_easy_set_prereq(CURL *easy, spate_prereq_callback callback, void *context) {
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}
typedef curl_socket_t (*spate_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode spate_easy_set_open_socket(CURL *easy, spate_open_callback callback, void *context) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
typedef int (*spate_close_callback)(void *context, curl_socket_t socket);
static inline CURLcode spate_easy_set_close_socket(CURL *easy, spate_close_callback callback, void *context) {
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context);
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

static inline CURLcode spate_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode spate_easy_get_off_t(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode spate_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}

/// Lets the handles of one thread share their TLS sessions; no locks, as nobody else comes near.
static inline CURLSHcode spate_share_sessions(CURLSH *share) {
    return curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

static inline CURLMcode spate_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
typedef int (*spate_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
static inline CURLMcode spate_multi_set_socket(CURLM *multi, spate_socket_callback callback, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}
typedef int (*spate_timer_callback)(CURLM *multi, long milliseconds, void *context);
static inline CURLMcode spate_multi_set_timer(CURLM *multi, spate_timer_callback callback, void *context) {
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

/// The transfer behind a finished message; `result` is a union in C.
static inline CURLcode spate_message_result(const CURLMsg *message) { return message->data.result; }

/// Whether a server of HTTP/2 said that it had not taken this handle's request, since this was last asked.
bool spate_was_refused(CURL *easy);

/// A socket whose connection of HTTP/2 has input that libcurl holds and asks no call for, each once; -1 = there is none more.
int spate_take_unread(void);

// --- Instants of bytes. ---

/// What this thread's latest `recv` and `send` saw. One per thread, written by the interposed calls in receive.c.
typedef struct {
    int64_t kernel_realtime; ///< SO_TIMESTAMPNS of the last received bytes, CLOCK_REALTIME ns; 0 = none
    int64_t read_monotonic;  ///< when `recv` returned, CLOCK_MONOTONIC ns
    uint64_t reads;          ///< successful reads so far on this thread
    int socket;              ///< whose bytes they were
    int drained;             ///< the socket whose latest read emptied it, within this callback; -1 = none
    bool emptied;            ///< whether it took all that the socket had
    int count;               ///< bytes that it took
    const void *end;         ///< behind the last received bytes; never read from, only compared with
} spate_receive_state;

/// This thread's state; the address stays the same for the thread's life.
spate_receive_state *spate_receive_state_of_thread(void);

/// When this thread went to hand bytes of a socket to the kernel, CLOCK_MONOTONIC ns; 0 = never.
struct spate_sends {
    int64_t last;
    int64_t first;       ///< of the latest request on it
    int64_t first_took;  ///< how long that call took, the peer's part over loopback included
};
struct spate_sends spate_sends_of(int socket);
/// This thread's next send begins a request.
void spate_request_begins(void);
/// Forgets it, for a new socket with an old number.
void spate_forget_socket(int socket);
/// Forgets all that this thread knows of its sockets, and gives back the memory.
void spate_forget_sockets(void);
/// Bytes that the kernel holds for `socket`.
int spate_unread(int socket);
/// Whether the kernel holds so much for `socket` that the other end may be kept from sending.
bool spate_is_full(int socket);

// Reading a body without libcurl: while a socket is held back, libcurl's `recv` finds it empty.

/// Holds `socket` back from libcurl. false when there is no memory for it.
bool spate_hold_back(int socket);
#define SPATE_RECEIVE_MOST 4096
/// `recv` of a socket that is held back, at most so many bytes, which are this thread's until its next call; notes stamps as
/// the interposed one does.
ssize_t spate_receive(int socket, const uint8_t **bytes);
/// Gives `socket` back: libcurl's `recv` finds these bytes first, then `error` (errno; 0 = none), then what the kernel has.
/// false when there is no memory for the bytes.
bool spate_give_back(int socket, const void *bytes, size_t length, int error);
/// Bytes that `socket` was given back, or that were read ahead, and libcurl has yet to read.
size_t spate_given_back(int socket);
/// From now on a read of `socket` takes what is there beyond what was asked for, 17 KB at most, for libcurl's next ones: TLS.
void spate_read_ahead(int socket);
/// The socket is about to be closed, or is: what was read ahead goes.
void spate_end_reading_ahead(int socket);
/// The socket of which this thread has read ahead what libcurl has yet to read; -1 = there is none.
int spate_ahead_of(void);

/// What no chunk's size begins with: one byte.
static inline const uint8_t *spate_no_size(void) { return (const uint8_t *)"\r"; }

// Reading many such bodies at once: io_uring, without its library (ring.c). One thread makes a ring and uses it.

typedef struct spate_ring spate_ring;

/// What a ring says of one of its requests.
typedef struct {
    uint64_t tag;         ///< what the request was given
    const uint8_t *bytes; ///< what was read, until `spate_ring_give_back`
    int64_t stamp;        ///< SO_TIMESTAMPNS of the last of them, CLOCK_REALTIME ns; 0 = none
    int result;           ///< how many they are; 0 = the stream's end; below 0 a negative errno
    int buffer;           ///< which they are in; -1 = none
    bool is_last;         ///< the request is over
    bool is_cancel;       ///< of a cancellation: `result` is below 0 when it did not find what it was to end
} spate_ring_piece;

/// A ring of this thread's. NULL and errno in `error` where the kernel has or allows none.
spate_ring *spate_ring_open(int *error);
void spate_ring_close(spate_ring *ring);
/// Reads `socket` from the next `spate_ring_enter` on, at each one, until a piece says that it is the last; at most
/// SPATE_RECEIVE_MOST bytes a piece. `tag` is below 2^63. false when the kernel takes no requests.
bool spate_ring_read(spate_ring *ring, int socket, uint64_t tag);
/// Ends the reading with this tag: its last piece comes, and one for the cancellation.
bool spate_ring_cancel(spate_ring *ring, uint64_t tag);
/// Takes what has come for the sockets that are read; some of it, where that is much. How many pieces there are, or a
/// negative errno.
int spate_ring_enter(spate_ring *ring);
/// Whether there were more pieces than it holds, so that it has to be entered once more.
bool spate_ring_has_overflown(const spate_ring *ring);
/// The tag of one of the next pieces, 0 being the next.
uint64_t spate_ring_tag(const spate_ring *ring, unsigned ahead);
/// The next piece.
spate_ring_piece spate_ring_take(spate_ring *ring);
/// Notes the instants of a piece as this thread's latest `recv` (`spate_receive_state_of_thread`).
void spate_ring_note(const spate_ring *ring, const spate_ring_piece *piece, int socket);
/// Its bytes may be overwritten.
void spate_ring_give_back(spate_ring *ring, const spate_ring_piece *piece);

/// libcurl is about to be called, and may ask whether a socket that it reads has more; or has returned.
void spate_libcurl_reads(bool does);
/// This thread's loop is about to wait: whether a socket that is read ahead has more is unknown again.
void spate_turn_ends(void);

/// Asks the kernel to stamp what `socket` receives. 0, or -1 with errno.
int spate_stamp_socket(int socket);

static inline int64_t spate_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static inline int64_t spate_monotonic(void) { return spate_clock(CLOCK_MONOTONIC); }

/// Sends for memory that will be written to; harmless whatever lies there.
static inline void spate_prefetch(const void *start, long bytes) {
    for (long at = 0; at < bytes; at += 64) __builtin_prefetch((const char *)start + at, 1);
    __builtin_prefetch((const char *)start + bytes - 1, 1);  // memory need not begin with a cache line
}

/// GNU names that Swift's Glibc module does not show.
int spate_stream_socket(int family, int type, int protocol); ///< non-blocking and close-on-exec
/// The port of a bound socket is chosen when it connects, so that ports are used once per destination and not once.
int spate_bind_late(int socket);
int spate_accept(int listener); ///< a new connection, non-blocking and close-on-exec; -1 when none waits
/// Whether a connected socket has neither bytes nor an end waiting.
bool spate_is_quiet(int socket);
/// `send` that neither blocks nor raises SIGPIPE.
ssize_t spate_send_now(int socket, const void *bytes, size_t length);
int spate_pipe(int ends[2]); ///< close-on-exec
void spate_name_thread(const char *name);
/// Makes `count` times `each` bytes (below 20,000) ready in this thread's heap, so that what is allocated next finds its
/// pages there. Otherwise glibc asks the system for each page of a thread's heap: two calls into the kernel every 4 KB.
void spate_reserve_memory(size_t count, size_t each);
/// Memory of at least so many bytes goes back to the system when it is freed, in this process. false when that cannot be.
static inline bool spate_return_memory_from(int bytes) { return mallopt(M_MMAP_THRESHOLD, bytes) == 1; }
/// Says "error: cannot WHAT: ..." on standard error and ends the process with status 74, whatever thread calls.
_Noreturn void spate_end(const char *what, int error);
/// From here on an abort (libuv) or a trap (libdispatch) with an errno of a system that is out of something ends so, too.
void spate_expect_aborts(void);
/// What the kernel knows of CLOCK_REALTIME's error, ns (adjtimex). 1 = synchronised, 0 = not, -1 = it does not say.
int spate_clock_state(int64_t *estimate, int64_t *bound);
int64_t spate_thread_cpu(void);
/// How often the calling thread has waited for something, by the scheduler's count.
int64_t spate_thread_waits(void);
int64_t spate_process_cpu(void);

#endif
