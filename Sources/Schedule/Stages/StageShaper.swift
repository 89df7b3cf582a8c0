public import Ticks

/// Drives one stage on one loop: told the time and what ended, it answers what to do.
///
///     next ─► start ... ─► wait ─► (requestEnded ─► next) ...
///     all loops said windowReady ─► closeWindow on each ─► ... ─► quiet on all ─► the next stage
///
/// A level stays up with unmeasured requests from the closing of its window until the loop is given the next stage, so
/// that measured requests end under the load they began with and no gap opens between levels; what is then in flight
/// goes into the next shaper as `carriedInFlight`. Every other stage starts nothing after its window.
///
/// The loop is closed: a completion releases the next start. A start's `scheduled` instant is that of the event which
/// freed its slot; for the first the slot's opening, at the stage's start or soon after it; the end of the pause where the
/// slot had to pause (probe gap, back-off, a user who thinks before the next question). Pure: the same calls give the same
/// answers.
public struct StageShaper: Sendable {
    public enum Decision: Sendable, Hashable {
        /// Start `count` requests now. `firstRank` is the first one's place in the edge wave, nil outside of it.
        case start(count: Int, scheduled: Instant, measured: Bool, firstRank: Int?)
        /// Start this request of an open loop now.
        case arrive(Arrival, measured: Bool)
        /// This request of an open loop is not sent, and counted as that.
        case shed(Arrival, measured: Bool, reason: ShedReason)
        /// The next question of a user, due then, is not sent for want of a place.
        case turnAway(scheduled: Instant, measured: Bool)
        /// Nothing to do before then (nil: before the next event).
        case wait(until: Instant?)
        /// The window may close as far as this loop goes. Said once; it stays open until `closeWindow`.
        case windowReady
        /// The stage may end: its time is over, its requests have ended, or the grace for that has passed. Said once.
        case quiet
    }

    /// Why a request that was due is not sent; the word is its `detail`.
    public enum ShedReason: String, Sendable, Hashable {
        case cap = "max_concurrency"  // as many were in flight as may be, and the plan says shed
        case grace  // it still waited for a place when the drain's grace had passed
        case saturated = "over_saturated"  // the stage was given up
        case stopped  // the run was
    }

    /// What a request is to the stage during which it ends.
    public enum RequestKind: Sendable, Hashable {
        case carried  // started in an earlier stage, measured there or not
        case unmeasured
        case measured
        case wave  // measured, with a rank in the edge wave
    }

    private var course: StageCourse
    private let stage: Stage
    private var start: Instant  // or the end of the last pause
    private var pausedAt: Instant?
    private var slots = SlotQueue()  // free slots by the instant from which they may be used
    private var backoff: FailureBackoff
    private var wavePending: Int  // edge requests still to be released
    private var started = 0  // without the carried ones
    private var measuredEnded = 0
    private var measuredInFlight = 0
    private var waveInFlight = 0
    private var closedAt: Instant?
    private var stoppedAt: Instant?
    private var pacer: ArrivalPacer?  // of an open loop
    private var givenUpAt: Instant?
    private var grace: Duration  // of the time in which the loop runs
    private var placeFreed = Instant.zero  // when an open loop with as many in flight as may be last had one fewer
    private var saidReady = false
    private var saidQuiet = false

    /// Requests in flight on this loop, whatever stage they belong to.
    public private(set) var inFlight: Int
    /// Users carried in who think, and have a place here.
    public private(set) var staying = 0

