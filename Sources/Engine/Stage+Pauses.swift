internal import Schedule

extension Stage {
    /// How long nothing is sent, by plan; nil where requests are.
    var plannedPause: Duration? {
        switch rule {
        case .idle(let duration), .pause(let duration): duration
        case .level, .edge, .control, .baseline, .warmup, .rewarm, .batch, .probe, .arrivals, .drain: nil
        }
    }

    /// Whether a run can be paused amid it: nothing in it rests on what went before at a set distance.
    var maySuspend: Bool {
        switch rule {
        case .level, .arrivals, .batch, .probe: true
        case .warmup, .idle, .baseline, .edge, .control, .pause, .rewarm, .drain: false
        }
    }

    /// Whether a run can be paused right before it, at the end of that stage: not within a burst, nor between an idle time and
    /// what was to follow it.
    func mayWait(after before: Stage) -> Bool {
        if before.plannedPause != nil { return false }
        switch rule {
        case .level, .arrivals, .batch, .probe, .warmup, .baseline, .idle: return true
        case .edge, .control, .pause, .rewarm, .drain: return false
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
