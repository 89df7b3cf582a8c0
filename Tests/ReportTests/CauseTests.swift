import Testing
import Ticks

@testable import Measurement
@testable import Report

/// Each sentence that names a cause, or says whose doing something was: a world in which it is true, and worlds that look
/// like it and in which it is not.
@Suite struct CauseTests {
    private typealias Change = (inout PhaseResult) -> Void

    private func said(_ phase: PhaseResult, _ change: Change = { _ in }) -> String {
        var result = RunResult()
        var target = TargetResult()
        target.name = "mine"
        var phase = phase
        (phase.stats.requests.scheduled, phase.stats.requests.success) = (100, 100)
        change(&phase)
        target.phases = [phase]
        target.totals.requests.success = 100
        result.targets = [target]
        result.headline = Headline.sentences(of: result)
        let style = TerminalStyle(width: 120, colour: false, unicode: false)
        return TerminalReport.render(result, style: style, isFull: true).split { $0.isWhitespace }.joined(
            separator: " "
        )
    }

    private func disturbed(_ verdict: ValidityResult.Verdict) -> RowValidity {
        var row = RowValidity()
        row.latencies = verdict
        return row
    }

    /// Two bursts of 16, whose first tokens come in the groups given.
    private func bursts(_ waves: [[Int]], warm: [Int] = [16], by evidence: BurstResult.ColdEvidence?) -> PhaseResult {
        var phase = Samples.burst
        phase.transition?.coldShare = evidence == nil ? nil : 1
        phase.bursts = waves.enumerated().map { index, groups in
            var burst = phase.bursts[0]
            burst.index = index
            burst.coldBy = evidence
            burst.coldShare = evidence == nil ? nil : 1
            burst.waves = groups.enumerated().map { .init(atSeconds: 1 + Double($0.offset), requests: $0.element) }
            burst.controlWaves = warm.enumerated().map {
                .init(atSeconds: 0.1 + Double($0.offset), requests: $0.element)
            }
            return burst
        }
        return phase
    }

    @Test func `a cold server is named where the server said so, and nowhere else`() {
        let sentence = "met a cold server"
        #expect(said(bursts([[16], [16]], by: .reported)).contains(sentence))
        let inferred = said(bursts([[16], [16]], by: .control))
        #expect(!inferred.contains(sentence) && inferred.contains("waited longer than the warm burst's range"))
        #expect(!said(bursts([[16], [16]], by: nil)).contains(sentence))
    }

