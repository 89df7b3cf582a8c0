internal import Measurement
internal import Schedule
internal import Ticks

/// What comes next in a run, decided for all of its loops at once: when windows close, when the next stage begins, which
/// targets are passed over, when it is all over.
///
/// A value that takes what happened and gives what is to be done, in that order; it does nothing itself, so that virtual time
/// drives it as the `Conductor` does. A loop says that its window may close (`windowReady`) or that its stage may end
/// (`quiet`); when all have said so, all get one command with one instant. The rows of phases and steps are written here,
/// since nobody else knows their instants.
struct Agenda: Sendable {
    enum Event: Sendable {
        case attached(loop: Int)  // the last one begins the run
        case windowReady(loop: Int, index: Int)
        /// - Parameter warmed: connections this loop has made ready for the edge that follows.
        case quiet(loop: Int, index: Int, warmed: Int)
        /// One loop's load over one second of an open loop's stage.
        case load(LoadSample, second: Int, index: Int)
        /// A target's part of the run is over; the other targets go on.
        case abandon(target: Int, reason: String)
        /// The other shards stand before that stage as well; `instant` is when all go on, nil where they cannot be waited for.
        case met(index: Int, instant: Instant?)
        /// No more requests are started; what runs may end within the grace.
        case stop(Conductor.Stop)
        /// Nothing is started until `resume`: at once where the stage bears it, else when it, or its burst, is over.
        case pause
        case resume
        /// The present phase ends here, the next begins.
        case skip
    }

    /// To every loop.
    enum Command: Sendable, Hashable {
        case enter(index: Int, start: Instant)
        case closeWindow(index: Int, at: Instant)
        case giveUp(index: Int, at: Instant)  // an open loop that the server cannot keep up with
        case stop(index: Int, at: Instant)
        case pause(index: Int, at: Instant)
        case resume(index: Int, at: Instant)
        case end
    }

    enum Action: Sendable {
        case tell(Command)
        case write(RecordBatch)
        case show(LiveFeed.StageView?)  // nil when the run is over
        case beginProbes(Program.Entry, start: Instant)  // beside its phase, which may lie ahead
        case endProbes
        case meet(index: Int)  // ask the other shards when that stage begins; answered by `met`
    }

    private let program: Program
    private let loops: Int
    private let t0: Instant
    /// Several loops need an instant that lies ahead of them all; one acts at once.
    private let lead: Int64

    /// Why it stopped early, and which targets (by id) were given up with what reason.
    private(set) var stop: Conductor.Stop?
    private(set) var abandoned: [Int: String] = [:]
    private let isGated: Bool
    /// The stage before which it waits for the other shards.
    private var awaited: Int?
    private var index = -1
    private var start = Instant.zero  // of the stage
    private var hasEnded = false
    private var attached: Set<Int> = []
    private var ready: Set<Int> = []
    private var quiet: Set<Int> = []
    private var warmed = 0
    private var monitor: LoadMonitor?
    private var isGivenUp = false
    private var probed: Int?  // the phase beside which probes go
    private var pauses = Pauses()
    private var skipped: Set<Int> = []  // phases
    private var books: Books
    private var lastSaid = Instant.zero
    private var actions: [Action] = []

    /// - Parameters:
    ///   - lead: nanoseconds by which a common instant lies ahead, where there are several loops
    ///   - isGated: shards wait for one another before the stages that `Program.meets` names
    init(program: Program, loops: Int, t0: Instant, lead: Int64 = 2_000_000, isGated: Bool = false) {
        self.isGated = isGated
        self.program = program
        self.loops = loops
        self.t0 = t0
        self.lead = loops == 1 ? 0 : lead
        books = Books(program: program, t0: t0)
    }

    private var entry: Program.Entry? {
        program.entries.indices.contains(index) && !hasEnded ? program.entries[index] : nil
    }

    // MARK: events

    mutating func take(_ event: Event, at now: Instant) -> [Action] {
        lastSaid = now
        switch event {
        case .attached(let loop):
            if attached.insert(loop).inserted, attached.count == loops { advance(at: now) }
        case .windowReady(let loop, let index):
            if index == self.index, ready.insert(loop).inserted, ready.count == loops {
                closeWindow(at: plannedEnd ?? now.advanced(byNanoseconds: lead))
            }
        case .quiet(let loop, let index, let warmed):
            if index == self.index, !hasEnded, quiet.insert(loop).inserted {
                self.warmed += warmed
                if quiet.count == loops { advance(at: now) }
            }
        case .load(let sample, let second, let index):
            if index == self.index { judge(sample, second, at: now) }
        case .abandon(let target, let reason):
            if abandoned[target] == nil { abandon(target, reason, at: now) }
        case .met(let index, let instant):
            if awaited == index { goOn(with: index, agreed: instant, at: now) }
        case .stop(let reason):
            if stop == nil, !hasEnded { stop(reason, at: now) }
        case .pause: pause(at: now)
        case .resume: resume(at: now)
        case .skip: skip(at: now)
        }
        defer { actions = [] }
        return books.takeWritten().map { .write($0) } + actions  // rows first: after `end` nobody waits for them
    }

