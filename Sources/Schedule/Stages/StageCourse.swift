import Ticks

/// A stage's load in the instants and numbers that `StageShaper` acts on.
struct StageCourse: Sendable {
    enum End: Sendable {
        case time(Instant, most: Instant)  // at the first with the minimum reached, at the second without
        case budget  // when all of the budget has ended
        case empty  // when nothing is in flight
    }

    var level = 0  // slots
    var budget = Int.max  // requests it may start
    var isWave = false  // the first `level` requests go at once, whatever was carried in
    var hasWindow: Bool  // requests are measured
    var settled: Instant  // from which they are
    var lastStart = Instant.distantFuture  // from which nothing is started
    var refillsAfterClose = false
    var gapNanoseconds: Int64 = 0
    var minimum = 0  // measured requests that must have ended
    var end = End.empty
    private var settle = Duration.zero
    private var holdsPlan = false  // its end is the plan's: what settles again is not made up for

    init(_ stage: Stage, start: Instant) {
        hasWindow = stage.hasWindow
        settle = stage.settle
        settled = start.advanced(by: settle)
        switch stage.load {
        case .closed(let load):
            level = load.concurrency
            budget = load.budget ?? .max
            isWave = load.wave != nil
            gapNanoseconds = load.gap.nanoseconds
            end = .budget
            if let window = load.window {
                minimum = window.minRequests
                end = .time(start.advanced(by: window.hold), most: start.advanced(by: window.holdMax))
                refillsAfterClose = load.staysUp
                if !load.staysUp { lastStart = start.advanced(by: window.hold) }
            }
        case .open(let arrivals):
            holdsPlan = true
            let over = start.advanced(by: arrivals.duration)
            lastStart = over  // of later turns; arrivals have an end of their own
            end = .time(over, most: over)
        case .wait(let duration):
            let over = start.advanced(by: duration)
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
