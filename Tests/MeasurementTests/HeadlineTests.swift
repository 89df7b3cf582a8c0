import Testing
import Ticks

@testable import Measurement

/// What is said first of a run, from figures set by hand.
@Suite struct HeadlineTests {
    private static func distribution(_ p50: Double, _ p95: Double, error: Double? = nil) -> DistributionSummary {
        var summary = DistributionSummary()
        (summary.count, summary.p50, summary.p95) = (100, p50, p95)
        summary.clientErrorMilliseconds = error.map { .init(p50: $0, p95: $0, p99: $0) }
        return summary
    }

    private static func step(_ level: Int, _ rate: Double, user: Double, p95: Double, slo: Double? = nil) -> StepResult
    {
        var step = StepResult()
        step.concurrency = level
        step.stats.outputTokensPerSecond = rate
        step.stats.requestTPS = distribution(user, user)
        step.stats.ttftMilliseconds = distribution(p95, p95)
        step.stats.sloAttainment = slo
        return step
    }

    private static func phase(_ kind: PhaseKind, change: (inout PhaseResult) -> Void) -> PhaseResult {
        var phase = PhaseResult()
        (phase.name, phase.kind) = (kind.rawValue, kind)
        (phase.stats.requests.scheduled, phase.stats.requests.success, phase.stats.requests.useful) = (100, 100, 100)
        change(&phase)
        return phase
    }

    private static func ramp(knee: Int?, change: (inout PhaseResult) -> Void = { _ in }) -> PhaseResult {
        phase(.ramp) { phase in
            phase.steps = [
                step(1, 300, user: 300, p95: 21, slo: 1), step(16, 3780, user: 236, p95: 25, slo: 0.99),
                step(32, 3804, user: 119, p95: 318, slo: 0.41),
            ]
            phase.knee = KneeResult()
            phase.knee?.concurrency = knee
            phase.knee?.bracket = knee.map { $0 == 16 ? [16, 32] : [$0] } ?? [32]
            change(&phase)
        }
    }

    private static func burst(_ edges: [Double], warm: Double?, recovered: [Double?], error: Double = 0) -> PhaseResult
    {
        phase(.burst) { phase in
            phase.bursts = zip(edges, recovered).enumerated().map { index, pair in
                var burst = BurstResult()
                (burst.index, burst.requests, burst.idleSeconds) = (index, 16, 4)
                burst.stats.ttftScheduledMilliseconds = distribution(pair.0, pair.0, error: error)
                burst.control = warm.map { warm in
                    var control = RequestStatistics()
                    control.ttftScheduledMilliseconds = distribution(warm, warm)
                    return control
                }
                burst.timeToRecoverSeconds = pair.1
                burst.censoredAtSeconds = pair.1 == nil ? 30 : nil
                return burst
            }
        }
    }

    private static func run(_ phases: PhaseResult..., change: (inout RunResult) -> Void = { _ in }) -> RunResult {
        var result = RunResult()
        var target = TargetResult()
        target.name = "mine"
        target.phases = phases
        (target.totals.requests.scheduled, target.totals.requests.success, target.totals.requests.useful) = (
            400, 400, 400
        )
        result.targets = [target]
        change(&result)
        return result
    }

    private func said(_ result: RunResult) -> [String] { Headline.sentences(of: result).map(\.text) }

