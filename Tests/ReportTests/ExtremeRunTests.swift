import Measurement
import Testing
import Ticks

@testable import Report

/// Stored runs that hold what servers said before anyone bounded it: each is rendered in every form, whatever it holds.
@Suite struct ExtremeRunTests {
    private static let seed: UInt64 = 20_261_129
    private static let extremes: [Int64] = [
        0, -1, 1, 1 << 31, 1 << 53, 1 << 62, .max, .max - 1, .min, 1_000_000_000,
    ]
    private static let times = [0, -1, 1e9, 9e18, 1e308, -1e308, Double.infinity, .nan]

    /// Two runs' worth: a phase of each kind, answers of twenty tokens, and extremes wherever a server's number stands.
    private static func run(with generator: inout SplitMix64) -> RecordedRun {
        func count() -> Int64? {
            Bool.random(using: &generator)
                ? extremes.randomElement(using: &generator) : Int64.random(in: 1...100, using: &generator)
        }
        var run = RecordedRun()
        run.run.complete = true
        run.run.sloTTFT = 500
        var target = TargetRecord()
        target.id = 1
        target.name = "mine"
        target.inputPrice = 1
        target.cachedInputPrice = 0.1
        target.outputPrice = 2
        target.preflightInputTokens = count() ?? 0
        target.preflightOutputTokens = count() ?? 0
        var limits = RateLimitRecord()
        limits.responses = 3
        limits.retryAfters = 1
        limits.longestRetryAfterSeconds = times.randomElement(using: &generator)
        for name in ["requests", "tokens"] {
            var limit = RateLimitRecord.Limit(name: name, resource: name)
            (limit.limit, limit.remaining, limit.leastRemaining) = (count(), count(), count())
            limit.resetSeconds = times.randomElement(using: &generator)
            limits.limits.append(limit)
            limits.note(count() ?? 0, of: name, at: count() ?? 0)
        }
        target.rateLimits = limits
        run.targets = [target]
        let kinds: [(PhaseKind, [StageKind])] = [
            (.ramp, [.level, .level]), (.burst, [.baseline, .edge, .control]), (.steady, [.level]), (.batch, [.batch]),
            (.rate, [.arrivals]), (.probe, [.probe]), (.keepwarm, [.probe, .rewarm]), (.warmup, [.warmup]),
        ]
        var start: Int64 = 0
        for (kind, steps) in kinds {
            var phase = PhaseRecord()
            phase.id = run.phases.count + 1
            phase.target = 1
            phase.name = kind.rawValue
            phase.kind = kind
            phase.loop = kind == .rate ? .open : .closed
            phase.requests = kind == .batch ? 30 : nil
            phase.started = start
            for (place, stepKind) in steps.enumerated() {
                var step = StepRecord()
                step.id = run.steps.count + 1
                step.ordinal = place
                step.phase = phase.id
                step.kind = stepKind
                step.concurrency = 1 << place
                step.burst = kind == .burst ? 0 : nil
                step.release = start
                step.started = start
                step.settled = start
                step.windowEnded = start + 30_000_000_000
                step.drained = start + 30_000_000_000
                if kind == .rate { (step.rps, step.planned) = (1, 30_000_000_000) }
                run.steps.append(step)
                for number in 0..<30 {
                    var request = RequestRecord()
                    request.sequence = Int64(run.requests.count)
                    request.step = step.id
                    request.measured = kind != .warmup
                    request.rank = stepKind == .edge || stepKind == .control ? number : nil
                    request.item = kind == .batch ? number : nil
                    request.scheduled = start + Int64(number) * 900_000_000
                    request.dispatchLag = 1000
                    request.written = 2000
                    request.firstToken = 100_000_000
                    request.firstVisible = 100_000_000
                    request.lastToken = 700_000_000
                    request.ended = 700_000_000
                    request.outcome = number % 9 == 8 ? .rateLimited : .ok
                    request.useful = request.outcome == .ok
                    request.httpStatus = request.outcome == .ok ? 200 : 429
                    (request.events, request.tokenEvents, request.reads, request.tokenReads) = (20, 20, 20, 20)
                    (request.textBytes, request.visibleBytes, request.firstReadTextBytes) = (80, 80, 4)
                    request.arrivals = [UInt8](repeating: 1, count: 3)
                    request.tokenSource = .usage
                    (request.inputTokens, request.cachedInputTokens) = (count(), count())
                    (request.outputTokens, request.reasoningTokens) = (count(), count())
                    request.askedInputTokens = count()
                    request.hiddenReasoning = Bool.random(using: &generator)
                    run.requests.append(request)
                }
                start += 31_000_000_000
            }
            phase.ended = start
            run.phases.append(phase)
        }
        run.run.durationNanoseconds = start
        var calibration = CalibrationRecord()
        calibration.target = "mine"
        calibration.requests = 3
        (calibration.inputTokens, calibration.outputTokens) = (count() ?? 0, count() ?? 0)
        run.run.calibration = calibration
        return run
    }

    @Test func `a run with any number in it is rendered in every form`() throws {
        var generator = SplitMix64(seed: Self.seed)
        for round in 0..<12 {
            let recorded = Self.run(with: &generator)
            let other = Self.run(with: &generator)
            let result = RunResult(of: recorded)
            var csv = ""
            RequestsCSV.write(recorded, to: &csv)
            let texts = [
                TerminalReport.render(result), MarkdownReport.render(result),
                String(decoding: SummaryJSON.encode(result), as: UTF8.self), csv,
            ]
            for text in texts {
                #expect(text.contains("mine") && !text.contains("NaN"), "round \(round), seed \(Self.seed)")
            }
            let runs = [("a", recorded), ("b", other)].map { RunDigest(StoredRun(name: $0, recorded: $1)) }
            let comparison = try ComparisonResult(of: runs, by: .run, base: nil)
            let compared = [
                TerminalReport.render(comparison, regressions: []), MarkdownReport.render(comparison, regressions: []),
                String(decoding: SummaryJSON.encode(comparison, regressions: []), as: UTF8.self),
            ]
            for text in compared { #expect(!text.isEmpty, "round \(round)") }
        }
    }
}
