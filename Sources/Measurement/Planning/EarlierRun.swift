import Ticks

/// What a stored run tells of the next one like it: how long answers took, how long they were, and how TTFT scattered.
public struct EarlierRun: Sendable {
    private struct Level: Sendable {
        var concurrency: Int
        var answerSeconds: Double  // mean
        var outputTokens: Double?  // mean
        var ttft: [Double]  // by dispatch
    }
    private let levels: [Level]

    /// nil where it holds no answer.
    public init?(_ recorded: RecordedRun) {
        let index = RunIndex(recorded)
        let kinds: Set<StageKind> = [.level, .baseline, .batch, .probe, .arrivals, .edge]
        let steps = Dictionary(grouping: recorded.steps.filter { kinds.contains($0.kind) }, by: \.concurrency)
        levels = steps.sorted { $0.key < $1.key }.compactMap { concurrency, steps in
            let requests = RequestSet(joining: steps.map { index.requests(of: $0).only(\.measured).successes })
            let times = requests.figures(\.e2eMilliseconds)
            guard let mean = SortedSamples(times).mean, mean > 0 else { return nil }
            let tokens = requests.figures { $0.countedOutputTokens.map(Double.init) }
            return Level(
                concurrency: concurrency,
                answerSeconds: mean / 1000,
                outputTokens: SortedSamples(tokens).mean,
                ttft: requests.figures(\.ttftMilliseconds)
            )
        }
        if levels.isEmpty { return nil }
    }

    /// The level nearest to it, by their ratio; an open loop's requests, which have none, only where there is no other.
    private func nearest(_ concurrency: Int) -> Level {
        func distance(_ level: Level) -> Double {
            let (a, b) = (Double(level.concurrency), Double(max(1, concurrency)))
            return a > 0 ? max(a / b, b / a) : .infinity
        }
        return levels.min { distance($0) < distance($1) } ?? levels[0]
    }

    public func answerSeconds(among concurrency: Int) -> Double { nearest(concurrency).answerSeconds }
    public func outputTokens(among concurrency: Int) -> Double? { nearest(concurrency).outputTokens }
    /// nil where that level's requests are too few.
    public func power(among concurrency: Int) -> ComparisonPower? { ComparisonPower(pilot: nearest(concurrency).ttft) }
}
