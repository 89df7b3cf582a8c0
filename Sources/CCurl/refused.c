// Which requests of HTTP/2 the server said it had not taken.
//
// A stream that is refused (RST_STREAM with REFUSED_STREAM) or lies above GOAWAY's last stream was not processed, and its
// request may be sent again, a POST too (RFC 9113, 8.7). libcurl sends it again, but from outside that looks like its
// second try on a connection that died, where nobody knows what the server has done. nghttp2 tells libcurl of each
// stream's end by a callback; this sees it first, as `recv` in receive.c does. Weak, so that a libnghttp2 that is linked
// into the program goes before: then every second try counts as one of the other kind.
#define _GNU_SOURCE
#include "CCurl.h"
#include <dlfcn.h>
#include <stdlib.h>

#define REFUSED_STREAM 7 // RFC 9113, 7; nghttp2 gives it to the streams above GOAWAY's last one, too

#define NOT_ALLOWED (-516) // NGHTTP2_ERR_START_STREAM_NOT_ALLOWED

typedef struct nghttp2_session nghttp2_session;
typedef struct nghttp2_session_callbacks nghttp2_session_callbacks;
typedef int (*stream_close_callback)(nghttp2_session *session, int32_t stream, uint32_t error, void *context);

static _Thread_local stream_close_callback libcurls; // the same function for all its sessions

// Handles whose request was refused and not asked for since.
static _Thread_local void **refused;
static _Thread_local size_t refused_count, refused_room;

static void note(void *easy) {
    if (refused_count == refused_room) {
        void **grown = realloc(refused, (refused_room + 64) * sizeof *grown);
        if (!grown) return;
        refused = grown;
        refused_room += 64;
    }
    refused[refused_count++] = easy;
}

bool spate_was_refused(CURL *easy) {
    bool found = false;
    for (size_t index = 0; index < refused_count;) {
        if (refused[index] == easy) {
            refused[index] = refused[--refused_count];
            found = true;
        } else {
            index++;
        }
    }
    return found;
}

static int stream_closed(nghttp2_session *session, int32_t stream, uint32_t error, void *context) {
    static _Thread_local void *(*handle_of)(nghttp2_session *, int32_t);
    if (error == REFUSED_STREAM) {
        if (!handle_of) *(void **)&handle_of = dlsym(RTLD_DEFAULT, "nghttp2_session_get_stream_user_data");
        void *easy = handle_of ? handle_of(session, stream) : NULL; // what libcurl gave it
        if (easy) note(easy);
    }
    return libcurls ? libcurls(session, stream, error, context) : 0;
}

// A request for a connection that GOAWAY has closed for new ones: nghttp2 would take it, and end its stream unsent.
__attribute__((visibility("default"), used, weak)) int32_t
nghttp2_submit_request(nghttp2_session *session, const void *priority, const void *headers, size_t count,
                       const void *body, void *easy) {
    static _Thread_local int (*allowed)(nghttp2_session *);
    static _Thread_local int32_t (*submit)(nghttp2_session *, const void *, const void *, size_t, const void *, void *);
    if (!submit) {
        *(void **)&submit = dlsym(RTLD_NEXT, "nghttp2_submit_request");
        *(void **)&allowed = dlsym(RTLD_DEFAULT, "nghttp2_session_check_request_allowed");
    }
    if (!submit) return NOT_ALLOWED;
    if (allowed && !allowed(session)) {
        if (easy) note(easy);
        return NOT_ALLOWED;
    }
    return submit(session, priority, headers, count, body, easy);
}

__attribute__((visibility("default"), used, weak)) void
nghttp2_session_callbacks_set_on_stream_close_callback(nghttp2_session_callbacks *callbacks, stream_close_callback theirs) {
    static _Thread_local void (*set)(nghttp2_session_callbacks *, stream_close_callback);
    if (!set) *(void **)&set = dlsym(RTLD_NEXT, "nghttp2_session_callbacks_set_on_stream_close_callback");
    if (!set) return;
    libcurls = theirs;
    set(callbacks, stream_closed);
}
