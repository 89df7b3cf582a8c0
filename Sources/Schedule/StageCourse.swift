import Ticks

/// A stage's rule in the terms that `StageShaper` acts on, so that it need not know the rules apart.
struct StageCourse: Sendable {
    enum End: Sendable {
        case time(Instant, most: Instant)  // at the first with the minimum reached, at the second without
        case budget  // when all of the budget has ended
        case empty  // when nothing is in flight
    }

    var level = 0  // slots
    var budget = Int.max  // requests it may start
    var isWave = false  // the first `level` requests go at once, whatever was carried in
    var measures = false
    var hasWindow: Bool
    var settled: Instant  // from which requests are measured
    var lastStart = Instant.distantFuture  // from which nothing is started
    var refillsAfterClose = false
    var gapNanoseconds: Int64 = 0
    var minimum = 0  // measured requests that must have ended
    var end = End.empty
    private var settle = Duration.zero
    private var holdsPlan = false  // its end is the plan's: what settles again is not made up for

    init(_ stage: Stage, start: Instant) {
        hasWindow = stage.hasWindow
        measures = stage.hasWindow
        settled = start
        level = stage.concurrency
        switch stage.rule {
        case .level(let rule):
            settle = rule.settle
            settled = start.advanced(by: settle)
            minimum = rule.minRequests
            refillsAfterClose = true
            end = .time(start.advanced(by: rule.hold), most: start.advanced(by: rule.holdMax))
        case .edge(let rule), .control(let rule):
            isWave = true
            lastStart = start.advanced(by: rule.hold)
            end = .time(lastStart, most: lastStart)
        case .baseline(_, let requests):
            budget = requests
            end = .budget
        case .warmup(let requests), .rewarm(let requests):
            budget = requests
            end = .budget
        case .batch(let batch):
            budget = batch.items.count
            end = .budget
        case .probe(let requests, let gap):
            budget = requests
            gapNanoseconds = gap.nanoseconds
            end = .budget
        case .idle(let duration), .pause(let duration):
            let over = start.advanced(by: duration)
            end = .time(over, most: over)
        case .arrivals(let rule):
            settle = rule.settle
            holdsPlan = true
            settled = start.advanced(by: settle)
            let over = start.advanced(by: rule.duration)
            lastStart = over  // of later turns; arrivals have an end of their own
            end = .time(over, most: over)
        case .drain:
            end = .empty
        }
    }

    /// After a pause from `paused` to `resumed` the load settles again before anything is measured, and as much time is
    /// measured in all as would have been.
    mutating func goOn(from paused: Instant, at resumed: Instant) {
        let pause = resumed.nanoseconds(since: paused)
        let again = resumed.advanced(by: settle)
        let measuredBefore = max(settled, paused)
        settled = again
        if lastStart < .distantFuture { lastStart = lastStart.advanced(byNanoseconds: pause) }
        if case .time(let hold, let most) = end {
            let lost = holdsPlan ? pause : again.nanoseconds(since: measuredBefore)
            end = .time(hold.advanced(byNanoseconds: lost), most: most.advanced(byNanoseconds: lost))
        }
    }
}
