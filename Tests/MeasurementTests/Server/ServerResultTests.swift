import Testing
import Ticks

@testable import Measurement

/// What a server's readings come to in a run's result, by hand: levels 1 and 2 of `rampOfTwoLevels`.
@Suite struct ServerResultTests {
    /// A reading a second from `from`: what each replica says at a second of the run.
    private func read(
        _ builder: inout RunResultBuilder,
        from: Int64 = -2,
        to: Int64 = 97,
        target: Int = 1,
        source: String = "s",
        _ values: (Int64) -> [ServerFact: Double]?
    ) {
        for second in from...to {
            var reading = ServerReading()
            (reading.target, reading.source, reading.at) = (target, source, second * 1_000_000_000)
            if let values = values(second) {
                for (fact, value) in values { reading[fact] = value }
            } else {
                reading.problem = "no answer within 5 s"
            }
            builder.recorded.serverReadings.append(reading)
        }
    }

    /// 93 requests of 8 tokens; the counters have them all.
    private func counted(_ second: Int64, more: Double = 0) -> [ServerFact: Double] {
        let share = Double(min(max(second, 0), 95)) / 95
        return [
            .promptTokens: (5000 + 930 * share).rounded(), .generationTokens: (700 + (744 + more) * share).rounded(),
            .requests: (90 + 93 * share).rounded(), .running: second < 31 ? 1 : 2, .waiting: second < 31 ? 0 : 1,
            .kvCacheUsage: second < 31 ? 0.1 : 0.97,
        ]
    }

    private func run(_ values: (Int64) -> [ServerFact: Double]?) -> RunResult {
        var builder = rampOfTwoLevels()
        read(&builder, values)
        return builder.result
    }

    @Test func `the counters agree with what was counted here`() throws {
        let result = run { counted($0) }
        let server = try #require(result.targets[0].server)
        let compared = try #require(server.reconciled)
        #expect(compared.withheld == nil && compared.agrees)
        #expect(compared.promptTokens == .init(ours: 930, server: 930))
        #expect(compared.outputTokens == .init(ours: 744, server: 744))
        #expect(compared.requests == .init(ours: 93, server: 93))
        #expect(server.restarts == 0 && server.problems.isEmpty && server.replicas.count == 1)
    }

    @Test func `another's requests show as a difference`() throws {
        let compared = try #require(run { counted($0, more: 100) }.targets[0].server?.reconciled)
        #expect(!compared.agrees && compared.outputTokens?.difference == 100 && compared.unfinished == 0)
    }

    /// Why the counters are not of the same requests: what is changed, and a word of the reason.
    private static let obstacles: [(@Sendable (inout RunResultBuilder) -> Void, String)] = [
        ({ $0.recorded.run.complete = false }, "did not end"),
        (
            { builder in builder.recorded.serverReadings.removeAll { $0.at < 3_000_000_000 } },
            "before the first request"
        ),
        ({ builder in builder.recorded.serverReadings.removeAll { $0.at > 90_000_000_000 } }, "after the last answer"),
        (
            { builder in
                for place in builder.recorded.serverReadings.indices
                where builder.recorded.serverReadings[place].at > 50_000_000_000 {
                    builder.recorded.serverReadings[place][.generationTokens] = 1
                }
            }, "counters fell"
        ),
        (
            { builder in
                _ = builder.target("other")
                var reading = ServerReading()
                (reading.target, reading.source) = (2, "s")
                builder.recorded.serverReadings.append(reading)
            }, "those of other"
        ),
        // One server under two names, as two keys or two models of it would be: its counters are of both.
        (
            { builder in
                _ = builder.target("other")
                builder.recorded.targets[0].url = "http://Gpu-1:8000/v1"
                builder.recorded.targets[1].url = "http://gpu-1:8000/other"
            }, "other of this run asks the same server"
        ),
        (
            { builder in
                var reading = ServerReading()
                (reading.target, reading.source, reading.problem) = (1, "t", "HTTP 404")
                builder.recorded.serverReadings.append(reading)
            }, "not all of its metrics"
        ),
        (
            { builder in
                var shard = ShardRecord()
                (shard.index, shard.count) = (0, 3)
                builder.recorded.shards = [shard]
            }, "other machines"
        ),
    ]

    @Test(arguments: obstacles.indices)
    func `where the counters are of other requests nothing is compared`(place: Int) throws {
        var builder = rampOfTwoLevels()
        read(&builder) { counted($0) }
        Self.obstacles[place].0(&builder)
        let compared = try #require(builder.result.targets[0].server?.reconciled)
        #expect(compared.withheld?.contains(Self.obstacles[place].1) == true, "\(compared)")
        #expect(compared.pairs.isEmpty && !compared.agrees)
    }

