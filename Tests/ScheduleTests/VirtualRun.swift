import Schedule
import Ticks

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

/// Drives stages over loops in virtual time, as the engine does in real time, and keeps what happened.
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
    private(set) var passages: [Passage] = []
    private(set) var inFlight: [(at: Instant, count: Int)] = [(.zero, 0)]
    private(set) var now = Instant.zero

    private var server: VirtualServer
    private var running: [Int] = []  // indices of requests, unordered
    private let loops: Int
    private let talk: Prompts?
    private var thinking: [ConversationQueue]  // by loop
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
        self.server = server
        self.loops = loops
        self.talk = talk
        thinking = Array(repeating: ConversationQueue(), count: loops)
        nextConversation = Array(0..<loops)
        for (index, stage) in stages.enumerated() {
            drive(stage, index: index, stopAt: stopAt, until: until)
            if now >= until || (stopAt.map { now >= $0 } ?? false) { return }
        }
    }

    private mutating func drive(_ stage: Stage, index: Int, stopAt: Instant?, until: Instant) {
        let start = now
        passages.append(Passage(started: start))
        var shapers = (0..<loops).map { loop in
            StageShaper(
                stage: stage.segment(loop: loop, of: loops),
                start: start,
                carriedInFlight: running.count { requests[$0].loop == loop },
                thinking: thinking[loop].dues
            )
        }
        for loop in shapers.indices { thinking[loop].keep(shapers[loop].staying) }
        var ready: Set<Int> = []
        var quiet: Set<Int> = []
        var isStopped = false
        while now < until {
            var wake = until
            if let stopAt, now >= stopAt, !isStopped {
                isStopped = true
                for loop in shapers.indices { shapers[loop].stopStarting(at: now) }
            } else if let stopAt, now < stopAt {
                wake = min(wake, stopAt)
            }
            for loop in shapers.indices { wake = min(wake, pump(&shapers[loop], loop, index, &ready, &quiet)) }
            if ready.count == loops && passages[index].closed == nil {
                passages[index].closed = now
                for loop in shapers.indices { shapers[loop].closeWindow(at: now) }
                continue
            }
            if quiet.count == loops {
                passages[index].quiet = now
                return
            }
            let next = running.map { requests[$0].ended }.min() ?? .distantFuture
            now = min(wake, next)
            end(&shapers, stage: index)
        }
    }

    private mutating func pump(
        _ shaper: inout StageShaper,
        _ loop: Int,
        _ stage: Int,
        _ ready: inout Set<Int>,
        _ quiet: inout Set<Int>
    ) -> Instant {
        while true {
            switch shaper.next(at: now) {
            case .start(let count, let scheduled, let measured, let firstRank):
                for offset in 0..<count {
                    running.append(requests.count)
                    requests.append(
                        Request(
                            stage: stage,
                            loop: loop,
                            scheduled: scheduled,
                            dispatched: now,
                            ended: server.answer(at: now),
                            measured: measured,
                            rank: firstRank.map { $0 + offset },
                            conversation: thinking[loop].take(dueBy: scheduled) ?? newConversation(loop)
                        )
                    )
                }
                inFlight.append((now, running.count))
            case .arrive(let arrival, let measured):
                running.append(requests.count)
                requests.append(
                    Request(
                        stage: stage,
                        loop: loop,
                        scheduled: arrival.scheduled,
                        dispatched: now,
                        ended: server.answer(at: now),
                        measured: measured,
                        queued: arrival.queued,
                        conversation: newConversation(loop)
                    )
                )
                inFlight.append((now, running.count))
            case .shed(let arrival, _, let reason): shed.append((arrival, reason))
            case .windowReady: ready.insert(loop)
            case .quiet: quiet.insert(loop)
            case .wait(let instant): return instant ?? .distantFuture
            }
        }
    }

    private mutating func newConversation(_ loop: Int) -> Conversation? {
        defer { nextConversation[loop] += loops }
        return talk?.conversation(nextConversation[loop])
    }

    private mutating func end(_ shapers: inout [StageShaper], stage: Int) {
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
            }
            let stays = shapers[request.loop].requestEnded(kind, failedFast: failed, thinking: next?.think, at: now)
            if stays, let next { thinking[request.loop].insert(next.conversation, due: now.advanced(by: next.think)) }
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
