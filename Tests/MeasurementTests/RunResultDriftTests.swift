import Measurement
import Testing
import Ticks

@Suite struct RunResultDriftTests {
    /// An hour at level 4, a request every 3 s: 60 windows of a minute with 20 requests each.
    private func hour(ttft: (Int64) -> Int64) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 3_600_000)
        let step = builder.step(.level, of: phase, 4, from: 0, settled: 0, windowEnded: 3_600_000, drained: 3_600_000)
        for place in 0..<1200 as Range<Int64> { builder.request(step, at: 3000 * place, ttft: ttft(place)) }
        return builder
    }

    @Test func `a time to first token that grows by the hour is drift`() throws {
        // 200 ms and 1 ms more a minute; within a minute all alike but for a wobble of one millisecond.
        let phase = hour { 200 + $0 / 20 + ($0 % 7 == 0 ? 1 : 0) }.result.targets[0].phases[0]
        let drift = try #require(phase.drift["ttft"])
        #expect(drift.verdict == .drifting)
        #expect(abs(drift.slopePerHour - 60) < 0.5)
        #expect(drift.p < 0.001)
        #expect(try #require(drift.interval.lower) > 59)
        #expect(phase.drift["output_tokens_per_second"]?.verdict == .steady)
        #expect(phase.drift["error_rate"]?.verdict == .steady)
        #expect(phase.drift["tool_rss_mb"] == nil)
    }

    @Test func `a trend too small to matter is none`() throws {
        // 60 ms in the hour, of 10 s: certain, and a hundred-and-sixtieth.
        let phase = hour { 10_000 + $0 / 20 + ($0 % 7 == 0 ? 1 : 0) }.result.targets[0].phases[0]
        let drift = try #require(phase.drift["ttft"])
        #expect(drift.p < 0.001)
        #expect(drift.verdict == .steady)
    }

    @Test func `noise that could hide a trend leaves it undetermined`() throws {
        // Whole minutes anywhere from 100 to 500 ms: a line through 60 of them is uncertain by some 100 ms an hour, and
        // 15 ms would matter.
        let phase = hour { 100 + 4 * (($0 / 20) * 37 % 101) }.result.targets[0].phases[0]
        let drift = try #require(phase.drift["ttft"])
        #expect(drift.verdict == .undetermined)
        #expect(drift.p > 0.01)
    }

    @Test func `a jump is told once, as a change at its window and as no drift`() throws {
        var builder = hour { ($0 < 260 ? 200 : 300) + $0 % 7 }
        builder.recorded.run.startedAtUnixNanoseconds = 1_795_955_400_000_000_000  // 2026-11-29 12:30:00 UTC
        let result = builder.result
        let phase = result.targets[0].phases[0]
        let change = try #require(phase.changePoints.first { $0.figure == "ttft" })
        #expect((change.window, change.windows) == (14, 60))
        #expect((change.before, change.after) == (203, 303))
        #expect(change.atSeconds == 780)
        #expect(Set(phase.changePoints.map(\.figure)) == ["ttft", "ttft_p95", "e2e"])
        #expect(phase.drift["ttft"]?.verdict == .changed)
        #expect(phase.drift["output_tokens_per_second"]?.verdict == .steady)
        let told =
            "TTFT rose from 203 ms to 303 ms, TTFT p95 rose from 206 ms to 306 ms and e2e rose from"
        let sentence = try #require(phase.changeSentences.first)
        #expect(phase.changeSentences.count == 1 && sentence.hasPrefix(told), "\(sentence)")
        #expect(sentence.hasSuffix("at 12:43:00 UTC, 13 min after the start (window 14 of 60)"), "\(sentence)")
        #expect(
            result.warnings.filter { $0.contains("not a steady state") } == ["steady: \(sentence): not a steady state."]
        )
        #expect(result.headline.contains { $0.text == "Not steady: \(sentence) at the same load." })
    }

    @Test func `what drifts beside its jump is told as both, and after a run was away only the time since its start`()
        throws
    {
        var builder = hour { ($0 < 600 ? 200 : 600) + $0 / 10 + $0 % 7 }
        builder.recorded.run.startedAtUnixNanoseconds = 1_795_955_400_000_000_000
        var resume = IncidentRecord()
        (resume.kind, resume.at) = (.resume, 60_000_000_000)
        builder.recorded.incidents = [resume]
        let phase = builder.result.targets[0].phases[0]
        let change = try #require(phase.changePoints.first { $0.figure == "ttft" })
        #expect(change.window == 31 && change.atUnixNanoseconds == nil)
        #expect(phase.changeSentences.first?.hasSuffix("30 min after the start (window 31 of 60)") == true)
    }

    @Test func `drift is named in a warning with its direction`() {
        let warnings = hour { 400 - $0 / 20 }.result.warnings
        #expect(warnings.contains("steady: ttft falls by 60 an hour: not a steady state."))
        #expect(!hour { _ in 200 }.result.warnings.contains { $0.contains("an hour:") })
    }

    @Test func `too few requests have no trend`() {
        var builder = hour { 200 + $0 }
        builder.recorded.requests.removeAll { $0.sequence >= 199 }
        #expect(builder.result.targets[0].phases[0].drift.isEmpty)
    }

    @Test func `a generator that grows is told apart from the server`() throws {
        var builder = hour { _ in 200 }
        for minute in 0..<60 as Range<Int64> {
            var health = HealthRecord()
            health.at = (minute * 60 + 30) * 1_000_000_000
            health.residentBytes = 100_000_000 + minute * 1_000_000
            health.descriptors = 12
            builder.recorded.health.append(health)
        }
        let drift = builder.result.targets[0].phases[0].drift
        #expect(drift["tool_rss_mb"]?.verdict == .drifting)
        #expect(abs(try #require(drift["tool_rss_mb"]).slopePerHour - 60) < 1e-6)
        #expect(drift["tool_descriptors"]?.verdict == .steady)
    }

    /// An hour at a rate, as above.
    private func rate(_ change: (inout StepRecord) -> Void) -> [String: DriftResult] {
        var builder = RunResultBuilder()
        let phase = builder.phase(.rate, from: 0, to: 3_600_000)
        let step = builder.step(
            .arrivals,
            of: phase,
            0,
            from: 0,
            settled: 0,
            windowEnded: 3_600_000,
            drained: 3_600_000
        )
        for place in 0..<1200 as Range<Int64> { builder.request(step, at: 3000 * place, ttft: 200 + place / 20) }
        builder.recorded.phases[0].loop = .open
        builder.recorded.steps[0].rps = 1.0 / 3
        change(&builder.recorded.steps[0])
        for minute in 0..<60 as Range<Int64> {
            var health = HealthRecord()
            health.at = (minute * 60 + 30) * 1_000_000_000
            health.residentBytes = 100_000_000
            builder.recorded.health.append(health)
        }
        return builder.result.targets[0].phases[0].drift
    }

    @Test
    func `a rate that stays the same has a trend as a level has, one that changes by plan has none of the server's`() {
        #expect(rate { _ in }["ttft"]?.verdict == .drifting)
        for change: (inout StepRecord) -> Void in [{ $0.rateCurve = "sine" }, { $0.rpsFrom = 1 }, { $0.trace = "t" }] {
            let drift = rate(change)
            #expect(Set(drift.keys) == ["tool_rss_mb", "tool_descriptors"])
            #expect(drift["tool_rss_mb"]?.verdict == .steady)
        }
    }

    @Test func `the memory of a process that went on for another one has a trend of its own`() throws {
        var builder = hour { _ in 200 }
        for minute in 0..<60 as Range<Int64> {
            var health = HealthRecord()
            health.at = (minute * 60 + 30) * 1_000_000_000
            health.residentBytes = minute < 30 ? 200_000_000 : 100_000_000
            builder.recorded.health.append(health)
        }
        #expect(builder.result.targets[0].phases[0].drift["tool_rss_mb"]?.verdict != .steady)
        var resume = IncidentRecord()
        resume.kind = .resume
        resume.at = 1_800_000_000_000
        builder.recorded.incidents = [resume]
        #expect(builder.result.targets[0].phases[0].drift["tool_rss_mb"]?.verdict == .steady)
    }
}
