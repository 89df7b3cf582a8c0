internal import Schedule
internal import Ticks

/// The stage that a loop is at: its share of it, and how far that is.
final class Passage {
    let index: Int  // among the program's entries
    let entry: Program.Entry
    let lane: Lane
    let replay: Replay?  // whose requests it sends
    /// nil when the phase is over and nothing is to be started.
    var shaper: StageShaper?
    var lookAhead: LookAhead?  // of an open loop
    var windowEnd: Instant?
    var hasStopped = false  // nothing is sent again
    private var paused: Instant?
    private var lastPause: Range<Instant>?
    private var sampler: LoadSampler?
    private let job: ClosedLoad?  // this loop's share of it
    private var nextItemOfJob = 0
    private var primersMade = 0

    init(_ index: Int, _ entry: Program.Entry, share: Stage, lane: Lane, shaper: StageShaper, start: Instant) {
        self.index = index
        self.entry = entry
        self.lane = lane
        self.shaper = shaper
        job = share.closed.flatMap { $0.items == nil ? nil : $0 }
        replay = share.replay
        guard let arrivals = share.arrivals else { return }
        lookAhead = LookAhead(arrivals)
        if arrivals.stopsWhenSaturated, arrivals.isSteady { sampler = LoadSampler(start: start) }
    }

    /// The place in the job's list of the prompt that comes next; nil where there is no job, or all of it is asked.
    func nextItem() -> Int? {
        guard let items = job?.items, nextItemOfJob < items.count else { return nil }
        defer { nextItemOfJob += 1 }
        return items[nextItemOfJob]
    }

    /// The number of the beginning that comes next; nil where prompts are sent.
    func nextPrimer() -> Int? {
        guard entry.stage.primes else { return nil }
        defer { primersMade += 1 }
        return primersMade
    }

    /// What is said of a request that is made now.
    func occasion(trace: Replay?) -> Lane.Occasion {
        Lane.Occasion(
            trace: trace,
            isWarmup: entry.stage.kind == .warmup,
            keepsAnswers: job?.keepsAnswers == true
        )
    }

    /// What a request is to this stage.
    func kind(of errand: Errand) -> StageShaper.RequestKind { errand.step == entry.step ? errand.kind : .carried }

    // MARK: pauses

    func pause(at instant: Instant) { paused = paused ?? instant }

    /// How long the pause was, nanoseconds; nil where there was none.
    func resume(at instant: Instant) -> Int64? {
        guard let begun = paused else { return nil }
        paused = nil
        lastPause = begun..<max(begun, instant)
        return max(0, instant.nanoseconds(since: begun))
    }

    func isPaused(at now: Instant) -> Bool { paused.map { now >= $0 } ?? false }

    /// Whether a request of this time ran into a pause, in which the load went away under it.
    func wasPaused(from start: Instant, to end: Instant) -> Bool {
        if let paused, end > paused { return true }
        guard let lastPause else { return false }
        return start < lastPause.lowerBound && end > lastPause.lowerBound
    }

    func firstToken(after ttft: Int64) { sampler?.firstToken(after: ttft) }

    /// The load of a second that is over, once.
    func sample(at now: Instant, running: Int) -> (second: Int, sample: LoadSample)? {
        sampler?.sample(at: now) { running + (shaper?.backlog(at: now) ?? 0) }
    }

    /// Nothing is made ahead any more; what was, in vain.
    func endLookAhead() -> [LiveRequest] {
        defer { (lookAhead, sampler) = (nil, nil) }
        return lookAhead?.removeAll() ?? []
    }
}
