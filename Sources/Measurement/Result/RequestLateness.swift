/// What the generator itself added to a figure of one request, at most, milliseconds. nil = not known: a result of before
/// it was recorded, or the figure does not exist.
///
/// A figure less its lateness is the least that it can truly have been; a percentile's client error is the percentile
/// less the same percentile over those. Contract, "Validity is by effect".
extension RequestRecord {
    @inline(__always) public var ttftLatenessMilliseconds: Double? {
        lateness(of: ttftMilliseconds, lateSend, lateFirst)
    }

    /// Since the plan's instant, less what a cap made it wait.
    @inline(__always) public var ttftScheduledLatenessMilliseconds: Double? {
        lateness(of: ttftScheduledMilliseconds, sendingLatenessSinceSchedule, lateFirst)
    }

    /// It begins with the writing, so that sending takes no part.
    @inline(__always) public var waitLatenessMilliseconds: Double? { lateness(of: waitMilliseconds, 0, lateFirst) }

    @inline(__always) public var e2eLatenessMilliseconds: Double? { lateness(of: e2eMilliseconds, lateSend, lateLast) }

    @inline(__always) public var e2eScheduledLatenessMilliseconds: Double? {
        lateness(of: e2eScheduledMilliseconds, sendingLatenessSinceSchedule, lateLast)
    }

    /// How late its first byte left against the plan, a cap's queue and the connection's set-up off; nanoseconds.
    @inline(__always) var sendingLatenessSinceSchedule: Int64? {
        guard let lateSend, let dispatchLag else { return nil }
        return max(0, dispatchLag &- (queued ?? 0)) &+ lateSend
    }

    @inline(__always) private func lateness(of figure: Double?, _ sending: Int64?, _ stamping: Int64?) -> Double? {
        guard let figure, let sending, let stamping else { return nil }
        return min(max(0, figure), Double(max(0, sending) &+ max(0, stamping)) / 1e6)
    }
}
