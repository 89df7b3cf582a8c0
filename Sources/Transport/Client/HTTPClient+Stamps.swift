internal import CCurl
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
    /// - Parameter dispatched: when what they answer was sent
    func lateness(of stamp: Instant, answering dispatched: Instant) -> Int64 {
        let late = lateness(of: stamp)
        guard let earliest = heldBackSince(stamp, answering: dispatched) else { return late }
        return max(late, stamp.nanoseconds(since: earliest))
    }

    private func lateness(of stamp: Instant) -> Int64 {
        // A ring takes bytes when it is entered and at no other time.
        if let earliest = reading.earliest { return max(0, stamp.nanoseconds(since: earliest)) }
        let late = stamps.backlog?.lateness(of: stamp) ?? loop.lateness(of: stamp)
        guard endpoint.multiplexes, let behind = loop.turn.behindSince else { return late }
        return max(late, stamp.nanoseconds(since: behind))
    }

    /// Before which what is delivered now had not been made, where its sender had been kept from sending by us.
    @inline(__always)
    func heldBackSince(_ stamp: Instant, answering dispatched: Instant) -> Instant? {
        stamps.full.earliest(of: endpoint.multiplexes ? nil : stamps.socket, answering: dispatched, at: stamp)
    }

    /// The loop had not looked for some time, and looks again.
    func stoodStill(_ stood: Range<Instant>) {
        for watch in sockets.watches where spate_is_full(watch.descriptor) {
            stamps.full.add(watch.descriptor, stood: stood)
        }
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
