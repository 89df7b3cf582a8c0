internal import CCurl
internal import CLibuv
internal import Ticks

/// Reads the middle of many plain streams with few calls into the kernel (io_uring), some milliseconds' worth at a time.
///
///     epoll: head, first chunks ──take──► ring: the middle ──leave──► epoll, libcurl: the end, the next request
///
/// A socket is read by the ring or by others, never by both: it leaves the epoll set when it enters, and others get it
/// when the ring's last word of it has come, libcurl with all that was read meanwhile. Bytes are taken from sockets when
/// the ring is entered and at no other time, each read with its kernel's stamp.
final class RingReader {
    private let ring: OpaquePointer
    private let loop: EventLoop
    private unowned(unsafe) let sockets: SocketSet
    private let timer: UnsafeMutablePointer<uv_timer_t>
    /// Reads made.
    private(set) var reads: Int64 = 0
    /// While it delivers: what it delivers now had not come when this instant was.
    private(set) var earliest: Instant?
    private var count = 0  // of its sockets
    private var leaving = 0  // of those, that wait for its last word
    /// Whose last word has come, with an errno for libcurl.
    private var left: [(watch: SocketWatch, error: Int32)] = []
    private var isUsable = true

    private var began = Instant.zero  // the latest gathering
    private var previousBegan = Instant.zero
    private var isUnfinished = false
    /// Whether the whole machine stood still since the gathering before: the kernel stamped nothing in time then.
    private(set) var machineStoodStill = false

    /// The kernel takes twenty at a time since Linux 6.14, all at once before: with so few nothing is left behind.
    private static let few = 16
    /// So long, nanoseconds, it delivers before others of the loop have their turn.
    private static let longestTurn: Int64 = 500_000

    /// nil where the system has no ring for us.
    init?(loop: EventLoop, sockets: SocketSet) {
        var error: Int32 = 0
        guard let ring = spate_ring_open(&error) else { return nil }
        self.ring = ring
        self.loop = loop
        self.sockets = sockets
        timer = .allocate(capacity: 1)
        uv_timer_init(loop.raw, timer)
    }

    // MARK: whom it reads

    /// Reads this socket from now on.
    func take(_ watch: SocketWatch) {
        guard isUsable, arm(watch) else { return }
        if count == 0 { began = loop.turn.pollBegan }  // what others have not read came later
        watch.enterRing()
        count += 1
    }

    private func arm(_ watch: SocketWatch) -> Bool {
        spate_ring_read(ring, watch.descriptor, sockets.tag(of: watch.descriptor))
    }

    private func disarm(_ watch: SocketWatch) { _ = spate_ring_cancel(ring, sockets.tag(of: watch.descriptor)) }

    /// What is read is of no more use, and the socket is about to be closed.
    func drop(_ watch: SocketWatch) {
        disarm(watch)
        if watch.isLeavingRing { leaving -= 1 }
        forget(watch)
        _ = spate_ring_enter(ring)  // else the ring would keep the socket open beyond its close
    }

    private func forget(_ watch: SocketWatch) {
        watch.leaveRing()
        count -= 1
    }

    // MARK: when

    /// Makes the loop's wait end in time.
    func willPoll(wait: Int64) {
        guard count > 0, !isUnfinished else { return }
        let left = began.advanced(byNanoseconds: wait).nanoseconds(since: MonotonicClock.now())
        uv_update_time(loop.raw)
        uv_timer_start(timer, { _ in }, UInt64(max(0, (left + 999_999) / 1_000_000)), 0)
    }

    /// Takes what has come, where it has waited long enough; a little early where the loop is awake anyway. Once a turn.
    func gather(at now: Instant, wait: Int64) {
        guard count > 0 else { return }
        if loop.machineStoodStill { machineStoodStill = true }
        guard isUnfinished || now.nanoseconds(since: began) >= wait - wait / 4 else { return }
        if !isUnfinished { (previousBegan, began) = (began, now) }
        isUnfinished = false
        sockets.keepingWatches { gather(until: now.advanced(byNanoseconds: Self.longestTurn)) }
        if !isUnfinished { machineStoodStill = false }
    }

    private func gather(until end: Instant) {
        while true {
            let pieces = spate_ring_enter(ring)
            if pieces < 0 { SystemFailure.end("read streams through io_uring", -pieces) }
            deliver(UInt32(pieces))
            handOver()
            if pieces < Self.few, leaving == 0, !spate_ring_has_overflown(ring) { return }
            if MonotonicClock.now() >= end {
                isUnfinished = true
                return loop.turnAgain()
            }
        }
    }

    // MARK: what came

    private func deliver(_ pieces: UInt32) {
        earliest = previousBegan
        for index in 0..<pieces {
            sendAhead(pieces - index)
            var piece = spate_ring_take(ring)
            if let watch = sockets.watch(tag: piece.tag) {
                watch._withUnsafeGuaranteedRef { if $0.isInRing { deliver(&piece, of: $0) } }
            }
            spate_ring_give_back(ring, &piece)
        }
        earliest = nil
    }

