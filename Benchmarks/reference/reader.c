// reader: the least a process can do that reads token streams. No HTTP library, no parser, no records.
//
//     reader --port P --streams 1000 --tokens 256 --settle 3 --seconds 10 [--stamps 0]
//         A closed loop: each connection sends its next request when its answer has ended. Counts "data:" and nothing
//         else; CPU (user + system) is taken at both ends of the window between settle and settle + seconds.
//
//     reader --port P --burst cold|preopened|warm --streams 5000 --tokens 2
//         All requests at one release; `last_write_ms` is when the last one was given to the kernel. Cold
//         connections are opened after the release, preopened before it, warm have carried a GET before.
//
// Prints one JSON line.
#include "common.h"

enum { EVENTS = 512, BUFFER = 16384 };

typedef struct {
    int fd;
    bool sent, writable; // in a burst: the request is out; the socket is known to be connected
    int tail_count;
    char tail[4];        // what the answer ended in so far, to find "0\r\n\r\n" across two reads
    int64_t sent_at, first; // in a burst
} stream;

static int poller, count, tokens;
static struct sockaddr_in target;
static stream *streams;
static char request[32768];
static size_t request_count;
static int64_t events, reads, answers, stamped, wall_offset;
static int64_t lag_sum, lag_worst; // read minus kernel stamp

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void make_request(const char *host, int port, int prompt_bytes) {
    static char body[24576];
    int used = sprintf(body, "{\"model\":\"bench\",\"messages\":[{\"role\":\"user\",\"content\":\"");
    for (int i = 0; i < prompt_bytes; i++) body[used++] = i % 6 == 5 ? ' ' : (char)('a' + i % 7);
    used += sprintf(body + used, "\"}],\"max_tokens\":%d,\"stream\":true,\"stream_options\":{\"include_usage\":true}}", tokens);
    request_count = (size_t)sprintf(request,
                                    "POST /v1/chat/completions HTTP/1.1\r\nHost: %s:%d\r\nAccept: text/event-stream\r\n"
                                    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                    host, port, used, body);
}

static void give(int fd, const char *bytes, size_t length) {
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
}

