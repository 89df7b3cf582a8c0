internal import Ticks

/// Single requests to look at: the slowest, a seeded sample of all, and some that failed.
public struct RequestSamples: Sendable, Hashable {
    public struct Request: Sendable, Hashable {
        public var record: RequestRecord  // without its arrivals
        public var phase: Int  // `PhaseRecord.id`
        public var concurrency: Int?  // of its step
        public var burst: Int?
        public var isSlow = false
        public var isSampled = false
        /// As tables mean it, milliseconds.
        public var ttft: Double?
    }

    public var count = 0  // of all
    public var requests: [Request] = []  // by dispatch

    init() {}

    /// The slowest are those with the longest waits for a first token and those that took longest from first to last, half
    /// of each; of those that failed come as many as a fifth of the sample on top, for they are often too rare for it.
    init(of timeline: TargetTimeline, slowest: Int, sampled: Int, seed: UInt64) {
        let index = timeline.index
        let sent = timeline.requests.only { $0.dispatchLag != nil }
        count = sent.count
        var generator = SplitMix64(seed: seed, stream: "charts")
        var sample = Reservoir(sampled)
        var failures = Reservoir(sampled / 5)
        var byWait = Slowest(slowest / 2)
        var byLength = Slowest(slowest - slowest / 2)
        var place = 0
        sent.forEach { request in
            sample.note(place, &generator)
            if request.outcomeClass != .success { failures.note(place, &generator) }
            if let ttft = index.ttft(of: request) { byWait.note(place, ttft) }
            if let ended = request.ended, ended > 0 { byLength.note(place, Double(ended)) }
            place += 1
        }
        let slow = Set(byWait.places).union(byLength.places)
        let drawn = Set(sample.places)
        let shown = slow.union(drawn).union(failures.places)
        place = 0
        sent.forEach { request in
            defer { place += 1 }
            guard shown.contains(place) else { return }
            var record = request
            record.arrivals = []
            let step = index.step(of: request)
            requests.append(
                Request(
                    record: record,
                    phase: step?.phase ?? 0,
                    concurrency: step.flatMap { $0.kind == .arrivals ? nil : $0.concurrency },
                    burst: step?.burst,
                    isSlow: slow.contains(place),
                    isSampled: drawn.contains(place),
                    ttft: index.ttft(of: request)
                )
            )
        }
    }

    /// A uniform sample of a stream of unknown length: Vitter, "Random Sampling with a Reservoir" (1985), algorithm R.
    private struct Reservoir {
        var places: [Int] = []
        private let size: Int
        private var seen = 0

        init(_ size: Int) { self.size = size }

        mutating func note(_ place: Int, _ generator: inout SplitMix64) {
            seen += 1
            if places.count < size {
                places.append(place)
            } else {
                let drawn = Int(generator.unit() * Double(seen))
                if drawn < size { places[drawn] = place }
            }
        }
    }

    /// The largest of a stream; the list is cut when it has doubled, so that each value costs little.
    private struct Slowest {
        private var held: [(place: Int, value: Double)] = []
        private let size: Int
        private var floor = -Double.infinity

        init(_ size: Int) { self.size = size }

        mutating func note(_ place: Int, _ value: Double) {
            guard size > 0, value > floor else { return }
            held.append((place, value))
            if held.count >= 2 * size + 16 { cut() }
        }

        private mutating func cut() {
            held.sort { ($1.value, $0.place) < ($0.value, $1.place) }
            held.removeLast(max(0, held.count - size))
            if held.count == size { floor = held.last?.value ?? floor }
        }

        var places: [Int] {
            var copy = self
            copy.cut()
            return copy.held.map(\.place)
        }
    }
}
