import Measurement
import Schedule
import TestSupport
import Ticks

@testable import Engine

/// A server of so many slots that answers each request in the same time, first in, first out; or refuses it at once.
struct VirtualServer {
    var slots: Int
    var service: Duration
    /// Nothing is worked on in this time; what was begun goes on after it.
    var frozen: Range<Instant>?
    var refusesAfter: Duration?  // every request fails after so long, whatever the load
    private var freeAt: [Instant] = []

    init(slots: Int, service: Duration, refusesAfter: Duration? = nil) {
        self.slots = slots
        self.service = service
        self.refusesAfter = refusesAfter
        freeAt = Array(repeating: .zero, count: slots)
    }

    /// When a request that arrives at `now` will be answered.
    mutating func answer(at now: Instant) -> Instant {
        if let refusesAfter { return now.advanced(by: refusesAfter) }
        guard let slot = freeAt.indices.min(by: { freeAt[$0] < freeAt[$1] }) else { return .distantFuture }
        let begun = max(freeAt[slot], now)
        let end = begun.advanced(by: service)
        if let frozen, end > frozen.lowerBound, begun < frozen.upperBound {
            // The part of the work that is left is done after the stall.
            let done = max(0, frozen.lowerBound.nanoseconds(since: begun))
            freeAt[slot] = frozen.upperBound.advanced(byNanoseconds: service.nanoseconds - done)
        } else {
            freeAt[slot] = end
        }
        return freeAt[slot]
    }
}

/// Drives a program over loops in virtual time by the engine's own agenda and shapers, and keeps what happened.
struct VirtualRun {
    struct Request {
        var stage: Int
        var loop: Int
        var scheduled: Instant
        var dispatched: Instant
        var ended: Instant
        var measured: Bool
        var rank: Int?
        var queued: Int64 = 0
        var conversation: Conversation?
    }

    struct Passage {
        var started: Instant
        var closed: Instant?
        var quiet: Instant?
    }

    private(set) var requests: [Request] = []
    private(set) var shed: [(arrival: Arrival, reason: StageShaper.ShedReason)] = []
    private(set) var turnedAway: [Conversation] = []
    private(set) var passages: [Passage] = []  // of the stages that were entered
    private(set) var inFlight: [(at: Instant, count: Int)] = [(.zero, 0)]
    private(set) var now = Instant.zero
    private(set) var batches: [RecordBatch] = []
    private(set) var hasEnded = false

    private var server: VirtualServer
    private var running: [Int] = []  // indices of requests, unordered
    private let loops: Int
    private let talk: Prompts?
    private let entries: [Program.Entry]
    private var agenda: Agenda
    private var shapers: [StageShaper] = []  // of the present stage, by loop
    private var stage = -1
    private var said = 0  // events so far
    private var thinking: [DueQueue<Conversation>]  // by loop
    private var nextConversation: [Int]

    /// - Parameters:
    ///   - talk: users ask again as these prompts say; else every request stands alone.
    ///   - stopAt: an interrupt: nothing is started from then on, and the run ends with the stage.
    ///   - until: a bound for runs that would not end.
    init(
        _ stages: [Stage],
        server: VirtualServer,
        loops: Int = 1,
        talk: Prompts? = nil,
        stopAt: Instant? = nil,
        until: Instant = .init(nanoseconds: 100_000 * 1_000_000_000)
    ) {
        self.init(
            Program.of([stages]),
            server: server,
            loops: loops,
            talk: talk,
            at: stopAt,
            say: .stop(.interrupt),
            until: until
        )
    }

    /// - Parameter event: happens at `instant`, if that is given and comes.
    init(
        _ program: Program,
        server: VirtualServer,
        loops: Int = 1,
        talk: Prompts? = nil,
        at instant: Instant?,
        say event: Agenda.Event,
        until: Instant = .init(nanoseconds: 100_000 * 1_000_000_000)
    ) {
        let events = instant.map { [(at: $0, say: event)] } ?? []
        self.init(program, server: server, loops: loops, talk: talk, events: events, until: until)
    }

    /// - Parameter events: happen at their instants, which ascend, as far as the run comes to them.
    init(
        _ program: Program,
        server: VirtualServer,
        loops: Int = 1,
        talk: Prompts? = nil,
        events: [(at: Instant, say: Agenda.Event)],
        until: Instant = .init(nanoseconds: 100_000 * 1_000_000_000)
    ) {
        self.server = server
        self.loops = loops
        self.talk = talk
        entries = program.entries
        agenda = Agenda(program: program, loops: loops, t0: .zero, lead: 0)
        thinking = Array(repeating: DueQueue(), count: loops)
        nextConversation = Array(0..<loops)
        for loop in 0..<loops { say(.attached(loop: loop)) }
        var due = events[...]
        while !hasEnded, now < until {
            if let next = due.first, now >= next.at {
                due.removeFirst()
                say(next.say)
            }
            var wake = min(until, due.first?.at ?? until)
            let before = said
            for loop in shapers.indices where before == said { wake = min(wake, pump(loop)) }
            if before != said { continue }  // what was said may have changed what comes next
            now = min(wake, running.map { requests[$0].ended }.min() ?? .distantFuture)
            endRequests()
        }
    }

    private mutating func say(_ event: Agenda.Event) {
        said += 1
        for action in agenda.take(event, at: now) {
            switch action {
            case .tell(let command): obey(command)
            case .write(let batch): batches.append(batch)
            case .show, .beginProbes, .endProbes, .meet: break
            }
        }
    }

