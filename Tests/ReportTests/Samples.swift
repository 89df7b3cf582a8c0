import Measurement
import Ticks

@testable import Report

/// A result with invented but coherent figures: a ramp with a knee, two bursts, a probe, failures, a threshold.
enum Samples {
    static func distribution(
        _ p50: Double,
        _ p95: Double,
        cv: Double = 6,
        count: Int = 100,
        upper: Bool = true
    ) -> DistributionSummary {
        var summary = DistributionSummary()
        summary.count = count
        summary.mean = p50 * 1.05
        summary.standardDeviation = p50 * cv / 100
        summary.cvPercent = cv
        summary.cvInterval = ConfidenceInterval(lower: cv * 0.8, upper: cv * 1.2)
        summary.cvBands = VariationBand(cvPercent: cv).map { [$0] } ?? []
        summary.minimum = p50 * 0.9
        summary.p50 = p50
        summary.p75 = p50 + (p95 - p50) / 3
        summary.p90 = p50 + (p95 - p50) / 1.5
        summary.p95 = p95
        summary.p99 = p95 * 1.1
        summary.maximum = p95 * 1.2
        summary.p50Interval = ConfidenceInterval(lower: p50 * 0.98, upper: p50 * 1.02)
        summary.p95Interval = ConfidenceInterval(lower: p95 * 0.9, upper: upper ? p95 * 1.1 : nil)
        return summary
    }

    static func step(
        _ level: Int,
        tps: Double,
        user: Double,
        kept: Double?,
        decode: Double?,
        ttft: DistributionSummary,
        e2e: Double,
        requests: Int,
        failed: Int = 0
    ) -> StepResult {
        var step = StepResult()
        step.concurrency = level
        step.stats.requests.scheduled = requests
        step.stats.requests.success = requests - failed
        step.stats.requests.useful = requests - failed
        step.stats.requests.failed = failed
        step.stats.outputTokensPerSecond = tps
        step.stats.requestTPS = distribution(user, user * 1.1)
        step.stats.ttftMilliseconds = ttft
        step.stats.e2eMilliseconds = distribution(e2e * 0.9, e2e)
        step.retention = kept
        step.decodeRetention = decode
        return step
    }

    static var ramp: PhaseResult {
        var phase = PhaseResult()
        phase.name = "ramp"
        phase.kind = .ramp
        phase.steps = [
            step(
                1,
                tps: 48.1,
                user: 48.1,
                kept: 1,
                decode: 1,
                ttft: distribution(210, 240, count: 25, upper: false),
                e2e: 5600,
                requests: 25
            ),
            step(
                8,
                tps: 371.4,
                user: 46.4,
                kept: 0.965,
                decode: 0.97,
                ttft: distribution(230, 390, cv: 11),
                e2e: 6100,
                requests: 120
            ),
            step(
                16,
                tps: 640,
                user: 40.2,
                kept: 0.836,
                decode: 0.95,
                ttft: distribution(310, 470, cv: 18),
                e2e: 7200,
                requests: 160
            ),
            step(
                32,
                tps: 802.9,
                user: 25.1,
                kept: 0.522,
                decode: 0.93,
                ttft: distribution(610, 1900, cv: 44),
                e2e: 11_000,
                requests: 300,
                failed: 3
            ),
        ]
        phase.stats.requests.scheduled = 605
        var knee = KneeResult()
        knee.concurrency = 16
        knee.bracket = [16, 32]
        knee.hinge = KneeResult.Hinge(concurrency: 17.2, interval: ConfidenceInterval(lower: 14.1, upper: 21))
        knee.usl = KneeResult.USL(lambda: 48, sigma: 0.01, kappa: 0.0004, peakConcurrency: 49.7)
        knee.agree = true
        phase.knee = knee
        return phase
    }

