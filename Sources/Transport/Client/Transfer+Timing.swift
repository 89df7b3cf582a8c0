internal import CCurl
public import Ticks

extension Transfer {
    /// What is known of its instants. All on CLOCK_MONOTONIC; durations in nanoseconds; nil = did not happen.
    public struct Timing: Sendable, Hashable {
        public var dispatched = Instant.zero
        /// The last byte of the request was given to the kernel.
        public var written: Instant?
        /// How late its first byte left, at most, through no doing of the network: nanoseconds from `dispatched`, the
        /// connection's set-up off, or what of that the loop did not wait.
        public var lateSend: Int64?
        /// First byte of the response.
        public var firstByte: Instant?
        /// The last bytes of a whole answer arrived; `ended` is when that was understood.
        public var answered: Instant?
        public var ended: Instant?
        /// Set-up of the connection; nil on a reused one.
        public var connect: Int64?
        public var tls: Int64?
        public var reused = false
        public var preopened = false
        /// The version that was spoken: 1 or 2; 0 before the answer.
        public var http = 0
    }

    /// Whether the read has no more behind these bytes than the end of their chunk, and emptied the socket. Under TLS the
    /// bytes lie elsewhere than those that were read, so that it never is.
    func endsRead(_ bytes: UnsafeMutablePointer<CChar>, count: Int) -> Bool {
        guard let seen = spate_receive_state_of_thread()?.pointee, seen.emptied, let end = seen.end else {
            return false
        }
        let last = UnsafeRawPointer(bytes + count)
        return last == end || last + 2 == end
    }

    /// By how much an event of these bytes may have arrived before their stamp, if it has bytes behind it in its read; at
    /// most, nanoseconds. Only within the call that brought them.
    public func lateness(of stamp: ReceiveStamp) -> Int64 {
        client.lateness(of: stamp.instant, answering: timing.dispatched)
    }
}
