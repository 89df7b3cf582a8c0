// Reads of many sockets by one call into the kernel: the little of io_uring that takes, without a library. liburing is not
// on every machine, and of it nothing but this would be used.
//
// A request that is armed once (multishot recvmsg) stays with its socket and completes at each read, into a buffer of the
// ring, with the control message that holds the kernel's stamp. With DEFER_TASKRUN bytes are taken from sockets when this
// thread enters the kernel here, and at no other time: nothing completes behind its back. Linux 6.1 has all of it.
#define _GNU_SOURCE
#include "CCurl.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif

#if defined(IORING_SETUP_DEFER_TASKRUN) && defined(IORING_RECV_MULTISHOT) && defined(__NR_io_uring_setup)

// More completions than requests: each may complete several times before anyone looks.
enum { REQUESTS = 512, COMPLETIONS = 4096, BUFFERS = 256, CONTROL = CMSG_SPACE(sizeof(struct timespec)) };
// What a buffer begins with. An odd number of cache lines from one to the next: at a power of two all would be kept in a
// few sets of the cache.
enum {
    BEFORE = sizeof(struct io_uring_recvmsg_out) + CONTROL,
    STRIDE = ((BEFORE + SPATE_RECEIVE_MOST + 63) / 64 | 1) * 64,
};
#define IS_CANCEL (UINT64_C(1) << 63)

struct spate_ring {
    int fd;
    unsigned char *rings;  // both queues
    size_t rings_bytes;
    unsigned *sq_head, *sq_tail, *sq_flags, sq_mask, made, given;  // requests made; and given to the kernel
    struct io_uring_sqe *sqes;
    unsigned *cq_head, *cq_tail, cq_mask, taken;
    struct io_uring_cqe *cqes;
    struct io_uring_buf_ring *buffers;
    unsigned short buffers_tail;
    unsigned char *memory;
    struct msghdr form;  // of every read
    int64_t entered;     // when the kernel was last left, CLOCK_MONOTONIC
};

static int enter(spate_ring *ring, unsigned flags) {
    for (;;) {
        long done = syscall(__NR_io_uring_enter, ring->fd, ring->made - ring->given, 0, flags, NULL, 0);
        if (done >= 0) {
            ring->given += (unsigned)done;
            return 0;
        }
        if (errno != EINTR) return -errno;
    }
}

static void lend(spate_ring *ring, unsigned short number) {
    struct io_uring_buf *place = &ring->buffers->bufs[ring->buffers_tail++ & (BUFFERS - 1)];
    place->addr = (uint64_t)(uintptr_t)(ring->memory + (size_t)number * STRIDE);
    place->len = BEFORE + SPATE_RECEIVE_MOST;
    place->bid = number;
    __atomic_store_n(&ring->buffers->tail, ring->buffers_tail, __ATOMIC_RELEASE);
}

static void *pages(size_t bytes) {
    void *found = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return found == MAP_FAILED ? NULL : found;
}

static bool map(spate_ring *ring, const struct io_uring_params *made) {
    if (!(made->features & IORING_FEAT_SINGLE_MMAP)) return false;
    size_t requests = made->sq_off.array + made->sq_entries * sizeof(unsigned);
    size_t completions = made->cq_off.cqes + made->cq_entries * sizeof(struct io_uring_cqe);
    ring->rings_bytes = requests > completions ? requests : completions;
    int protection = PROT_READ | PROT_WRITE, how = MAP_SHARED | MAP_POPULATE;
    void *rings = mmap(NULL, ring->rings_bytes, protection, how, ring->fd, IORING_OFF_SQ_RING);
    void *sqes = mmap(NULL, made->sq_entries * sizeof *ring->sqes, protection, how, ring->fd, IORING_OFF_SQES);
    ring->rings = rings == MAP_FAILED ? NULL : rings;
    ring->sqes = sqes == MAP_FAILED ? NULL : sqes;
    if (!ring->rings || !ring->sqes) return false;
    ring->sq_head = (unsigned *)(ring->rings + made->sq_off.head);
    ring->sq_tail = (unsigned *)(ring->rings + made->sq_off.tail);
    ring->sq_flags = (unsigned *)(ring->rings + made->sq_off.flags);
    ring->sq_mask = made->sq_entries - 1;
    unsigned *order = (unsigned *)(ring->rings + made->sq_off.array);
    for (unsigned i = 0; i < made->sq_entries; i++) order[i] = i;
    ring->cq_head = (unsigned *)(ring->rings + made->cq_off.head);
    ring->cq_tail = (unsigned *)(ring->rings + made->cq_off.tail);
    ring->cq_mask = made->cq_entries - 1;
    ring->cqes = (struct io_uring_cqe *)(ring->rings + made->cq_off.cqes);
    return true;
}

