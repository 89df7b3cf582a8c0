import Glibc
import Schedule
import Simulator
import TestSupport
import Testing
import Ticks
import Transport
import Wire

func monotonicNow() -> Int64 { MonotonicClock.now().nanoseconds }

/// Queues, cold starts and clients that leave, over real sockets.
@Suite struct SimulatedProviderLoadTests {
    @Test func `a client that leaves frees its slot for the one that waits`() throws {
        let provider = try ServedProvider(.quick { $0.slotsPerReplica = 1 })
        let first = ChatClient(port: provider.port)
        let second = ChatClient(port: provider.port)
        first.post(ChatClient.body(maxTokens: 1000), id: "leaves")
        let seen = first.answer(enough: 5).tokenEvents
        second.post(ChatClient.body(maxTokens: 3), id: "waits")
        usleep(50_000)
        let left = monotonicNow()
        first.raw.close()
        let answer = second.answer()
        #expect(monotonicNow() - left < 1_000_000_000)  // the first would have taken ten seconds
        #expect(answer.tokenEvents == 3 && answer.isWhole)
        let lines = try provider.stop().lines
        let gone = try #require(lines.first { $0.id == "leaves" })
        let served = try #require(lines.first { $0.id == "waits" })
        #expect(gone.outcome == "cancelled")
        #expect(gone.tokens_sent >= seen && gone.tokens_sent < 200)
        #expect(gone.ended >= left)
        #expect((served.dequeued ?? 0) >= left)
        #expect(served.outcome == "completed")
    }

    @Test func `a client that leaves the queue is never served`() throws {
        let provider = try ServedProvider(.quick { $0.slotsPerReplica = 1 })
        let first = ChatClient(port: provider.port)
        first.post(ChatClient.body(maxTokens: 30), id: "runs")
        _ = first.answer(enough: 1)
        let second = ChatClient(port: provider.port)
        second.post(ChatClient.body(maxTokens: 3), id: "leaves")
        _ = second.raw.read(upTo: "\"role\"")
        second.raw.reset()
        let third = ChatClient(port: provider.port)
        #expect(third.ask(ChatClient.body(maxTokens: 3), id: "waits").tokenEvents == 3)
        let lines = try provider.stop().lines
        let gone = try #require(lines.first { $0.id == "leaves" })
        #expect(gone.outcome == "cancelled" && gone.dequeued == nil && gone.tokens_sent == 0)
        #expect(gone.first_token == nil && gone.cold == nil && gone.sent == nil)
    }

