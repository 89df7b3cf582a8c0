internal import Schedule

extension Stage {
    /// How long nothing is sent, by plan; nil where requests are.
    var plannedPause: Duration? {
        switch rule {
        case .idle(let duration), .pause(let duration): duration
        case .level, .edge, .control, .baseline, .warmup, .rewarm, .batch, .probe, .arrivals, .drain: nil
        }
    }

    /// How long a probe waits after the one before.
    var gap: Duration? {
        switch rule {
        case .probe(_, let gap): gap
        case .level, .edge, .control, .baseline, .warmup, .rewarm, .batch, .idle, .pause, .arrivals, .drain: nil
        }
    }
}
