import Measurement
import Testing
import Ticks

@Suite struct ValidityTests {
    /// A request every two seconds at level 1, TTFT 200 ms; the first `late` of them were sent `lag` ms late by the generator.
    private func steady(_ count: Int = 200, late: Int = 0, lag: Double = 0, ttft: Int64 = 200) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let end = Int64(count) * 2000
        let phase = builder.phase(.steady, from: 0, to: end)
        let step = builder.step(.level, of: phase, 1, from: 0, settled: 0, windowEnded: end, drained: end)
        for place in 0..<count {
            builder.request(step, at: Int64(place) * 2000, ttft: ttft) {
                // Late ones spread out, so that each counts for itself.
                $0.lateSend = place * 7 % count < late ? Int64(lag * 1e6) : 0
                ($0.lateFirst, $0.lateLast) = (0, 0)
            }
        }
        builder.inFlight(step, 1, from: 0, to: end)
        return builder
    }

    // Limits at 200 ms: 2 ms and 10 ms; at 40 ms: 0.5 ms and 2 ms.
    @Test(
        arguments: [
            (2.0, 200, ValidityResult.Verdict.valid), (2.1, 200, .suspect), (10, 200, .suspect), (10.1, 200, .invalid),
            (0.5, 40, .valid), (0.6, 40, .suspect), (2, 40, .suspect), (2.1, 40, .invalid),
        ] as [(Double, Int64, ValidityResult.Verdict)]
    )
    func `a row is judged by what the generator added to its figures`(
        late: Double,
        ttft: Int64,
        verdict: ValidityResult.Verdict
    ) {
        let result = steady(late: 200, lag: late, ttft: ttft).result
        let phase = result.targets[0].phases[0]
        #expect(phase.steps[0].validity.latencies == verdict)
        #expect(phase.steps[0].validity.load == .valid)
        #expect(phase.validity.verdict == verdict)
        #expect(result.validity.verdict == verdict)
        #expect(result.validity.reasons.isEmpty == (verdict == .valid))
        #expect(result.exitCode == (verdict == .invalid ? 97 : 0))
        let error = phase.stats.ttftMilliseconds?.clientErrorMilliseconds
        #expect(abs((error?.p50 ?? -1) - late) < 1e-9 && abs((error?.p99 ?? -1) - late) < 1e-9)
        #expect(phase.stats.waitMilliseconds?.clientErrorMilliseconds?.p50 == 0)
    }

    @Test func `a reason names the figure, what was added, and the limit`() {
        let reasons = steady(late: 200, lag: 12.34).result.validity.reasons
        #expect(
            reasons == ["steady: 12.3 ms of the TTFT p50 of 200 ms are the load generator's own, limit 10 ms"]
        )
    }

    // The p95 of 200 is the 190th: eleven late ones reach it, ten do not. Of 51 it has no upper bound.
    @Test(arguments: [(200, 10, ValidityResult.Verdict.valid), (200, 11, .invalid), (51, 1, .valid), (51, 3, .valid)])
    func `late requests that reach no percentile with a bound spoil nothing`(
        count: Int,
        late: Int,
        verdict: ValidityResult.Verdict
    ) {
        var builder = steady(count, late: late, lag: 100)
        for place in builder.recorded.requests.indices where builder.recorded.requests[place].lateSend != 0 {
            builder.recorded.requests[place].firstToken = 300_000_000
            builder.recorded.requests[place].lastToken = 1_000_000_000
        }
        let result = builder.result
        #expect(result.validity.latencies == verdict)
        #expect(result.validity.load == .valid)
        #expect(result.exitCode == (verdict == .invalid ? 97 : 0))
    }

    @Test func `what is stored without lateness is judged by what it has, and says so`() {
        var builder = Self.withoutLateness(steady())
        let result = builder.result
        #expect(result.validity.verdict == .valid)
        #expect(result.targets[0].totals.ttftMilliseconds?.clientErrorMilliseconds == nil)
        #expect(result.caveats.contains { $0.hasPrefix("Stored before lateness was recorded") })
        #expect(!steady().result.caveats.contains { $0.hasPrefix("Stored before lateness") })
        for place in builder.recorded.bins.indices {
            builder.recorded.bins[place].inFlightArea = Int64(0.97 * 1e9)
        }
        #expect(builder.result.validity.load == .suspect)
        #expect(builder.result.validity.latencies == .valid)
    }

    private static func withoutLateness(_ builder: RunResultBuilder) -> RunResultBuilder {
        var builder = builder
        for place in builder.recorded.requests.indices {
            builder.recorded.requests[place].lateSend = nil
            builder.recorded.requests[place].lateFirst = nil
            builder.recorded.requests[place].lateLast = nil
        }
        return builder
    }

    private func record(_ metric: HistogramRecord.Metric, _ values: [Int64], loop: Int = 0) -> HistogramRecord {
        var record = HistogramRecord()
        record.step = 1
        record.loop = loop
        record.metric = metric
        for value in values { record.histogram.record(value) }
        return record
    }

    /// Stops, waits for a core, a full loop, a self-test of a busy moment: the figures are as good as they were.
    @Test(arguments: ["stopped", "waited", "full", "self-test", "no self-test level"])
    func `what disturbed nothing is no verdict`(what: String) {
        for late in [0.0, 20] {
            var builder = steady(late: 200, lag: late)
            builder.recorded.histograms = [record(.wakeLag, [0])]
            let word: String
            switch what {
            case "stopped":
                builder.recorded.histograms.append(record(.stopped, Array(repeating: 50_000_000, count: 200)))
                word = "it was stopped for 2.5 % of the time"
            case "waited":
                builder.recorded.histograms.append(record(.heldUp, Array(repeating: 5_000_000, count: 16_000)))
                word = "it waited for a core 20 % of the time"
            case "full":
                builder.recorded.health = [health(10, cpuPercent: 91), health(20, cpuPercent: 91)]
                word = "its own loop was full (91 % of a core)"
            default:
                builder.recorded.run.selftestStreams = 0
                word = "self-test found no level"
            }
            let validity = builder.result.validity
            #expect(validity.verdict == (late == 0 ? .valid : .invalid))
            #expect(validity.reasons.isEmpty == (late == 0))
            let said = validity.reasons + [validity.remedy ?? ""]
            #expect(said.contains { $0.contains(word) } == (late > 0), "\(said)")
        }
    }

    @Test func `a server on this machine is named where its program was seen, and its own wait where it had one`() {
        let rows: [(process: String?, waited: Int64?, here: Bool, waits: Bool)] = [
            ("llama-server", 2_000_000_000, true, true), ("llama-server", 1_000_000, true, false),
            ("llama-server", nil, true, false), (nil, nil, false, false),
        ]
        for (process, waited, here, waits) in rows {
            var builder = steady(late: 200, lag: 20)
            builder.recorded.targets[0].process = process
            builder.recorded.targets[0].processWaited = waited
            builder.recorded.histograms = [
                record(.wakeLag, [0]), record(.heldUp, Array(repeating: 5_000_000, count: 16_000)),
            ]
            let remedy = builder.result.validity.remedy ?? ""
            #expect(remedy.contains("the server (llama-server) runs on this machine too") == here, "\(remedy)")
            #expect(remedy.contains("its threads waited 2") == waits, "\(remedy)")
            #expect(remedy.contains("it waited for a core 20 % of the time") && !remedy.contains("other programs"))
        }
    }

    /// Who kept it from running is said by the machine's own counters, of at least half of the time lost; else nobody is named.
    @Test func `a limit or a host is named where its counter tells at least half of what was lost`() {
        let waited = record(.heldUp, Array(repeating: 5_000_000, count: 16_000))  // 80 of 400 s
        let stopped = record(.stopped, Array(repeating: 50_000_000, count: 200))  // 10 of 400 s
        let limit = "the CPU limit of its control group held it back"
        let host = "the host of this virtual machine gave"
        let rows: [(lost: HistogramRecord, throttled: Int64?, stolen: Int64?, word: String)] = [
            (waited, 60, nil, limit), (waited, 30, nil, "it waited for a core 20 %"),
            (waited, nil, 200, "it waited for a core 20 %"),  // taken from other programs, for all that is known
            (stopped, nil, 6, host), (stopped, nil, 4, "it was stopped for 2.5 %"), (stopped, 1, nil, "it was stopped"),
        ]
        for (lost, throttled, stolen, word) in rows {
            var builder = steady(late: 200, lag: 20)
            builder.recorded.histograms = [record(.wakeLag, [0]), lost]
            builder.recorded.health = [0, 400].map { second in
                health(second, cpuPercent: 1) {
                    $0.throttled = throttled.map { second == 0 ? 0 : $0 * 1_000_000_000 }
                    $0.stolen = stolen.map { second == 0 ? 0 : $0 * 1_000_000_000 }
                }
            }
            let remedy = builder.result.validity.remedy ?? ""
            #expect(remedy.contains(word), "\(remedy)")
            for other in [limit, host] where other != word { #expect(!remedy.contains(other), "\(remedy)") }
        }
    }

    private func health(_ seconds: Int64, cpuPercent: Int64, change: (inout HealthRecord) -> Void = { _ in })
        -> HealthRecord
    {
        var health = HealthRecord()
        health.at = seconds * 1_000_000_000
        health.loopCPU = health.at / 100 * cpuPercent
        health.processCPU = health.loopCPU
        health.residentBytes = 50_000_000
        change(&health)
        return health
    }

    @Test func `the busiest step counts, not the mean of the ramp`() {
        var builder = rampOfTwoLevels()
        // Level 1 to 31 s at 10 %, level 2 from then on at 90 %.
        builder.recorded.health = [0, 30, 32, 92].map { second in
            health(second, cpuPercent: 0) {
                $0.loopCPU = second <= 30 ? second * 100_000_000 : 3_000_000_000 + (second - 32) * 900_000_000
            }
        }
        #expect(builder.result.validity.cpuPercent == 90)
    }

    @Test func `one request in a thousand without files or ports is borne, more is invalid`() {
        var builder = steady(1000)
        builder.recorded.requests[5].outcome = .clientResource
        #expect(builder.result.validity.verdict == .valid)
        builder.recorded.requests[6].outcome = .clientResource
        #expect(builder.result.validity.verdict == .invalid)
    }

    // The edge's own median is 3,000 ms: 300 ms is the limit of valid, 1,500 ms of suspect.
    @Test(
        arguments: [
            (300, ValidityResult.Verdict.valid), (301, .suspect), (1500, .suspect), (1501, .invalid),
        ] as [(Int64, ValidityResult.Verdict)]
    )
    func `an edge's sending is judged by its own wait, set-up off`(lag: Int64, verdict: ValidityResult.Verdict) {
        let result = edge(lag: lag)
        let burst = result.targets[0].phases[0].bursts[0]
        #expect(burst.validity.load == verdict)
        #expect(burst.validity.latencies == .valid)
        #expect(burst.stats.ttftScheduledMilliseconds?.clientErrorMilliseconds?.p50 == 0)
        #expect(result.validity.verdict == verdict)
        // A wave's dispatch lag is no sign of a slow client: that is what the sending's own limit is for.
        #expect(result.validity.dispatchLagMilliseconds == nil)
    }

    /// Five requests, the last of them sent `lag` late.
    private func edge(lag: Int64) -> RunResult {
        var builder = RunResultBuilder()
        let phase = builder.phase(.burst, from: 0, to: 40_000)
        let edge = builder.step(.edge, of: phase, 5, from: 0, windowEnded: 10_000, drained: 10_000) {
            ($0.burst, $0.release, $0.connections) = (0, 0, "cold")
        }
        let control = builder.step(.control, of: phase, 5, from: 20_000, windowEnded: 30_000, drained: 30_000) {
            ($0.burst, $0.release, $0.connections) = (0, 20_000_000_000, "warm")
        }
        for rank in 0..<5 {
            builder.request(edge, at: 0, ttft: 3000) {
                $0.rank = rank
                $0.lateSend = rank == 4 ? lag * 1_000_000 : 0
                ($0.lateFirst, $0.lateLast) = (0, 0)
                $0.connection = .new
                $0.connect = 40_000_000
            }
            builder.request(control, at: 20_000, ttft: 100) {
                $0.rank = rank
                ($0.lateSend, $0.lateFirst, $0.lateLast) = (0, 0, 0)
            }
        }
        return builder.result
    }

    /// Two levels of a ramp; the second's tokens were seen so much late.
    private func ramp(late: Int64, thresholds: [String] = []) -> RunResultBuilder {
        var builder = rampOfTwoLevels()
        for place in builder.recorded.requests.indices {
            let isSecond = builder.recorded.requests[place].step == 2
            builder.recorded.requests[place].lateFirst = isSecond ? late * 1_000_000 : 0
            builder.recorded.requests[place].lateLast = builder.recorded.requests[place].lateFirst
        }
        builder.recorded.run.thresholds = thresholds
        return builder
    }

    @Test func `a phase is invalid when every row is, and disturbed rows are named`() {
        let result = ramp(late: 400).result
        #expect(result.targets[0].phases[0].steps.map(\.validity.verdict) == [.valid, .invalid])
        #expect(result.validity.verdict == .suspect)
        #expect(result.exitCode == 0)
        #expect(result.disturbedRows.map(\.name) == ["ramp 2 streams"])
        #expect(result.validity.reasons[0].hasPrefix("ramp: 2 streams: 400 ms of the TTFT p50 of 1.2 s"))
        #expect(result.headline.contains { $0.text.contains("ramp 2 streams") && $0.trust == .disturbed })
    }

    @Test(
        arguments: [
            // TTFT at 2 streams is 1,200 ms, 800 of the server's: a limit between decides by the client alone.
            ("ramp.ttft.p50[concurrency=2] < 1000ms", 97), ("ramp.ttft.p50[concurrency=2] < 700ms", 99),
            ("ramp.ttft.p50[concurrency=2] < 1300ms", 0), ("ramp.ttft.p50[concurrency=1] < 1000ms", 0),
        ]
    )
    func `a threshold that the generator's own lateness decides makes the run invalid`(expression: String, code: Int) {
        let result = ramp(late: 400, thresholds: [expression]).result
        #expect(result.exitCode == code)
        #expect((result.thresholds[0].disturbance != nil) == (code == 97))
    }

    @Test func `a threshold that passes on a load that was not made proves nothing`() {
        // Stored without lateness: judged by requests in flight, one each.
        var builder = Self.withoutLateness(rampOfTwoLevels())
        for place in builder.recorded.bins.indices { builder.recorded.bins[place].inFlightArea = 1_000_000_000 }
        builder.recorded.run.thresholds = ["ramp.ttft.p50[concurrency=2] < 5s"]
        #expect(builder.result.exitCode == 97)
        builder.recorded.run.thresholds = ["ramp.ttft.p50[concurrency=2] < 5ms"]
        #expect(builder.result.exitCode == 99, "it fails with less load already")
        builder.recorded.run.thresholds = ["ramp.ttft.p50[concurrency=1] < 5s"]
        #expect(builder.result.thresholds[0].disturbance == nil)
    }
}
