internal import Glibc
internal import Ticks

/// What the simulated provider really did, one JSON object a line, instants in nanoseconds of CLOCK_MONOTONIC.
///
/// The first line describes the run, the last one counts; between them a line per request, written when it is over.
/// Lines are gathered in memory and written once a second, so that the hot path formats nothing.
final class TruthJournal {
    struct Entry {
        enum Outcome: String {
            case completed, cancelled, rejected, refused
            case serverError = "server_error"
            case truncated, empty
            case inbandError = "inband_error"
            case stalled
        }

        /// Instants of the latest tokens kept, so that a reader can count what had been sent some time before the end.
        static let recentCapacity = 32

        var id = ""
        var received = Instant.zero
        var dequeued: Instant?
        var replica: Int?
        var cold: Bool?
        var firstToken: Instant?
        var lastToken: Instant?
        var ended = Instant.zero
        var tokensSent = 0
        var promptTokens = 0
        var maxTokens = 0
        var outcome = Outcome.completed
        /// A ring: token n at index n % capacity.
        var recent: [Int64] = []

        mutating func sent(_ tokens: Int, at now: Instant) {
            if firstToken == nil { firstToken = now }
            lastToken = now
            for _ in 0..<tokens {
                if recent.count < Self.recentCapacity {
                    recent.append(now.nanoseconds)
                } else {
                    recent[tokensSent % Self.recentCapacity] = now.nanoseconds
                }
                tokensSent += 1
            }
        }
    }

    private let descriptor: Int32
    private var lines = ""

    /// nil when the file cannot be made.
    init?(path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        lines.reserveCapacity(1 << 20)
    }

    func begin(scenario: String, seed: UInt64, at now: Instant) {
        lines += "{\"scenario\":\"\(scenario)\",\"seed\":\(seed),\"pid\":\(getpid()),\"t0\":\(now.nanoseconds)}\n"
        flush()
    }

    func add(_ entry: Entry) {
        lines += "{\"id\":\"\(entry.id)\",\"received\":\(entry.received.nanoseconds)"
        number("dequeued", entry.dequeued?.nanoseconds)
        number("replica", entry.replica.map(Int64.init))
        lines += ",\"cold\":\(entry.cold.map { $0 ? "true" : "false" } ?? "null")"
        number("first_token", entry.firstToken?.nanoseconds)
        number("last_token", entry.lastToken?.nanoseconds)
        number("ended", entry.ended.nanoseconds)
        lines += ",\"tokens_sent\":\(entry.tokensSent),\"prompt_tokens\":\(entry.promptTokens)"
        lines += ",\"max_tokens\":\(entry.maxTokens),\"outcome\":\"\(entry.outcome.rawValue)\""
        if entry.outcome == .cancelled { lines += ",\"recent\":[\(entry.recent.sorted().map(String.init).joined(separator: ","))]" }
        lines += "}\n"
    }

    private func number(_ name: String, _ value: Int64?) { lines += ",\"\(name)\":\(value.map(String.init) ?? "null")" }

    func end(_ counts: [(String, Int64)]) {
        lines += "{\"end\":true" + counts.map { ",\"\($0.0)\":\($0.1)" }.joined() + "}\n"
        flush()
        close(descriptor)
    }

    func flush() {
        guard !lines.isEmpty else { return }
        lines.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }  // a full disk must not stop the service
                offset += count
            }
        }
        lines.removeAll(keepingCapacity: true)
    }
}
