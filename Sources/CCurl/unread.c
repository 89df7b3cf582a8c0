// What libcurl 7.88 and 8.0 leave lying of an HTTP/2 connection's input.
//
// A read of a connection may bring more of a stream than the stream's buffer takes. libcurl then pauses nghttp2 and hands
// on the rest in later calls, with two faults (8.1 pauses no more). It asks nobody for such a call, so that the rest lies
// until the connection has more to read: `spate_take_unread` tells who is to be called. And where the read ends with the
// bytes that did not fit, it does not call nghttp2 again, which has yet to say that their frame, and with it perhaps the
// stream, has ended: one byte is held back from libcurl's count of what was taken, so that it does.
#define _GNU_SOURCE
#include "CCurl.h"
#include <dlfcn.h>
#include <stdlib.h>

#define PAUSE (-526)            // NGHTTP2_ERR_PAUSE
#define CALLBACK_FAILURE (-902) // NGHTTP2_ERR_CALLBACK_FAILURE

typedef struct nghttp2_session nghttp2_session;
typedef struct nghttp2_session_callbacks nghttp2_session_callbacks;
typedef int (*data_callback)(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t count,
                             void *context);
typedef ssize_t (*receive_call)(nghttp2_session *session, const uint8_t *bytes, size_t count);

// Connections whose input libcurl has not given nghttp2 whole.
typedef struct {
    nghttp2_session *session;
    int socket;
    const uint8_t *held; // the byte that nghttp2 has and libcurl will give once more; NULL = none
    bool is_told;
} unread_input;
static _Thread_local unread_input *unread;
static _Thread_local size_t unread_count, unread_room;

static _Thread_local data_callback libcurls; // the same function for all its sessions
static _Thread_local bool is_paused;

static bool note(unread_input input) {
    if (unread_count == unread_room) {
        void *grown = realloc(unread, (unread_room + 16) * sizeof *unread);
        if (!grown) return false;
        unread = grown;
        unread_room += 16;
    }
    unread[unread_count++] = input;
    return true;
}

// What is noted of a session, no longer noted.
static unread_input take(nghttp2_session *session) {
    for (size_t index = 0; index < unread_count; index++) {
        if (unread[index].session != session) continue;
        unread_input found = unread[index];
        unread[index] = unread[--unread_count];
        return found;
    }
    return (unread_input){.session = session, .socket = spate_receive_state_of_thread()->socket};
}

int spate_take_unread(void) {
    for (size_t index = 0; index < unread_count; index++) {
        if (unread[index].is_told) continue;
        unread[index].is_told = true;
        return unread[index].socket;
    }
    return -1;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t count,
                     void *context) {
    int result = libcurls ? libcurls(session, flags, stream, bytes, count, context) : 0;
    if (result == PAUSE) is_paused = true;
    return result;
}

__attribute__((visibility("default"), used, weak)) void
nghttp2_session_callbacks_set_on_data_chunk_recv_callback(nghttp2_session_callbacks *callbacks, data_callback theirs) {
    static _Thread_local void (*set)(nghttp2_session_callbacks *, data_callback);
    if (!set) *(void **)&set = dlsym(RTLD_NEXT, "nghttp2_session_callbacks_set_on_data_chunk_recv_callback");
    if (!set) return;
    libcurls = theirs;
    set(callbacks, data_came);
}

__attribute__((visibility("default"), used, weak)) ssize_t
nghttp2_session_mem_recv(nghttp2_session *session, const uint8_t *bytes, size_t count) {
    static _Thread_local receive_call receive;
    if (!receive) *(void **)&receive = dlsym(RTLD_NEXT, "nghttp2_session_mem_recv");
    if (!receive) return CALLBACK_FAILURE;
    unread_input input = take(session);
    size_t taken = 0;
    if (input.held) {
        ssize_t result = receive(session, bytes, 0); // goes on behind what it was paused at
        if (result < 0) return result;
        if (input.held == bytes && count > 0) taken = 1;
    }
    is_paused = false;
    if (taken < count) {
        ssize_t result = receive(session, bytes + taken, count - taken);
        if (result < 0) return result;
        taken += (size_t)result;
    }
    bool holds = is_paused && taken == count && count > 0;
    if (holds) taken--;
    input.held = holds ? bytes + taken : NULL;
    input.is_told = false;
    if (taken < count && !note(input) && holds) taken++;
    return (ssize_t)taken;
}