    /// - Parameters:
    ///   - stage: this loop's segment of it.
    ///   - start: common to all loops; nothing is decided before it.
    ///   - carriedInFlight: what is in flight on this loop from the stages before.
    ///   - thinking: when the users who think will ask again, ascending. Those that find a place here keep it: the first
    ///     `staying` of them.
    public init(stage: Stage, start: Instant, carriedInFlight: Int, thinking: [Instant] = []) {
        precondition(carriedInFlight >= 0, "\(carriedInFlight) requests cannot be in flight")
        self.stage = stage
        self.start = start
        grace = stage.grace
        course = StageCourse(stage, start: start)
        inFlight = carriedInFlight
        backoff = FailureBackoff(slots: course.level)
        wavePending = course.isWave ? course.level : 0
        pacer = stage.arrivals.map { ArrivalPacer($0, start: start) }
        slots.reserve(course.level)
        if !course.isWave {
            let free = max(0, min(course.level - carriedInFlight, course.budget))
            staying = !stage.takesConversations ? 0 : pacer != nil ? thinking.count : min(thinking.count, free)
            for slot in 0..<max(0, free - staying) { slots.insert(Self.opening(ofSlot: slot, from: start)) }
            for due in thinking.prefix(staying) { slots.insert(max(due, start)) }
            // Where nothing is sent, nobody's place is lost.
            if stage.plannedPause != nil { staying = thinking.count }
        }
    }

    /// What to do at `now`. Call again until it answers `wait`.
    /// - Parameter limit: requests it may start with this call, 1 or more; an edge's wave is let go as one.
    public mutating func next(at now: Instant, atMost limit: Int = .max) -> Decision {
        precondition(limit > 0, "asked for a decision that starts nothing")
        if now < start && stoppedAt == nil { return .wait(until: start) }
        if let pausedAt, now >= pausedAt { return .wait(until: nil) }
        if let begun = begun(at: now, atMost: limit) { return begun }
        if course.hasWindow && !saidReady && closedAt == nil && isReady(at: now) {
            saidReady = true
            return .windowReady
        }
        if !saidQuiet && isQuiet(at: now) {
            saidQuiet = true
            return .quiet
        }
        return .wait(until: wakeUp(after: now))
    }

    /// One request ended on this loop.
    /// - Parameter failedFast: it failed without costing the server or the wire any time worth the name (a refused
    ///   broken answer): its slot pauses before the next start, so that the loop does not spin.
    /// - Parameter refused: nobody took its connection: its slot waits longer, for what restarts needs seconds.
    /// - Parameter thinking: how long its user thinks before the next question; nil where none follows. The slot is that
    ///   user's until then, in an open loop a place beside the arrivals.
    /// - Returns: whether that user stays.
    @discardableResult
    public mutating func requestEnded(
        _ kind: RequestKind,
        failedFast: Bool,
        refused: Bool = false,
        thinking: Duration? = nil,
        at now: Instant
    ) -> Bool {
        precondition(inFlight > 0, "a request ended, and none is in flight")
        if let arrivals = stage.arrivals, inFlight >= arrivals.limit { placeFreed = now }
        inFlight -= 1
        switch kind {
        case .carried, .unmeasured: break
        case .wave:
            waveInFlight -= 1
            measuredEnded += 1
        case .measured:
            measuredInFlight -= 1
            measuredEnded += 1
        }
        precondition(waveInFlight >= 0 && measuredInFlight >= 0, "more \(kind) requests ended than were started")
        pacer?.slotFreed(at: now, inFlight: inFlight)
        let pause = backoff.pause(failedFast: failedFast, refused: refused)
        if pacer != nil {
            guard let thinking, stage.takesConversations, stoppedAt == nil, givenUpAt == nil else { return false }
            slots.insert(now.advanced(by: thinking))
            return true
        }
        guard inFlight + slots.count + wavePending < course.level, started + slots.count < course.budget else {
            return false
        }
        slots.insert(now.advanced(byNanoseconds: max(pause, course.gapNanoseconds, thinking?.nanoseconds ?? 0)))
        return thinking != nil && stage.takesConversations
    }

    /// Requests dispatched at or after `instant` are not measured. The conductor gives all loops the same instant.
    public mutating func closeWindow(at instant: Instant) {
        if closedAt == nil { closedAt = instant }
    }

    /// Starts nothing from `instant` on until `resume`, and the stage's time stands still; what is in flight goes on. For
    /// stages of `Stage.maySuspend`.
    public mutating func pause(at instant: Instant) {
        if pausedAt == nil, stoppedAt == nil { pausedAt = instant }
    }