    @Test func `waves are told of single bursts, in two or more, where the warm server has none`() {
        let sentence = "First tokens came in waves"
        let both = said(bursts([[10, 6], [8, 8]], by: .reported))
        #expect(
            both.contains(
                "\(sentence) in 2 of 2 bursts, and in one from the warm server (burst 0: 10 at 1.00 s, 6 at 2.00 s"
            )
        )
        #expect(!both.contains("capacity"))
        #expect(!said(bursts([[10, 6], [16]], by: .reported)).contains(sentence), "one burst alone")
        #expect(!said(bursts([[16], [16]], by: .reported)).contains(sentence), "bursts that differ from each other")
        #expect(
            !said(bursts([[10, 6], [8, 8]], warm: [12, 4], by: .reported)).contains(sentence),
            "the warm one has them"
        )
        let invalid = said(bursts([[10, 6], [8, 8]], by: .reported)) { phase in
            for place in phase.bursts.indices { phase.bursts[place].validity = disturbed(.invalid) }
        }
        #expect(!invalid.contains(sentence), "the load generator may have made them")
    }

    @Test func `a longer wait before the first token is queue or prefill, which is left open`() {
        let sentence = "requests wait longer before the first token (queue or prefill)"
        #expect(said(Samples.ramp).contains("From 16 streams on \(sentence)"))
        let slower = said(Samples.ramp) { phase in
            for place in phase.steps.indices { phase.steps[place].decodeRetention = phase.steps[place].retention }
        }
        #expect(!slower.contains(sentence), "decode is as much slower")
        let invalid = said(Samples.ramp) { phase in
            for place in phase.steps.indices { phase.steps[place].validity = disturbed(.invalid) }
        }
        #expect(!invalid.contains(sentence), "the load generator was late")
        let decoding = said(Samples.ramp) { phase in
            for place in phase.steps.indices {
                phase.steps[place].stats.ttftMilliseconds = phase.steps[0].stats.ttftMilliseconds
            }
        }
        #expect(!decoding.contains(sentence), "the first token came as soon, and only decoding was faster")
        let suspect = said(Samples.ramp) { $0.steps[2].validity = disturbed(.suspect) }
        #expect(suspect.contains("with the wait (with care: 16 streams disturbed)."))
    }

    @Test func `a knee rests on its own level, the lowest and the next, and is withheld where one of them is invalid`()
    {
        let valid = said(Samples.ramp)
        #expect(valid.contains("Knee at ") && valid.contains("knee"))
        for place in Samples.ramp.steps.indices {
            let level = Samples.ramp.steps[place].concurrency
            let rests = place == 0 || Samples.ramp.knee.map { $0.bracket.contains(level ?? 0) } ?? false
            let invalid = said(Samples.ramp) { $0.steps[place].validity = disturbed(.invalid) }
            #expect(invalid.contains("Knee at ") == !rests, "level \(level ?? 0)")
            #expect(invalid.contains("No answer on where the knee is") == rests, "level \(level ?? 0)")
            let suspect = said(Samples.ramp) { $0.steps[place].validity = disturbed(.suspect) }
            #expect(suspect.contains("Knee at "))
        }
    }

    @Test func `a drift is the server's only where the load generator kept its load, its own memory always`() {
        func soak(_ validity: RowValidity, _ verdict: DriftResult.Verdict = .drifting) -> String {
            var phase = PhaseResult()
            (phase.name, phase.kind, phase.durationSeconds) = ("steady", .steady, 3600)
            var step = StepResult()
            (step.concurrency, step.validity) = (16, validity)
            phase.steps = [step]
            phase.rowValidity = validity
            for figure in ["ttft", "tool_rss_mb"] {
                phase.drift[figure] = DriftResult(
                    slopePerHour: 40,
                    interval: ConfidenceInterval(lower: 30, upper: 50),
                    p: 0.001,
                    verdict: verdict
                )
            }
            return said(phase)
        }
        let server = "TTFT drifted by"
        let own = "the load generator's own memory drifted by"
        #expect(soak(RowValidity()).contains(server))
        #expect(soak(disturbed(.suspect)).contains("stayed the same (with care: "))
        let invalid = soak(disturbed(.invalid))
        #expect(!invalid.contains(server) && invalid.contains(own))
        #expect(invalid.contains("No answer on whether the server drifted or changed"))
        #expect(
            !soak(RowValidity(), .undetermined).contains("drifted") && !soak(RowValidity(), .steady).contains("drifted")
        )
        #expect(soak(RowValidity(), .steady).contains("Steady over"))
        #expect(!soak(disturbed(.invalid), .steady).contains("Steady over"))
    }

    @Test func `a jump at the same load is told once, with its instant and no cause`() {
        func soak(_ validity: RowValidity) -> String {
            var phase = PhaseResult()
            (phase.name, phase.kind, phase.durationSeconds) = ("steady", .steady, 3600)
            var step = StepResult()
            (step.concurrency, step.validity) = (16, validity)
            phase.steps = [step]
            phase.rowValidity = validity
            phase.changePoints = ["ttft", "error_rate"].map {
                ChangePoint(
                    figure: $0,
                    atSeconds: 780,
                    atUnixNanoseconds: 1_795_955_400_000_000_000,
                    window: 14,
                    windows: 60,
                    before: 0.02,
                    after: 0.5
                )
            }
            phase.drift["ttft"] = DriftResult(
                slopePerHour: 0,
                interval: ConfidenceInterval(lower: -1, upper: 1),
                p: 0.5,
                verdict: .changed
            )
            return said(phase)
        }
        let sentence =
            "While the load stayed the same, TTFT rose from 0.02 ms to 0.5 ms and share of failures rose from 2 % to "
        let told = soak(RowValidity())
        #expect(told.contains(sentence + "50 % at 12:30:00 UTC, 13 min after the start (window 14 of 60)."), "\(told)")
        #expect(!told.contains("Steady over") && !told.contains("drifted"))
        #expect(soak(disturbed(.suspect)).contains("(window 14 of 60) (with care: "))
        let invalid = soak(disturbed(.invalid))
        #expect(
            !invalid.contains("TTFT rose") && invalid.contains("No answer on whether the server drifted or changed")
        )
    }

    @Test func `a capacity is told only where the load generator did not decide it`() {
        func search(_ change: Change) -> String {
            said(Samples.ramp) { phase in
                phase.knee = nil
                var find = FindResult(expression: "ttft.p95 < 1s")
                (find.answer, find.firstBeyond, find.isComplete) = (16, 32, true)
                phase.find = find
                change(&phase)
            }
        }
        let sentence = "Capacity: 16 streams keep"
        #expect(search { _ in }.contains(sentence))
        let decided = search { $0.find?.isDisturbed = true }
        let idle = search { $0.steps[2].validity = disturbed(.invalid) }
        for text in [decided, idle] { #expect(!text.contains(sentence) && text.lowercased().contains("no answer on")) }
        #expect(search { $0.steps[2].validity = disturbed(.suspect) }.contains("(with care: 16 streams disturbed)"))
        #expect(search { $0.steps[0].validity = disturbed(.invalid) }.contains(sentence), "a level it does not rest on")
    }

    @Test func `who turns away more than limits alone is not said to have limits`() {
        let incident = IncidentResult(startSeconds: 3, endSeconds: 15, kind: .throttling)
        #expect(incident.sentence == "At 3 s the target turned requests away for 12 s (limits or overload)")
        #expect(IncidentResult(startSeconds: 3, endSeconds: 15, kind: .clientStop).sentence == nil, "our own doing")
    }

    @Test func `the scatter has its number always, its band where the row is valid, and a cause never`() {
        let valid = said(Samples.probe)
        #expect(
            valid.contains("TTFT scatters by a CV of 120 % (95 % interval 96 % to 144 %): some variability, or wide")
        )
        for verdict in [ValidityResult.Verdict.suspect, .invalid] {
            let text = said(Samples.probe) { $0.rowValidity = disturbed(verdict) }
            #expect(text.contains("TTFT scatters by a CV of 120 %") && !text.contains("wide, two"))
        }
        for word in ["cold starts", "not production-ready", "stuck"] { #expect(!valid.contains(word)) }
        let reported = said(Samples.probe) { $0.consistency?.isReported = true }
        #expect(reported.contains("4 of 75 requests met a cold server, by its own word"))
        let shape = said(Samples.probe) { $0.consistency?.driver = "two groups: 71 near 180 ms, 4 near 2.4 s" }
        #expect(shape.contains("Made of: two groups") && !shape.contains("cold server"))
    }

    @Test func `whose the wait is, probes tell only beside rows that were not disturbed`() {
        let sentence = "The wait is the server's"
        let change: Change = { (phase: inout PhaseResult) in
            phase.stats.requests.scheduled = 100
            var stats = RequestStatistics()
            stats.requests.scheduled = 30
            let own: [Double] = (0..<30).map { 500 + Double($0 * 17 % 30) / 100 }
            stats.ttftMilliseconds = DistributionSummary(samples: own)
            let load: [Double] = (0..<300).map { 500 + Double($0 * 17 % 300) / 1000 }
            phase.probes = ProbesResult(
                stats: stats,
                loaded: DistributionSummary(samples: load),
                lateMilliseconds: nil
            )
        }
        #expect(said(Samples.ramp, change).contains(sentence))
        let both = said(Samples.ramp) { phase in
            change(&phase)
            phase.steps[1].validity = disturbed(.suspect)
        }
        #expect(!both.contains(sentence) && both.contains("the machine of both the load and the probes was disturbed"))
    }

    @Test func `that a server cannot keep up is said of valid rows alone`() {
        func rate(_ validity: RowValidity) -> String {
            var phase = PhaseResult()
            (phase.name, phase.kind, phase.loop) = ("rate", .rate, .open)
            var step = StepResult()
            step.rps = 40
            step.openLoop = OpenLoopResult()
            step.openLoop?.saturatedAtSeconds = 9
            step.openLoop?.saturationInSystem = 12
            step.openLoop?.saturationTTFT = 0.4
            step.validity = validity
            phase.steps = [step]
            return said(phase)
        }
        #expect(rate(RowValidity()).contains("the server's capacity is lower"))
        for verdict in [ValidityResult.Verdict.suspect, .invalid] {
            let text = rate(disturbed(verdict))
            #expect(!text.contains("the server's capacity is lower") && text.contains("so the cause is not known"))
        }
    }
}
