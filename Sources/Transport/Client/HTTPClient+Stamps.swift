internal import Ticks

/// When what is delivered arrived.
extension HTTPClient {
    /// The stamp of what libcurl delivers now. Streams that share a connection are delivered from libcurl's own buffers,
    /// some after later reads: theirs is the instant of the delivery, and says so.
    func stamp() -> ReceiveStamp {
        let stamp = stamps.current(on: loop, notBefore: reading.earliest)
        guard endpoint.multiplexes else { return stamp }
        let now = MonotonicClock.now()
        return ReceiveStamp(instant: now, readAt: now, isKernel: false, read: stamp.read)
    }

    /// By how much bytes of the latest read may have arrived before `stamp`, nanoseconds; for those with others behind them.
    func lateness(of stamp: Instant) -> Int64 {
        // A ring takes bytes when it is entered and at no other time.
        if let earliest = reading.earliest { return max(0, stamp.nanoseconds(since: earliest)) }
        return stamps.backlog?.lateness(of: stamp) ?? loop.lateness(of: stamp)
    }

    /// What a ring has left in this socket had not come before that instant.
    func leaves(_ descriptor: Int32, unreadSince earliest: Instant) {
        stamps.leaves(descriptor, unreadSince: earliest)
    }

    /// Bytes of an earlier read of a socket are delivered now.
    func resume(_ stamp: ReceiveStamp, of descriptor: Int32, emptied: Bool) {
        stamps.resume(stamp, of: descriptor, emptied: emptied)
    }

    /// The connection that was read last, where each carries one exchange at a time.
    var watchOfLatestRead: SocketWatch? { endpoint.multiplexes ? nil : sockets.watch(of: stamps.socket) }

    /// The stamp of the latest read, if that was of this socket.
    func stamp(of descriptor: Int32) -> ReceiveStamp? { stamps.socket == descriptor ? stamp() : nil }
}
