// curlburst: a burst of requests through libcurl in plain C, the reference for a client that speaks HTTP by libcurl.
//
//     curlburst --port P --connections cold|preopened|warm --streams 5000 --tokens 2 [--shard 64]
//
// One epoll loop over many small multi handles. The release adds every handle; `last_write_ms` is when the last request
// was given to the kernel (the instants are taken in `send`, which libcurl resolves to ours). Warm connections
// have carried a GET before; preopened ones are handed to libcurl by OPENSOCKETFUNCTION. Prints one JSON line.
#include "common.h"
#include <curl/curl.h>
#include <poll.h>

typedef struct {
    CURLM *multi;
    int64_t deadline; // -1 = none
} shard;

typedef struct {
    CURL *easy;
    bool posts, counted; // posts: what it does now is the burst's request
    int64_t written, first;
} transfer;

enum { MOST_DESCRIPTORS = 65536 };

static int poller, count, per_shard, shard_count, ended, failed;
static shard *shards;
static transfer *transfers;
static int *preopened, preopened_left;
static int64_t last_send[MOST_DESCRIPTORS];
static shard *shard_of[MOST_DESCRIPTORS];
static bool watched[MOST_DESCRIPTORS];
static struct sockaddr_in target;

__attribute__((visibility("default"), used)) ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    int64_t now = now_ns(); // before the call: over loopback the server may run within it
    ssize_t sent = sendto(fd, bytes, length, flags, NULL, 0);
    if (sent > 0 && fd < MOST_DESCRIPTORS) last_send[fd] = now;
    return sent;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *own) {
    if (fd >= MOST_DESCRIPTORS) exit(1);
    if (what == CURL_POLL_REMOVE) {
        if (watched[fd]) epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
        watched[fd] = false;
        return 0;
    }
    transfer *t = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    if (t && t->posts && last_send[fd]) t->written = last_send[fd];
    struct epoll_event event = {.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u),
                                .data.fd = fd};
    shard_of[fd] = context;
    epoll_ctl(poller, watched[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    watched[fd] = true;
    return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *context) {
    ((shard *)context)->deadline = milliseconds < 0 ? -1 : now_ns() + milliseconds * MILLISECOND;
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t length, void *context) {
    transfer *t = context;
    if (t->posts && !t->first) t->first = now_ns();
    return length;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    if (preopened_left > 0) return preopened[--preopened_left];
    return socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->protocol);
}

static int on_close(void *context, curl_socket_t fd) {
    last_send[fd] = 0;
    watched[fd] = false;
    return close(fd);
}

static void drain(shard *s) {
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(s->multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        if (message->data.result != CURLE_OK) failed++;
        transfer *t = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        curl_multi_remove_handle(s->multi, message->easy_handle);
        ended++;
    }
}