    @Test
    func `a ramp tells its best level, what a user gets there, what the next one costs, and how far the SLO holds`() {
        #expect(
            said(Self.run(Self.ramp(knee: 16))) == [
                "Best: 16 streams, 3,780 tok/s, 236 per user, first token within 25 ms (p95).",
                "At 32 nothing more comes out and the first token takes 13 times as long.",
                "The SLO is kept up to 16 streams (met by 99 % of the requests); at 32 by 41 %.",
            ]
        )
        #expect(
            said(Self.run(Self.ramp(knee: nil))).first
                == "Most throughput: 32 streams, 3,804 tok/s, 119 per user, first token within 318 ms (p95). "
                + "The knee was not reached up to 32 streams."
        )
    }

    @Test(
        arguments: [
            (3800.0, 30.0, 120.0, "At 32 nothing more comes out and the first token takes 20 % longer."),
            (4000, 25, 119, "At 32 only 6 % more comes out and each user gets 50 % less."),
            (5000, 60, 150, "At 32, 32 % more comes out but the first token takes 2.4 times as long."),
            (3000, 25, 230, "At 32, 21 % less comes out."),
        ]
    )
    func `the level after the best is told by what it brings and what it costs`(
        rate: Double,
        p95: Double,
        user: Double,
        sentence: String
    ) {
        let phase = Self.ramp(knee: 16) { $0.steps[2] = Self.step(32, rate, user: user, p95: p95) }
        #expect(said(Self.run(phase)).contains(sentence))
    }

    @Test func `a row on which a sentence rests twice is named once`() {
        var row = NamedRow(name: "1 stream", validity: RowValidity())
        row.validity.latencies = .suspect
        #expect(Footing([row, row]) == .shaky(["1 stream"]))
        row.validity.latencies = .invalid
        #expect(Footing([row, row, NamedRow(name: "2 streams", validity: RowValidity())]) == .none(["1 stream"]))
    }

    @Test func `what rests on a disturbed row says so, and on an invalid one nothing rests`() {
        var suspect = Self.ramp(knee: 16)
        suspect.steps[1].validity.load = .suspect
        let careful = Headline.sentences(of: Self.run(suspect))
        #expect(careful[0].trust == .disturbed)
        #expect(careful[0].text.hasSuffix("(with care: 16 streams disturbed)."))
        #expect(careful.last?.text == "Row disturbed by the load generator itself (load): ramp 16 streams.")
        var invalid = Self.ramp(knee: 16)
        invalid.steps[1].validity.latencies = .invalid
        let texts = said(Self.run(invalid))
        #expect(texts[0] == "No answer on where more load stops paying: 16 streams disturbed by the load generator.")
        #expect(!texts.contains { $0.contains("3,780") || $0.contains("At 32") })
    }

    @Test(
        arguments: [
            (
                [1130.0, 1850.0], 24.4,
                "A burst of 16 after 4 s idle: TTFT 1.13 and 1.85 s (warm: 24.4 ms)."
            ),
            ([1130, 1135], 24.4, "A burst of 16 after 4 s idle: TTFT 1.13 s (warm: 24.4 ms)."),
            (
                [1000, 2000, 3000, 4000], 20,
                "A burst of 16 after 4 s idle: TTFT 1 s to 4 s (4 bursts) (warm: 20 ms)."
            ),
            (
                [26, 25], 25,
                "A burst of 16 after 4 s idle waits no longer than a warm one: TTFT 25.5 ms (warm: 25 ms)."
            ),
            ([1130], nil, "A burst of 16 after 4 s idle: TTFT 1.13 s."),
        ] as [([Double], Double?, String)]
    )
    func `a burst is told cycle by cycle where the cycles differ`(edges: [Double], warm: Double?, sentence: String) {
        let phase = Self.burst(edges, warm: warm, recovered: edges.map { _ in 0 })
        #expect(said(Self.run(phase)) == [sentence])
    }

    @Test func `recovery is told, and where there was none how long was waited`() {
        let both = said(Self.run(Self.burst([1000, 2000], warm: 20, recovered: [1.39, 2.12])))
        #expect(both.last == "It is warm again 1.39 and 2.12 s after the edge.")
        let one = said(Self.run(Self.burst([1000, 2000], warm: 20, recovered: [1.39, nil])))
        #expect(one.last == "It is warm again 1.39 s after the edge, not within 30 s in 1 of 2 bursts.")
        let soon = said(Self.run(Self.burst([1000, 2000], warm: 20, recovered: [0.0002, 0.276])))
        #expect(soon.last == "It is warm again 276 ms after the edge (at once in 1 of 2 bursts).")
        let partly = said(Self.run(Self.burst([1000, 2000], warm: 20, recovered: [0, nil])))
        #expect(partly.last == "It is warm again at once in 1 of 2 bursts, not within 30 s in 1 of 2 bursts.")
        let none = said(Self.run(Self.burst([1000], warm: 20, recovered: [nil])))
        #expect(none.last == "It is not warm again within 30 s.")
        let never = said(Self.run(Self.burst([21, 20], warm: 20, recovered: [0.4, nil])))
        #expect(!never.contains { $0.contains("warm again") }, "what waits as long as warm has nothing to recover from")
    }

    @Test func `a difference is judged by the errors of its sides against itself`() {
        // 15 ms of 30 are the client's: the edge is invalid for itself, and its penalty of a second stands.
        var phase = Self.burst([1030], warm: 30, recovered: [0.5], error: 9)
        phase.bursts[0].validity.latencies = .invalid
        #expect(Headline.sentences(of: Self.run(phase))[0].trust == .good)
        phase = Self.burst([1030], warm: 30, recovered: [0.5], error: 40)
        #expect(Headline.sentences(of: Self.run(phase))[0].trust == .disturbed)
        phase = Self.burst([1030], warm: 30, recovered: [0.5], error: 400)
        #expect(
            said(Self.run(phase))[0] == "No answer on what a burst pays after idle: the load generator disturbed it."
        )
    }

    @Test func `failures are told with the server's own words, before the answer`() {
        var result = Self.run(Self.ramp(knee: 16)) { result in
            result.targets[0].totals.requests.failed = 20
            result.targets[0].totals.requests.scheduled = 420
            result.targets[0].failures = [
                .init(
                    outcome: .http4xx,
                    detail: "context_length",
                    httpStatus: 400,
                    words: "history  longer\nthan 512",
                    requests: 18
                ),
                .init(outcome: .reset, detail: nil, httpStatus: nil, words: nil, requests: 2),
            ]
        }
        #expect(said(result)[0] == "20 of 420 requests failed (4.76 %): 18 × HTTP 400, \"history longer than 512\".")
        // One in a thousand gives way to the answer.
        (result.targets[0].totals.requests.failed, result.targets[0].totals.requests.scheduled) = (1, 10_000)
        result.targets[0].failures = [.init(outcome: .reset, detail: nil, httpStatus: nil, words: nil, requests: 1)]
        #expect(said(result).first == said(Self.run(Self.ramp(knee: 16))).first ?? "")
    }

    @Test func `a target that never answered says why`() {
        var result = Self.run()
        result.targets[0].unusable = true
        result.targets[0].totals.requests = .init()
        (result.targets[0].totals.requests.scheduled, result.targets[0].totals.requests.failed) = (47, 47)
        result.targets[0].failures = [
            .init(
                outcome: .connect,
                detail: "connect_refused",
                httpStatus: nil,
                words: "connection refused",
                requests: 47
            )
        ]
        #expect(said(result) == ["Nothing succeeded: 47 requests, \"connection refused\"."])
        result.targets[0].givenUp = "20 refusals of authorisation in a row"
        #expect(said(result) == ["Given up: 20 refusals of authorisation in a row."])
    }

    @Test(
        arguments: [
            (200, nil, "3 × the answer was empty"), (200, "overloaded", "3 × HTTP 200, \"overloaded\""),
            (503, nil, "3 × HTTP 503"), (nil, nil, "3 × the answer was empty"),
        ] as [(Int?, String?, String)]
    )
    func `a good status is no reason for a failure`(status: Int?, words: String?, said reason: String) {
        var result = Self.run()
        result.targets[0].totals.requests.failed = 4
        let failure = FailureResult(outcome: .empty, detail: nil, httpStatus: status, words: words, requests: 3)
        let other = FailureResult(outcome: .connect, detail: nil, httpStatus: nil, words: nil, requests: 1)
        result.targets[0].failures = [failure, other]
        let expected = reason.replacing("the answer was empty", with: Outcome.empty.meaning)
        #expect(said(result).contains { $0.hasSuffix(": \(expected).") }, "\(said(result))")
    }

    @Test func `answers cut while the model reasoned say which flag to change`() {
        let result = Self.run(Self.ramp(knee: 16)) {
            $0.targets[0].totals.cutWhileReasoning = 400
            $0.targets[0].totals.requests.success = 400
            $0.targets[0].totals.requests.useful = 0
        }
        #expect(
            said(result)[0] == "All 400 answers were cut by max_tokens before a word of the answer came: "
                + "raise --max-tokens, or set reasoning: off."
        )
    }

    @Test func `successes without use come with the reason`() {
        let result = Self.run(Self.ramp(knee: 16)) {
            $0.targets[0].totals.requests.useful = 0
            $0.targets[0].totals.outcomes = [.okLength: 400]
        }
        #expect(
            said(result)[0]
                == "0 of 400 answers useful: all were cut at max_tokens (length_is_useful: true counts them)."
        )
    }

    @Test(arguments: [(1, "on the one stream"), (2, "on both streams"), (3, "on all 3 streams")])
    func `a silence says on how many streams`(streams: Int, words: String) {
        var silence = IncidentResult(startSeconds: 89, endSeconds: 94.02, kind: .silence)
        (silence.side, silence.streams, silence.of) = (.server, streams, streams)
        #expect(silence.sentence?.contains("nothing came for 5.02 s \(words);") == true)
    }

    @Test func `a silence and an outage come first`() {
        let phase = Self.ramp(knee: 16) { phase in
            var silence = IncidentResult(startSeconds: 89, endSeconds: 94.02, kind: .silence)
            (silence.side, silence.streams, silence.of) = (.server, 16, 16)
            var short = silence
            short.endSeconds = 90
            var outage = IncidentResult(startSeconds: 8.4, endSeconds: 12.4, kind: .outage)
            outage.attempts = 47
            phase.incidents = [short, silence, outage]
        }
        #expect(
            said(Self.run(phase)).prefix(2) == [
                "At 8.4 s the target was down for 4 s (47 attempts failed).",
                "At 1 min 29 s nothing came for 5.02 s on all 16 streams; the load generator ran meanwhile: server or network; it happened once more.",
            ]
        )
    }

    @Test func `there are at most five, the answers before their details, each phase's own`() {
        let result = Self.run(
            Self.ramp(knee: 16),
            Self.burst([1000], warm: 20, recovered: [2]),
            Self.phase(.batch) {
                $0.batch = BatchResult()
                $0.batch?.prompts = 400
                $0.batch?.promptsEnded = 400
                $0.batch?.makespanSeconds = 36
                $0.batch?.concurrency = 64
                $0.stats.outputTokensPerSecond = 2840
            }
        )
        let texts = said(result)
        #expect(texts.count == Headline.most)
        #expect(texts[0].hasPrefix("Best: 16 streams"))
        #expect(texts.contains("400 prompts took 36 s, 64 at a time: 2,840 tok/s."))
        #expect(texts.contains { $0.hasPrefix("A burst of 16") })
    }

    @Test func `several targets are named, and so are several phases of a kind`() {
        var result = Self.run(Self.ramp(knee: 16))
        result.targets.append(result.targets[0])
        result.targets[1].name = "other"
        #expect(said(result).contains { $0.hasPrefix("other: Best: 16 streams") })
        var two = Self.run(Self.ramp(knee: 16), Self.ramp(knee: 16))
        two.targets[0].phases[1].name = "again"
        #expect(said(two).contains { $0.hasPrefix("again: Best: 16 streams") })
    }

    @Test func `a keep-warm phase tells its pause, and nothing where the probes were disturbed`() {
        let phase = Self.phase(.keepwarm) {
            $0.keepwarm = KeepwarmResult()
            $0.keepwarm?.warmUpToSeconds = 120
            $0.keepwarm?.coldFromSeconds = 300
            $0.keepwarm?.medianSeconds = 200
        }
        #expect(
            said(Self.run(phase))
                == [
                    "Warm after 2 min without a request, cold at times from 5 min on; half of the probes are cold after 3 min 20 s."
                ]
        )
        var warm = phase
        warm.keepwarm?.coldFromSeconds = nil
        warm.keepwarm?.medianSeconds = nil
        warm.keepwarm?.probes = 15
        #expect(said(Self.run(warm)) == ["None of 15 probes met a cold server, after pauses of up to 2 min."])
        var disturbed = phase
        disturbed.keepwarm?.isTold = false
        #expect(said(Self.run(disturbed))[0].hasPrefix("No answer on how long the server stays warm"))
    }

    @Test func `rates are told by the highest that was answered as it came`() {
        func step(_ rate: Double, _ achieved: Double) -> StepResult {
            var step = StepResult()
            step.rps = rate
            step.openLoop = OpenLoopResult()
            step.openLoop?.offeredRPS = rate
            step.openLoop?.achievedRPS = achieved
            step.stats.ttftScheduledMilliseconds = Self.distribution(20, 30)
            return step
        }
        let phase = Self.phase(.rate) { $0.steps = [step(10, 10), step(20, 19.5), step(40, 22)] }
        #expect(
            said(Self.run(phase)) == [
                "Up to 20 requests/s are answered as they come (first token within 30 ms, p95); of 40 requests/s 22 are."
            ]
        )
    }

    /// What was found, the verdict beyond it, and what is said.
    @Test(
        arguments: [
            (
                16, 32, CapacitySearch.Verdict.fail,
                "16 streams keep ttft.p95 < 300ms; 32 do not (95 of 110 requests kept it)."
            ),
            (
                16, 32, .indeterminate,
                "16 streams keep ttft.p95 < 300ms; of 32 it cannot be told (95 of 110 requests kept it)."
            ),
            (1, nil, .pass, "1 stream keeps ttft.p95 < 300ms, the most that was tried."),
            (nil, 1, .fail, "No level keeps ttft.p95 < 300ms, not even 1 stream (95 of 110 requests kept it)."),
            (
                nil, 2, .indeterminate,
                "No level was shown to keep ttft.p95 < 300ms: at 2 streams it cannot be told (95 of 110 requests kept it)."
            ),
        ] as [(Int?, Int?, CapacitySearch.Verdict, String)]
    )
    func `a search tells its level, and what is beyond it`(
        answer: Int?,
        beyond: Int?,
        verdict: CapacitySearch.Verdict,
        words: String
    ) {
        var find = FindResult(expression: "ttft.p95 < 300ms")
        (find.answer, find.firstBeyond, find.isComplete) = (answer, beyond, true)
        find.visits = [.init(concurrency: beyond ?? 1, inside: 95, outside: 15, verdict: verdict)]
        #expect(said(Self.run(Self.ramp(knee: nil) { $0.find = find })) == [words])
        find.isDisturbed = true
        let disturbed = said(Self.run(Self.ramp(knee: nil) { $0.find = find }))
        #expect(disturbed.first?.hasPrefix("No answer on how many streams keep") == true, "\(disturbed)")
    }

    @Test func `a run of which nothing is known has no headline`() {
        #expect(said(RunResult()).isEmpty)
        #expect(said(Self.run(PhaseResult())).isEmpty)
    }
}
