import Glibc
import Schedule
import Simulator
import TestSupport
import Testing
import Wire

/// Each way of failing on purpose, as the client sees it and as the journal tells it.
@Suite struct SimulatedProviderFaultTests {
    private func provider(_ change: (inout Scenario.Failures) -> Void) throws -> ServedProvider {
        try ServedProvider(.quick { change(&$0.failures) })
    }

    @Test(arguments: [true, false])
    func `requests refused on purpose`(streams: Bool) throws {
        let provider = try provider { $0.rateLimited = 1 }
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(stream: streams))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.status == 429 && answer.head.contains("Retry-After: 1"))
        #expect(line.outcome == "rejected" && line.status == 429 && line.tokens_sent == 0)
    }

    @Test(arguments: [true, false])
    func `a server error`(streams: Bool) throws {
        let provider = try provider { $0.serverError = 1 }
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(stream: streams))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.status == 500 && answer.facts.error?.type == "server_error")
        #expect(line.outcome == "server_error" && line.status == 500)
    }

    @Test func `a stream cut in the middle`() throws {
        let provider = try provider { $0.truncated = 1 }
        let client = ChatClient(port: provider.port)
        let answer = client.ask(ChatClient.body(maxTokens: 9))
        #expect(client.raw.isAtEnd())
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.status == 200 && !answer.isWhole)
        #expect(answer.tokenEvents == 5 && answer.facts.terminalSign == .none)
        #expect(line.outcome == "truncated" && line.tokens_sent == 5)
    }

    @Test func `a stream without a token`() throws {
        let provider = try provider { $0.empty = 1 }
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: 9))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.status == 200 && answer.isWhole)
        #expect(answer.tokenEvents == 0 && answer.facts.terminalSign == .both)
        #expect(line.outcome == "empty" && line.tokens_sent == 0 && line.first_token == nil)
    }

    @Test func `an error within the stream`() throws {
        let provider = try provider { $0.inbandError = 1 }
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: 9))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.status == 200 && answer.isWhole)
        #expect(answer.tokenEvents == 5)
        #expect(answer.facts.error?.message == "the simulated engine died")
        #expect(line.outcome == "inband_error" && line.tokens_sent == 5)
    }

    @Test(arguments: [9, 1])
    func `a stream that stalls stays open until the client leaves, and holds no slot`(tokens: Int) throws {
        let provider = try ServedProvider(
            .quick {
                $0.failures.stalled = 1
                $0.slotsPerReplica = 1
            }
        )
        let half = (tokens + 1) / 2
        let first = ChatClient(port: provider.port)
        first.post(ChatClient.body(maxTokens: tokens), id: "a")
        #expect(first.answer(enough: half).tokenEvents == half)
        let second = ChatClient(port: provider.port)
        second.post(ChatClient.body(maxTokens: tokens), id: "b")
        #expect(second.answer(enough: half).tokenEvents == half)  // the slot was free
        usleep(100_000)
        let left = monotonicNow()
        first.raw.close()
        usleep(50_000)
        let lines = try provider.stop().lines  // the second is still open
        let a = try #require(lines.first { $0.id == "a" })
        let b = try #require(lines.first { $0.id == "b" })
        #expect(a.outcome == "stalled" && a.tokens_sent == half && a.ended >= left)
        #expect(b.outcome == "stalled" && b.tokens_sent == half)
    }

    @Test func `replies that are not streamed fail without hanging`() throws {
        let empty = try provider { $0.empty = 1 }
        let answer = ChatClient(port: empty.port).ask(ChatClient.body(stream: false))
        #expect(answer.status == 200 && answer.text.isEmpty && answer.isWhole)
        #expect(try empty.stop().lines.map(\.outcome) == ["empty"])

        let inband = try provider { $0.inbandError = 1 }
        let error = ChatClient(port: inband.port).ask(ChatClient.body(stream: false))
        #expect(error.status == 200 && error.facts.error != nil && error.isWhole)
        #expect(try inband.stop().lines.map(\.outcome) == ["inband_error"])

        let cut = try provider { $0.truncated = 1 }
        let client = ChatClient(port: cut.port)
        client.post(ChatClient.body(stream: false))
        #expect(client.raw.isAtEnd())
        #expect(try cut.stop().lines.map(\.outcome) == ["truncated"])

        let stalled = try provider { $0.stalled = 1 }
        let waiting = ChatClient(port: stalled.port)
        waiting.post(ChatClient.body(maxTokens: 2, stream: false))
        usleep(200_000)
        waiting.raw.close()
        usleep(50_000)
        #expect(try stalled.stop().lines.map(\.outcome) == ["stalled"])
    }

    @Test func `a provider that is ended says which requests it left`() throws {
        let provider = try ServedProvider(.quick())
        let client = ChatClient(port: provider.port)
        client.post(ChatClient.body(maxTokens: 5000))
        let seen = client.answer(enough: 3).tokenEvents
        let line = try #require(try provider.stop().lines.first)
        #expect(line.outcome == "stopped" && line.tokens_sent >= seen)
        while client.raw.read() != nil {}
        #expect(client.raw.isAtEnd())
    }
}