    /// Goes on at `instant`: what was to come comes that much later, a level opens its slots anew and settles again.
    public mutating func resume(at instant: Instant) {
        guard let paused = pausedAt, instant >= paused else { return }
        pausedAt = nil
        course.goOn(from: paused, at: instant)
        pacer?.delay(by: instant.nanoseconds(since: paused))
        slots.postpone { Self.opening(ofSlot: $0, from: instant) }
        // Those that still wait for a place have as long to find one as they had when it was paused.
        if let closedAt, closedAt > paused || pacer != nil {
            self.closedAt = closedAt.advanced(byNanoseconds: instant.nanoseconds(since: paused))
        }
        start = instant
    }

    /// It is paused no more: nothing fell due in that time.
    private mutating func endPause(at instant: Instant) {
        resume(at: instant)
        pausedAt = nil
    }

    /// Starts nothing any more (interrupt, cap): what is in flight has the stage's grace to end.
    public mutating func stopStarting(at instant: Instant) {
        guard stoppedAt == nil else { return }
        endPause(at: instant)
        stoppedAt = instant
        closeWindow(at: instant)
        slots.removeAll()
        wavePending = 0
        saidQuiet = false
    }

    /// The loop did not run for so long, up to now: what waits for the grace to pass may lie in a socket.
    public mutating func stoodStill(nanoseconds: Int64) {
        let isOver =
            switch course.end {
            case .empty: true
            case .time, .budget: closedAt != nil || stoppedAt != nil
            }
        if isOver { grace += .nanoseconds(nanoseconds) }
    }

    /// Ends an open loop's stage before its time: what is due and has not gone is shed, the rest of the plan dropped.
    public mutating func giveUp(at instant: Instant) {
        guard pacer != nil, givenUpAt == nil, closedAt == nil else { return }
        endPause(at: instant)
        givenUpAt = instant
        closeWindow(at: instant)
    }

    /// How long a question that was due then and starts now had to wait for a place under the cap, nanoseconds.
    public func waitForPlace(since due: Instant) -> Int64 { max(0, placeFreed.nanoseconds(since: due)) }

    /// Requests that are due in the open loop and have not gone, for want of a place.
    public mutating func backlog(at now: Instant) -> Int { pacer?.backlog(at: now) ?? 0 }

    /// Σ time of the window, nanoseconds, in which slots that are still free might have been used: of a closed level whose
    /// window has ended.
    public func unfilledArea(until end: Instant) -> Int64 {
        course.refillsAfterClose ? slots.area(from: course.settled, to: end) : 0
    }

    // MARK: Decisions

    /// A level opens its slots a few at a time, five thousand a second, about as fast as a loop can begin first requests
    /// on new connections: those that are due at one instant would wait for each other.
    private static func opening(ofSlot slot: Int, from start: Instant) -> Instant {
        start.advanced(byNanoseconds: Int64(slot / slotsAtOnce * slotsAtOnce) * 200_000)
    }

    private static let slotsAtOnce = 16

    /// Of an arrival and a user's next question the one that was due first comes first.
    private mutating func begun(at now: Instant, atMost limit: Int) -> Decision? {
        if let turn = slots.first, turn < pacer?.due ?? .zero {
            return turnedAway(at: now) ?? startable(at: now, atMost: limit) ?? paced(at: now)
        }
        return paced(at: now) ?? turnedAway(at: now) ?? startable(at: now, atMost: limit)
    }

    /// A question that is due while as many are in flight as may be, where the plan says shed.
    private mutating func turnedAway(at now: Instant) -> Decision? {
        guard let arrivals = stage.arrivals, arrivals.isCapped, arrivals.overflow == .shed, inFlight >= arrivals.limit,
            stoppedAt == nil, closedAt.map({ now < $0 }) ?? true, now < course.lastStart,
            let (_, due) = slots.takeFirst(notAfter: now, atMost: 1)
        else { return nil }
        return .turnAway(scheduled: due, measured: due >= course.settled)
    }