static void turn(void) {
    int64_t now = now_ns();
    int running;
    for (int i = 0; i < shard_count; i++) {
        if (shards[i].deadline < 0 || shards[i].deadline > now) continue;
        shards[i].deadline = -1;
        curl_multi_socket_action(shards[i].multi, CURL_SOCKET_TIMEOUT, 0, &running);
        drain(&shards[i]);
    }
    struct epoll_event ready[512];
    int found = epoll_wait(poller, ready, 512, 1);
    for (int i = 0; i < found; i++) {
        int fd = ready[i].data.fd;
        int flags = (ready[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                    (ready[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(shard_of[fd]->multi, fd, flags, &running);
        drain(shard_of[fd]);
    }
}

static void run_all(int64_t limit) {
    for (int i = 0; i < count; i++) curl_multi_add_handle(shards[i / per_shard].multi, transfers[i].easy);
    int64_t stop = now_ns() + limit;
    while (ended < count) {
        turn();
        if (now_ns() > stop) {
            fprintf(stderr, "%d of %d answers have not come\n", count - ended, count);
            exit(1);
        }
    }
}

/// A connect that was begun without blocking and has completed: Linux answers libcurl's own connect on it with 0.
static void preopen(void) {
    preopened = calloc((size_t)count, sizeof *preopened);
    for (int i = 0; i < count; i++) {
        preopened[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(preopened[i], (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS) {
            perror("connect");
            exit(1);
        }
    }
    for (int i = 0; i < count; i++) poll(&(struct pollfd){.fd = preopened[i], .events = POLLOUT}, 1, 5000);
    preopened_left = count;
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    options all = read_options(argc, argv);
    const char *host = text_option(&all, "host", "127.0.0.1"), *kind = text_option(&all, "connections", "cold");
    int port = (int)number_option(&all, "port", 0), tokens = (int)number_option(&all, "tokens", 2);
    count = (int)number_option(&all, "streams", 5000);
    per_shard = (int)number_option(&all, "shard", 64);
    int prompt_bytes = (int)number_option(&all, "prompt-bytes", 1024);
    finish_options(&all);
    bool warm = strcmp(kind, "warm") == 0;
    raise_descriptor_limit();
    target = address_of(host, port);
    poller = epoll_create1(EPOLL_CLOEXEC);
    curl_global_init(CURL_GLOBAL_DEFAULT);

    shard_count = (count + per_shard - 1) / per_shard;
    shards = calloc((size_t)shard_count, sizeof *shards);
    for (int i = 0; i < shard_count; i++) {
        shards[i] = (shard){curl_multi_init(), -1};
        curl_multi_setopt(shards[i].multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(shards[i].multi, CURLMOPT_SOCKETDATA, &shards[i]);
        curl_multi_setopt(shards[i].multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(shards[i].multi, CURLMOPT_TIMERDATA, &shards[i]);
        curl_multi_setopt(shards[i].multi, CURLMOPT_MAXCONNECTS, 4L * per_shard);
    }
    static char url[256], models[256], body[24576];
    sprintf(url, "http://%s:%d/v1/chat/completions", host, port);
    sprintf(models, "http://%s:%d/v1/models", host, port);
    int used = sprintf(body, "{\"model\":\"bench\",\"messages\":[{\"role\":\"user\",\"content\":\"");
    for (int i = 0; i < prompt_bytes && i < 20000; i++) body[used++] = i % 6 == 5 ? ' ' : (char)('a' + i % 7);
    used += sprintf(body + used, "\"}],\"max_tokens\":%d,\"stream\":true}", tokens);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");

    transfers = calloc((size_t)count, sizeof *transfers);
    for (int i = 0; i < count; i++) {
        CURL *easy = transfers[i].easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfers[i]);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfers[i]);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
        curl_easy_setopt(easy, CURLOPT_URL, models);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
    if (warm) run_all(30 * SECOND);
    for (int i = 0; i < count; i++) {
        CURL *easy = transfers[i].easy;
        transfers[i].posts = true;
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)used);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, warm ? 0L : 1L);
    }
    if (strcmp(kind, "preopened") == 0) preopen();
    nanosleep(&(struct timespec){0, 300000000}, NULL); // the server has accepted them all
    memset(last_send, 0, sizeof last_send);
    ended = 0;
    int64_t release = now_ns();
    run_all(30 * SECOND);

    long opened = 0;
    int64_t first = INT64_MAX, last = 0, *waits = calloc((size_t)count, sizeof *waits);
    int known = 0;
    for (int i = 0; i < count; i++) {
        long connects = 0;
        curl_easy_getinfo(transfers[i].easy, CURLINFO_NUM_CONNECTS, &connects);
        opened += connects;
        if (!transfers[i].written || !transfers[i].first) continue;
        if (transfers[i].written < first) first = transfers[i].written;
        if (transfers[i].written > last) last = transfers[i].written;
        waits[known++] = transfers[i].first - transfers[i].written;
    }
    if (known == 0) {
        fprintf(stderr, "no request was answered, %d failed\n", failed);
        return 1;
    }
    qsort(waits, (size_t)known, sizeof *waits, compare);
    printf("{\"mode\":\"curl burst\",\"connections\":\"%s\",\"requests\":%d,\"written\":%d,\"failed\":%d,\"opened\":%ld,"
           "\"first_write_ms\":%.3f,\"last_write_ms\":%.3f,\"wait_p50_ms\":%.3f,\"wait_p99_ms\":%.3f}\n",
           kind, count, known, failed, opened, (double)(first - release) / 1e6, (double)(last - release) / 1e6,
           (double)waits[(known - 1) / 2] / 1e6, (double)waits[(known - 1) * 99 / 100] / 1e6);
    return 0;
}