    @Test func `a cut request is told beside the difference that it makes`() throws {
        var builder = rampOfTwoLevels()
        builder.failure(2, at: 91_000, .timeoutTotal, after: 500)
        read(&builder) { counted($0, more: 5) }
        let compared = try #require(builder.result.targets[0].server?.reconciled)
        #expect(compared.unfinished == 1 && compared.outputTokens?.difference == 5)
    }

    @Test func `each level has the server's word over its own window`() throws {
        let steps = run { counted($0) }.targets[0].phases[0].steps
        let one = try #require(steps[0].server)
        let two = try #require(steps[1].server)
        #expect(one.readings == 30 && one.running == .init(mean: 1, max: 1) && one.waitingShare == 0)
        #expect(one.queues == false && two.queues == true)
        #expect(two.waiting == .init(mean: 1, max: 1) && two.kvCacheUsage?.max == 0.97)
    }

    @Test func `a queue is told from the level on which it is seen, and explains the knee there`() throws {
        let phase = run { counted($0) }.targets[0].phases[0]
        let queue = try #require(ServerQueue(phase.steps))
        #expect(queue.from == 2 && queue.below == 1 && queue.fullest == 0.97 && queue.mostRunning == 2)
        var knee = KneeResult()
        (knee.concurrency, knee.bracket) = (1, [1, 2])
        #expect(
            queue.sentence(knee)
                == "Why the knee is there: requests wait in the server's own queue from 2 streams on (1 of them on average, "
                + "none at 1); it was seen to answer at most 2 at a time, its KV cache is up to 97 % full."
        )
        #expect(queue.sentence(nil).hasPrefix("Requests wait in the server's own queue from 2 streams on"))
        // A knee that is withheld has no reason either; that requests wait is the server's word, whatever the client did.
        var withheld = phase
        withheld.knee = knee
        for place in withheld.steps.indices { withheld.steps[place].validity.latencies = .invalid }
        let said = RampHeadline(withheld).candidates.map(\.sentence.text)
        #expect(said.contains { $0.hasPrefix("Requests wait in the server's own queue from 2 streams on") }, "\(said)")
        #expect(!said.contains { $0.contains("Why the knee") })
    }

    /// Share of readings with a queue at the two levels, and whether it is told: the level, 0 = at none, nil = not.
    @Test(
        arguments: [(0.0, 0.0, 0), (0, 1, 2), (1, 1, 1), (0, 0.3, nil), (1, 0, nil), (0.1, 0.6, 2)]
            as [(Double, Double, Int?)]
    )
    func `a queue is told only where the gauges show it`(one: Double, two: Double, from: Int?) {
        let steps = [(1, one), (2, two)].map { level, share in
            var step = StepResult()
            step.concurrency = level
            var server = ServerResult()
            (server.readings, server.waitingShare) = (10, share)
            step.server = server
            return step
        }
        let queue = ServerQueue(steps)
        #expect(queue.map { $0.from ?? 0 } == from)
        var few = steps
        few[1].server?.readings = 2
        #expect(ServerQueue(few) == nil)
        few[1].server = nil
        #expect(ServerQueue(few) == nil)
    }

    @Test func `a half-dead source is named, and what the others say stands`() throws {
        var builder = rampOfTwoLevels()
        read(&builder) { counted($0) }
        read(&builder, source: "dead") { _ in nil }
        let server = try #require(builder.result.targets[0].server)
        #expect(server.problems.map(\.source) == ["dead"] && server.problems[0].failed == server.problems[0].readings)
        #expect(server.running?.max == 2 && server.replicas.count == 1)
    }

    @Test func `replicas that come after an edge are told with who still waits`() throws {
        var builder = RunResultBuilder()
        let burst = builder.phase(.burst, from: 0, to: 60_000)
        let edge = builder.step(.edge, of: burst, 10, from: 10_000, windowEnded: 50_000, drained: 50_000) {
            ($0.burst, $0.release) = (1, 10_000 * RunResultBuilder.millisecond)
        }
        for rank in 0..<10 as Range<Int64> {
            builder.request(edge, at: 10_000, ttft: rank < 6 ? 1500 : 21_500) { $0.rank = Int(rank) }
        }
        for (replica, first) in [("engine=0", 11 as Int64), ("engine=1", 31)] {
            for second in first...50 {
                var reading = ServerReading()
                (reading.target, reading.source, reading.replica) = (1, "s", replica)
                reading.at = second * 1_000_000_000
                reading[.running] = 3
                builder.recorded.serverReadings.append(reading)
            }
        }
        let found = try #require(builder.result.targets[0].phases[0].bursts.first).replicas
        #expect(found.map(\.name) == ["engine=0", "engine=1"])
        #expect(found.map(\.atSeconds) == [1, 21])
        #expect(found.map(\.waiting) == [10, 4] && found.map(\.share) == [1, 0.4])
    }
}
