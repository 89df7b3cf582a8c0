/// One level of a ramp that came twice, on the way up and on the way down: does the server still answer alike?
///
/// Two medians agree when their 95 % intervals touch. Where they do not, the figure depends on what came before: a queue
/// that had not emptied, a replica that was added, a cache that had filled.
public struct HysteresisResult: Sendable, Hashable {
    /// A median at the first visit and at the second.
    public struct Medians: Sendable, Hashable {
        public var up: Double
        public var upInterval: ConfidenceInterval
        public var down: Double
        public var downInterval: ConfidenceInterval
        /// nil = the samples are too few to tell: an interval is open towards the other.
        public var agree: Bool?

        init?(up first: DistributionSummary?, down second: DistributionSummary?) {
            guard let up = first?.p50, let down = second?.p50, let upInterval = first?.p50Interval,
                let downInterval = second?.p50Interval
            else { return nil }
            (self.up, self.upInterval) = (up, upInterval)
            (self.down, self.downInterval) = (down, downInterval)
            let (low, high) = up <= down ? (upInterval, downInterval) : (downInterval, upInterval)
            if let top = low.upper, let bottom = high.lower { agree = top >= bottom }
        }
    }

    public var concurrency: Int
    public var ttftMilliseconds: Medians?
    public var requestTPS: Medians?

    /// Of each level that came twice, in the order of the first visits.
    static func all(of steps: [StepResult]) -> [HysteresisResult] {
        var first: [Int: StepResult] = [:]
        var found: [Int: HysteresisResult] = [:]
        var order: [Int] = []
        for step in steps {
            guard let level = step.concurrency else { continue }
            guard let up = first[level] else {
                first[level] = step
                order.append(level)
                continue
            }
            if found[level] != nil { continue }
            found[level] = HysteresisResult(
                concurrency: level,
                ttftMilliseconds: Medians(up: up.stats.ttftMilliseconds, down: step.stats.ttftMilliseconds),
                requestTPS: Medians(up: up.stats.requestTPS, down: step.stats.requestTPS)
            )
        }
        return order.compactMap { found[$0] }
    }
}