    private mutating func obey(_ command: Agenda.Command) {
        switch command {
        case .enter(let index, let start):
            stage = index
            passages.append(Passage(started: start))
            shapers = (0..<loops).map { loop in
                StageShaper(
                    stage: entries[index].stage.segment(loop: loop, of: loops),
                    start: start,
                    carriedInFlight: running.count { requests[$0].loop == loop },
                    thinking: thinking[loop].dues
                )
            }
            for loop in shapers.indices { thinking[loop].keep(shapers[loop].staying) }
        case .closeWindow(_, let instant):
            passages[passages.count - 1].closed = instant
            for loop in shapers.indices { shapers[loop].closeWindow(at: instant) }
        case .giveUp(_, let instant): for loop in shapers.indices { shapers[loop].giveUp(at: instant) }
        case .stop(_, let instant): for loop in shapers.indices { shapers[loop].stopStarting(at: instant) }
        case .pause(_, let instant): for loop in shapers.indices { shapers[loop].pause(at: instant) }
        case .resume(_, let instant): for loop in shapers.indices { shapers[loop].resume(at: instant) }
        case .end: hasEnded = true
        }
    }

    private mutating func pump(_ loop: Int) -> Instant {
        while true {
            switch shapers[loop].next(at: now) {
            case .start(let count, let scheduled, let measured, let firstRank):
                for offset in 0..<count {
                    begin(
                        loop,
                        scheduled: scheduled,
                        measured: measured,
                        rank: firstRank.map { $0 + offset },
                        queued: entries[stage].stage.arrivals == nil ? 0 : shapers[loop].waitForPlace(since: scheduled),
                        conversation: conversation(loop, dueBy: scheduled)
                    )
                }
                inFlight.append((now, running.count))
            case .arrive(let arrival, let measured):
                begin(
                    loop,
                    scheduled: arrival.scheduled,
                    measured: measured,
                    queued: arrival.queued,
                    conversation: newConversation(loop)
                )
                inFlight.append((now, running.count))
            case .shed(let arrival, _, let reason): shed.append((arrival, reason))
            case .turnAway(let scheduled, _): turnedAway += thinking[loop].take(dueBy: scheduled).map { [$0] } ?? []
            case .windowReady:
                say(.windowReady(loop: loop, index: stage))
                return now
            case .quiet:
                passages[passages.count - 1].quiet = now
                say(.quiet(loop: loop, index: stage, warmed: 0))
                return now
            case .wait(let instant): return instant ?? .distantFuture
            }
        }
    }

    private mutating func begin(
        _ loop: Int,
        scheduled: Instant,
        measured: Bool,
        rank: Int? = nil,
        queued: Int64 = 0,
        conversation: Conversation?
    ) {
        running.append(requests.count)
        requests.append(
            Request(
                stage: stage,
                loop: loop,
                scheduled: scheduled,
                dispatched: now,
                ended: server.answer(at: now),
                measured: measured,
                rank: rank,
                queued: queued,
                conversation: conversation
            )
        )
    }

    private mutating func conversation(_ loop: Int, dueBy instant: Instant) -> Conversation? {
        guard entries[stage].stage.takesConversations else { return nil }
        return thinking[loop].take(dueBy: instant) ?? newConversation(loop)
    }

    private mutating func newConversation(_ loop: Int) -> Conversation? {
        defer { nextConversation[loop] += loops }
        return talk?.conversation(nextConversation[loop])
    }

    private mutating func endRequests() {
        let over = running.filter { requests[$0].ended <= now }
        running.removeAll { requests[$0].ended <= now }
        for index in over {
            let request = requests[index]
            let kind: StageShaper.RequestKind =
                request.stage != stage
                ? .carried : request.rank != nil ? .wave : request.measured ? .measured : .unmeasured
            let failed = server.refusesAfter != nil
            var next: (conversation: Conversation, think: Duration)?
            if let talk, let conversation = request.conversation, !failed, !conversation.isAtLastTurn {
                let question = talk.question(of: conversation)
                next = (conversation.answered(question, with: "an answer"), talk.think(after: conversation))
                if entries[stage].stage.handsUsersOn { next?.think = .zero }
            }
            let stays = shapers[request.loop].requestEnded(kind, failedFast: failed, thinking: next?.think, at: now)
            if let next, stays || entries[stage].stage.handsUsersOn {
                thinking[request.loop].insert(next.conversation, due: now.advanced(by: next.think))
            }
        }
        if !over.isEmpty { inFlight.append((now, running.count)) }
    }

    // MARK: What tests ask

    func requests(of stage: Int) -> [Request] { requests.filter { $0.stage == stage } }
    func measured(of stage: Int) -> [Request] { requests.filter { $0.stage == stage && $0.measured } }

    /// The least number in flight that lasted longer than nothing in `range`.
    func leastInFlight(from: Instant, to: Instant) -> Int {
        var least = Int.max
        for (index, point) in inFlight.enumerated() {
            let end = index + 1 < inFlight.count ? inFlight[index + 1].at : to
            if end > point.at, max(point.at, from) < min(end, to) { least = min(least, point.count) }
        }
        return least
    }

    func mostInFlight(from: Instant, to: Instant) -> Int {
        inFlight.filter { from <= $0.at && $0.at < to }.map(\.count).max() ?? 0
    }
}

/// So many seconds after the beginning of virtual time.
func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64((seconds * 1e9).rounded())) }