    static var burst: PhaseResult {
        var phase = PhaseResult()
        phase.name = "burst"
        phase.kind = .burst
        phase.stats.requests.scheduled = 256
        phase.bursts = (0..<2).map { index in
            var burst = BurstResult()
            burst.index = index
            burst.requests = 64
            burst.idleSeconds = 60
            burst.connections = "cold"
            burst.sendLagMilliseconds = 2.1
            burst.sendSkewMilliseconds = 0.8
            burst.stats.requests.scheduled = 64
            burst.stats.requests.success = 64
            burst.stats.ttftScheduledMilliseconds = distribution(9800, 14_200)
            var control = RequestStatistics()
            control.ttftScheduledMilliseconds = distribution(310, 420)
            burst.control = control
            burst.coldShare = 0.41
            burst.coldBy = .control
            burst.waves = [.init(atSeconds: 0.3, requests: 38), .init(atSeconds: 12.1, requests: 26)]
            burst.controlWaves = [.init(atSeconds: 0.3, requests: 64)]
            burst.coldPenaltyMilliseconds = 12_300
            burst.coldPenaltyPairs = 64
            burst.coldOnlyPenaltyMilliseconds = index == 0 ? 12_900 : 13_400
            burst.timeToRecoverSeconds = index == 0 ? 19 : nil
            burst.censoredAtSeconds = index == 0 ? nil : 30
            return burst
        }
        var pool = TransitionResult()
        pool.bursts = 2
        pool.coldShare = 0.41
        pool.coldShareInterval = ConfidenceInterval(lower: 0.33, upper: 0.5)
        pool.coldPenaltyMilliseconds = distribution(12_300, 14_000, count: 128)
        pool.timeToRecoverSeconds = distribution(19, 19, count: 1)
        pool.censored = 1
        phase.transition = pool
        return phase
    }

    static var probe: PhaseResult {
        var phase = PhaseResult()
        phase.name = "night"
        phase.kind = .probe
        phase.stats.requests.scheduled = 75
        phase.stats.requests.success = 75
        phase.stats.requests.useful = 75
        var ttft = distribution(180, 2400, cv: 120, count: 75, upper: false)
        ttft.cvBands = [.someVariability, .wide]
        ttft.cvWithoutTop2 = 35
        ttft.p99Interval = ConfidenceInterval(lower: 1000, upper: nil)
        phase.stats.ttftMilliseconds = ttft
        phase.stats.e2eMilliseconds = distribution(2100, 4000, count: 75)
        phase.stats.requestTPS = distribution(61, 70, count: 75)
        var consistency = ConsistencyResult()
        consistency.warm = 71
        consistency.cold = 4
        consistency.coldRate = 4.0 / 75
        phase.consistency = consistency
        return phase
    }

    static var result: RunResult {
        var result = RunResult()
        result.tool.version = "0.1.0"
        result.run.id = "20261121T013600Z-ramp"
        result.run.profile = "ramp-then-burst"
        result.run.seed = 7
        result.run.startedAtUnixNanoseconds = 1_795_225_000_000_000_000
        result.run.durationSeconds = 192.4
        result.run.complete = true
        result.run.simulated = true
        result.run.exitCode = 99
        result.validity.dispatchLagMilliseconds = distribution(0.1, 0.364)
        result.validity.readLagMilliseconds = distribution(0.003, 0.0055)
        result.validity.cpuPercent = 11.2
        result.validity.loops = 1
        result.validity.maxInFlight = 64
        var target = TargetResult()
        target.name = "simulated"
        target.api = "openai-chat"
        target.model = "sim"
        target.url = "http://127.0.0.1:4242/v1"
        target.tokenSource = .usage
        target.preflight = .init(requests: 2, outputTokens: 18)
        target.warmup = .init(requests: 3, outputTokens: 768)
        target.totals.requests.scheduled = 936
        target.totals.requests.success = 931
        target.totals.requests.useful = 931
        target.totals.requests.failed = 3
        target.totals.requests.throttled = 2
        target.totals.outcomes = [.ok: 931, .http5xx: 3, .rateLimited: 2]
        target.totals.availability = .init(
            value: 931.0 / 936,
            interval: ConfidenceInterval(lower: 0.9875, upper: 0.9977)
        )
        target.totals.inputTokens = 479_232
        target.totals.outputTokens = 238_336
        target.failures = [
            FailureResult(outcome: .http5xx, detail: nil, httpStatus: 502, words: "upstream timed out", requests: 3),
            FailureResult(outcome: .rateLimited, detail: nil, httpStatus: 429, words: "slow down", requests: 2),
        ]
        target.phases = [ramp, burst, probe]
        for place in target.phases.indices { target.phases[place].stats.requests.success = 75 }
        result.targets = [target]
        result.warnings = ["one time window: a provider may be slower at another hour"]
        var threshold = ThresholdResult()
        threshold.expression = "ttft.p95 < 500ms"
        threshold.value = 1900
        threshold.unit = "ms"
        threshold.note = "ramp, concurrency 32"
        result.thresholds = [threshold]
        result.headline = Headline.sentences(of: result)
        return result
    }
}
