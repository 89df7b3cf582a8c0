@testable import Measurement

extension Samples {
    /// `result` with every part that a summary can have.
    static var everything: RunResult {
        var result = result
        result.targets[0].totals.ttftMilliseconds = distribution(250, 900, count: 931)
        result.targets[0].totals.ttftMilliseconds?.adjustedP95 = 950
        result.targets[0].totals.cost = RequestStatistics.Cost(dollars: 0.12)
        result.targets[0].phases[0].drift = [
            "ttft": DriftResult(
                slopePerHour: 1.5,
                interval: ConfidenceInterval(lower: -1, upper: 4),
                p: 0.2,
                verdict: .undetermined
            )
        ]
        result.targets[0].phases[0].changePoints = [
            ChangePoint(
                figure: "ttft",
                atSeconds: 12,
                atUnixNanoseconds: nil,
                window: 3,
                windows: 12,
                before: 250,
                after: 300
            )
        ]
        var incident = IncidentResult(startSeconds: 12, endSeconds: 12.5, kind: .clientStop)
        incident.requests = 9
        result.targets[0].phases[0].incidents = [incident]
        result.targets[0].phases[0].longestSilenceMilliseconds = 0
        result.targets[0].phases[1].transition?.ttftByRank = [
            .init(rank: 0, coldMilliseconds: 12_000, warmMilliseconds: 300)
        ]
        result.targets[0].phases[2].batch = BatchResult()
        result.targets[0].phases[2].keepwarm = KeepwarmResult()
        var comparison = ComparisonResult()
        comparison.base = "a"
        var row = ComparisonResult.Row()
        (row.target, row.metric, row.phase, row.figure) = ("b", "ramp.ttft.p50", "ramp", "ttft.p50")
        (row.baseValue, row.value, row.ratio) = (250, 300, 1.2)
        row.interval = ConfidenceInterval(lower: 1.1, upper: 1.3)
        (row.p, row.pHolm) = (0.005, 0.01)
        (row.method, row.looks, row.finding) = (.pairedRounds, 6, .worse)
        row.verdict = "slower by 20 % [10, 30]"
        comparison.rows = [row]
        var side = ComparisonResult.Side()
        (side.name, side.model, side.simulated) = ("b", "m", true)
        (side.bytesPerVisibleToken, side.outputTokensPerRequest) = (4.2, 128)
        (side.connectMilliseconds, side.waitMilliseconds) = (35, 200)
        side.windows = [
            .init(run: "r1", startedAtUnixNanoseconds: 1_795_225_000_000_000_000, figures: ["ramp.ttft.p50": 300])
        ]
        var first = side
        first.name = "a"
        first.windows[0].figures = ["ramp.ttft.p50": 250]
        comparison.sides = [first, side]
        let point = FrontierResult.Point(
            concurrency: 4,
            perUser: 30,
            aggregate: 120,
            ttftP95Milliseconds: 400,
            dollarsPerMillion: 0.5
        )
        let values = ["a", "b"].map { name in
            FrontierResult.Reading.Value(
                target: name,
                aggregate: name == "a" ? 2100 : 1400,
                interval: .init(lower: 1300, upper: 2200),
                dollarsPerMillion: nil
            )
        }
        comparison.frontiers = [
            FrontierResult(
                phase: "ramp",
                countsBytes: false,
                curves: ["a", "b"].map { .init(target: $0, points: [point]) },
                readings: [.init(axis: .perUser, at: 30, values: values)]
            )
        ]
        comparison.notes = ["One time window."]
        comparison.gateways = [gateway]
        result.comparison = comparison
        return result
    }

    /// One that adds 3.1 ms, fails now and then, drops usage, and hides whether it passes on cancellation.
    private static var gateway: GatewayResult {
        var gateway = GatewayResult()
        (gateway.target, gateway.direct, gateway.looks) = ("b", "a", 8)
        gateway.ttft = .init(direct: 40.2, through: 43.3, value: 3.1, interval: .init(lower: 2.9, upper: 3.4))
        gateway.gap = .init(direct: 5, through: 5, value: 0, interval: nil)
        gateway.failures = .init(
            direct: Proportion(0, of: 200),
            through: Proportion(8, of: 200),
            added: 0.04,
            interval: .init(lower: 0.016, upper: 0.077)
        )
        gateway.findings = [
            .init(.usage, .dropped, "answers with token counts: 200 of 200 direct", deed: "drops usage"),
            .init(.errors, .changed, "HTTP 404 <b>direct</b>", deed: "changes errors"),
            .init(.stream, .passedOn, "one by one"), .init(.cancellation, .notKnown, "nobody gave up"),
        ]
        return gateway
    }

    /// One target, one phase, one step, one distribution.
    static var small: RunResult {
        var result = RunResult()
        result.tool.version = "0.1.0"
        result.run.id = "r1"
        result.run.profile = "ramp"
        result.run.metadata = ["b": "2", "a": "1"]
        result.run.seed = .max
        result.run.scheduleSHA256 = "ab12"
        result.run.startedAtUnixNanoseconds = 1_795_225_000_123_000_000
        result.run.durationSeconds = 12.5
        result.run.complete = true
        result.validity.verdict = .suspect
        result.validity.reasons = ["loop CPU 91 % is above 85 %"]
        result.warnings = ["one \"window\" only"]
        var target = TargetResult()
        target.name = "mine"
        target.api = "openai-chat"
        target.url = "http://127.0.0.1:8080/v1"
        var phase = PhaseResult()
        phase.name = "ramp"
        var step = StepResult()
        step.concurrency = 4
        step.retention = 0.875
        step.stats.requests.scheduled = 30
        step.stats.requests.success = 29
        step.stats.requests.failed = 1
        step.stats.outcomes = [.ok: 29, .reset: 1]
        step.stats.ttftMilliseconds = distribution(200, 400, count: 29, upper: false)
        phase.steps = [step]
        target.phases = [phase]
        result.targets = [target]
        return result
    }
}