    /// Ends an open loop's stage that is hopeless.
    private mutating func judge(_ sample: LoadSample, _ second: Int, at now: Instant) {
        guard !isGivenUp, stop == nil, let finding = monitor?.add(sample, second: second) else { return }
        isGivenUp = true
        books.giveUp(finding, at: now)
        actions.append(.tell(.giveUp(index: index, at: now)))
    }

    private mutating func abandon(_ target: Int, _ reason: String, at now: Instant) {
        abandoned[target] = reason
        books.note(.unusable, "\(program.target(target).name): \(reason)", of: target, at: now)
        if entry?.target == target { stopStage(at: now) }
    }

    private mutating func stop(_ reason: Conductor.Stop, at now: Instant) {
        stop = reason
        switch reason {
        case .interrupt: books.note(.interrupt, nil, at: now)
        case .cap(let name): books.note(.limit, name, at: now)
        case .over: break
        }
        stopStage(at: now)
        let held = endPause(at: now)
        if awaited != nil || held != nil { end() }
    }

    private mutating func stopStage(at now: Instant) {
        if entry?.stage.hasWindow == true { books.closeWindow(at: now, unlessClosed: true) }
        actions.append(.tell(.stop(index: index, at: now)))
    }

    private mutating func closeWindow(at instant: Instant) {
        books.closeWindow(at: instant)
        actions.append(.tell(.closeWindow(index: index, at: instant)))
    }

    // MARK: from stage to stage

    /// An open loop's stage ends when its plan says, to the nanosecond: the next stretch begins there.
    private var plannedEnd: Instant? {
        guard !isGivenUp, stop == nil, let arrivals = entry?.stage.arrivals else { return nil }
        return start.advanced(by: arrivals.duration).advanced(byNanoseconds: pauses.lengthInStage)
    }

    private mutating func advance(at now: Instant) {
        books.finishStep(at: now)
        if let entry, entry.isLastOfPhase || skipped.contains(entry.phase) { books.finishPhase(entry.phase) }
        for target in abandoned.keys { books.finishPhases(of: target) }
        guard let next = nextIndex else { return end() }
        guard !hold(before: next, at: now) else { return }
        guard isGated, program.meets(before: next) else { return begin(next, agreed: nil, at: now) }
        awaited = next
        actions.append(.meet(index: next))
    }

    private mutating func goOn(with next: Int, agreed: Instant?, at now: Instant) {
        awaited = nil
        if abandoned[program.entries[next].target] != nil { return advance(at: now) }  // given up meanwhile
        begin(next, agreed: agreed, at: now)
    }

    private mutating func begin(_ next: Int, agreed: Instant?, at now: Instant) {
        let entry = program.entries[next]
        begin(next, entry, start: beginning(of: next, entry, agreed: agreed, at: now))
    }

    /// The next stage of a target that is asked still; nil when there is none.
    private var nextIndex: Int? {
        guard stop == nil else { return nil }
        return program.entries.indices.dropFirst(index + 1).first { place in
            let entry = program.entries[place]
            return abandoned[entry.target] == nil && !skipped.contains(entry.phase)
        }
    }

    private mutating func beginning(
        of next: Int,
        _ entry: Program.Entry,
        agreed: Instant?,
        at now: Instant
    ) -> Instant {
        if let end = plannedEnd, next == index + 1, entry.stage.arrivals != nil,
            entry.phase == program.entries[index].phase
        {
            return max(end, agreed ?? end)
        }
        let edge = program.edgeInstant(at: next, after: self.start)
        // t0 may be agreed with others, and lie ahead; so may the load that is probed.
        let begins = program.continuation.begins.map { t0.advanced(byNanoseconds: $0) }
        let start = [now.advanced(byNanoseconds: lead), t0, agreed, edge, begins].compactMap(\.self).max() ?? now
        guard let notBefore = entry.notBefore else { return start }
        let planned = t0.advanced(by: notBefore)
        if planned < now { books.noteLateWindow(entry, by: now.nanoseconds(since: planned), at: now) }
        return max(start, planned)
    }

