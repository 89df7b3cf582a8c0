internal import CCurl
internal import Glibc
internal import Ticks

/// A shard's side of a rendezvous: measures the host's clock against its own, and is told when to begin.
public final class RendezvousGuest: Sendable {
    /// The host's CLOCK_REALTIME less this machine's CLOCK_MONOTONIC, and by how much that may be wrong: half the shortest
    /// of some round trips. Nanoseconds.
    public struct Offset: Sendable, Hashable {
        public var nanoseconds: Int64
        public var bound: Int64
    }

    private static let trips = 16

    private let socket: LineSocket

    /// Tries until the host listens.
    /// - Parameter meanwhile: called a few times a second while it waits.
    public init(
        at place: MeetingPlace,
        shard: (index: Int, count: Int),
        key: String,
        meanwhile: () -> Void
    ) throws(RendezvousError) {
        var connected: Int32 = -1
        while connected < 0 {
            connected = Self.connect(to: place)
            if connected < 0 {
                meanwhile()
                usleep(100_000)
            }
        }
        socket = LineSocket(connected)
        socket.say("spate-rendezvous/1 \(shard.index) \(shard.count) \(key)")
        guard let answer = socket.hear(meanwhile: meanwhile) else {
            throw RendezvousError(text: "\(place) closed the connection: it is no rendezvous of spate")
        }
        guard answer == "ok" else {
            throw RendezvousError(
                text: answer.hasPrefix("no ") ? String(answer.dropFirst(3)) : "\(place) is no rendezvous of spate"
            )
        }
    }

    private static func connect(to place: MeetingPlace) -> Int32 {
        for address in place.addresses {
            let descriptor = spate_stream_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { continue }
            if address.connect(descriptor) == 0 { return descriptor }
            if errno == EINPROGRESS {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                var problem: Int32 = 0
                var size = socklen_t(4)
                if poll(&ready, 1, 2000) > 0,
                    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0, problem == 0
                {
                    return descriptor
                }
            }
            _ = Glibc.close(descriptor)
        }
        return -1
    }

    /// nil when the host is gone.
    public func measureOffset() -> Offset? {
        var best: Offset?
        for _ in 0..<Self.trips {
            let asked = spate_monotonic()
            guard socket.say("time"), let answer = socket.hear(), let told = Int64(answer) else { return best }
            let heard = spate_monotonic()
            let offset = Offset(
                nanoseconds: told &- (asked + (heard - asked) / 2),
                bound: (heard - asked + 1) / 2
            )
            if offset.bound < best?.bound ?? .max { best = offset }
        }
        return best
    }

    /// Waits for all others at that number; the instant at which all go on, on the host's CLOCK_REALTIME. nil when the host
    /// is gone.
    public func meet(_ number: Int, meanwhile: () -> Void = {}) -> Int64? {
        guard socket.say("meet \(number)"), let answer = socket.hear(meanwhile: meanwhile), answer.hasPrefix("at ")
        else {
            return nil
        }
        return Int64(answer.dropFirst(3))
    }

    public func leave() { socket.hangUp() }
}