    @Test func `the journal bounds what a cancelled client can have seen`() throws {
        let provider = try ServedProvider(.quick { $0.step = .init(base: .milliseconds(3), perActive: .zero) })
        let client = ChatClient(port: provider.port)
        client.post(ChatClient.body(maxTokens: 5000), id: "c")
        let seen = client.answer(enough: 150)
        let cancel = monotonicNow()
        client.raw.close()
        usleep(100_000)
        let line = try #require(try provider.stop().lines.first)
        let samples = try #require(line.sent)
        #expect(line.outcome == "cancelled")
        #expect(samples.count == 32)
        for (a, b) in zip(samples, samples.dropFirst()) { #expect(b[0] - a[0] >= 10_000_000 && b[1] > a[1]) }
        #expect(try #require(samples.first)[0] < cancel - 100_000_000)
        let sure = samples.last { $0[0] <= cancel - 100_000_000 }?[1] ?? 0
        #expect(sure > 0 && sure <= Int64(seen.tokenEvents))
        #expect(seen.tokenEvents <= line.tokens_sent)
        #expect(line.slow_client == nil)
    }

    @Test func `a full queue answers 429 with Retry-After, and takes requests again later`() throws {
        let provider = try ServedProvider(
            .quick {
                $0.slotsPerReplica = 1
                $0.queueLimit = 2
            }
        )
        let clients = (0..<4).map { _ in ChatClient(port: provider.port) }
        for (number, client) in clients.enumerated() {
            client.post(ChatClient.body(maxTokens: 10), id: "q\(number)")
            usleep(20_000)  // in this order
        }
        let answers = clients.map { $0.answer() }
        #expect(answers.map(\.status) == [200, 200, 200, 429])
        #expect(answers[3].head.contains("\r\nRetry-After: 1\r\n"))
        #expect(answers[3].facts.error?.code == "rate_limit_exceeded")
        #expect(clients[3].ask(ChatClient.body(maxTokens: 2)).tokenEvents == 2)
        let lines = try provider.stop().lines
        let refused = try #require(lines.first { $0.id == "q3" })
        #expect(refused.outcome == "rejected" && refused.status == 429 && refused.dequeued == nil)
        let served = ["q0", "q1", "q2"].compactMap { id in lines.first { $0.id == id }?.dequeued }
        #expect(served.count == 3 && served == served.sorted())
    }

    @Test func `a burst from zero is cold, what follows is warm, and the journal knows the replica's life`() throws {
        let provider = try ServedProvider(
            .quick {
                $0.replicasMin = 0
                $0.coldStart = .constant(.milliseconds(250))
                $0.idleTimeout = .constant(.milliseconds(150))
            }
        )
        let clients = (0..<8).map { _ in ChatClient(port: provider.port) }
        for (number, client) in clients.enumerated() { client.post(ChatClient.body(maxTokens: 2), id: "cold\(number)") }
        let cold = clients.map { $0.answer() }
        #expect(cold.allSatisfy { $0.facts.serving == ServingFacts(cold: true, replica: 0) })
        let warm = clients[0].ask(ChatClient.body(maxTokens: 2), id: "warm")
        #expect(warm.facts.serving == ServingFacts(cold: false, replica: 0))
        usleep(300_000)  // it goes meanwhile
        let again = clients[0].ask(ChatClient.body(maxTokens: 2), id: "again")
        #expect(again.facts.serving == ServingFacts(cold: true, replica: 1))
        let (_, lines, last) = try provider.stop()
        #expect(last.replicas.map(\.replica) == [0, 1])
        let life = try #require(last.replicas.first)
        let starting = try #require(life.starting)
        let ready = try #require(life.ready)
        #expect(ready - starting == 250_000_000)
        let warmEnd = try #require(lines.first { $0.id == "warm" }?.last_token)
        let gone = try #require(life.gone)
        #expect(gone > ready && gone <= warmEnd + 150_000_000)  // counted from when the token was due
        for line in lines where line.id.hasPrefix("cold") {
            #expect(line.cold == true && line.dequeued == ready)
            #expect((line.first_token ?? 0) >= ready + 10_000_000)
        }
    }

    @Test func `sixteen slots give sixteen tokens a step to whoever asks for more`() throws {
        let step: Int64 = 20_000_000
        let provider = try ServedProvider(.quick { $0.step = .init(base: .nanoseconds(step), perActive: .zero) })
        let clients = (0..<40).map { _ in ChatClient(port: provider.port) }
        for client in clients { client.post(ChatClient.body(maxTokens: 8)) }
        #expect(clients.map { $0.answer() }.allSatisfy { $0.tokenEvents == 8 })
        let (_, lines, end) = try provider.stop()
        let received = lines.map(\.received)
        // A provider or a client that got no core for a step has said enough: every token came.
        let apart = (received.max() ?? 0) - (received.min() ?? 0)
        guard end.emission_lag_max_ns < step / 2, apart < step else { return }
        // 40 requests of 8 tokens in waves of 16, 16 and 8, that is 24 steps; the burst itself may take some.
        let first = lines.compactMap(\.first_token).min() ?? 0
        let last = lines.compactMap(\.last_token).max() ?? 0
        #expect((last - first + step / 2) / step >= 23)
        #expect((last - first + step / 2) / step <= 28)
    }

    @Test func `tokens come at the step's pace, not when the loop likes`() throws {
        let provider = try ServedProvider(.quick { $0.step = .init(base: .microseconds(2500), perActive: .zero) })
        _ = ChatClient(port: provider.port).ask(ChatClient.body(maxTokens: 400))
        let (_, lines, end) = try provider.stop()
        let line = try #require(lines.first)
        // 400 steps of 2.5 ms are a second; a timer of whole milliseconds would take 1.2.
        let took = (line.last_token ?? 0) - (line.dequeued ?? 0)
        #expect(took >= 1_000_000_000)
        #expect(took < 1_150_000_000 + end.emission_lag_max_ns)  // it gets no core for a while on a busy machine
    }
}
