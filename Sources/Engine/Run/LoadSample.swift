internal import Measurement
internal import Ticks

/// What an open loop has in the system at the end of a second, and how long the first tokens of that second took.
struct LoadSample: Sendable, Hashable {
    var inSystem = 0
    var firstTokens = 0
    var ttftSum: Int64 = 0  // nanoseconds, from the schedule

    static func + (a: LoadSample, b: LoadSample) -> LoadSample {
        LoadSample(
            inSystem: a.inSystem + b.inSystem,
            firstTokens: a.firstTokens + b.firstTokens,
            ttftSum: a.ttftSum + b.ttftSum
        )
    }
}

/// One loop's load, second by second.
struct LoadSampler {
    private let start: Instant
    private(set) var second = 0  // the next to be told
    private var firstTokens = 0
    private var ttftSum: Int64 = 0

    init(start: Instant) { self.start = start }

    mutating func firstToken(after ttft: Int64) {
        firstTokens += 1
        ttftSum += ttft
    }

    /// The second that is over, once; `inSystem` is asked only then.
    mutating func sample(at now: Instant, inSystem: () -> Int) -> (second: Int, sample: LoadSample)? {
        guard now.nanoseconds(since: start) >= Int64(second + 1) * 1_000_000_000 else { return nil }
        defer {
            second += 1
            (firstTokens, ttftSum) = (0, 0)
        }
        return (second, LoadSample(inSystem: inSystem(), firstTokens: firstTokens, ttftSum: ttftSum))
    }
}

/// Adds up the loops' samples and looks for over-saturation.
struct LoadMonitor {
    private let loops: Int
    private var open: [Int: (reports: Int, sum: LoadSample)] = [:]  // by second
    private var test: OverSaturation

    init(loops: Int, offered: Double) {
        self.loops = loops
        test = OverSaturation(offered: offered)
    }

    mutating func add(_ sample: LoadSample, second: Int) -> OverSaturation.Finding? {
        let before = open[second] ?? (0, LoadSample())
        let (reports, sum) = (before.reports + 1, before.sum + sample)
        guard reports == loops else {
            open[second] = (reports, sum)
            return nil
        }
        open[second] = nil
        let ttft = sum.firstTokens > 0 ? Double(sum.ttftSum) / Double(sum.firstTokens) / 1e9 : nil
        return test.add(inSystem: Double(sum.inSystem), ttft: ttft)
    }
}
