import Testing
import Ticks

@testable import Measurement

/// Thresholds on a server's own metrics, and whether its memory and cache drift: `rampOfTwoLevels` and an hour of one level.
@Suite struct ServerThresholdTests {
    private func reading(_ second: Int64, _ values: [ServerFact: Double]) -> ServerReading {
        var reading = ServerReading()
        (reading.target, reading.source, reading.at) = (1, "s", second * 1_000_000_000)
        for (fact, value) in values { reading[fact] = value }
        return reading
    }

    /// Level 1 from 1 s to 31 s, level 2 from 32 s to 92 s: nobody waits at 1, two at 2.
    private var ramp: RunResult {
        var builder = rampOfTwoLevels()
        for second in -2...97 as ClosedRange<Int64> {
            let isSecond = second >= 31
            builder.recorded.serverReadings.append(
                reading(
                    second,
                    [
                        .running: 2, .waiting: isSecond ? 2 : 0, .kvCacheUsage: isSecond ? 0.9 : 0.1,
                        .preemptions: isSecond ? 3 : 0, .prefixQueries: Double(10 * (second + 2)),
                        .prefixHits: Double(second + 2), .queueSeconds: Double(second + 2), .queued: Double(second + 2),
                    ]
                )
            )
        }
        return builder.result
    }

    private func judge(_ text: String, _ run: RunResult) throws -> ThresholdResult {
        try Threshold(parsing: text).result(on: run)
    }

    @Test(
        arguments: [
            ("server.waiting.mean[concurrency=1] < 0.5", true, 0, "ramp, 1 streams"),
            ("server.waiting.mean[concurrency=2] < 0.5", false, 2, "ramp, 2 streams"),
            ("server.waiting.max < 1", false, 2, "ramp, 2 streams"),
            ("ramp.server.kv_cache_usage.max < 95%", true, 90, "ramp, 2 streams"),
            ("server.waiting_share[concurrency=2] > 99%", true, 100, "ramp, 2 streams"),
            ("server.prefix_hit_rate > 9%", true, 10, "ramp, 1 streams"),
            ("server.queue_ms < 1.5s", true, 1, "ramp, 1 streams"),
            ("server.restarts == 0", true, 0, "in all"),
        ] as [(String, Bool, Double, String)]
    )
    func `they hold at each level, by its own window`(text: String, passed: Bool, value: Double, place: String) throws {
        let result = try judge(text, ramp)
        #expect(result.passed == passed && result.note == place, "\(result)")
        #expect(abs(try #require(result.value) - value) < 1e-9, "\(result)")
    }

    @Test func `what was not read is undetermined, with the reason`() throws {
        let unread = rampOfTwoLevels().result
        #expect(try judge("server.waiting.max < 1", unread).note?.contains("its metrics were not read") == true)
        #expect(try !judge("server.waiting.max < 1", unread).passed)
        #expect(try judge("server.running.mean[concurrency=2] < 9", ramp).passed)
        #expect(try judge("server.replicas_up.max[concurrency=2] < 2", ramp).passed)
        let untold = try judge("server.gpu_memory_bytes.max[concurrency=2] < 9", ramp)
        #expect(!untold.passed && untold.note?.contains("its metrics do not say it") == true, "\(untold)")
        #expect(
            try judge("server.reconciled.output_tokens.difference == 0", ramp).note?.contains("undetermined") == true
        )
    }

    @Test(arguments: [
        "server.waiting < 1", "server.waitng.max < 1", "server.waiting.max[burst=1] < 1", "server.queue < 1",
    ])
    func `what is no such figure is refused`(text: String) {
        #expect(throws: ThresholdError.self) { try Threshold(parsing: text) }
    }

    @Test func `where a server's metrics are not read it is said before the run`() throws {
        let threshold = try Threshold(parsing: "server.waiting.max < 1")
        func problem(_ measured: Set<String>) -> String? {
            threshold.problem(targets: ["a", "b"], phases: [], measured: measured)?.problem
        }
        #expect(problem(["a", "b"]) == nil)
        #expect(problem(["a"])?.hasPrefix("the metrics of b are not read") == true)
        let own = try Threshold(parsing: "a:server.waiting.max < 1")
        #expect(own.problem(targets: ["a", "b"], phases: [], measured: ["a"]) == nil)
        let others = try Threshold(parsing: "ttft.p50 < 1s")
        #expect(others.problem(targets: ["a"], phases: [], measured: []) == nil)
    }

    // MARK: Drift

    private func hour(_ values: (Double) -> [ServerFact: Double]) -> PhaseResult {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 3_600_000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 3_600_000, drained: 3_600_000)
        for place in 0..<1200 as Range<Int64> { builder.request(step, at: 3000 * place) }
        for second in 0..<3600 as Range<Int64> {
            builder.recorded.serverReadings.append(reading(second, values(Double(second) / 3600)))
        }
        return builder.result.targets[0].phases[0]
    }

    @Test func `a server's memory and its cache drift where they grow, and not where they sway`() throws {
        let drift = hour { hours in
            let sway = (hours * 3600).truncatingRemainder(dividingBy: 7) - 3
            return [
                .kvCacheUsage: 0.5 + 0.1 * hours + 0.001 * sway, .residentMemory: 4e9 + 1e6 * sway,
                .gpuMemory: 60e9 + 12e9 * hours,
            ]
        }.drift
        let cache = try #require(drift["server_kv_cache_usage"])
        #expect(cache.verdict == .drifting && abs(cache.slopePerHour - 0.1) < 0.002)
        #expect(drift["server_rss_mb"]?.verdict == .steady)
        let memory = try #require(drift["server_gpu_memory_mb"])
        #expect(memory.verdict == .drifting && abs(memory.slopePerHour - 12_000) < 50)
    }

    @Test func `a hundredth of the cache is none, though it be certain`() throws {
        let drift = hour { [.kvCacheUsage: 0.01 + 0.01 * $0] }.drift
        let cache = try #require(drift["server_kv_cache_usage"])
        #expect(cache.verdict == .steady && cache.p < 0.001)
        #expect(drift["server_rss_mb"] == nil && drift["server_gpu_memory_mb"] == nil)
    }
}
