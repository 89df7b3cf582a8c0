internal import Schedule
internal import Ticks

extension Stage {
    /// Whether a run can be paused amid it: nothing in it rests on what went before at a set distance.
    var maySuspend: Bool {
        switch kind {
        case .level, .arrivals, .batch, .probe: true
        case .warmup, .idle, .baseline, .edge, .control, .pause, .rewarm, .drain: false
        }
    }

    /// Whether a run can be paused right before it, at the end of that stage: not within a burst, nor between an idle time and
    /// what was to follow it.
    func mayWait(after before: Stage) -> Bool {
        if before.plannedPause != nil { return false }
        switch kind {
        case .level, .arrivals, .batch, .probe, .warmup, .baseline, .idle: return true
        case .edge, .control, .pause, .rewarm, .drain: return false
        }
    }
}