    private mutating func begin(_ next: Int, _ entry: Program.Entry, start: Instant) {
        books.begin(entry, start: start, warmed: warmed)
        (index, self.start) = (next, start)
        (ready, quiet, warmed, isGivenUp) = ([], [], 0, false)
        pauses.lengthInStage = 0
        watch(entry)
        probe(entry)
        let view = LiveFeed.StageView(entry, of: program, index: next, start: start)
        actions += [.show(view), .tell(.enter(index: next, start: start))]
    }

    private mutating func end() {
        _ = endPause(at: lastSaid)
        hasEnded = true
        awaited = nil
        books.finish()
        endProbes()
        actions += [.show(nil), .tell(.end)]
    }

    /// Probes go beside the loaded stages of a phase that asks for them, and end with them.
    private mutating func probe(_ entry: Program.Entry) {
        let phase = entry.probeRate != nil && entry.stage.isLoaded ? entry.phase : nil
        guard phase != probed else { return }
        endProbes()  // a phase that was skipped, or whose target was given up, has no drain to end them
        guard let phase else { return }
        probed = phase
        actions.append(.beginProbes(entry, start: start))
    }

    private mutating func endProbes() {
        guard probed != nil else { return }
        probed = nil
        actions.append(.endProbes)
    }

    /// Whether an open loop's stage is one that the server cannot keep up with is looked at from here on.
    private mutating func watch(_ entry: Program.Entry) {
        monitor = nil
        if let arrivals = entry.stage.arrivals, arrivals.stopsWhenSaturated, arrivals.isSteady {
            monitor = LoadMonitor(loops: loops, offered: arrivals.offeredPerSecond)
        }
    }

    // MARK: pauses

    /// What is known of pauses that somebody asks for.
    private struct Pauses: Sendable {
        var isWanted = false
        var since: Instant?  // it has begun
        var held: Int?  // the stage that begins when it ends
        var lengthInStage: Int64 = 0  // of those amid the present stage, nanoseconds
    }

    /// Since when it is paused; nil where it is not.
    var pausedSince: Instant? { pauses.since }
    /// It pauses when the stage, or the burst, is over.
    var willPause: Bool { pauses.isWanted && pauses.since == nil }

    private mutating func pause(at now: Instant) {
        guard stop == nil, !hasEnded, pauses.since == nil else { return }
        pauses.isWanted = true
        guard let entry, entry.stage.maySuspend, awaited == nil else { return }
        let instant = now.advanced(byNanoseconds: lead)
        books.beginPause(at: instant)
        suspend(at: instant)
    }

    private mutating func suspend(at instant: Instant) {
        pauses.since = instant
        monitor = nil  // what no longer comes is no sign of anything
        actions.append(.tell(.pause(index: index, at: instant)))
    }

    /// Whether the next stage waits for the end of a pause.
    private mutating func hold(before next: Int, at now: Instant) -> Bool {
        if pauses.since == nil {
            let bears = index < 0 || program.entries[next].stage.mayWait(after: program.entries[index].stage)
            guard pauses.isWanted, bears else { return false }
            suspend(at: now)
        }
        pauses.held = next
        return true
    }

    private mutating func resume(at now: Instant) {
        pauses.isWanted = false
        guard let since = pauses.since else { return }
        let instant = max(since, now.advanced(byNanoseconds: lead))
        if endPause(at: instant) != nil { return advanceFromPause(until: instant, at: now) }
        pauses.lengthInStage += instant.nanoseconds(since: since)
        if let entry { watch(entry) }
        actions.append(.tell(.resume(index: index, at: instant)))
    }

    /// The stage that was to begin, or a later one where its target was given up or its phase skipped meanwhile.
    private mutating func advanceFromPause(until instant: Instant? = nil, at now: Instant) {
        guard let next = nextIndex else { return end() }
        begin(next, agreed: instant, at: now)
    }

    /// Writes the pause down, and gives the stage that waited for its end.
    private mutating func endPause(at instant: Instant) -> Int? {
        defer { (pauses.isWanted, pauses.since, pauses.held) = (false, nil, nil) }
        guard let since = pauses.since else { return nil }
        books.notePause(from: since, to: max(since, instant))
        return pauses.held
    }

    private mutating func skip(at now: Instant) {
        guard stop == nil, !hasEnded, program.entries.indices.contains(index) else { return }
        let entry = program.entries[pauses.held ?? index]
        let phase = entry.phase
        skipped.insert(phase)
        books.note(.skip, entry.phaseName, of: entry.target, at: now)
        if endPause(at: now) != nil {
            books.finishPhase(phase)
            return advanceFromPause(at: now)
        }
        stopStage(at: now)
    }
}