static bool lend_all(spate_ring *ring) {
    ring->buffers = pages(BUFFERS * sizeof(struct io_uring_buf));
    ring->memory = pages((size_t)BUFFERS * STRIDE);
    if (!ring->buffers || !ring->memory) return false;
    struct io_uring_buf_reg group = {.ring_addr = (uint64_t)(uintptr_t)ring->buffers, .ring_entries = BUFFERS};
    if (syscall(__NR_io_uring_register, ring->fd, IORING_REGISTER_PBUF_RING, &group, 1) != 0) return false;
    for (unsigned short number = 0; number < BUFFERS; number++) lend(ring, number);
    return true;
}

spate_ring *spate_ring_open(int *error) {
    struct io_uring_params wanted = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = COMPLETIONS,
    };
    int fd = (int)syscall(__NR_io_uring_setup, REQUESTS, &wanted);
    spate_ring *ring = fd < 0 ? NULL : calloc(1, sizeof *ring);
    if (!ring) {
        *error = fd < 0 ? errno : ENOMEM;
        if (fd >= 0) close(fd);
        return NULL;
    }
    ring->fd = fd;
    ring->form.msg_controllen = CONTROL;
    errno = ENOMEM;
    if (map(ring, &wanted) && lend_all(ring)) return ring;
    *error = errno;
    spate_ring_close(ring);
    return NULL;
}

void spate_ring_close(spate_ring *ring) {
    close(ring->fd);
    if (ring->rings) munmap(ring->rings, ring->rings_bytes);
    if (ring->sqes) munmap(ring->sqes, (ring->sq_mask + 1) * sizeof *ring->sqes);
    if (ring->buffers) munmap(ring->buffers, BUFFERS * sizeof(struct io_uring_buf));
    if (ring->memory) munmap(ring->memory, (size_t)BUFFERS * STRIDE);
    free(ring);
}

static struct io_uring_sqe *request(spate_ring *ring) {
    if (ring->made - __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE) > ring->sq_mask && enter(ring, 0) != 0) return NULL;
    struct io_uring_sqe *entry = &ring->sqes[ring->made & ring->sq_mask];
    memset(entry, 0, sizeof *entry);
    return entry;
}

static bool post(spate_ring *ring) {
    ring->made++;
    __atomic_store_n(ring->sq_tail, ring->made, __ATOMIC_RELEASE);
    return true;
}

bool spate_ring_read(spate_ring *ring, int socket, uint64_t tag) {
    struct io_uring_sqe *entry = request(ring);
    if (!entry) return false;
    entry->opcode = IORING_OP_RECVMSG;
    entry->ioprio = IORING_RECV_MULTISHOT;
    entry->flags = IOSQE_BUFFER_SELECT;
    entry->fd = socket;
    entry->addr = (uint64_t)(uintptr_t)&ring->form;
    entry->len = 1;
    entry->user_data = tag;
    return post(ring);
}

bool spate_ring_cancel(spate_ring *ring, uint64_t tag) {
    struct io_uring_sqe *entry = request(ring);
    if (!entry) return false;
    entry->opcode = IORING_OP_ASYNC_CANCEL;
    entry->fd = -1;
    entry->addr = tag;
    entry->user_data = tag | IS_CANCEL;
    return post(ring);
}

