internal import Measurement
internal import Schedule
internal import Ticks

extension StepRecord {
    /// What was planned of an open loop's stage.
    mutating func describe(_ arrivals: Arrivals) {
        stretch = arrivals.stretch
        rps = arrivals.offeredPerSecond
        planned = arrivals.duration.nanoseconds
        cap = arrivals.isCapped ? arrivals.limit : nil
        overflow = arrivals.isCapped ? arrivals.overflow.rawValue : nil
        switch arrivals.source {
        case .rate(let plan):
            self.arrivals = plan.law.text
            if case .line(let line) = plan.curve {
                if line.from != line.to {
                    let share = arrivals.stride > 0 ? Double(arrivals.stride) : .infinity
                    rpsFrom = plan.curve.rate(at: plan.begin) / share
                    rpsTo = plan.curve.rate(at: plan.begin + plan.duration) / share
                }
            } else {
                rateCurve = plan.curve.words
            }
        case .trace(let replay):
            self.arrivals = "trace"
            describe(replay, rows: arrivals.rows(of: replay))
        }
    }

    private mutating func describe(_ replay: Replay, rows: [Trace.Row]) {
        trace = replay.name
        traceFormat = replay.format.rawValue
        traceSpeed = replay.speed
        traceRows = replay.trace.rowsRead
        traceDue = rows.count
        for (reason, count) in replay.trace.dropped { traceDropped[reason.rawValue] = "\(count)" }
        guard replay.trace.saysTokens else { return }
        traceInputTokens = rows.reduce(0) { $0 + Int64($1.inputTokens ?? 0) }
        guard replay.trace.saysAnswers else { return }
        traceOutputTokens = rows.reduce(0) { $0 + Int64($1.outputTokens ?? 0) }
    }
}
