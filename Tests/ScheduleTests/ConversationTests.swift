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

    @Test func `a stage that was stopped lets nobody ask again`() {
        let server = VirtualServer(slots: 8, service: .milliseconds(100))
        let run = VirtualRun([level(3, hold: 16)], server: server, talk: prompts(), stopAt: at(1.05))
        #expect(run.requests.allSatisfy { $0.dispatched < at(1.05) })
    }
}
