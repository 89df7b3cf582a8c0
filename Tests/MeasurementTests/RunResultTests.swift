import Measurement
import Testing
import Ticks

@Suite struct RunResultTests {
    @Test func `nothing stored gives a result that says so`() {
        let result = RunResult(of: RecordedRun())
        #expect(result.targets.isEmpty)
        #expect(!result.run.complete)
        #expect(result.run.exitCode == nil)
        #expect(result.validity.verdict == .valid)
        #expect(result.warnings == ["The run was cut off; only what was stored until then is shown."])
    }

    @Test func `the same records give the same result`() {
        #expect(rampOfTwoLevels().result == rampOfTwoLevels().result)
    }

    @Test func `facts of the run are passed on`() {
        var builder = rampOfTwoLevels()
        builder.recorded.run.id = "r1"
        builder.recorded.run.profileName = "ramp"
        builder.recorded.run.toolVersion = "0.1"
        builder.recorded.run.durationNanoseconds = 95_500_000_000
        builder.recorded.run.stoppedBy = "max_requests"
        builder.recorded.run.warnings = ["said before"]
        let result = builder.result
        #expect(result.run.id == "r1")
        #expect(result.run.profile == "ramp")
        #expect(result.tool.version == "0.1")
        #expect(result.run.durationSeconds == 95.5)
        #expect(result.run.stoppedBy == "max_requests")
        #expect(result.run.seed == 7)
        #expect(result.run.exitCode == 0)
        #expect(result.warnings.first == "said before")
        #expect(result.targets[0].phases[0].startedSeconds == 0)
        #expect(result.targets[0].phases[0].durationSeconds == 94)
    }

