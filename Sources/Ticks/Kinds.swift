/// What a phase of a run is: the word of `run.sqlite`, of `summary.json` and (all but two) of a profile.
public enum PhaseKind: String, Sendable, Hashable, Codable, CaseIterable {
    case warmup  // discarded requests before the first phase that takes them; not written in a profile
    case ramp, idle, burst, steady, rate, replay, batch, probe, keepwarm
    case trickle  // single probes beside another phase's load, in none of its figures; not written in a profile
}

/// What a stretch of a phase is to people and rows: the word of `run.sqlite`. What is done in it is the plan's load.
public enum StageKind: String, Sendable, Hashable, Codable, CaseIterable {
    case warmup  // discarded requests before the phase
    case level  // a closed loop at `concurrency`: ramp step or steady phase
    case idle  // nothing is sent
    case baseline  // a burst cycle's closed loop before the idle time
    case edge  // a burst: `requests` at one instant, then held in flight
    case control  // the same burst again on the warm server
    case pause  // between a burst's drain and its control
    case batch  // a job: so many prompts, each once, in a closed loop
    case rewarm  // right after a keep-warm probe: what a warm answer takes
    case probe  // one request at a time, with gaps; or one after a keep-warm gap
    case arrivals  // an open loop: requests start when they are due
    case drain  // waiting for what is in flight
}

/// Which requests have a row of their own in `run.sqlite`: the word of a profile's `output.requests`. The others are packed
/// together, with all that figures are made of.
public enum KeptRows: String, Sendable, Hashable, Codable, CaseIterable {
    case all
    case sampled  // a sample by seed, the slowest, and all that was no plain answer
    case failures  // all that was no plain answer
}
