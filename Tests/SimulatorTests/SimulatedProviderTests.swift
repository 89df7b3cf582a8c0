import Foundation
import Schedule
import Simulator
import TestSupport
import Testing
import Ticks
import Wire

@Suite struct SimulatedProviderTests {
    @Test(arguments: [1, 2, 37])
    func `a stream decodes to exactly the tokens asked for, and the journal agrees`(tokens: Int) throws {
        let provider = try ServedProvider(.quick())
        let client = ChatClient(port: provider.port)
        let answer = client.ask(
            ChatClient.body(maxTokens: tokens, content: String(repeating: "x", count: 41)),
            id: "r-1"
        )
        let (first, lines, last) = try provider.stop()

        #expect(answer.status == 200)
        #expect(answer.head.contains("Content-Type: text/event-stream"))
        #expect(answer.isWhole)
        #expect(answer.tokenEvents == tokens)
        #expect(answer.facts.finishWord == "length")
        #expect(answer.facts.terminalSign == .both)
        // 41 bytes / 4.
        #expect(answer.facts.usage == Usage(input: 10, output: Int64(tokens), total: Int64(10 + tokens)))
        #expect(answer.facts.serving == ServingFacts(cold: false, replica: 0))
        #expect(answer.text.split(separator: " ").count == tokens)
        #expect(answer.facts.unparseable == 0 && answer.facts.notes.isEmpty && answer.facts.error == nil)

        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.id == "r-1")
        #expect(line.tokens_sent == tokens)
        #expect(line.prompt_tokens == 10)
        #expect(line.max_tokens == tokens)
        #expect(line.outcome == "completed" && line.status == 200 && line.stream)
        #expect(line.cold == false && line.replica == 0)
        let dequeued = try #require(line.dequeued)
        let firstToken = try #require(line.first_token)
        let lastToken = try #require(line.last_token)
        #expect(first.t0 <= line.received && line.received <= dequeued)
        // A step of 10 ms each; a late loop writes later, never sooner.
        #expect(firstToken >= dequeued + 10_000_000)
        #expect(lastToken >= dequeued + Int64(tokens) * 10_000_000)
        #expect(lastToken <= line.ended)
        let seenFirst = try #require(answer.tokens.first).at.nanoseconds
        #expect(seenFirst >= dequeued + 10_000_000)
        #expect(answer.sent.nanoseconds <= line.received + 100_000)
        #expect(first.scenario == "quick" && first.pid == getpid() && first.parameters["slots_per_replica"] == 16)
        #expect(last.end && last.requests == 1 && last.accepted == 1 && last.token_writes == tokens)
    }

    @Test func `the role chunk comes with the head, long before the first token`() throws {
        let provider = try ServedProvider(
            .quick { $0.prefill = .init(base: .milliseconds(300), perThousandTokens: .zero) }
        )
        let client = ChatClient(port: provider.port)
        let sent = monotonicNow()
        client.post(ChatClient.body(maxTokens: 2))
        let start = client.raw.read(upTo: "\"content\":\"\"}")
        #expect(monotonicNow() - sent < 200_000_000)
        #expect(start.contains("\"role\":\"assistant\""))
        _ = client.raw.read(upTo: "[DONE]")
        #expect(monotonicNow() - sent >= 310_000_000)
        _ = try provider.stop()
    }

    @Test func `prefill grows with the prompt`() throws {
        let provider = try ServedProvider(
            .quick { $0.prefill = .init(base: .milliseconds(20), perThousandTokens: .milliseconds(200)) }
        )
        let client = ChatClient(port: provider.port)
        _ = client.ask(ChatClient.body(maxTokens: 1, content: String(repeating: "x", count: 4)))
        _ = client.ask(ChatClient.body(maxTokens: 1, content: String(repeating: "x", count: 4000)))
        let lines = try provider.stop().lines
        let waits = lines.map { ($0.first_token ?? 0) - ($0.dequeued ?? 0) }
        #expect(waits[0] >= 30_200_000 && waits[0] < 130_000_000)
        #expect(waits[1] >= 230_000_000)
        #expect(lines.map(\.prompt_tokens) == [1, 1000])
    }

    @Test func `without usage asked for, the finish chunk says how the request was served`() throws {
        let provider = try ServedProvider(.quick())
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(usage: false))
        _ = try provider.stop()
        #expect(answer.facts.usage.isEmpty)
        #expect(answer.facts.serving == ServingFacts(cold: false, replica: 0))
        #expect(answer.tokenEvents == 8)
    }

    @Test func `a reply that is not streamed has all its tokens, at the end`() throws {
        let provider = try ServedProvider(.quick())
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: 12, stream: false))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.status == 200 && answer.isWhole)
        #expect(answer.facts.isNotStreamed)
        #expect(answer.facts.usage.output == 12 && answer.facts.usage.input == 2)
        #expect(answer.facts.finishWord == "length")
        #expect(answer.text.split(separator: " ").count == 12)
        #expect(!line.stream && line.tokens_sent == 12 && line.first_token == line.last_token)
        #expect((line.first_token ?? 0) - line.received >= 120_000_000)
    }

    @Test func `requests on one connection follow one another`() throws {
        let provider = try ServedProvider(.quick())
        let client = ChatClient(port: provider.port)
        for number in 0..<4 {
            let answer = client.ask(ChatClient.body(maxTokens: 2, stream: number != 2), id: "n\(number)")
            #expect(answer.status == 200 && answer.isWhole, "request \(number)")
        }
        // The next two without waiting for the first's end.
        client.post(ChatClient.body(maxTokens: 5), id: "n4")
        client.post(ChatClient.body(maxTokens: 5), id: "n5")
        #expect(client.answer().tokenEvents == 5)
        #expect(client.answer().tokenEvents == 5)
        let (_, lines, last) = try provider.stop()
        #expect(lines.map(\.id) == (0..<6).map { "n\($0)" })
        #expect(lines.map(\.connection_request) == Array(0..<6))
        #expect(last.accepted == 1)
    }

    @Test func `several tokens a step come in one event`() throws {
        let provider = try ServedProvider(.quick { $0.tokensPerStep = 3 })
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: 7))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.tokenEvents == 3)
        #expect(answer.facts.usage.output == 7 && line.tokens_sent == 7)
        #expect(answer.text.split(separator: " ").count == 7)
    }

    @Test func `the model stops by itself as the scenario says, unless told to go on`() throws {
        let provider = try ServedProvider(
            .quick {
                $0.step = .init(base: .microseconds(100), perActive: .zero)
                $0.stopsAfter = 3...5
            }
        )
        let client = ChatClient(port: provider.port)
        for _ in 0..<6 {
            let answer = client.ask(ChatClient.body(maxTokens: 40))
            #expect((3...5).contains(answer.tokenEvents))
            #expect(answer.facts.finishWord == "stop")
        }
        let capped = client.ask(ChatClient.body(maxTokens: 2))
        #expect(capped.tokenEvents == 2 && capped.facts.finishWord == "length")
        let forced = client.ask(ChatClient.body(maxTokens: 40, extra: ",\"ignore_eos\":true"))
        #expect(forced.tokenEvents == 40 && forced.facts.finishWord == "length")
        let newName = client.ask(ChatClient.body(maxTokens: nil, extra: ",\"max_completion_tokens\":2"))
        #expect(newName.tokenEvents == 2)
        _ = try provider.stop()
    }

    @Test func `an answer without a limit has 256 tokens and stops by itself`() throws {
        let provider = try ServedProvider(.quick { $0.step = .init(base: .microseconds(100), perActive: .zero) })
        let answer = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: nil))
        let line = try #require(try provider.stop().lines.first)
        #expect(answer.tokenEvents == 256 && answer.facts.finishWord == "stop")
        #expect(line.max_tokens == nil && line.tokens_sent == 256)
    }

    @Test func `models, health and stats are served, other paths and methods refused in OpenAI's shape`() throws {
        let provider = try ServedProvider(.quick())
        let client = ChatClient(port: provider.port)
        let models = client.get("/v1/models")
        #expect(ModelList.ids(in: Array(models.body.utf8).span, parser: JSONParser()) == ["simulated"])
        #expect(client.get("/health") == (200, "{\"status\":\"ok\"}"))
        let stats = try #require(
            try JSONSerialization.jsonObject(with: Data(client.get("/spate/stats").body.utf8)) as? [String: Any]
        )
        #expect(stats["replicas_ready"] as? Int == 1 && stats["running"] as? Int == 0)
        #expect(stats["listen_overflows"] is Int && stats["journal_failed"] as? Bool == false)
        for (path, status) in [("/nowhere", 404), ("/v1/chat/completions", 405)] {
            let (seen, body) = client.get(path)
            #expect(seen == status)
            let error = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [String: Any?]]
            #expect(error?["error"]?.keys.sorted() == ["code", "message", "param", "type"])
        }
        _ = try provider.stop()
    }

    @Test(arguments: [
        ("", 400), ("{", 400), ("[]", 400), ("{\"model\":\"simulated\"}", 400), (ChatClient.body(maxTokens: 0), 400),
        (ChatClient.body(maxTokens: -1), 400), (ChatClient.body(maxTokens: 2_000_000), 400),
        (ChatClient.body(extra: ",\"n\":2"), 400), (ChatClient.body(extra: ",\"temperature\":\"hot\""), 400),
        ("{\"model\":\"gpt-9\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 404),
    ])
    func `a wrong request is refused and journalled, and the next one served`(body: String, status: Int) throws {
        let provider = try ServedProvider(.quick())
        let client = ChatClient(port: provider.port)
        let answer = client.ask(body, id: "wrong")
        #expect(answer.status == status)
        #expect(answer.facts.error?.type == "invalid_request_error")
        #expect(client.ask(ChatClient.body(maxTokens: 1)).tokenEvents == 1)
        let (_, lines, last) = try provider.stop()
        #expect(lines.map(\.outcome) == ["refused", "completed"])
        #expect(lines.map(\.status) == [status, 200])
        #expect(last.requests == 2)
    }

    @Test func `a hostile request id stays one line of JSON`() throws {
        let provider = try ServedProvider(.quick())
        let id = "a\"b\\c{}\t\u{e9}" + String(repeating: "z", count: 500)
        _ = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: 1), id: id)
        let line = try #require(try provider.stop().lines.first)
        #expect(line.id.hasPrefix("a\"b\\c{}?"))
        #expect(line.id.utf8.count <= 140)
    }

    @Test func `a thousand clients at one instant are all answered`() throws {
        let provider = try ServedProvider(
            .quick {
                $0.slotsPerReplica = 400
                $0.step = .init(base: .milliseconds(20), perActive: .zero)
            }
        )
        let clients = (0..<1000).map { _ in ChatClient(port: provider.port) }
        for (number, client) in clients.enumerated() { client.post(ChatClient.body(maxTokens: 3), id: "c\(number)") }
        let answers = clients.map { $0.answer() }
        #expect(answers.allSatisfy { $0.status == 200 && $0.isWhole && $0.tokenEvents == 3 })
        let (_, lines, last) = try provider.stop()
        #expect(Set(lines.map(\.id)).count == 1000)
        #expect(lines.allSatisfy { $0.outcome == "completed" && $0.tokens_sent == 3 })
        #expect(last.accepted == 1000 && last.token_writes == 3000)
        #expect(last.emission_lag_p99_ns <= last.emission_lag_max_ns)
    }

    @Test func `what cannot be served says so at the start`() throws {
        let provider = try ServedProvider(.quick())
        var options = SimulatorService.Options(scenario: .quick())
        options.port = provider.port
        #expect(throws: SimulatorError.self) { _ = try SimulatorService(options) }
        options.port = 0
        options.truth = "/nowhere/truth.jsonl"
        #expect(throws: SimulatorError.self) { _ = try SimulatorService(options) }
        _ = try provider.stop()
    }
}
