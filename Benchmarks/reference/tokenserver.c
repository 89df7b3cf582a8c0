// tokenserver: an OpenAI-compatible chat server that emits tokens by the clock and costs next to nothing.
//
//     tokenserver --port 0 --ttft 200 --rate 20 --tokens 256 [--batch 1] [--vary 0.25] [--journal FILE]
//                 [--seconds N]
//
// All streams live on a wheel of ticks (--quantum microseconds). A stream's first token comes at the tick at or after
// (request read + ttft), the others at the given rate. With --batch 1 the tick is as long as a token, so that every
// stream emits in the same step, as a continuously batching engine does; else the second token of each stream comes
// after a random 0.5 to 1.5 gaps, which spreads the streams over time. --vary draws a rate for each answer, so far from
// the given one at most, so that answers that began together do not end together. --rate 0 sends a whole answer in one
// write.
//
// The role comes in one chunk with the first token, the finish reason, usage and [DONE] in one write with the last.
// GET /stats tells counts, CPU and lateness; the last line on standard output at the end is the same.
//
// Journal: one JSON line a request, CLOCK_MONOTONIC ns. `received` is the kernel's stamp of the request's last bytes,
// `read` when this process read them; `first_token` and `last_token` are taken right before the write of those bytes,
// so that no client can truthfully have them earlier.
#include "common.h"
#include <ctype.h>

enum { WHEEL = 1 << 16, LARGEST_REQUEST = 1 << 20, LISTENERS_MAX = 16, EVENTS = 512 };

typedef struct connection {
    int fd;
    bool busy, streams, wants_usage, wants_close, waits_for_room;
    struct connection *next, **link; // neighbours in the wheel's slot; link NULL = not on the wheel
    int64_t tick;                    // when it is due
    double due_ns;                   // the exact instant, before rounding up to a tick
    double gap;                      // between tokens of the present answer
    char *input, *output;
    size_t input_count, output_count;
    int limit, sent;
    int64_t stamp, received, read, first, last; // stamp: of the latest read
    char id[100];
} connection;

static struct {
    double ttft, gap; // nanoseconds; gap 0 = a whole answer at once
    double vary;
    int tokens;
    bool spread;
    int64_t quantum;
} plan;

static struct {
    int64_t tokens, requests, body_bytes, cancelled, connections, open, streaming, first_bytes, first_post;
    int64_t ticks, late_ticks, worst_tick;
} stats;

static connection *wheel[WHEEL];
static int64_t origin, tick, waiting; // tick: the last one done
static int64_t wall_offset;
static int poller, listeners[LISTENERS_MAX], listener_count, port;
static FILE *journal;
static volatile sig_atomic_t ending;
static uint64_t random_state = 88172645463325252u;

