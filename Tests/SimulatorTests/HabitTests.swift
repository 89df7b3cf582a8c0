import Schedule
import Simulator
import Testing
import Ticks
import Wire

/// Each habit as the client sees it, and as the journal tells it.
@Suite struct HabitTests {
    private func ask(
        _ body: String = ChatClient.body(),
        _ habits: (inout ServerHabits) -> Void
    ) throws -> (answer: ChatClient.Answer, line: ServedProvider.Line) {
        let provider = try ServedProvider(.quick { habits(&$0.habits) })
        let answer = ChatClient(port: provider.port).ask(body)
        return (answer, try #require(try provider.stop().lines.first))
    }

    @Test func `a stream that is held back comes in one piece, with all its tokens`() throws {
        let (answer, line) = try ask { $0.delivery = .buffered }
        #expect(answer.tokenEvents == 8 && answer.facts.terminalSign == .both)
        #expect(answer.facts.usage.output == 8)
        // 8 steps of 10 ms, and nothing before the last.
        #expect(answer.tokens.allSatisfy { $0.at.nanoseconds(since: answer.sent) >= 70_000_000 })
        #expect(answer.tokens.count <= 2)
        #expect(line.tokens_sent == 8 && line.outcome == "completed")
    }

    @Test func `an answer in one document though a stream was asked for`() throws {
        let (answer, line) = try ask { $0.delivery = .whole }
        #expect(answer.facts.body == .json && answer.facts.isNotStreamed && answer.facts.usage.output == 8)
        #expect(line.tokens_sent == 8)
    }

    @Test(arguments: ["temperature", "max_tokens"])
    func `a member that is refused is named`(member: String) throws {
        let body = ChatClient.body(extra: ",\"temperature\":0")
        let (answer, line) = try ask(body) { $0.refuses = [member] }
        #expect(answer.status == 400)
        #expect(answer.facts.error?.message.contains("'\(member)'") == true)
        #expect(line.status == 400 && line.outcome == "refused")
    }

    @Test func `a cap that is ignored`() throws {
        let (answer, _) = try ask(ChatClient.body(maxTokens: 4)) { $0.ignoresCap = 10 }
        #expect(answer.facts.usage.output == 10 && answer.facts.finish == .stop)
    }

    @Test func `usage that never comes`() throws {
        let (answer, _) = try ask { $0.tellsUsage = false }
        #expect(answer.facts.usage.isEmpty && answer.tokenEvents == 8 && answer.facts.terminalSign == .both)
    }

    @Test func `a stop reason that is not true`() throws {
        let (answer, _) = try ask { $0.saysStop = true }
        #expect(answer.facts.finish == .stop && answer.facts.usage.output == 8)
    }

    @Test func `reasoning comes first, is part of the cap, and may use it up`() throws {
        var (answer, _) = try ask { $0.thinks = 3 }
        #expect(answer.facts.usage.output == 8 && answer.facts.usage.reasoning == 3)
        #expect(answer.facts.reasoningBytes > 0 && answer.facts.visibleBytes > 0)
        (answer, _) = try ask { $0.thinks = 8 }
        #expect(answer.facts.usage.output == 8 && answer.facts.usage.reasoning == 8)
        #expect(answer.facts.visibleBytes == 0 && answer.facts.finish == .length)
    }

    @Test func `reasoning stops when asked to, or not`() throws {
        let off = ChatClient.body(extra: ",\"reasoning_effort\":\"none\"")
        #expect(try ask(off) { $0.thinks = 3 }.answer.facts.reasoningBytes == 0)
        let stubborn = try ask(off) {
            $0.thinks = 3
            $0.thinksAlways = true
        }
        #expect(stubborn.answer.facts.reasoningBytes > 0)
    }

    @Test func `a rate limit is told with each answer, and kept`() throws {
        let provider = try ServedProvider(.quick { $0.habits.rateLimit = .init(requests: 2, period: .seconds(20)) })
        let client = ChatClient(port: provider.port)
        let answers = (0..<3).map { _ in client.ask(ChatClient.body(maxTokens: 1)) }
        _ = try provider.stop()
        #expect(answers.map(\.status) == [200, 200, 429])
        for (answer, left) in zip(answers, ["1", "0", "0"]) {
            #expect(answer.head.contains("x-ratelimit-limit-requests: 2\r\n"))
            #expect(answer.head.contains("x-ratelimit-remaining-requests: \(left)\r\n"))
        }
        #expect(answers[2].head.contains("Retry-After: 20\r\n"))
    }

    @Test func `a quota that is used up`() throws {
        let provider = try ServedProvider(.quick { $0.habits.quotaAfter = 1 })
        let client = ChatClient(port: provider.port)
        let answers = (0..<2).map { _ in client.ask(ChatClient.body(maxTokens: 1)) }
        _ = try provider.stop()
        #expect(answers.map(\.status) == [200, 429])
        #expect(answers[1].facts.error?.saysExhausted(status: 429, retryAfterSeconds: nil) == true)
    }

    @Test func `an error as a page`() throws {
        let (answer, _) = try ask(ChatClient.body(extra: ",\"n\":2")) { $0.errorsAreHTML = true }
        #expect(answer.status == 400 && answer.facts.body == .opaque)
    }
}