int spate_ring_enter(spate_ring *ring) {
    int error = enter(ring, IORING_ENTER_GETEVENTS);
    ring->entered = spate_monotonic();
    if (error == -EBUSY || error == -EAGAIN) error = 0;  // what has completed has to be taken first
    return error ? error : (int)(__atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) - ring->taken);
}

bool spate_ring_has_overflown(const spate_ring *ring) {
    return __atomic_load_n(ring->sq_flags, __ATOMIC_RELAXED) & IORING_SQ_CQ_OVERFLOW;
}

uint64_t spate_ring_tag(const spate_ring *ring, unsigned ahead) {
    return ring->cqes[(ring->taken + ahead) & ring->cq_mask].user_data & ~IS_CANCEL;
}

/// The stamp among the control messages that the kernel has put behind the head of a buffer.
static int64_t stamp_in(unsigned char *control, size_t length) {
    struct msghdr holder = {.msg_control = control, .msg_controllen = length};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&holder); c; c = CMSG_NXTHDR(&holder, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    }
    return 0;
}

spate_ring_piece spate_ring_take(spate_ring *ring) {
    const struct io_uring_cqe *entry = &ring->cqes[ring->taken++ & ring->cq_mask];
    spate_ring_piece piece = {
        .tag = entry->user_data & ~IS_CANCEL,
        .is_cancel = (entry->user_data & IS_CANCEL) != 0,
        .is_last = !(entry->flags & IORING_CQE_F_MORE),
        .buffer = entry->flags & IORING_CQE_F_BUFFER ? (int)(entry->flags >> IORING_CQE_BUFFER_SHIFT) : -1,
        .result = entry->res,
    };
    __atomic_store_n(ring->cq_head, ring->taken, __ATOMIC_RELEASE);
    if (piece.buffer < 0 || piece.is_cancel || piece.result < (int)BEFORE) {
        if (piece.result > 0) piece.result = 0;
        return piece;
    }
    unsigned char *start = ring->memory + (size_t)piece.buffer * STRIDE;
    struct io_uring_recvmsg_out head;
    memcpy(&head, start, sizeof head);
    piece.bytes = start + BEFORE;
    piece.result -= (int)BEFORE;
    if (piece.result == 0) return piece;  // an end of stream
    piece.stamp = stamp_in(start + sizeof head, head.controllen < CONTROL ? head.controllen : CONTROL);
    return piece;
}

void spate_ring_note(const spate_ring *ring, const spate_ring_piece *piece, int socket) {
    spate_receive_state *state = spate_receive_state_of_thread();
    state->kernel_realtime = piece->stamp;
    state->read_monotonic = ring->entered;
    state->socket = socket;
    state->drained = -1;
    state->emptied = piece->result < SPATE_RECEIVE_MOST;
    state->count = piece->result;
    state->end = piece->bytes + piece->result;
    state->reads++;
}

void spate_ring_give_back(spate_ring *ring, const spate_ring_piece *piece) {
    if (piece->buffer >= 0) lend(ring, (unsigned short)piece->buffer);
}

#else

spate_ring *spate_ring_open(int *error) {
    *error = ENOSYS;
    return NULL;
}
void spate_ring_close(spate_ring *ring) {}
bool spate_ring_read(spate_ring *ring, int socket, uint64_t tag) { return false; }
bool spate_ring_cancel(spate_ring *ring, uint64_t tag) { return false; }
int spate_ring_enter(spate_ring *ring) { return -ENOSYS; }
bool spate_ring_has_overflown(const spate_ring *ring) { return false; }
uint64_t spate_ring_tag(const spate_ring *ring, unsigned ahead) { return 0; }
spate_ring_piece spate_ring_take(spate_ring *ring) { return (spate_ring_piece){0}; }
void spate_ring_note(const spate_ring *ring, const spate_ring_piece *piece, int socket) {}
void spate_ring_give_back(spate_ring *ring, const spate_ring_piece *piece) {}

#endif