    @Test func `a phase in which all failed has no times, no division by nothing, and an unusable target`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 5000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 1000, windowEnded: 5000, drained: 5000)
        for place in 0..<40 { builder.failure(step, at: 1000 + Int64(place) * 100, .connect) }
        let result = builder.result
        let stats = result.targets[0].phases[0].steps[0].stats
        #expect(stats.requests.failed == 40)
        #expect(stats.errorRate == 1)
        #expect(stats.availability?.value == 0)
        #expect(stats.ttftMilliseconds == nil)
        #expect(stats.outputTokensPerSecond == 0)
        #expect(stats.requestsPerSecond == 0)
        #expect(stats.tokensPerChunk == nil)
        #expect(result.targets[0].tokenSource == nil)
        #expect(result.targets[0].unusable)
        #expect(result.run.exitCode == 98)
    }

    /// Answers of 8 tokens, all of them reasoning, cut by max_tokens.
    @Test func `answers that max_tokens cut while the model reasoned are timed and billed, and of no use`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 20_000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 0, windowEnded: 20_000, drained: 20_000)
        for place in 0..<30 {
            builder.request(step, at: Int64(place) * 500) {
                ($0.outcome, $0.detail, $0.useful) = (.reasoningOnly, RequestRecord.cutShort, false)
                ($0.firstVisible, $0.visibleBytes, $0.reasoningTokens) = (nil, 0, 8)
                $0.firstReasoning = $0.firstToken
            }
        }
        builder.request(step, at: 15_000) {  // it chose to say nothing: a failure
            ($0.outcome, $0.detail, $0.useful) = (.reasoningOnly, "reasoning_only", false)
        }
        let result = builder.result
        let target = result.targets[0]
        let stats = target.phases[0].steps[0].stats
        #expect(stats.requests.success == 30)
        #expect(stats.requests.failed == 1)
        #expect(stats.requests.useful == 0)
        #expect(stats.outcomes == [.reasoningOnly: 31])
        #expect(stats.ttftMilliseconds?.count == 30)
        #expect(stats.ttftMilliseconds?.p50 == 200)
        #expect(stats.e2eMilliseconds?.p50 == 900)
        #expect(stats.ttfvMilliseconds == nil)
        #expect(stats.requestTPS?.p50 != nil)
        #expect(target.totals.cutWhileReasoning == 30)
        #expect(!target.unusable)
        #expect(target.tokenSource == .usage)
        #expect(result.run.exitCode == 0)
        #expect(
            result.warnings.contains {
                $0.contains("30 of 30 answers were cut by max_tokens before a word")
            }
        )
        #expect(result.warnings.contains { $0.contains("--max-tokens") && $0.contains("reasoning: off") })
    }

    /// 60 s in which the target was down from 20 s to 32 s, and another target's outage.
    @Test func `an outage is told beside availability, of its own target alone`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 60_000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 0, windowEnded: 60_000, drained: 60_000)
        for place in 0..<20 { builder.request(step, at: Int64(place) * 1000) }
        for place in 0..<6 { builder.failure(step, at: 20_000 + Int64(place) * 2000, .connect) }
        for (target, from, to) in [(1, Int64(20), Int64(32)), (2, 40, 41)] {
            var outage = IncidentRecord()
            (outage.kind, outage.side, outage.attempts, outage.target) = (.outage, .unknown, 6, target)
            (outage.at, outage.ended) = (from * 1_000_000_000, to * 1_000_000_000)
            builder.recorded.incidents.append(outage)
        }
        let result = builder.result.targets[0].phases[0]
        #expect(result.downSeconds == 12)
        #expect(result.incidents.map(\.attempts) == [6])
        #expect(result.stats.availability?.value == 20.0 / 26)
    }

    @Test func `a step without a measured request counts what was sent, and says what to change`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 4000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 1000, windowEnded: 4000, drained: 4100)
        for _ in 0..<2 { builder.request(step, at: 0, tokens: 40, measured: false) }  // 200 + 39 x 100 ms
        let result = builder.result
        let shown = result.targets[0].phases[0].steps[0]
        #expect(shown.stats.requests.scheduled == 2)
        #expect(shown.stats.requests.success == 2)
        #expect(shown.stats.ttftMilliseconds == nil)
        #expect(shown.unmeasured == .init(sent: 2, settleSeconds: 1, seconds: 4, answerSeconds: 4.1))
        let warning = result.warnings.first { $0.contains("nothing was measured") }
        #expect(warning?.contains("none of its 2 requests was sent between the end of settle") == true)
        #expect(warning?.contains("A longer duration, or a shorter settle") == true)
    }

    @Test func `a step that was cut off as it began is given no advice`() {
        var builder = RunResultBuilder()
        let before = builder.phase(.steady, from: 0, to: 2000)
        let whole = builder.step(.level, of: before, 2, from: 0, settled: 0, windowEnded: 2000, drained: 2000)
        builder.request(whole, at: 0, tokens: 4)
        let phase = builder.phase(.steady, from: 2000, to: 2100)
        _ = builder.step(.level, of: phase, 2, from: 2000, settled: 2100, windowEnded: 2100, drained: 2100)
        let advised = builder.result.warnings
        #expect(advised.contains { $0.contains("no request was due in") })
        let last = builder.recorded.steps.count - 1
        (builder.recorded.steps[last].windowEnded, builder.recorded.steps[last].drained) = (nil, nil)
        builder.recorded.run.complete = false
        #expect(!builder.result.warnings.contains { $0.contains("no request was due in") })
    }

    @Test func `tokens that failures were billed for have a source`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 5000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 0, windowEnded: 5000, drained: 5000)
        for place in 0..<4 { builder.request(step, at: Int64(place) * 500) { $0.outcome = .filtered } }
        #expect(builder.result.targets[0].tokenSource == .usage)
    }

    @Test func `a killed run shows what is whole and is marked incomplete`() throws {
        var builder = rampOfTwoLevels()
        builder.recorded.run.complete = false
        builder.recorded.phases[0].ended = nil
        builder.recorded.steps[1].windowEnded = nil
        builder.recorded.steps[1].drained = nil
        builder.recorded.requests.removeAll { $0.scheduled > 60_000_000_000 }
        let result = builder.result
        let phase = result.targets[0].phases[0]
        #expect(!result.run.complete)
        #expect(result.run.exitCode == nil)
        #expect(phase.steps[0].stats.outputTokensPerSecond == 8)
        // The last request ended at 61.9 s, none took longer than 1.9 s, a second may be missing: whole up to 59 s.
        #expect(phase.steps[1].windowSeconds == 27)
        // Pairs of answers, 16 tokens, came in the seconds 33, 35 ... 57.
        #expect(phase.steps[1].stats.outputTokensPerSecond == 13.0 * 16 / 27)
        #expect(phase.stats.outputTokensPerSecond == nil)
        #expect(phase.durationSeconds == 61.9)
        #expect(result.run.durationSeconds == 61.9)
        #expect(result.warnings.contains { $0.contains("cut off") })
    }

    @Test func `an interrupt ends the window of the step it meets`() {
        var builder = rampOfTwoLevels()
        builder.recorded.run.interrupted = true
        builder.recorded.steps[1].windowEnded = nil
        builder.recorded.requests.removeAll { $0.scheduled > 60_000_000_000 }
        var incident = IncidentRecord()
        incident.kind = .interrupt
        incident.at = 60_500_000_000
        builder.recorded.incidents = [incident]
        let result = builder.result
        #expect(result.targets[0].phases[0].steps[1].windowSeconds == 28)
        #expect(result.targets[0].phases[0].steps[1].stats.outputTokensPerSecond == 8)
        #expect(result.run.exitCode == 105)
    }

    @Test func `a run killed before its first answer has no figure and does not trap`() {
        var builder = RunResultBuilder()
        builder.recorded.run.complete = false
        let phase = builder.phase(.ramp, from: 0, to: nil)
        _ = builder.step(.level, of: phase, 1, from: 0)
        let result = builder.result
        #expect(result.targets[0].phases[0].steps[0].stats == RequestStatistics())
        #expect(result.targets[0].unusable == false)
        #expect(result.exitCode == 0)
    }

    @Test func `the first reason in the contract's order decides the exit code`() {
        var builder = rampOfTwoLevels()
        builder.recorded.run.thresholds = ["ramp.error_rate < 1%"]
        #expect(builder.result.exitCode == 0)
        builder.recorded.run.thresholds = ["ramp.ttft.p50 < 1s"]
        #expect(builder.result.exitCode == 99)
        for place in 0..<40 { builder.recorded.requests[place].dispatchLag = 1_000_000_000 }
        #expect(builder.result.exitCode == 97)
        var incident = IncidentRecord()
        incident.kind = .unusable
        builder.recorded.incidents = [incident]
        #expect(builder.result.exitCode == 98)
        builder.recorded.run.interrupted = true
        #expect(builder.result.exitCode == 105)
        builder.recorded.run.stoppedBy = "local_io"  // what happened could not be stored
        #expect(builder.result.exitCode == 74)
    }

    @Test func `a habit that one look told is not said where answers show otherwise`() {
        var builder = rampOfTwoLevels()
        builder.recorded.targets[0].notes = ["closes its connections after its answers: every request opened a new one"]
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].connection = .new }
        #expect(builder.result.targets[0].notes.count == 1)
        builder.recorded.requests[0].connection = .reused
        #expect(builder.result.targets[0].notes.isEmpty)
    }

    @Test func `requests that name no known step are counted and left out`() {
        var builder = rampOfTwoLevels()
        for _ in 0..<3 { builder.request(99, at: 0) }
        #expect(builder.result.warnings.contains { $0.hasPrefix("3 stored requests name no known step") })
        #expect(builder.result.targets[0].totals.requests.scheduled == 93)
    }

    @Test func `a queue that overflowed on this machine is the server's`() {
        var builder = rampOfTwoLevels()
        var (before, after) = (HealthRecord(), HealthRecord())
        (before.at, after.at) = (1_000_000_000, 2_000_000_000)
        (before.listenOverflows, after.listenOverflows) = (100, 117)
        builder.recorded.health = [before, after]
        #expect(
            builder.result.warnings.contains {
                $0.hasPrefix("17 connections met a full listen queue on this machine, of the server under test or")
            }
        )
        builder.recorded.health[0].listenOverflows = 117  // before the run
        #expect(!builder.result.warnings.contains { $0.contains("listen queue") })
        builder.recorded.health[0].listenOverflows = 200  // a counter that began anew
        #expect(!builder.result.warnings.contains { $0.contains("listen queue") })
    }

    @Test func `token events that were counted but not recorded are missed`() {
        var builder = rampOfTwoLevels()
        builder.recorded.bins[0].tokenEvents = 93 * 8
        #expect(!builder.result.warnings.contains { $0.contains("token events") })
        builder.recorded.bins[0].tokenEvents = 800
        #expect(
            builder.result.warnings.contains("ramp: 800 token events were counted but the requests' records hold 744.")
        )
    }

    @Test func `a p95 without an upper bound is named with its n`() {
        let caveats = rampOfTwoLevels().result.caveats
        #expect(caveats.contains { $0.hasPrefix("ramp: p95 of TTFT is rough in 2 of 2 samples: 30 to ") })
    }

    @Test func `one window of time is named as such`() {
        #expect(rampOfTwoLevels().result.caveats.contains { $0.hasPrefix("One time window of 1 min 34 s") })
    }

    /// Every stored number at its worst, one field at a time and all together.
    @Test func `damaged records never trap and never give a number that is none`() {
        let extremes: [Int64] = [.min, -1, 0, .max]
        for value in extremes {
            var builder = rampOfTwoLevels()
            builder.recorded.run.complete = value == 0
            for place in builder.recorded.requests.indices {
                damage(&builder.recorded.requests[place], value, place % 20)
            }
            builder.recorded.bins.append(BinRecord(damaged: value))
            var health = HealthRecord()
            (health.at, health.loopCPU, health.boottimeOffset, health.listenOverflows) = (value, value, value, value)
            builder.recorded.health = [HealthRecord(), health, health]
            var incident = IncidentRecord()
            (incident.at, incident.ended) = (value, value)
            builder.recorded.incidents = [incident]
            #expect(hasOnlyNumbers(builder.result), "value \(value)")

            for place in builder.recorded.steps.indices {
                builder.recorded.steps[place].binWidth = value
                builder.recorded.steps[place].settled = value
                builder.recorded.steps[place].windowEnded = .max
                builder.recorded.steps[place].release = value
                builder.recorded.steps[place].concurrency = Int(value)
            }
            builder.recorded.phases[0].started = value
            #expect(hasOnlyNumbers(builder.result), "steps \(value)")
            builder.recorded.phases[0].kind = .burst
            for place in builder.recorded.steps.indices {
                builder.recorded.steps[place].kind = place == 0 ? .edge : .control
                builder.recorded.steps[place].burst = 0
            }
            for place in builder.recorded.requests.indices { builder.recorded.requests[place].rank = place }
            #expect(hasOnlyNumbers(builder.result), "burst \(value)")
            for kind in [PhaseKind.probe, .steady] {
                builder.recorded.phases[0].kind = kind
                #expect(hasOnlyNumbers(builder.result), "\(kind) \(value)")
            }
        }
    }

    private func damage(_ request: inout RequestRecord, _ value: Int64, _ field: Int) {
        switch field {
        case 0: request.scheduled = value
        case 1: request.dispatchLag = value
        case 2: request.written = value
        case 3: request.firstToken = value
        case 4: request.lastToken = value
        case 5: request.ended = value
        case 6: request.inputTokens = value
        case 7: request.outputTokens = value
        case 8: request.textBytes = value
        case 9: request.tokenEvents = Int(value)
        case 10: request.arrivals = [UInt8](repeating: UInt8(truncatingIfNeeded: value), count: 30)
        case 11: request.reasoningTokens = value; request.hiddenReasoning = true
        case 12: request.firstReadTextBytes = value
        case 13: request.tokenReads = Int(value)
        case 14: request.connect = value; request.connection = .new
        case 15: request.rank = Int(value)
        case 16: request.cachedInputTokens = value
        case 17: request.outcome = .truncated; request.firstToken = value
        default: break
        }
    }

    private func hasOnlyNumbers(_ result: RunResult) -> Bool { numbers(in: result).allSatisfy { $0.isFinite } }

    /// Every `Double` anywhere in a value.
    private func numbers(in value: Any) -> [Double] {
        if let number = value as? Double { return [number] }
        return Mirror(reflecting: value).children.flatMap { numbers(in: $0.value) }
    }
}

extension BinRecord {
    fileprivate init(damaged value: Int64) {
        self.init()
        step = 1
        bin = value
        inFlightArea = value
        inFlightMax = Int(value)
        tokenEvents = Int(value)
    }
}