static void open_stream(stream *s, bool stamps, bool wait, uint32_t interest) {
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
    if (s->fd < 0) fail("socket");
    set_option(s->fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (stamps) set_option(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    if (connect(s->fd, (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS) fail("connect");
    if (wait) fcntl(s->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = interest, .data.ptr = s};
    epoll_ctl(poller, EPOLL_CTL_ADD, s->fd, &event);
}

static int count_events(const char *bytes, size_t length) {
    int found = 0;
    for (const char *at = bytes, *end = bytes + length;
         (at = memmem(at, (size_t)(end - at), "data:", 5)); at += 5) found++;
    return found;
}

/// Whether the chunked answer is complete: it ends in a chunk of length 0, here or begun in the read before.
static bool has_ended(stream *s, const char *bytes, size_t length) {
    char last[9];
    size_t from = length > 5 ? length - 5 : 0, kept = (size_t)s->tail_count;
    memcpy(last, s->tail, kept);
    memcpy(last + kept, bytes + from, length - from);
    size_t total = kept + length - from;
    bool ended = total >= 5 && memcmp(last + total - 5, "0\r\n\r\n", 5) == 0;
    s->tail_count = ended ? 0 : (int)(total < 4 ? total : 4);
    memcpy(s->tail, last + total - (size_t)s->tail_count, (size_t)s->tail_count);
    return ended;
}

/// One read of a ready stream; true when its answer has ended.
static bool take(stream *s, char *buffer, bool stamps) {
    int64_t stamp = 0;
    ssize_t got = stamps ? receive(s->fd, buffer, BUFFER, &stamp) : recv(s->fd, buffer, BUFFER, 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) fail("the server hung up");
    reads++;
    if (stamp) {
        int64_t lag = now_ns() + wall_offset - stamp;
        stamped++;
        lag_sum += lag;
        if (lag > lag_worst) lag_worst = lag;
    }
    int found = count_events(buffer, (size_t)got);
    events += found;
    if (found && !s->first) s->first = stamp ? stamp - wall_offset : now_ns();
    return has_ended(s, buffer, (size_t)got);
}

static void steady(bool stamps, double settle, double seconds) {
    static char buffer[BUFFER];
    for (int i = 0; i < count; i++) open_stream(&streams[i], stamps, true, EPOLLIN);
    int64_t start = now_ns();
    for (int i = 0; i < count; i++) give(streams[i].fd, request, request_count);
    int64_t begin = start + (int64_t)(settle * 1e9), finish = begin + (int64_t)(seconds * 1e9);
    int64_t from_time = 0, from_events = 0, from_reads = 0, now = start, next_clock = 0;
    cpu_time from = {0, 0};
    while (now < finish) {
        struct epoll_event ready[EVENTS];
        int found = epoll_wait(poller, ready, EVENTS, 100);
        for (int i = 0; i < found; i++) {
            stream *s = ready[i].data.ptr;
            if (take(s, buffer, stamps)) {
                answers++;
                give(s->fd, request, request_count);
            }
        }
        now = now_ns();
        if (now > next_clock) wall_offset = realtime_offset(), next_clock = now + SECOND;
        if (!from_time && now >= begin) {
            from_time = now;
            from = process_cpu();
            from_events = events;
            from_reads = reads;
        }
    }
    cpu_time to = process_cpu();
    double user = (double)(to.user - from.user) / 1e9, system = (double)(to.system - from.system) / 1e9;
    int64_t inside = events - from_events;
    printf("{\"mode\":\"steady\",\"streams\":%d,\"stamps\":%s,\"window_s\":%.3f,\"events\":%" PRId64 ",\"reads\":%" PRId64
           ",\"answers\":%" PRId64 ",\"user_s\":%.3f,\"system_s\":%.3f,\"cpu_s_per_million_events\":%.3f,"
           "\"stamped\":%" PRId64 ",\"lag_mean_us\":%.1f,\"lag_max_us\":%.1f}\n",
           count, stamps ? "true" : "false", (double)(now - from_time) / 1e9, inside, reads - from_reads, answers, user,
           system, (user + system) / (double)inside * 1e6, stamped, stamped ? (double)lag_sum / (double)stamped / 1e3 : 0,
           (double)lag_worst / 1e3);
}

// --- Bursts ---

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/// Carries a GET over every connection, so that it has been used.
static void warm_up(const char *host, int port) {
    char get[256], buffer[BUFFER];
    int length = sprintf(get, "GET /v1/models HTTP/1.1\r\nHost: %s:%d\r\n\r\n", host, port);
    for (int i = 0; i < count; i++) give(streams[i].fd, get, (size_t)length);
    for (int answered = 0; answered < count;) {
        struct epoll_event ready[EVENTS];
        int found = epoll_wait(poller, ready, EVENTS, 5000);
        if (found <= 0) fail("no answer to a warm-up");
        for (int i = 0; i < found; i++) {
            stream *s = ready[i].data.ptr;
            if (recv(s->fd, buffer, sizeof buffer, 0) > 0) answered++;
        }
    }
}

static void burst(const char *kind, bool stamps, const char *host, int port) {
    static char buffer[BUFFER];
    bool cold = strcmp(kind, "cold") == 0, warm = strcmp(kind, "warm") == 0;
    if (!cold) {
        for (int i = 0; i < count; i++) open_stream(&streams[i], stamps, true, EPOLLIN);
        if (warm) warm_up(host, port);
        nanosleep(&(struct timespec){0, 300000000}, NULL); // the server has accepted them all
    }
    int64_t release = now_ns();
    int written = 0, ended = 0;
    for (int i = 0; i < count; i++) {
        if (cold) {
            open_stream(&streams[i], stamps, false, EPOLLOUT);
        } else {
            streams[i].sent_at = now_ns();
            give(streams[i].fd, request, request_count);
            written++;
        }
    }
    while (ended < count) {
        struct epoll_event ready[EVENTS];
        int found = epoll_wait(poller, ready, EVENTS, 20000);
        if (found <= 0) fail("the answers do not come");
        for (int i = 0; i < found; i++) {
            stream *s = ready[i].data.ptr;
            if (s->sent_at) {
                if (take(s, buffer, stamps)) ended++;
                continue;
            }
            s->sent_at = now_ns();
            give(s->fd, request, request_count);
            written++;
            struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
            epoll_ctl(poller, EPOLL_CTL_MOD, s->fd, &event);
        }
    }
    int64_t first = INT64_MAX, last = 0, *waits = malloc((size_t)count * sizeof *waits);
    for (int i = 0; i < count; i++) {
        if (streams[i].sent_at < first) first = streams[i].sent_at;
        if (streams[i].sent_at > last) last = streams[i].sent_at;
        waits[i] = streams[i].first - streams[i].sent_at;
    }
    qsort(waits, (size_t)count, sizeof *waits, compare);
    printf("{\"mode\":\"burst\",\"connections\":\"%s\",\"requests\":%d,\"written\":%d,\"first_write_ms\":%.3f,"
           "\"last_write_ms\":%.3f,\"wait_p50_ms\":%.3f,\"wait_p99_ms\":%.3f}\n",
           kind, count, written, (double)(first - release) / 1e6, (double)(last - release) / 1e6,
           (double)waits[(count - 1) / 2] / 1e6, (double)waits[(count - 1) * 99 / 100] / 1e6);
}

int main(int argc, char **argv) {
    options all = read_options(argc, argv);
    const char *host = text_option(&all, "host", "127.0.0.1"), *kind = text_option(&all, "burst", NULL);
    int port = (int)number_option(&all, "port", 0);
    count = (int)number_option(&all, "streams", 1000);
    tokens = (int)number_option(&all, "tokens", 256);
    bool stamps = number_option(&all, "stamps", 1) != 0;
    double settle = number_option(&all, "settle", 3), seconds = number_option(&all, "seconds", 10);
    int prompt_bytes = (int)number_option(&all, "prompt-bytes", 1024);
    finish_options(&all);
    if (count < 1 || prompt_bytes < 0 || prompt_bytes > 20000) return 2;
    raise_descriptor_limit();
    target = address_of(host, port);
    make_request(host, port, prompt_bytes);
    streams = calloc((size_t)count, sizeof *streams);
    poller = epoll_create1(EPOLL_CLOEXEC);
    wall_offset = realtime_offset();
    if (kind) burst(kind, stamps, host, port);
    else steady(stamps, settle, seconds);
    return 0;
}