static const char head[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
                           "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
#define CHUNK(delta, finish)                                                                                          \
    "data: {\"id\":\"chatcmpl-8f14e45fceea167a5a36dedd4bea2543\",\"object\":\"chat.completion.chunk\","              \
    "\"created\":1763683200,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{" delta "},\"logprobs\":null,"  \
    "\"finish_reason\":" finish ",\"stop_reason\":null,\"token_ids\":null}]}\n\n"
static char role_chunk[512], token_chunk[512], finish_chunk[512];
static size_t role_count, token_count, finish_count;

static size_t frame(char *into, const char *text) { // as one HTTP chunk
    return (size_t)sprintf(into, "%zx\r\n%s\r\n", strlen(text), text);
}

static double random_unit(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / 9007199254740992.0;
}

// --- The wheel ---

static void unschedule(connection *c) {
    if (!c->link) return;
    *c->link = c->next;
    if (c->next) c->next->link = c->link;
    c->link = NULL;
    waiting--;
}

static void schedule(connection *c, double due_ns) {
    c->due_ns = due_ns;
    c->tick = ((int64_t)due_ns - origin + plan.quantum - 1) / plan.quantum;
    if (c->tick <= tick) c->tick = tick + 1;
    connection **slot = &wheel[c->tick % WHEEL];
    c->next = *slot;
    c->link = slot;
    if (*slot) (*slot)->link = &c->next;
    *slot = c;
    waiting++;
}

// --- Writing ---

static void finish_request(connection *c, const char *outcome) {
    if (journal) {
        fprintf(journal,
                "{\"id\":\"%s\",\"received\":%" PRId64 ",\"read\":%" PRId64 ",\"first_token\":%" PRId64
                ",\"last_token\":%" PRId64 ",\"tokens\":%d,\"max_tokens\":%d,\"outcome\":\"%s\"}\n",
                c->id, c->received, c->read, c->first, c->last, c->sent, c->limit, outcome);
    }
    c->busy = false;
    stats.streaming--;
}

static void hang_up(connection *c) {
    unschedule(c);
    if (c->busy) {
        stats.cancelled++;
        finish_request(c, "cancelled");
    }
    close(c->fd);
    free(c->input);
    free(c->output);
    free(c);
    stats.open--;
}

static void watch(connection *c, bool room) {
    if (room == c->waits_for_room) return;
    c->waits_for_room = room;
    struct epoll_event event = {.events = room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void put(connection *c, const char *bytes, size_t count) {
    if (c->output_count == 0) {
        ssize_t sent = send(c->fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent == (ssize_t)count) return;
        if (sent > 0) bytes += sent, count -= (size_t)sent;
    }
    c->output = realloc(c->output, c->output_count + count);
    memcpy(c->output + c->output_count, bytes, count);
    c->output_count += count;
    watch(c, true);
}

static void flush(connection *c) {
    ssize_t sent = send(c->fd, c->output, c->output_count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return;
    c->output_count -= (size_t)sent;
    memmove(c->output, c->output + sent, c->output_count);
    if (c->output_count == 0) watch(c, false);
}

static void put_document(connection *c, int status, const char *body) {
    char reply[2048];
    int count = snprintf(reply, sizeof reply, "HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                         status, status == 200 ? "OK" : "Error", strlen(body), body);
    put(c, reply, (size_t)count);
}

static void answer_whole(connection *c) { // not streamed
    char body[1024];
    c->first = c->last = now_ns();
    c->sent = c->limit;
    stats.tokens += c->limit;
    snprintf(body, sizeof body,
             "{\"id\":\"chatcmpl-8f14e45fceea167a5a36dedd4bea2543\",\"object\":\"chat.completion\",\"created\":1763683200,"
             "\"model\":\"bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"token\"},"
             "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d,\"total_tokens\":%d}}",
             c->limit, c->limit + 9);
    put_document(c, 200, body);
    finish_request(c, "completed");
}

/// Sends the next `count` tokens, with all that belongs before the first and behind the last.
static void emit(connection *c, int count) {
    if (!c->streams) return answer_whole(c);
    static char buffer[1 << 20];
    size_t used = 0;
    bool is_first = c->sent == 0;
    if (is_first) memcpy(buffer, role_chunk, role_count), used = role_count;
    for (int i = 0; i < count && used < sizeof buffer - 4096; i++) {
        memcpy(buffer + used, token_chunk, token_count);
        used += token_count;
        c->sent++;
        stats.tokens++;
    }
    bool is_last = c->sent == c->limit;
    if (is_last) {
        memcpy(buffer + used, finish_chunk, finish_count);
        used += finish_count;
        if (c->wants_usage) {
            char text[512];
            snprintf(text, sizeof text,
                     "data: {\"id\":\"chatcmpl-8f14e45fceea167a5a36dedd4bea2543\",\"object\":\"chat.completion.chunk\","
                     "\"created\":1763683200,\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
                     "\"total_tokens\":%d,\"completion_tokens\":%d}}\n\n", c->sent + 9, c->sent);
            used += frame(buffer + used, text);
        }
        used += frame(buffer + used, "data: [DONE]\n\n");
        used += (size_t)sprintf(buffer + used, "0\r\n\r\n");
    }
    if (is_first || is_last) {
        int64_t now = now_ns();
        if (is_first) c->first = now;
        if (is_last) c->last = now;
    }
    if (used == token_count) put(c, token_chunk, token_count);
    else put(c, buffer, used);
    if (is_last) return finish_request(c, "completed");
    double gap = is_first && plan.spread ? c->gap * (0.5 + random_unit()) : c->gap;
    schedule(c, c->due_ns + gap);
}

// --- Reading ---

static const char *header(const char *text, const char *end, const char *name) { // its value, or NULL
    size_t length = strlen(name);
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) return NULL;
        if ((size_t)(stop - line) > length && line[length] == ':' && strncasecmp(line, name, length) == 0) {
            const char *value = line + length + 1;
            while (*value == ' ') value++;
            return value;
        }
        line = stop + 1;
    }
    return NULL;
}

static int number_after(const char *body, size_t count, const char *key, int fallback) {
    const char *at = memmem(body, count, key, strlen(key));
    if (!at) return fallback;
    at += strlen(key);
    while (at < body + count && (*at == ':' || *at == ' ')) at++;
    int value = atoi(at);
    return value > 0 ? value : fallback;
}

static bool says_true(const char *body, size_t count, const char *key) {
    const char *at = memmem(body, count, key, strlen(key));
    if (!at) return false;
    at += strlen(key);
    while (at < body + count && (*at == ':' || *at == ' ')) at++;
    return at < body + count && *at == 't';
}

static void start_chat(connection *c, const char *text, const char *body, size_t count, int64_t now) {
    const char *id = header(text, body, "x-request-id");
    size_t length = 0;
    for (; id && length < sizeof c->id - 1 && (isalnum((unsigned char)id[length]) || strchr("-_.:/", id[length])); length++)
        c->id[length] = id[length];
    c->id[length] = 0;
    if (length == 0) snprintf(c->id, sizeof c->id, "%" PRId64, stats.requests);
    c->limit = number_after(body, count, "\"max_completion_tokens\"",
                            number_after(body, count, "\"max_tokens\"", plan.tokens));
    c->streams = says_true(body, count, "\"stream\"");
    c->wants_usage = says_true(body, count, "\"include_usage\"");
    c->gap = plan.vary > 0 ? plan.gap / (1 + plan.vary * (2 * random_unit() - 1)) : plan.gap;
    c->received = c->stamp ? c->stamp - wall_offset : now;
    c->read = now;
    c->sent = 0;
    c->first = c->last = 0;
    c->busy = true;
    stats.requests++;
    stats.body_bytes += (int64_t)count;
    stats.streaming++;
    if (!stats.first_post) stats.first_post = c->received;
    if (c->streams) put(c, head, sizeof head - 1);
    if (!c->streams) schedule(c, (double)now + plan.ttft + c->gap * (c->limit - 1));
    else if (plan.gap > 0) schedule(c, (double)now + plan.ttft);
    else if (plan.ttft > 0) schedule(c, (double)now + plan.ttft);
    else emit(c, c->limit);
}

static void put_stats(char *into, size_t size) {
    cpu_time cpu = process_cpu();
    snprintf(into, size,
             "{\"now\":%" PRId64 ",\"tokens\":%" PRId64 ",\"requests\":%" PRId64 ",\"body_bytes\":%" PRId64
             ",\"cancelled\":%" PRId64 ",\"streaming\":%" PRId64 ",\"open\":%" PRId64 ",\"connections\":%" PRId64 ",\"first_bytes\":%" PRId64
             ",\"first_post\":%" PRId64 ",\"ticks\":%" PRId64 ",\"late_ticks\":%" PRId64 ",\"worst_tick_ns\":%" PRId64
             ",\"cpu_user_ns\":%" PRId64 ",\"cpu_system_ns\":%" PRId64 "}",
             now_ns(), stats.tokens, stats.requests, stats.body_bytes, stats.cancelled, stats.streaming, stats.open, stats.connections,
             stats.first_bytes, stats.first_post, stats.ticks, stats.late_ticks, stats.worst_tick, cpu.user, cpu.system);
}

static void answer(connection *c, const char *text, const char *body, size_t count) {
    int64_t now = now_ns();
    char document[1024];
    bool is_stats = strncmp(text, "GET /stats ", 11) == 0;
    if (!is_stats && !stats.first_bytes) stats.first_bytes = c->stamp ? c->stamp - wall_offset : now;
    if (strncmp(text, "POST /v1/chat/completions", 25) == 0) return start_chat(c, text, body, count, now);
    if (is_stats) {
        put_stats(document, sizeof document);
        put_document(c, 200, document);
    } else if (strncmp(text, "GET /v1/models", 14) == 0) {
        put_document(c, 200, "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\",\"created\":1763683200,"
                             "\"owned_by\":\"spate\",\"max_model_len\":131072}]}");
    } else if (strncmp(text, "GET /health", 11) == 0) {
        put_document(c, 200, "{}");
    } else {
        put_document(c, 404, "{\"error\":{\"message\":\"no such path\",\"type\":\"not_found\"}}");
    }
}

/// Answers the request that `text` holds whole; 0 = more must come, -1 = not understood, else its length.
static ssize_t take_request(connection *c, const char *text, size_t count) {
    const char *end = memmem(text, count, "\r\n\r\n", 4);
    if (!end) return count > 64 * 1024 ? -1 : 0;
    const char *body = end + 4;
    if (header(text, body, "transfer-encoding")) return -1;
    const char *length_text = header(text, body, "content-length");
    size_t length = length_text ? (size_t)atoll(length_text) : 0;
    if (length > LARGEST_REQUEST) return -1;
    if ((size_t)(text + count - body) < length) {
        const char *expect = header(text, body, "expect");
        if (expect && body == text + count) put(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        return 0;
    }
    const char *habit = header(text, body, "connection");
    c->wants_close = habit && strncasecmp(habit, "close", 5) == 0;
    answer(c, text, body, length);
    return (ssize_t)((size_t)(body - text) + length);
}

static void readable(connection *c) {
    static char shared[LARGEST_REQUEST + 65536 + 1];
    ssize_t count = receive(c->fd, shared, sizeof shared - 1, &c->stamp);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0 || c->busy || c->input_count + (size_t)count > LARGEST_REQUEST + 65536) return hang_up(c);
    ssize_t taken;
    if (c->input_count == 0) {
        shared[count] = 0;
        taken = take_request(c, shared, (size_t)count);
        if (taken == 0) {
            c->input = malloc((size_t)count + 1);
            memcpy(c->input, shared, (size_t)count);
            c->input_count = (size_t)count;
        }
    } else {
        c->input = realloc(c->input, c->input_count + (size_t)count + 1);
        memcpy(c->input + c->input_count, shared, (size_t)count);
        c->input_count += (size_t)count;
        c->input[c->input_count] = 0;
        taken = take_request(c, c->input, c->input_count);
    }
    if (taken < 0) return hang_up(c);
    if (taken > 0) {
        free(c->input);
        c->input = NULL;
        c->input_count = 0;
        if (c->wants_close && !c->busy) hang_up(c);
    }
}

// --- The loop ---

static void accept_all(void) {
    for (int i = 0; i < listener_count; i++) {
        for (;;) {
            int fd = accept4(listeners[i], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) break;
            connection *c = calloc(1, sizeof *c);
            c->fd = fd;
            struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
            stats.connections++;
            stats.open++;
        }
    }
}

static void run_ticks(void) {
    int64_t present = (now_ns() - origin) / plan.quantum;
    for (; tick < present;) {
        tick++;
        connection *c = wheel[tick % WHEEL];
        if (!c) continue;
        int64_t late = now_ns() - (origin + tick * plan.quantum);
        stats.ticks++;
        if (late > MILLISECOND) stats.late_ticks++;
        if (late > stats.worst_tick) stats.worst_tick = late;
        int done = 0;
        while (c) {
            connection *next = c->next;
            if (c->tick == tick) { // else a later turn of the wheel
                unschedule(c);
                emit(c, plan.gap > 0 ? 1 : c->limit - c->sent);
                if (c->wants_close && !c->busy) hang_up(c);
            }
            c = next;
            if (++done % 256 == 0) accept_all();
        }
    }
}

static void listen_everywhere(const char *host, int wanted_port, int count) {
    port = wanted_port;
    for (; listener_count < count; listener_count++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1); // connections inherit these two
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        struct sockaddr_in address = address_of(host, port);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) {
            perror("cannot listen");
            exit(1);
        }
        socklen_t size = sizeof address;
        getsockname(fd, (struct sockaddr *)&address, &size);
        port = ntohs(address.sin_port);
        listeners[listener_count] = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

/// How long to sleep: to the next tick that something waits for, at most a tenth of a second.
static struct timespec until_next(void) {
    int64_t target = now_ns() + SECOND / 10;
    if (waiting > 0) {
        for (int64_t t = tick + 1; origin + t * plan.quantum < target; t++) {
            if (wheel[t % WHEEL]) target = origin + t * plan.quantum;
        }
    }
    int64_t rest = target - now_ns();
    if (rest < 0) rest = 0;
    return (struct timespec){rest / SECOND, rest % SECOND};
}

static void end(int signal) { ending = 1; }

int main(int argc, char **argv) {
    options all = read_options(argc, argv);
    const char *host = text_option(&all, "host", "127.0.0.1");
    const char *journal_path = text_option(&all, "journal", NULL);
    double rate = number_option(&all, "rate", 20), seconds = number_option(&all, "seconds", 600);
    bool batch = number_option(&all, "batch", 0) != 0;
    plan.ttft = number_option(&all, "ttft", 200) * 1e6;
    plan.gap = rate > 0 ? 1e9 / rate : 0;
    plan.vary = number_option(&all, "vary", 0);
    plan.tokens = (int)number_option(&all, "tokens", 256);
    plan.spread = !batch;
    plan.quantum = batch && rate > 0 ? (int64_t)plan.gap : (int64_t)(number_option(&all, "quantum", 1000) * 1000);
    int wanted_port = (int)number_option(&all, "port", 0), count = (int)number_option(&all, "listeners", 4);
    finish_options(&all);
    bool is_varied = plan.vary >= 0 && plan.vary <= 0.9;
    if (plan.quantum < 1000 || count < 1 || count > LISTENERS_MAX || plan.tokens < 1 || !is_varied) {
        fprintf(stderr, "quantum >= 1 us, 1 to %d listeners, tokens >= 1, vary 0 to 0.9\n", LISTENERS_MAX);
        return 2;
    }
    // A delay must fit half a turn of the wheel, else an entry would be passed over.
    double longest_gap = 2 * plan.gap / (1 - plan.vary);
    if (plan.ttft / (double)plan.quantum > WHEEL / 2.0 || longest_gap / (double)plan.quantum > WHEEL / 2.0) {
        fprintf(stderr, "the quantum is too small for these delays\n");
        return 2;
    }
    if (journal_path && !(journal = fopen(journal_path, "w"))) {
        perror(journal_path);
        return 1;
    }
    role_count = frame(role_chunk, CHUNK("\"role\":\"assistant\",\"content\":\"\"", "null"));
    token_count = frame(token_chunk, CHUNK("\"content\":\" token\"", "null"));
    finish_count = frame(finish_chunk, CHUNK("\"content\":\"\"", "\"length\""));
    raise_descriptor_limit();
    prctl(PR_SET_TIMERSLACK, 1000);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    poller = epoll_create1(EPOLL_CLOEXEC);
    listen_everywhere(host, wanted_port, count);
    origin = now_ns();
    wall_offset = realtime_offset();
    int64_t stop = origin + (int64_t)(seconds * 1e9), chores = origin + SECOND;
    printf("{\"listening\":\"http://%s:%d\",\"pid\":%d}\n", host, port, getpid());
    fflush(stdout);

    while (!ending) {
        struct epoll_event events[EVENTS];
        struct timespec timeout = until_next();
        int found = epoll_pwait2(poller, events, EVENTS, &timeout, NULL);
        accept_all();
        for (int i = 0; i < found; i++) {
            connection *c = events[i].data.ptr;
            if (!c) continue;
            if (events[i].events & EPOLLOUT) flush(c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
        }
        run_ticks();
        int64_t now = now_ns();
        if (now > stop) break;
        if (now > chores) {
            chores = now + SECOND;
            wall_offset = realtime_offset();
            if (journal) fflush(journal);
        }
    }
    char line[1024];
    put_stats(line, sizeof line);
    if (journal) fclose(journal);
    printf("%s\n", line);
    return 0;
}
