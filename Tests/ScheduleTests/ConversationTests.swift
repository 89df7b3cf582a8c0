import Testing
import Ticks

@testable import Schedule

@Suite struct ConversationTests {
    private func prompts(
        turns: TokenLength = .fixed(4),
        think: DurationDistribution = .constant(.milliseconds(400)),
        seed: UInt64 = 1,
        salt: UInt64 = 0,
        _ change: (inout Workload) -> Void = { _ in }
    ) -> Prompts {
        var workload = Workload(source: .synthetic(inputTokens: 60))
        workload.conversations = .init(turns: turns, think: think)
        change(&workload)
        return Prompts(workload: workload, seed: seed, salt: salt)
    }

    private func whole(_ prompts: Prompts, _ number: Int) throws -> Conversation {
        var conversation = try #require(prompts.conversation(number))
        while !conversation.isAtLastTurn {
            conversation = conversation.answered(
                prompts.question(of: conversation),
                with: "answer \(conversation.turn)"
            )
        }
        return conversation
    }

    // MARK: What is said

    @Test func `each question comes with all that was said before it`() throws {
        let prompts = prompts()
        let last = try whole(prompts, 3)
        #expect(last.turn == 3)
        #expect(last.said.map(\.role) == ["user", "assistant", "user", "assistant", "user", "assistant"])
        #expect(last.said.filter { $0.role == "assistant" }.map(\.content) == ["answer 0", "answer 1", "answer 2"])
        #expect(last.said.first == prompts.question(of: try #require(prompts.conversation(3))).first)
        #expect(prompts.question(of: last).map(\.role) == ["user"])
    }

