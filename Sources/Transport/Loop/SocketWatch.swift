internal import CCurl
internal import Glibc
internal import Ticks

/// One open connection as its client sees it: from `socket()` to `close()`, over all the requests it carries.
///
/// While libcurl does not want the socket (the connection is idle), the watch stays on it, so that a server's FIN is seen
/// when it comes and not when the next request dies of it.
final class SocketWatch {
    enum State { case opening, busy, idle, dead }

    // What each read touches comes first (`hotBytes`).
    let descriptor: Int32
    private(set) var state = State.opening
    /// A ring reads the socket, and nobody else does.
    private(set) var isInRing = false
    /// It does so until its last word of it has come.
    var isLeavingRing = false
    /// A request has been written on it. Until then libcurl closes the socket itself when it gives up (the filter has
    /// "never published" it), without a call of the close callback.
    var isEstablished = false
    /// The transfer that reads the socket past libcurl.
    var reader: Unmanaged<Transfer>?  // not retained: it gives the socket back before it ends
    unowned(unsafe) let shard: ConnectionShard
    /// What the ring has read for libcurl; nil while it reads for the transfer.
    var remainder: Remainder?
    static let hotBytes = 56

    private var wanted: SocketSet.Events = []
    private(set) var idleSince = Instant.zero
    /// What was done for it before it was established: the set-up's own work, nanoseconds, and since when more is being done.
    private var setUpWork: Int64 = 0
    private var worksSince: Instant?
    /// The last answer on it was to a POST: only those tell how the server treats streams.
    var carriedPost = false

    init(descriptor: Int32, shard: ConnectionShard) {
        self.descriptor = descriptor
        self.shard = shard
    }

    // MARK: the ring

    /// What it has read for libcurl, and what is known of the last read of that.
    struct Remainder {
        var bytes: [UInt8]
        var stamp: ReceiveStamp?
        var emptied = false
        var earliest: Instant
    }

    func enterRing() {
        watch([])
        isInRing = true
    }

    func leaveRing() {
        isInRing = false
        isLeavingRing = false
        remainder = nil
    }

    // MARK: what is wanted

    /// libcurl wants these events.
    func want(_ events: SocketSet.Events) {
        if isInRing { return }
        if state != .busy {
            if state == .idle { shard.idleConnections -= 1 }
            state = .busy
        }
        watch(events)
    }

    /// libcurl wants nothing of it for now.
    func rest(now: Instant) {
        guard state == .busy else { return }
        state = .idle
        idleSince = now
        shard.idleConnections += 1
        watch(.readable)
    }

    private func watch(_ events: SocketSet.Events) {
        guard events != wanted else { return }  // each change is a system call
        shard.client.sockets.change(descriptor, from: wanted, to: events)
        wanted = events
    }

    /// The memory of the transfer that will read, shortly before it is needed.
    @inline(__always)
    func sendForReader() { if let reader { spate_prefetch(reader.toOpaque(), Transfer.hotBytes) } }

    /// Something happened on the socket.
    func ready(_ events: SocketSet.Events) {
        switch state {
        case .busy, .opening:
            if let reader, reader._withUnsafeGuaranteedRef({ $0.readBody(of: descriptor) }) { return }
            if isEstablished { shard.socketReady(descriptor, events) } else { setUp(events) }
        case .idle:
            // The answer may have ended after this event was fetched: libcurl also reads on its timers.
            if events.isDisjoint(with: [.failed, .hungUp]), spate_is_quiet(descriptor) { return }
            state = .dead  // FIN, RST, or bytes nobody asked for: of no more use
            shard.idleConnections -= 1
            watch([])
            shard.idleConnectionDied(self)
        case .dead:
            break
        }
    }

    private func setUp(_ events: SocketSet.Events) {
        worksSince = MonotonicClock.now()
        shard.socketReady(descriptor, events)
        setUpWork = setUpWork(until: MonotonicClock.now())
        worksSince = nil
    }

    /// What a connection that is not established has cost this loop, nanoseconds; 0 once it is.
    func setUpWork(until now: Instant) -> Int64 {
        isEstablished ? 0 : setUpWork + (worksSince.map { now.nanoseconds(since: $0) } ?? 0)
    }

    /// libcurl is done with the connection: stops watching and closes the descriptor.
    func close() {
        // A child process that was being started may hold the socket open a moment longer.
        watch([])
        leave()
        _ = Glibc.close(descriptor)
    }

    /// libcurl has closed the descriptor itself: only the watch is left to end.
    func abandon() { leave() }

    private func leave() {
        if state == .idle { shard.idleConnections -= 1 }
        state = .dead
        spate_end_reading_ahead(descriptor)
        shard.client.sockets.remove(self)
    }
}
