internal import CCurl
internal import Glibc
internal import Synchronization

/// The first shard's side of a rendezvous: tells its time to whoever asks, and says when to begin once all are there.
///
///     guest: spate-rendezvous/1 INDEX COUNT KEY     host: ok | no REASON
///     guest: time                                   host: CLOCK_REALTIME, nanoseconds
///     guest: meet NUMBER                            host: at INSTANT, when all that are left have come to that number
///
/// A shard that is gone is not waited for once the run has begun. Nothing that is said here starts or changes a request:
/// whoever reaches the port can learn the time, and hold up or hasten a stage.
public final class RendezvousHost: Sendable {
    /// Between the last one's word and the instant that all are told, nanoseconds: more than a way takes.
    private static let lead: Int64 = 50_000_000
    private static let greeting = "spate-rendezvous/1"

    private struct State {
        var guests: [Int: LineSocket] = [:]
        var waiting: [Int: Set<Int>] = [:]  // by number, guests that wait
        var hasBegun = false
        var connections: [LineSocket] = []
        var isClosed = false
    }

    private let listener: Int32
    private let count: Int
    private let key: String
    private let begins: @Sendable (_ now: Int64) -> Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - key: what all must have in common: plan, seed, version.
    ///   - begins: the instant of the first meeting, once all are there.
    public init(
        at place: MeetingPlace,
        count: Int,
        key: String,
        begins: @escaping @Sendable (_ now: Int64) -> Int64
    ) throws(RendezvousError) {
        (self.count, self.key, self.begins) = (count, key, begins)
        guard let address = place.addresses.first else {
            throw RendezvousError(text: "\(place.host) has no address")
        }
        listener = spate_stream_socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        guard listener >= 0, address.bind(listener) == 0, listen(listener, 1024) == 0 else {
            let problem = String(cString: strerror(errno))
            if listener >= 0 { _ = Glibc.close(listener) }
            throw RendezvousError(text: "cannot listen on \(place): \(problem)")
        }
        LoopThread(name: "rendezvous") { [self] in takeGuests() }.detach()
    }

    /// Ends all talk.
    public func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            return state.connections
        }
        for connection in connections { connection.hangUp() }
    }

    /// Whether every guest has gone.
    public var isAlone: Bool { state.withLock { $0.guests.isEmpty } }

    private func takeGuests() {
        while !state.withLock({ $0.isClosed }) {
            var ready = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 200) > 0 else { continue }
            let descriptor = spate_accept(listener)
            guard descriptor >= 0 else { continue }
            let socket = LineSocket(descriptor)
            state.withLock { $0.connections.append(socket) }
            LoopThread(name: "guest") { [self] in
                serve(socket)
                state.withLock { state in state.connections.removeAll { $0 === socket } }
            }.detach()
        }
        _ = Glibc.close(listener)
    }

    private func serve(_ socket: LineSocket) {
        guard let words = socket.hear()?.split(separator: " ", omittingEmptySubsequences: false).map(String.init),
            words.count == 4, words[0] == Self.greeting, let index = Int(words[1])
        else { return }
        if let reason = refusal(index, words) {
            socket.say("no \(reason)")
            return
        }
        state.withLock { $0.guests[index] = socket }
        socket.say("ok")
        while let line = socket.hear() {
            if line == "time" {
                socket.say("\(spate_clock(CLOCK_REALTIME))")
            } else if line.hasPrefix("meet "), let number = Int(line.dropFirst(5)) {
                meet(index, at: number)
            } else {
                break
            }
        }
        leave(index)
    }

    private func refusal(_ index: Int, _ words: [String]) -> String? {
        guard words[2] == "\(count)", (0..<count).contains(index) else {
            return "shard \(words[1])/\(words[2]) is none of \(count)"
        }
        guard words[3] == key else { return "another plan, seed or version: \(words[3]) here, \(key) at shard 0" }
        return state.withLock { state in
            if state.guests[index] != nil { return "shard \(index) has joined already" }
            return state.hasBegun ? "the run has begun" : nil
        }
    }

    private func meet(_ index: Int, at number: Int) {
        state.withLock { state in
            state.waiting[number, default: []].insert(index)
            answer(&state)
        }
    }

    private func leave(_ index: Int) {
        state.withLock { state in
            state.guests[index] = nil
            for number in state.waiting.keys { state.waiting[number]?.remove(index) }
            answer(&state)
        }
    }

    /// Tells those that wait for one number, where nobody is missing.
    private func answer(_ state: inout State) {
        for (number, waiting) in state.waiting where !waiting.isEmpty {
            let everybody = state.hasBegun ? state.guests.count : count
            guard waiting.count >= everybody else { continue }
            let now = spate_clock(CLOCK_REALTIME)
            let instant = state.hasBegun ? now + Self.lead : max(begins(now), now + Self.lead)
            state.hasBegun = true
            state.waiting[number] = nil
            for index in waiting { state.guests[index]?.say("at \(instant)") }
        }
    }
}
