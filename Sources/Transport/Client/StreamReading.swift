internal import CCurl
internal import Glibc
internal import Synchronization
internal import Ticks

/// Who reads the middle of plain streams.
public enum StreamReader: String, Sendable, CaseIterable {
    /// Each socket by itself, when it is ready.
    case epoll
    /// Many with one call into the kernel, some milliseconds' worth at a time.
    case uring

    /// What SPATE_READER says; nil where it is not set, or empty.
    public static let word: String? = getenv("SPATE_READER").map { String(cString: $0) }.flatMap {
        $0.isEmpty ? nil : $0
    }
    /// The one that it names, for all clients; nil = whichever suits, which is the rule.
    public static let wanted: StreamReader? = word.flatMap(StreamReader.init(rawValue:))

    /// Why this system has no io_uring for us, an errno; nil where it has, though many streams have to come before it is used.
    /// On a thread of its own: what a closed ring leaves behind interrupts the next blocking call of the thread that made it.
    public static let ringRefusal: Int32? = {
        let refusal = Mutex<Int32?>(nil)
        LoopThread(name: "ring") {
            var error: Int32 = 0
            guard let ring = spate_ring_open(&error) else { return refusal.withLock { $0 = error } }
            spate_ring_close(ring)
        }.join()
        return refusal.withLock(\.self)
    }()

    /// Who reads where there are many streams, and why not the ring.
    public static var described: String {
        if wanted == .epoll { return "epoll (SPATE_READER)" }
        return ringRefusal.map { "epoll (io_uring: \(String(cString: strerror($0))))" } ?? "uring"
    }
}

/// Decides for the streams of one client who reads them: each by itself, or the ring, once that is worth it.
final class StreamReading {
    private let wanted: StreamReader?
    private let loop: EventLoop
    private unowned(unsafe) let sockets: SocketSet
    private var rule = GatheringRule()
    private var ring: RingReader?
    private var isRefused = false

    init(_ wanted: StreamReader?, loop: EventLoop, sockets: SocketSet) {
        self.wanted = wanted
        self.loop = loop
        self.sockets = sockets
        loop.onBeforePoll { [unowned self] in ring?.willPoll(wait: wait) }
        loop.onGather { [unowned self] now in ring?.gather(at: now, wait: wait) }
    }

    /// Reads that the ring has made.
    var gathered: Int64 { ring?.reads ?? 0 }
    /// While the ring delivers: what it delivers now had not come when this instant was.
    var earliest: Instant? { ring?.earliest }
    /// While the ring delivers: whether the machine stood still while it let bytes wait.
    var machineStoodStill: Bool { ring.map { $0.earliest != nil && $0.machineStoodStill } ?? false }

    /// How long the ring lets bytes wait, nanoseconds. Streams that it still has when none is allowed any more wait shortly.
    private var wait: Int64 { rule.wait ?? GatheringRule.shortest }

    // MARK: what comes

    func answerBegan(at instant: Instant) { rule.answerBegan(at: instant) }
    func answerEnded(lasting nanoseconds: Int64) { rule.answerEnded(lasting: nanoseconds) }

    /// A read of a stream, whoever made it.
    @inline(__always)
    func read(_ pieces: Int, _ pace: inout StreamPace, at instant: Instant) {
        if let gap = pace.read(pieces: pieces, at: instant, wait: rule.wait) { rule.read(gap: gap, at: instant) }
    }

    // MARK: who reads

    /// After a read of the stream by itself: leaves it to the ring where that is worth it.
    @inline(__always)
    func mayGather(_ stream: Transfer, _ watch: SocketWatch) {
        if rule.wait == nil, wanted == nil { return }
        gather(stream, watch)
    }

    private func gather(_ stream: Transfer, _ watch: SocketWatch) {
        if isRefused || wanted == .epoll { return }
        if wanted == nil, stream.endIsNear || !stream.middle.pace.isProven(for: wait) { return }
        if ring == nil { ring = RingReader(loop: loop, sockets: sockets) }
        guard let ring else { return isRefused = true }
        ring.take(watch)
    }

    /// After a read of the ring's: whether it goes on with the stream.
    @inline(__always)
    func stays(_ stream: Transfer) -> Bool {
        wanted == .uring || (rule.wait != nil && stream.middle.pace.isSteady && !stream.endIsNear)
    }

    /// Its transfer is over, and its socket about to be closed.
    func drop(_ watch: SocketWatch) { if watch.isInRing { ring?.drop(watch) } }

    func close() { ring?.close() }
}

extension HTTPClient {
    /// Reads that were made through a ring, of all that this client has made.
    public var gatheredReads: Int64 { reading.gathered }
}
