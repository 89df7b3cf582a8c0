internal import Measurement
internal import Schedule
internal import Synchronization
public import Ticks
internal import Transport

/// Where the loops of a run meet: takes to the `Agenda` what each of them says, and carries out what it decides.
///
/// What is decided first is done first, whoever said it: one thread at a time carries out, and does what others bring
/// meanwhile. No lock is held while it does.
public final class Conductor: Sendable {
    /// Why a run ends before its plan does.
    public enum Stop: Sendable, Hashable {
        case interrupt
        case cap(String)
        case over  // what it went beside is over
    }

    private struct State {
        var agenda: Agenda
        var posts: [Int: @Sendable (Agenda.Command) -> Void] = [:]  // by loop
        var due: [Agenda.Action] = []
        var isCarryingOut = false
        var probes: Run?  // beside the present phase
    }

    private let program: Program
    private let sink: any RecordSink
    private let feed: LiveFeed
    private let trickle: Trickle?
    private let gate: (any StageGate)?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - trickle: begins probes beside a phase; nil where there are none, as beside a load
    ///   - gate: where the shards of a run wait for one another
    init(
        program: Program,
        loops: Int,
        t0: Instant,
        sink: any RecordSink,
        feed: LiveFeed,
        trickle: Trickle? = nil,
        gate: (any StageGate)? = nil
    ) {
        self.program = program
        self.sink = sink
        self.feed = feed
        self.trickle = trickle
        self.gate = gate
        state = Mutex(State(agenda: Agenda(program: program, loops: loops, t0: t0, isGated: gate != nil)))
    }

    /// Why it stopped early, and which targets were given up with what reason.
    public var stop: Stop? { state.withLock { $0.agenda.stop } }
    public var abandoned: [Int: String] { state.withLock { $0.agenda.abandoned } }

    /// Starts no more requests; what runs may end within the grace. From any thread.
    public func stop(_ reason: Stop) { take(.stop(reason)) }

    /// Starts nothing until `resume`: at once, or when the stage or burst is over that bears no pause; probes beside pause
    /// with it. From any thread, as the next two.
    public func pause() { takeWithProbes(.pause) }
    public func resume() { takeWithProbes(.resume) }
    /// Ends the present phase; the next begins.
    public func skip() { take(.skip) }

    /// How long ago the pause began, nanoseconds; nil where there is none.
    public func pausedFor(at now: Instant) -> Int64? {
        state.withLock { $0.agenda.pausedSince }.map { max(0, now.nanoseconds(since: $0)) }
    }

    /// A pause was asked for, and begins when the stage or the burst is over.
    public var willPause: Bool { state.withLock { $0.agenda.willPause } }

    private func takeWithProbes(_ event: Agenda.Event) {
        take(event)
        // A run that ends is not paused, nor are they.
        state.withLock { $0.agenda.stop == nil ? $0.probes : nil }?.conductor.take(event)
    }

    /// The last loop to attach begins the run.
    func attach(loop: Int, post: @escaping @Sendable (Agenda.Command) -> Void) {
        state.withLock { $0.posts[loop] = post }
        take(.attached(loop: loop))
    }

    func take(_ event: Agenda.Event) {
        let isMine = state.withLock { state in
            state.due += state.agenda.take(event, at: MonotonicClock.now())
            guard !state.isCarryingOut else { return false }
            state.isCarryingOut = true
            return true
        }
        if isMine { carryOut() }
    }

    private func carryOut() {
        while true {
            let due = state.withLock { state in
                defer { state.due = [] }
                state.isCarryingOut = !state.due.isEmpty
                return state.due
            }
            if due.isEmpty { return }
            for action in due { carryOut(action) }
        }
    }

    private func carryOut(_ action: Agenda.Action) {
        switch action {
        case .tell(let command): for post in state.withLock({ $0.posts }).values { post(command) }
        case .write(let batch): sink.write(batch)
        case .show(let view): feed.enter(view)
        case .meet(let index): gate?.meet(index) { [self] in take(.met(index: index, instant: $0)) }
        case .beginProbes(let entry, let start):
            guard let trickle, let rate = entry.probeRate else { return }
            let target = program.target(entry.target)
            let run = trickle.begin(target, beside: entry, from: start, rate: rate)
            state.withLock { $0.probes = run }
        case .endProbes:
            let run = state.withLock { state in
                defer { state.probes = nil }
                return state.probes
            }
            run?.conductor.stop(.over)
        }
    }
}
