internal import CCurl
internal import Glibc
public import Ticks

/// When bytes arrived, and how well that is known.
public struct ReceiveStamp: Sendable, Hashable {
    /// The kernel's receive stamp on CLOCK_MONOTONIC where it can be had, else the instant of the read.
    public var instant: Instant
    /// When the read returned. `readAt − instant` is the client's own delay.
    public var readAt: Instant
    public var isKernel: Bool
    /// Number of the read on this thread: pieces of one read share it.
    public var read: UInt64
    /// Whether the last of these bytes arrived at `instant`: they end a read that emptied the socket, and the kernel
    /// stamped it. What lies before in the same read may have arrived earlier (`Transfer.lateness`).
    public var isExactAtEnd: Bool

    public init(instant: Instant, readAt: Instant, isKernel: Bool, read: UInt64, isExactAtEnd: Bool = false) {
        self.instant = instant
        self.readAt = readAt
        self.isKernel = isKernel
        self.read = read
        self.isExactAtEnd = isExactAtEnd
    }
}

/// Turns what the interposed `recv` noted into stamps, and refuses stamps that cannot be true.
///
/// The kernel stamps in CLOCK_REALTIME, so each stamp is shifted by an offset that is sampled anew every second. A stamp
/// later than the read is refused, and one from before the bytes can have come: the wall clock was stepped.
struct StampClock {
    /// The kernel stamps a packet some microseconds before the socket becomes readable.
    private static let softIRQ: Int64 = 50_000
    /// Keeps the kernel's stamping switched on from before the first packet: it starts with the first socket that asks.
    private static let keeper: Int32 = {
        let descriptor = spate_stream_socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if descriptor >= 0 { spate_stamp_socket(descriptor) }
        return descriptor
    }()

    init() { _ = Self.keeper }

    private let state = spate_receive_state_of_thread()
    private var offset = MonotonicClock.realtimeOffset()
    private var sampledAt: Int64 = 0
    private(set) var kernelStamps: Int64 = 0
    private(set) var discarded: Int64 = 0
    private var lastRead: UInt64 = 0
    private var last = ReceiveStamp(instant: .zero, readAt: .zero, isKernel: false, read: 0)
    private var backlogs = Backlogs()
    var full = FullSockets()

    /// Reads of this thread so far.
    var reads: UInt64 { state?.pointee.reads ?? 0 }

    /// The socket of the latest read, whose stamp `current` gives.
    var socket: Int32 { state?.pointee.socket ?? -1 }

    /// `current` gives this stamp until the next read: bytes of an earlier one are delivered now.
    mutating func resume(_ stamp: ReceiveStamp, of socket: Int32, emptied: Bool) {
        guard let state else { return }
        lastRead = state.pointee.reads
        last = stamp
        backlogs.readsNone()
        state.pointee.socket = socket
        state.pointee.emptied = emptied
    }

    /// The backlog that the bytes are of which are being delivered now.
    var backlog: Backlog? { backlogs.present }
    mutating func leaves(_ socket: Int32, unreadSince earliest: Instant) {
        backlogs.leaves(socket, unreadSince: earliest, at: MonotonicClock.now())
    }
    mutating func forget(_ socket: Int32) {
        backlogs.forget(socket)
        full.forget(socket)
    }

    /// The stamp of the bytes that libcurl is delivering now.
    /// - Parameter gathered: before which they had not come, where a ring has read them
    mutating func current(on loop: EventLoop, notBefore gathered: Instant? = nil) -> ReceiveStamp {
        guard let seen = state?.pointee else { return last }
        if seen.reads == lastRead { return last }
        lastRead = seen.reads
        if gathered == nil { backlogs.reads(seen, on: loop) } else { backlogs.readsNone() }
        let earliest = gathered ?? backlog?.earliest ?? loop.turn.previousPollBegan
        let readAt = seen.read_monotonic
        if readAt - sampledAt > 1_000_000_000 {
            offset = MonotonicClock.realtimeOffset()
            sampledAt = readAt
        }
        var instant = readAt
        var isKernel = false
        if seen.kernel_realtime != 0 {
            let stamp = seen.kernel_realtime - offset
            // The two clocks are sampled some tens of nanoseconds apart: a stamp that much late is the read itself.
            if stamp <= readAt + 1_000, stamp >= earliest.nanoseconds - Self.softIRQ {
                instant = min(stamp, readAt)
                isKernel = true
                kernelStamps += 1
            } else {
                discarded += 1
            }
        }
        last = ReceiveStamp(
            instant: Instant(nanoseconds: instant),
            readAt: Instant(nanoseconds: readAt),
            isKernel: isKernel,
            read: seen.reads
        )
        return last
    }
}
