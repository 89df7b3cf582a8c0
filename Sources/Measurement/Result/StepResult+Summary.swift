extension StepResult {
    /// Fewer requests than this give no retention.
    public static let fewestForRetention = 25

    /// One level: figures of its measured requests, rates of its window.
    init(of step: StepRecord, in phase: PhaseRecord, _ timeline: TargetTimeline) {
        self.init()
        concurrency = step.concurrency
        let measured = timeline.index.requests(of: step).only(\.measured)
        let window = timeline.window(of: step, from: step.settled)
        var scope = timeline.scope(for: phase)
        if let window {
            scope.window = timeline.totals(in: window, scope: scope)
            scope.gaps = timeline.index.histogram(.itl, of: [step], in: window)
            windowSeconds = window.seconds
            meanInFlight = timeline.meanInFlight(of: step, in: window)
            if let meanInFlight, meanInFlight > 0 {
                littleDifference = abs(meanInFlight - timeline.meanInFlightByRequests(in: window)) / meanInFlight
            }
        }
        stats = RequestStatistics(of: measured, in: scope)
        discarded = SteadyState(measured.successes.figures(scope.ttft))?.discarded
    }

    /// Sets what a level keeps of the lowest one: retention, decode retention and efficiency.
    static func compare(_ steps: inout [StepResult]) {
        let base = steps.filter { ($0.concurrency ?? 0) > 0 }.min { ($0.concurrency ?? 0) < ($1.concurrency ?? 0) }
        guard let base else { return }
        for place in steps.indices {
            steps[place].retention = ratio(steps[place].stats.requestTPS, base.stats.requestTPS)
            steps[place].decodeRetention = ratio(steps[place].stats.decodeTPS, base.stats.decodeTPS)
            if let perStream = steps[place].throughputPerStream, let single = base.throughputPerStream, single > 0 {
                steps[place].efficiency = perStream / single
            }
        }
    }

    private var throughputPerStream: Double? {
        guard let concurrency, concurrency > 0 else { return nil }
        return stats.outputTokensPerSecond.map { $0 / Double(concurrency) }
    }

    private static func ratio(_ level: DistributionSummary?, _ base: DistributionSummary?) -> Double? {
        guard let level, let base, level.count >= fewestForRetention, base.count >= fewestForRetention,
            let median = level.p50, let baseMedian = base.p50, baseMedian > 0
        else { return nil }
        return median / baseMedian
    }
}