    /// What the next pieces need is out of the cache: it is sent for in the order in which it leads to each other.
    @inline(__always)
    private func sendAhead(_ left: UInt32) {
        if left > 6, let watch = sockets.watch(tag: spate_ring_tag(ring, 6)) {
            spate_prefetch(watch.toOpaque(), SocketWatch.hotBytes)
        }
        if left > 4, let watch = sockets.watch(tag: spate_ring_tag(ring, 4)) {
            watch._withUnsafeGuaranteedRef { $0.sendForReader() }
        }
        if left > 2, let watch = sockets.watch(tag: spate_ring_tag(ring, 2)) {
            watch._withUnsafeGuaranteedRef { $0.reader?._withUnsafeGuaranteedRef { $0.sendForState() } }
        }
    }

    @inline(__always)
    private func deliver(_ piece: inout spate_ring_piece, of watch: SocketWatch) {
        if piece.is_cancel {  // it was about to be read
            if piece.result < 0, watch.isLeavingRing { disarm(watch) }
            return
        }
        if piece.result > 0, let reader = watch.reader {
            spate_ring_note(ring, &piece, watch.descriptor)
            reads &+= 1
            reader._withUnsafeGuaranteedRef { deliver(piece, to: $0, of: watch) }
        }
        if piece.is_last { isOver(watch, result: piece.result) }
    }

    @inline(__always)
    private func deliver(_ piece: spate_ring_piece, to reader: Transfer, of watch: SocketWatch) {
        let read = UnsafeBufferPointer(start: piece.bytes, count: Int(piece.result))
        let emptied = read.count < Int(SPATE_RECEIVE_MOST)
        if watch.remainder == nil {
            if let rest = reader.deliver(read, emptiedSocket: emptied) {
                watch.remainder = SocketWatch.Remainder(
                    bytes: Array(rest),
                    stamp: reader.client.stamp(),
                    earliest: previousBegan
                )
            } else if reader.client.reading.stays(reader) {
                return
            }
            leave(watch, isLast: piece.is_last)
        } else {
            watch.remainder?.bytes.append(contentsOf: read)
            watch.remainder?.stamp = reader.client.stamp()
        }
        watch.remainder?.emptied = emptied
    }

    private func leave(_ watch: SocketWatch, isLast: Bool) {
        guard !watch.isLeavingRing else { return }
        watch.isLeavingRing = true
        leaving += 1
        if !isLast { disarm(watch) }
    }

    /// The ring's last word of a socket has come: it is armed again, read by others, or libcurl's.
    private func isOver(_ watch: SocketWatch, result: Int32) {
        let isOfRing: Bool
        switch result {
        case 1..., -ENOBUFS, -EAGAIN, -EINTR: isOfRing = true
        case -ECANCELED, -EINVAL, -EOPNOTSUPP, -ENOMEM:
            isOfRing = true
            if !watch.isLeavingRing { isUsable = false }  // nobody asked for it
        default: isOfRing = false
        }
        if watch.remainder == nil, isOfRing {
            if !watch.isLeavingRing, isUsable, arm(watch) { return }
            if watch.isLeavingRing { leaving -= 1 }
            return giveBack(watch)
        }
        if watch.remainder == nil {
            watch.remainder = SocketWatch.Remainder(bytes: [], stamp: nil, earliest: previousBegan)
        }
        leave(watch, isLast: true)
        left.append((watch, isOfRing ? 0 : -result))
    }

    /// Others read it from now on, first what the ring, short of buffers, has not taken.
    private func giveBack(_ watch: SocketWatch) {
        forget(watch)
        watch.shard.client.leaves(watch.descriptor, unreadSince: previousBegan)
        watch.want(.readable)
    }

    private func handOver() {
        for (watch, error) in left {
            guard let remainder = watch.remainder, let reader = watch.reader else { continue }
            leaving -= 1
            giveBack(watch)
            reader._withUnsafeGuaranteedRef { reader in
                if let stamp = remainder.stamp {
                    reader.client.resume(stamp, of: watch.descriptor, emptied: remainder.emptied)
                    earliest = remainder.earliest
                }
                remainder.bytes.withUnsafeBufferPointer { reader.giveBack($0, error: error) }
            }
            watch.shard.socketReady(watch.descriptor, .readable)
            earliest = nil
        }
        left.removeAll(keepingCapacity: true)
    }

    // MARK: the end

    /// Called once, when the loop ends; the timer's memory lives until libuv lets go of it, as this does.
    func close() {
        spate_ring_close(ring)
        uv_timer_stop(timer)
        timer.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, nil) }
    }

    deinit { timer.deallocate() }
}
