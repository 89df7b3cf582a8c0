internal import Schedule
internal import Ticks
internal import Transport

/// The stage that a loop is at: its share of it, and how far that is.
final class Passage {
    let index: Int  // among the program's entries
    let entry: Program.Entry
    let lane: Lane
    let replay: Replay?  // whose requests it sends
    /// nil when the phase is over and nothing is to be started.
    private var shaper: StageShaper?
    private let isOpenLoop: Bool
    private var lookAhead: LookAhead?  // of an open loop
    private var windowEnd: Instant?
    private var hasStopped = false  // nothing is sent again
    private var pauses: AgreedPauses
    private var sampler: LoadSampler?
    private let job: ClosedLoad?  // this loop's share of it
    private var nextItemOfJob = 0
    private var primersMade = 0

    /// - Parameter before: the stage before, whose requests may run on in this one.
    init(
        _ index: Int,
        _ entry: Program.Entry,
        share: Stage,
        lane: Lane,
        shaper: StageShaper,
        start: Instant,
        before: Passage?
    ) {
        self.index = index
        self.entry = entry
        self.lane = lane
        self.shaper = shaper
        job = share.closed.flatMap { $0.items == nil ? nil : $0 }
        replay = share.replay
        pauses = before?.pauses.past ?? AgreedPauses()
        isOpenLoop = share.arrivals != nil
        guard let arrivals = share.arrivals else { return }
        lookAhead = LookAhead(arrivals)
        if arrivals.stopsWhenSaturated, arrivals.isSteady { sampler = LoadSampler(start: start) }
    }

    // MARK: what all loops are told at once

    func closeWindow(at instant: Instant) {
        shaper?.closeWindow(at: instant)
        windowEnd = windowEnd ?? instant
    }

    func giveUp(at instant: Instant) {
        shaper?.giveUp(at: instant)
        windowEnd = windowEnd ?? instant
    }

    func stop(at instant: Instant) {
        shaper?.stopStarting(at: instant)
        hasStopped = true
        windowEnd = windowEnd ?? instant
    }

    func stoodStill(nanoseconds: Int64) { shaper?.stoodStill(nanoseconds: nanoseconds) }

    func pause(at instant: Instant) {
        shaper?.pause(at: instant)
        pauses.begin(at: instant)
    }

    func resume(at instant: Instant) {
        shaper?.resume(at: instant)
        endPause(at: instant)
    }

    /// The stage is over, and so is a pause in it.
    func endPause(at instant: Instant) { pauses.end(at: instant) }

    /// Until when nothing is sent, where that is so: `distantFuture` while nobody has ended the pause.
    func pauseEnds(after now: Instant) -> Instant? { pauses.ends(after: now) }

    /// Nothing is started any more.
    func close() { shaper = nil }
    var isClosed: Bool { shaper == nil }

    /// Whether a request that failed is sent again.
    var takesRetries: Bool { !hasStopped && !isClosed }

    /// Time, nanoseconds, in which slots of a closed level were free up to its window's end.
    var unfilledArea: Int64? { windowEnd.flatMap { shaper?.unfilledArea(until: $0) } }

    // MARK: the shaper

    /// nil when the phase is over.
    func next(at now: Instant, atMost limit: Int) -> StageShaper.Decision? { shaper?.next(at: now, atMost: limit) }

    /// Its place is free, or its user's who thinks.
    /// - Returns: whether that user stays.
    @discardableResult
    func requestEnded(
        _ errand: Errand,
        failedFast: Bool,
        refused: Bool = false,
        thinking: Duration? = nil,
        at now: Instant
    ) -> Bool {
        shaper?.requestEnded(kind(of: errand), failedFast: failedFast, refused: refused, thinking: thinking, at: now)
            ?? false
    }

    /// Nanoseconds that a request of an open loop waited for a place in flight; one of a closed loop waits for none.
    func waitForPlace(since due: Instant) -> Int64 { isOpenLoop ? shaper?.waitForPlace(since: due) ?? 0 : 0 }

    // MARK: its requests

    /// What a request is to this stage.
    private func kind(of errand: Errand) -> StageShaper.RequestKind {
        errand.step == entry.step ? errand.kind : .carried
    }

    /// Writes down what the stage has decided of a request that is about to start.
    func assign(_ errand: inout Errand, scheduled: Instant, measured: Bool, rank: Int? = nil) {
        errand.scheduled = scheduled
        errand.step = entry.step
        errand.rank = rank
        errand.kind = rank != nil ? .wave : measured ? .measured : .unmeasured
        errand.leansOnLoad = entry.stage.isLoaded && entry.stage.jobSize == nil  // a job counts every prompt
    }

    /// Whether a request, sent as a measured one, is none.
    func disowns(_ request: LiveRequest, endedAt now: Instant) -> Bool {
        let began = request.transfer.timing.dispatched
        // Another loop may have learnt of the window's end a moment after it.
        if kind(of: request.errand) == .measured, request.errand.attempt == 0, !isOpenLoop, let windowEnd,
            began >= windowEnd
        {
            return true
        }
        return request.errand.leansOnLoad && pauses.began(from: began, to: now)
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

    func takeAhead(_ arrival: Int) -> LiveRequest? { lookAhead?.take(arrival) }

    func makeAhead(until due: Instant?, make: (Int) -> LiveRequest) {
        let (maker, replay) = (lane.maker, replay)
        lookAhead?.fill(
            until: due,
            bytes: { arrival in
                guard let replay else { return maker.usualBytes }
                return arrival < replay.count ? maker.bytes(of: replay.trace[arrival]) : nil
            },
            make: make
        )
    }

    /// Nothing is made ahead any more; what was, in vain.
    func endLookAhead() {
        for request in lookAhead?.removeAll() ?? [] { lane.recycle(request) }
        (lookAhead, sampler) = (nil, nil)
    }

    // MARK: its load

    func firstToken(after ttft: Int64) { sampler?.firstToken(after: ttft) }

    /// The load of a second that is over, once.
    func sample(at now: Instant, running: Int) -> (second: Int, sample: LoadSample)? {
        sampler?.sample(at: now) { running + (shaper?.backlog(at: now) ?? 0) }
    }
}