    private mutating func paced(at now: Instant) -> Decision? {
        guard pacer != nil else { return nil }
        func isMeasured(_ arrival: Arrival) -> Bool { arrival.scheduled >= course.settled }
        let ends: [(Instant?, ShedReason)] = [
            (stoppedAt, .stopped), (givenUpAt, .saturated), (closedAt?.advanced(by: grace), .grace),
        ]
        for case (let end?, let reason) in ends where now >= end {
            if let arrival = pacer?.giveUp(dueBy: end) {
                return .shed(arrival, measured: isMeasured(arrival), reason: reason)
            }
            pacer?.cut(after: end)
            return nil
        }
        switch pacer?.next(at: now, inFlight: inFlight) {
        case .send(let arrival):
            let measured = isMeasured(arrival)
            started += 1
            inFlight += 1
            if measured { measuredInFlight += 1 }
            return .arrive(arrival, measured: measured)
        case .shed(let arrival): return .shed(arrival, measured: isMeasured(arrival), reason: .cap)
        case nil: return nil
        }
    }

    private mutating func startable(at now: Instant, atMost limit: Int) -> Decision? {
        guard stoppedAt == nil else { return nil }
        let open = closedAt.map { now < $0 } ?? true
        if wavePending > 0 {
            let count = wavePending
            wavePending = 0
            started += count
            inFlight += count
            waveInFlight += count
            return .start(count: count, scheduled: start, measured: true, firstRank: stage.firstRank)
        }
        guard (open || course.refillsAfterClose) && now < course.lastStart else { return nil }
        var most = min(limit, course.budget - started)
        if let arrivals = stage.arrivals { most = min(most, arrivals.limit - inFlight) }
        guard let (count, scheduled) = slots.takeFirst(notAfter: now, atMost: most) else { return nil }
        // In an open loop a request belongs to the window in which it was due.
        let measured = course.hasWindow && open && (pacer == nil ? now : scheduled) >= course.settled
        started += count
        inFlight += count
        if measured { measuredInFlight += count }
        return .start(count: count, scheduled: scheduled, measured: measured, firstRank: nil)
    }

    private func isReady(at now: Instant) -> Bool {
        switch course.end {
        case .time(let hold, let most): now >= most || (now >= hold && measuredEnded >= course.minimum)
        case .budget: started == course.budget && measuredInFlight == 0
        case .empty: false
        }
    }

    private func isQuiet(at now: Instant) -> Bool {
        if let stoppedAt { return inFlight == 0 || now >= stoppedAt.advanced(by: grace) }
        if let pacer {
            // What is in flight goes on into the next stretch, unless this one was given up.
            guard let closedAt, now >= closedAt, pacer.isExhausted else { return false }
            return givenUpAt == nil || inFlight == 0 || now >= closedAt.advanced(by: grace)
        }
        if course.hasWindow {
            guard let closedAt, now >= closedAt, waveInFlight == 0 else { return false }
            return measuredInFlight == 0 || now >= closedAt.advanced(by: grace)
        }
        switch course.end {
        case .time(let hold, _): return now >= hold
        case .budget: return started == course.budget && inFlight == 0
        case .empty: return inFlight == 0 || now >= start.advanced(by: grace)
        }
    }

    /// The first instant after `now` at which an answer may change by time alone.
    private func wakeUp(after now: Instant) -> Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant?) {
            guard let instant, instant > now, instant < earliest ?? .distantFuture else { return }
            earliest = instant
        }
        if let stoppedAt {
            if !saidQuiet { consider(stoppedAt.advanced(by: grace)) }
            return earliest
        }
        if let pacer { consider(pacer.wake) }
        let closed = closedAt.map { now >= $0 } ?? false
        if (!closed || course.refillsAfterClose) && now < course.lastStart { consider(slots.first) }
        if let closedAt {
            consider(closedAt)
            if !saidQuiet { consider(closedAt.advanced(by: grace)) }
        } else if !saidReady && !saidQuiet {
            switch course.end {
            case .time(let hold, let most):
                consider(hold)
                consider(most)
            case .budget: break
            case .empty: consider(start.advanced(by: grace))
            }
        }
        return earliest
    }
}