    @Test func `only the first question has a nonce, and no two conversations the same`() throws {
        let prompts = prompts()
        let firsts = try (0..<1000).map { number in
            String(prompts.question(of: try #require(prompts.conversation(number)))[0].content.prefix(16))
        }
        #expect(Set(firsts).count == 1000)
        // Nor a single request's, such as a warm-up's.
        let singles = Set((0..<1000).map { String(prompts.messages(at: $0)[0].content.prefix(16)) })
        #expect(singles.isDisjoint(with: firsts))
        let second = prompts.question(of: try whole(prompts, 0))[0].content
        #expect(second.prefix(16).contains(" "))
    }

    @Test func `another run's salt changes the beginning and nothing else`() throws {
        let (a, b) = (prompts(salt: 1), prompts(salt: 2))
        let (one, other) = (try whole(a, 5), try whole(b, 5))
        #expect(one.said[0] != other.said[0])
        #expect(one.said[0].content.dropFirst(16) == other.said[0].content.dropFirst(16))
        #expect(one.said[2] == other.said[2] && a.question(of: one) == b.question(of: other))
    }

    @Test func `questions of one conversation differ, and are equal again for an equal seed`() throws {
        let last = try whole(prompts(), 2)
        let questions =
            last.said.filter { $0.role == "user" }.map(\.content) + prompts().question(of: last).map(\.content)
        #expect(Set(questions).count == 4)
        #expect(try whole(prompts(), 2) == last)
        #expect(try whole(prompts(seed: 2), 2) != last)
    }

    @Test func `turns and thinking are drawn by seed, number and turn`() throws {
        let drawn = prompts(turns: .uniform(2, 5), think: .uniform(.seconds(1), .seconds(3)))
        let counts = try (0..<2000).map { try #require(drawn.conversation($0)).turns }
        for turns in 2...5 { #expect((400...600).contains(counts.count { $0 == turns })) }
        let thinks = try (0..<2000).map { drawn.think(after: try #require(drawn.conversation($0))) / .seconds(1) }
        #expect(abs(thinks.reduce(0, +) / 2000 - 2) < 0.05)
        #expect((thinks.min() ?? 0) >= 1 && (thinks.max() ?? 9) <= 3)
        let first = try #require(drawn.conversation(9))
        let second = first.answered([], with: "x")
        #expect(drawn.think(after: first) != drawn.think(after: second))
    }

    @Test func `a list's prompt with several questions is a conversation of its own`() throws {
        let script = Prompt(messages: [
            .init(role: "system", content: "be short"), .init(role: "user", content: "one"),
            .init(role: "assistant", content: "of the list"), .init(role: "user", content: "two"),
            .init(role: "assistant", content: "also"),
        ])
        let prompts = prompts(turns: .fixed(9)) {
            $0.source = .list([script, Prompt("alone")])
            $0.cache = .allow
        }
        let first = try #require(prompts.conversation(0))
        #expect(first.turns == 2)
        #expect(
            prompts.question(of: first) == [
                .init(role: "system", content: "be short"), .init(role: "user", content: "one"),
            ]
        )
        let last = try whole(prompts, 0)
        #expect(last.said.last == .init(role: "assistant", content: "answer 0"))
        #expect(prompts.question(of: last) == [.init(role: "user", content: "two")])
        #expect(try #require(prompts.conversation(1)).turns == 1)
    }

    @Test func `a list of single questions is asked one after the other`() throws {
        let prompts = prompts(turns: .fixed(2)) {
            $0.source = .list(["a", "b", "c"].map(Prompt.init))
            $0.cache = .allow
        }
        let asked = try (0..<3).flatMap { number in
            let last = try whole(prompts, number)
            return [last.said[0].content, prompts.question(of: last)[0].content]
        }
        #expect(asked == ["a", "b", "c", "a", "b", "c"])
    }

    @Test func `all turns of a conversation are of one part of a mix`() throws {
        var (short, long) = (
            Workload(source: .synthetic(inputTokens: 40)), Workload(source: .synthetic(inputTokens: 400))
        )
        (short.maxTokens, long.maxTokens) = (.fixed(4), .fixed(40))
        let prompts = prompts { $0.mix = [.init(weight: 1, workload: short), .init(weight: 1, workload: long)] }
        var seen: Set<Int> = []
        for number in 0..<20 {
            var conversation = try #require(prompts.conversation(number))
            let cap = prompts.maxTokens(of: conversation)
            seen.insert(cap)
            for _ in 0..<3 {
                conversation = conversation.answered([], with: "x")
                #expect(prompts.maxTokens(of: conversation) == cap)
                let length = prompts.question(of: conversation)[0].content.utf8.count
                #expect(cap == 4 ? length < 400 : length > 800)
            }
        }
        #expect(seen == [4, 40])
    }

    // MARK: When it is said

    private func level(_ users: Int, hold: Double, settle: Double = 0) -> Stage {
        let hold = Duration.seconds(hold)
        let window = ClosedLoad.Window(hold: hold, settle: .seconds(settle))
        return Stage(.level, .closed(ClosedLoad(users, .time(window))), grace: .seconds(30))
    }

    private func turns(_ run: VirtualRun) -> [Int: [VirtualRun.Request]] {
        Dictionary(grouping: run.requests) { $0.conversation?.number ?? -1 }
    }

    @Test func `a user asks again when the answer is there and the thinking is done, not before and not later`() {
        let server = VirtualServer(slots: 8, service: .milliseconds(100))
        let run = VirtualRun([level(3, hold: 16)], server: server, talk: prompts())
        // 4 answers of 0.1 s and 3 times 0.4 s to think: a conversation takes 1.6 s, and the next begins at its end.
        #expect(run.requests.filter { $0.dispatched < at(16) }.count == 3 * 10 * 4)
        for (number, requests) in turns(run) where number < 27 {
            #expect(requests.compactMap { $0.conversation?.turn } == [0, 1, 2, 3], "conversation \(number)")
            #expect(requests[0].scheduled == at(1.6 * Double(number / 3)))
            for (request, next) in zip(requests, requests.dropFirst()) {
                #expect(next.scheduled == request.ended.advanced(by: .milliseconds(400)))
                #expect(next.dispatched == next.scheduled)
            }
        }
        #expect(run.mostInFlight(from: .zero, to: at(17)) == 3)
    }

    @Test func `users who think keep their place from level to level, and their conversation`() {
        let server = VirtualServer(slots: 8, service: .milliseconds(130))
        let levels = [2, 4, 6].map { level($0, hold: 2, settle: 0.3) }
        let run = VirtualRun(levels, server: server, talk: prompts(think: .uniform(.milliseconds(50), .seconds(2))))
        #expect(run.passages.count == 3)
        var across = 0
        for (_, requests) in turns(run) {
            #expect(requests.compactMap { $0.conversation?.turn } == Array(0..<requests.count))
            if Set(requests.map(\.stage)).count > 1 { across += 1 }
            for (request, next) in zip(requests, requests.dropFirst()) { #expect(next.scheduled >= request.ended) }
        }
        #expect(across >= 4)
        // No more users than places: a new conversation begins only where one is over or a place was added.
        let begun = run.requests.filter { $0.conversation?.turn == 0 }.count
        let over = run.requests.filter { $0.conversation?.isAtLastTurn == true && $0.ended <= run.now }.count
        #expect(begun <= over + 6)
    }

    @Test func `on the way down the users that find no place leave`() {
        let server = VirtualServer(slots: 8, service: .milliseconds(100))
        let run = VirtualRun([level(4, hold: 1), level(1, hold: 4)], server: server, talk: prompts(turns: .fixed(50)))
        let last = run.requests(of: 1).filter { $0.dispatched > at(2) }
        #expect(Set(last.compactMap { $0.conversation?.number }).count == 1)
        #expect(last.count >= 4)
    }

    @Test func `in an open loop arrivals begin conversations, and later turns follow the answers`() {
        let plan = ArrivalPlan(Rate(10), for: .seconds(2), law: .constant)
        let stage = Stage(.arrivals, .open(Arrivals(.rate(plan))), grace: .seconds(30))
        let talk = prompts(turns: .fixed(3), think: .constant(.milliseconds(300)))
        let run = VirtualRun(
            [stage, Stage.drain(grace: .seconds(30))],
            server: VirtualServer(slots: 100, service: .milliseconds(100)),
            loops: 2,
            talk: talk
        )
        let byConversation = turns(run)
        #expect(byConversation.count == 20)
        for (_, requests) in byConversation {
            let arrived = requests[0].scheduled
            // A question that would be due after the end is not asked.
            let offsets: [Int] = [0, 400, 800]
            let expected = offsets.map { arrived.advanced(by: Duration.milliseconds($0)) }.filter { $0 < at(2) }
            #expect(requests.map(\.scheduled) == expected)
            #expect(requests.allSatisfy { $0.dispatched == $0.scheduled && $0.measured })
        }
        #expect(
            run.requests.filter { $0.conversation?.turn == 0 }.map(\.scheduled) == (0..<20).map { at(Double($0) / 10) }
        )
    }

    // MARK: In every shape

    private func stages(_ shape: PhaseShape) -> [Stage] { shape.stages(grace: .seconds(30)) }

    /// Each conversation's questions in order, none left out, none before the answer to the one before.
    private func expectWhole(_ run: VirtualRun) {
        for (number, requests) in turns(run) where number >= 0 {
            #expect(requests.compactMap { $0.conversation?.turn } == Array(0..<requests.count), "\(number)")
            for (request, next) in zip(requests, requests.dropFirst()) { #expect(next.dispatched >= request.ended) }
        }
    }

    @Test func `at an edge each request begins a conversation, which goes on while the burst is held`() {
        var burst = PhaseShape.Burst(requests: 5)
        (burst.idle, burst.hold, burst.pause) = (.seconds(2), .seconds(2), .seconds(1))
        burst.baseline = .init(concurrency: 1, requests: 6)
        let run = VirtualRun(
            stages(.burst(burst)),
            server: VirtualServer(slots: 8, service: .milliseconds(100)),
            talk: prompts(turns: .fixed(3), think: .constant(.milliseconds(100)))
        )
        expectWhole(run)
        let baseline = run.requests(of: 0)
        #expect(baseline.compactMap { $0.conversation?.turn } == [0, 1, 2, 0, 1, 2])
        for edge in [2, 5] {
            let wave = run.requests(of: edge).filter { $0.rank != nil }
            #expect(wave.count == 5 && wave.allSatisfy { $0.conversation?.turn == 0 })
            // 0, 0.2, 0.4, and at once the next: 0.5, 0.7, 0.9 and so on.
            #expect(run.requests(of: edge).count { $0.conversation?.turn == 2 } == 5 * 4)
            #expect(run.requests(of: edge).allSatisfy { ($0.conversation?.turn ?? 0) < 3 })
        }
    }

    @Test func `a job's prompts are the questions of conversations, and as many as it has`() {
        let run = VirtualRun(
            stages(.batch(.init(requests: 25, concurrency: 4))),
            server: VirtualServer(slots: 8, service: .milliseconds(100)),
            talk: prompts(turns: .fixed(4), think: .constant(.milliseconds(50)))
        )
        expectWhole(run)
        #expect(run.requests.count == 25)
        #expect(run.requests.count { $0.conversation?.turn == 3 } == 4)
    }

    @Test func `single probes are the questions of one user, whose pause is the longer of gap and thinking`() {
        for (gap, think, pause) in [(0.5, 0.1, 0.5), (0.1, 0.4, 0.4)] {
            var probe = PhaseShape.Probe(requests: 6)
            probe.gap = .seconds(gap)
            let run = VirtualRun(
                stages(.probe(probe)),
                server: VirtualServer(slots: 1, service: .milliseconds(100)),
                talk: prompts(turns: .fixed(3), think: .constant(.seconds(think)))
            )
            expectWhole(run)
            #expect(run.requests.compactMap { $0.conversation?.turn } == [0, 1, 2, 0, 1, 2])
            let first = run.requests.prefix(3)
            for (request, next) in zip(first, first.dropFirst()) {
                #expect(next.scheduled == request.ended.advanced(by: .seconds(pause)))
            }
        }
    }

    @Test func `a keep-warm probe is the next question of the user before it, after the gap alone`() {
        var keepwarm = PhaseShape.Keepwarm(gaps: [.seconds(2), .seconds(5)])
        keepwarm.repetitions = 2
        let run = VirtualRun(
            stages(.keepwarm(keepwarm)),
            server: VirtualServer(slots: 1, service: .milliseconds(100)),
            talk: prompts(turns: .fixed(5), think: .constant(.seconds(60)))
        )
        expectWhole(run)
        let asked = run.requests.filter { $0.conversation != nil }
        #expect(asked.compactMap { $0.conversation?.turn } == [0, 1, 2, 3, 4, 0, 1, 2])
        for (place, request) in asked.enumerated() where place % 2 == 1 {
            #expect(request.scheduled == asked[place - 1].ended, "the one behind a probe comes at once")
        }
        let gaps = stride(from: 2, to: 8, by: 2).map { asked[$0].dispatched.nanoseconds(since: asked[$0 - 1].ended) }
        #expect(gaps.allSatisfy { $0 == 2_000_000_000 || $0 == 5_000_000_000 }, "\(gaps)")
    }

    private func capped(_ rate: Double, for seconds: Double, _ limit: Int, _ overflow: Arrivals.Overflow) -> [Stage] {
        var arrivals = Arrivals(.rate(ArrivalPlan(Rate(rate), for: .seconds(seconds), law: .constant)))
        (arrivals.limit, arrivals.isCapped, arrivals.overflow) = (limit, true, overflow)
        arrivals.stopsWhenSaturated = false
        return [Stage(.arrivals, .open(arrivals), grace: .seconds(30)), .drain(grace: .seconds(30))]
    }

    @Test func `under a cap that queues, who was due first is served first, and waits no longer than it must`() {
        let run = VirtualRun(
            capped(4, for: 5, 2, .queue),
            server: VirtualServer(slots: 2, service: .milliseconds(300)),
            talk: prompts(turns: .fixed(2), think: .constant(.milliseconds(100)))
        )
        expectWhole(run)
        #expect(run.mostInFlight(from: .zero, to: at(60)) == 2)
        let within = run.requests.filter { $0.dispatched < at(5) }
        #expect(zip(within, within.dropFirst()).allSatisfy { $0.scheduled <= $1.scheduled })
        #expect(within.contains { $0.conversation?.turn == 1 && $0.queued > 0 })
        for request in within {
            // In virtual time nothing but the cap holds a request up.
            #expect(request.dispatched.nanoseconds(since: request.scheduled) == request.queued)
        }
    }

    @Test func `under a cap that sheds, a question without a place is not asked, and its conversation is over`() {
        let run = VirtualRun(
            capped(5, for: 4, 1, .shed),
            server: VirtualServer(slots: 1, service: .milliseconds(300)),
            talk: prompts(turns: .fixed(3), think: .constant(.milliseconds(150)))
        )
        #expect(run.mostInFlight(from: .zero, to: at(60)) == 1)
        #expect(run.requests.allSatisfy { $0.dispatched == $0.scheduled })
        #expect(!run.turnedAway.isEmpty)
        let away = Set(run.turnedAway.map(\.number))
        #expect(away.count == run.turnedAway.count, "nobody is turned away twice")
        for conversation in run.turnedAway {
            let asked = run.requests.filter { $0.conversation?.number == conversation.number }
            #expect(asked.count == conversation.turn)
        }
    }

    @Test func `a stage that was stopped lets nobody ask again`() {
        let server = VirtualServer(slots: 8, service: .milliseconds(100))
        let run = VirtualRun([level(3, hold: 16)], server: server, talk: prompts(), stopAt: at(1.05))
        #expect(run.requests.allSatisfy { $0.dispatched < at(1.05) })
    }
}
