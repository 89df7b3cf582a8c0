import Measurement
import Testing

@Suite struct ValidityTests {
    /// A request a second at level 1, median TTFT 200 ms; the last `late` of them left `lag` ms after they were due.
    private func steady(_ count: Int = 200, late: Int, lag: Double, ttft: Int64 = 200) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let end = Int64(count) * 1000
        let phase = builder.phase(.steady, from: 0, to: end)
        let step = builder.step(.level, of: phase, 1, from: 0, settled: 0, windowEnded: end, drained: end)
        for place in 0..<count {
            builder.request(step, at: Int64(place) * 1000, ttft: ttft) {
                $0.dispatchLag = place >= count - late ? Int64(lag * 1e6) : 0
            }
        }
        builder.inFlight(step, 1, from: 0, to: end)
        return builder
    }

    // p99 of 200 is the 198th: three late ones reach it, two do not. Limits at 200 ms: 2 ms and 10 ms.
    @Test(
        arguments: [
            (2, 500.0, 200, ValidityResult.Verdict.valid), (3, 2.0, 200, .valid), (3, 2.1, 200, .suspect),
            (3, 10.0, 200, .suspect), (3, 10.1, 200, .invalid),
            // At 1,000 ms they are 1 % and 5 % of it.
            (3, 10.0, 1000, .valid), (3, 10.1, 1000, .suspect), (3, 50.0, 1000, .suspect), (3, 50.1, 1000, .invalid),
        ] as [(Int, Double, Int64, ValidityResult.Verdict)]
    )
    func `dispatch lag is judged at its p99 against the larger of the two limits`(
        late: Int,
        lag: Double,
        ttft: Int64,
        verdict: ValidityResult.Verdict
    ) {
        let result = steady(late: late, lag: lag, ttft: ttft).result
        #expect(result.validity.verdict == verdict)
        #expect(result.targets[0].phases[0].validity.verdict == verdict)
        #expect(result.validity.reasons.isEmpty == (verdict == .valid))
        #expect(result.exitCode == (verdict == .invalid ? 97 : 0))
    }

    @Test func `a reason names the figure and its limit`() {
        let reasons = steady(late: 3, lag: 12.34).result.validity.reasons
        #expect(reasons == ["steady: dispatch lag p99 12.3 ms, limit 10 ms: requests left late"])
    }

    private func lagging(_ stamp: RequestRecord.Stamp, readLag: Int64) -> RunResult {
        var builder = steady(late: 0, lag: 0)
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].stamp = stamp }
        var record = HistogramRecord()
        record.step = 1
        record.metric = .readLag
        for _ in 0..<100 { record.histogram.record(readLag) }
        builder.recorded.histograms = [record]
        return builder.result
    }

    @Test func `read lag counts only where the kernel's stamps were not used`() {
        #expect(lagging(.kernel, readLag: 30_000_000).validity.verdict == .valid)
        #expect(lagging(.read, readLag: 30_000_000).validity.verdict == .invalid)
        #expect(lagging(.read, readLag: 5_000_000).validity.verdict == .suspect)
        #expect(lagging(.read, readLag: 1_000_000).validity.verdict == .valid)
        #expect(lagging(.kernel, readLag: 30_000_000).validity.readLagMilliseconds?.count == 100)
        #expect(lagging(.kernel, readLag: 1).validity.kernelStampShare == 1)
    }

    private func record(_ metric: HistogramRecord.Metric, _ values: [Int64], loop: Int = 0) -> HistogramRecord {
        var record = HistogramRecord()
        record.step = 1
        record.loop = loop
        record.metric = metric
        for value in values { record.histogram.record(value) }
        return record
    }

    @Test func `without kernel stamps the loop's own lateness is judged`() {
        var builder = steady(late: 0, lag: 0)
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].stamp = .read }
        builder.recorded.histograms = [record(.wakeLag, Array(repeating: 1_000_000, count: 100))]
        #expect(builder.result.validity.verdict == .valid)
        builder.recorded.histograms = [record(.wakeLag, Array(repeating: 5_000_000, count: 100))]
        #expect(builder.result.validity.verdict == .suspect)
        builder.recorded.histograms.append(record(.loopLag, Array(repeating: 15_000_000, count: 100)))
        #expect(builder.result.validity.verdict == .invalid)
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].stamp = .kernel }
        #expect(builder.result.validity.verdict == .valid)
    }

    // The phase lasts 200 s: 2 s are a hundredth of it, 20 s a tenth.
    @Test(
        arguments: [
            (.heldUp, 4_000, 5, ValidityResult.Verdict.valid), (.heldUp, 4_001, 5, .suspect),
            (.heldUp, 20_000, 5, .suspect), (.shortStop, 400, 5, .valid), (.shortStop, 401, 5, .suspect),
            (.shortStop, 20_000, 5, .suspect),
            (.stopped, 1, 2000, .valid), (.stopped, 1, 2001, .invalid), (.stopped, 2000, 50, .invalid),
        ] as [(HistogramRecord.Metric, Int, Int64, ValidityResult.Verdict)]
    )
    func `waits for a core over a tenth of the time and short stops over a hundredth are suspect, long ones invalid`(
        metric: HistogramRecord.Metric,
        count: Int,
        milliseconds: Int64,
        verdict: ValidityResult.Verdict
    ) {
        var builder = steady(late: 0, lag: 0)
        let stops = Array(repeating: milliseconds * 1_000_000, count: count)
        builder.recorded.histograms = [record(.wakeLag, [0]), record(metric, stops)]
        #expect(builder.result.validity.verdict == verdict)
        // Another loop that ran all the time does not make it better.
        builder.recorded.histograms.append(record(.wakeLag, [0], loop: 1))
        let validity = builder.result.targets[0].phases[0].validity
        #expect(validity.verdict == verdict)
        let share = Double(count) * Double(milliseconds) / 200_000
        #expect(abs((validity.heldUpShare ?? -1) - share) < 0.01 * share)
        #expect(validity.stoppedShare == (metric == .stopped ? validity.heldUpShare : 0))
    }

    // One request in flight; 200 answers of 8 tokens in 200 s.
    @Test(
        arguments: [
            (nil, nil, ValidityResult.Verdict.valid), (1, 8.1, .valid), (2, nil, .valid), (0, nil, .suspect),
            (1, 7.9, .suspect),
        ] as [(Int?, Double?, ValidityResult.Verdict)]
    )
    func `a run beyond the self-test's ceiling is suspect`(
        streams: Int?,
        tokensPerSecond: Double?,
        verdict: ValidityResult.Verdict
    ) {
        var builder = steady(late: 0, lag: 0)
        builder.recorded.run.selftestStreams = streams
        builder.recorded.run.selftestTokensPerSecond = tokensPerSecond
        let validity = builder.result.validity
        #expect(validity.verdict == verdict)
        #expect(validity.reasons.isEmpty == (verdict == .valid))
        #expect(validity.reasons.allSatisfy { $0.contains("self-test") })
    }

    @Test(arguments: [(0.98, ValidityResult.Verdict.valid), (0.97, .suspect)])
    func `a level that was not held is suspect`(share: Double, verdict: ValidityResult.Verdict) {
        var builder = steady(late: 0, lag: 0)
        for place in builder.recorded.bins.indices {
            builder.recorded.bins[place].inFlightArea = Int64(share * 1e9)
        }
        #expect(builder.result.validity.verdict == verdict)
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

    @Test func `a full loop is suspect`() {
        var builder = steady(late: 0, lag: 0)
        builder.recorded.health = [health(10, cpuPercent: 85), health(20, cpuPercent: 85)]
        #expect(builder.result.validity.verdict == .valid)
        #expect(builder.result.validity.cpuPercent == 85)
        #expect(builder.result.validity.rssMB == 50)
        builder.recorded.health = [health(10, cpuPercent: 86), health(20, cpuPercent: 86)]
        #expect(builder.result.validity.verdict == .suspect)
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
        #expect(builder.result.validity.verdict == .suspect)
    }

    @Test func `one request in a thousand without files or ports is borne, more is invalid`() {
        var builder = steady(1000, late: 0, lag: 0)
        builder.recorded.requests[5].outcome = .clientResource
        #expect(builder.result.validity.verdict == .valid)
        builder.recorded.requests[6].outcome = .clientResource
        #expect(builder.result.validity.verdict == .invalid)
    }

    private func stall(_ kind: IncidentRecord.Kind, from: Int64, to: Int64) -> IncidentRecord {
        var incident = IncidentRecord()
        incident.kind = kind
        incident.at = from * 1_000_000
        incident.ended = to * 1_000_000
        return incident
    }

    @Test func `a generator that stood still for over a hundredth of the time is invalid`() {
        var builder = steady(late: 0, lag: 0)  // 200 s
        builder.recorded.incidents = [stall(.clientStop, from: 100_000, to: 102_000)]
        #expect(builder.result.validity.verdict == .valid)
        // The same moment seen twice counts once.
        builder.recorded.incidents.append(stall(.suspend, from: 101_000, to: 102_000))
        #expect(builder.result.validity.verdict == .valid)
        builder.recorded.incidents.append(stall(.clientStop, from: 150_000, to: 150_100))
        #expect(builder.result.validity.verdict == .invalid)
        #expect(builder.result.targets[0].phases[0].incidents.count == 3)
        #expect(builder.result.targets[0].phases[0].incidents[0].requests == 3)
        builder.recorded.incidents = [stall(.limit, from: 0, to: 190_000)]
        #expect(builder.result.validity.verdict == .valid)
    }

    @Test func `a machine that slept is found by its two clocks`() {
        var builder = steady(late: 0, lag: 0)
        builder.recorded.health = [
            health(10, cpuPercent: 1), health(20, cpuPercent: 1) { $0.boottimeOffset = 2_100_000_000 },
        ]
        #expect(builder.result.validity.verdict == .invalid)
    }

    // 401 stops of 5 ms are 1.0025 % of 200 s; the host counts from 10 s to 190 s.
    @Test(arguments: [(1_010_000_000, true), (990_000_000, false), (nil, false)] as [(Int64?, Bool)])
    func `short stops are the host's where it took at least half of their time`(stolen: Int64?, isTheHost: Bool) {
        var builder = steady(late: 0, lag: 0)
        builder.recorded.histograms = [
            record(.wakeLag, [0]), record(.shortStop, Array(repeating: 5_000_000, count: 401)),
        ]
        builder.recorded.health = [
            health(10, cpuPercent: 1) { $0.stolen = stolen.map { _ in 7_000_000_000 } },
            health(190, cpuPercent: 1) { $0.stolen = stolen.map { 7_000_000_000 + $0 } },
        ]
        let validity = builder.result.validity
        #expect(validity.verdict == .suspect)
        #expect(validity.reasons.count == 1)
        #expect(validity.reasons[0].contains("the host gave") == isTheHost)
        #expect(validity.reasons[0].contains("stopped by a signal") == !isTheHost)
    }

    // A place rests at most 100 ms: 2,000 rests are one place over 200 s.
    @Test(arguments: [(1_950, 10, ValidityResult.Verdict.valid), (100, 10, .suspect), (1_950, 60, .suspect)])
    func `a level that rests after failures at once was not left empty by the generator`(
        failures: Int,
        milliseconds: Int64,
        verdict: ValidityResult.Verdict
    ) {
        var builder = steady(late: 0, lag: 0)  // 1 in flight
        builder.recorded.steps[0].concurrency = 2
        for place in 0..<failures { builder.failure(1, at: Int64(place) * 100, .connect, after: milliseconds) }
        #expect(builder.result.validity.verdict == verdict)
    }

    // Warm median 100 ms: 10 ms is the limit of valid, 50 ms of suspect.
    @Test(
        arguments: [
            (10, ValidityResult.Verdict.valid), (11, .suspect), (50, .suspect), (51, .invalid),
        ] as [(Int64, ValidityResult.Verdict)]
    )
    func `an edge wave is judged by its send lag`(lag: Int64, verdict: ValidityResult.Verdict) {
        let warm = edge(lag: lag, connections: "warm")
        #expect(warm.validity.verdict == verdict)
        // New connections took 40 ms of it, and that is the network's.
        #expect(edge(lag: lag + 40, connections: "cold").validity.verdict == verdict)
        // A wave's dispatch lag is no sign of a slow client: that is what the send lag is for.
        #expect(warm.validity.dispatchLagMilliseconds == nil)
    }

    private func edge(lag: Int64, connections: String) -> RunResult {
        var builder = RunResultBuilder()
        let phase = builder.phase(.burst, from: 0, to: 40_000)
        let edge = builder.step(.edge, of: phase, 5, from: 0, windowEnded: 10_000, drained: 10_000) {
            $0.burst = 0
            $0.release = 0
            $0.connections = connections
        }
        let control = builder.step(.control, of: phase, 5, from: 20_000, windowEnded: 30_000, drained: 30_000) {
            $0.burst = 0
            $0.release = 20_000_000_000
            $0.connections = "warm"
        }
        for rank in 0..<5 {
            builder.request(edge, at: 0, ttft: 3000) {
                $0.rank = rank
                $0.written = lag * 1_000_000
                $0.dispatchLag = 100_000_000
                $0.written = lag * 1_000_000 - 100_000_000
                $0.connection = connections == "cold" ? .new : .reused
                $0.connect = connections == "cold" ? 40_000_000 : 0
            }
            builder.request(control, at: 20_000, ttft: 100) { $0.rank = rank }
        }
        return builder.result
    }

    @Test func `the run is as bad as its worst phase`() {
        var builder = steady(late: 3, lag: 3)
        let probe = builder.phase(.probe, from: 200_000, to: 210_000)
        let step = builder.step(.probe, of: probe, 1, from: 200_000, drained: 210_000)
        builder.request(step, at: 200_000)
        let result = builder.result
        #expect(result.targets[0].phases.map(\.validity.verdict) == [.suspect, .valid])
        #expect(result.validity.verdict == .suspect)
        #expect(result.validity.maxInFlight == 1)
    }
}
