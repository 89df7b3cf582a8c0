internal import Measurement
internal import Schedule
internal import Ticks

extension StepRecord {
    /// What was planned of an open loop's stage.
    mutating func describe(_ arrivals: Arrivals) {
        stretch = arrivals.stretch
        rps = arrivals.meanPerSecond
        planned = arrivals.duration.nanoseconds
        cap = arrivals.isCapped ? arrivals.limit : nil
        overflow = arrivals.isCapped ? arrivals.overflow.rawValue : nil
        switch arrivals.source {
        case .rate(let plan):
            self.arrivals = plan.law.text
            if case .line(let line) = plan.curve {
                if line.from != line.to {
                    rpsFrom = plan.curve.rate(at: plan.begin)
                    rpsTo = plan.curve.rate(at: plan.begin + plan.duration)
                }
            } else {
                rateCurve = plan.curve.words
            }
        case .trace(let replay):
            self.arrivals = "trace"
            describe(replay)
        }
    }

    private mutating func describe(_ replay: Replay) {
        trace = replay.name
        traceFormat = replay.format.rawValue
        traceSpeed = replay.speed
        traceRows = replay.trace.rowsRead
        traceDue = replay.count
        for (reason, count) in replay.trace.dropped { traceDropped[reason.rawValue] = "\(count)" }
        guard replay.trace.saysTokens else { return }
        traceInputTokens = Int64(replay.trace.inputTokens)
        traceOutputTokens = Int64(replay.trace.outputTokens)
    }
}
