import Foundation
import Measurement
import Testing
import Ticks

@testable import Report

@Suite struct SummaryJSONTests {
    private func parsed(_ result: RunResult) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(SummaryJSON.encode(result)))
        return try #require(object as? [String: Any])
    }

    /// A value by its path, e.g. `targets.0.name`.
    private func value(_ path: String, in object: Any) -> Any? {
        path.split(separator: ".").reduce(object as Any?) { current, key in
            if let list = current as? [Any], let index = Int(key), list.indices.contains(index) { return list[index] }
            return (current as? [String: Any])?[String(key)]
        }
    }

    /// The contract's summary, section 5, typed from it by hand.
    private static let contract: [String: String] = [
        "": "schema tool run validity warnings targets comparison thresholds",
        "tool": "name version",
        "run":
            "id profile label metadata seed schedule_sha256 started_at duration_s complete interrupted simulated fast "
            + "stopped_by exit_code",
        "validity": "verdict reasons loop_lag_ms dispatch_lag_ms read_lag_ms cpu_percent loops max_in_flight rss_mb",
        "targets.0": "name provider model api url token_source preflight warmup totals phases",
        "targets.0.preflight": "requests output_tokens",
        "targets.0.warmup": "requests output_tokens",
        "targets.0.phases.0":
            "name kind started_s duration_s loop validity stats steps knee drift longest_silence_ms incidents",
        "targets.0.phases.0.steps.0": "concurrency stats retention decode_retention efficiency mean_in_flight window_s",
        "targets.0.phases.0.knee": "concurrency bracket hinge usl agree",
        "targets.0.phases.0.knee.hinge": "concurrency ci",
        "targets.0.phases.0.knee.usl": "lambda sigma kappa peak_concurrency",
        "targets.0.phases.0.drift.ttft": "slope_per_h ci p verdict",
        "targets.0.phases.0.change_points.0": "figure at_s at window windows before after",
        "targets.0.phases.0.incidents.0": "start_s end_s kind side streams of requests attempts tokens_missing",
        "targets.0.phases.1": "bursts transition",
        "targets.0.phases.1.bursts.0":
            "index requests idle_s connections send_lag_ms send_skew_ms reused_connections stats "
            + "control cold_share cold_penalty_ms time_to_recover_s censored_at_s",
        "targets.0.phases.1.transition": "bursts cold_share cold_share_ci cold_penalty_ms time_to_recover_s censored "
            + "ttft_by_rank",
        "targets.0.phases.1.transition.ttft_by_rank.0": "rank cold_ms warm_ms",
        "targets.0.phases.1.bursts.0.waves.0": "at_s requests",
        "targets.0.phases.2": "consistency batch keepwarm",
        "targets.0.phases.2.consistency": "classes cold_rate serial_correlation driver",
        "targets.0.phases.2.consistency.classes": "warm cold stuck",
        "targets.0.phases.2.consistency.cold_rate": "value upper95",
        "targets.0.phases.2.batch": "makespan_s steady_tps tail_share",
        "targets.0.phases.2.keepwarm": "warm_up_to_s cold_from_s median_s ci probes",
        "comparison": "base rows",
        "comparison.rows.0": "target metric ratio ci95 p_holm verdict",
        "comparison.sides.1": "target model connect_ms wait_ms windows windows_agree bytes_per_visible_token",
        "comparison.frontiers.0.curves.0.points.0": "concurrency per_user aggregate ttft_p95_ms usd_per_million",
        "comparison.frontiers.0.readings.0.values.1": "target aggregate ci95 usd_per_million",
        "comparison.gateways.0": "target direct looks added_ttft_ms added_gap_ms failures fidelity",
        "comparison.gateways.0.added_ttft_ms": "value ci95 direct_p50 through_p50",
        "comparison.gateways.0.failures": "added ci95 direct through",
        "comparison.gateways.0.failures.through": "value ci95 failed of",
        "comparison.gateways.0.fidelity.0": "property verdict seen",
        "thresholds.0": "expression value passed note",
        "targets.0.totals": "requests outcomes availability error_rate throttle_rate input_tokens cached_input_tokens "
            + "output_tokens reasoning_tokens tokens_per_chunk long_gap_share new_connection_share input_tokens_per_request output_tokens_per_request "
            + "output_tokens_per_second total_tokens_per_second output_bytes_per_second requests_per_second goodput_rps "
            + "slo_attainment ttft_ms ttft_scheduled_ms wait_ms ttfv_ms e2e_ms tpot_ms itl_ms decode_tps request_tps "
            + "connect_ms tls_ms cost",
        "targets.0.totals.requests": "scheduled success useful failed throttled excluded",
        "targets.0.totals.availability": "value ci95",
        "targets.0.totals.cost": "usd usd_per_million_output_tokens usd_per_useful_result usd_per_useful_ci",
        "targets.0.totals.ttft_ms":
            "count mean stddev cv_percent cv_ci cv_bands cv_without_top2 min p50 p75 p90 p95 p99 "
            + "p999 max p50_ci p95_ci p99_ci adj_p95 adj_p99 source",
    ]

    @Test(arguments: contract.keys.sorted())
    func `every key of the contract is there`(path: String) throws {
        let result = Samples.everything
        let object = try #require(value(path, in: parsed(result)) as? [String: Any], "\(path)")
        for key in (Self.contract[path] ?? "").split(separator: " ") {
            #expect(object[String(key)] != nil, "\(path).\(key)")
        }
    }

    @Test func `values come out as they went in, with their names and units`() throws {
        let summary = try parsed(Samples.everything)
        func number(_ path: String) -> Double? { (value(path, in: summary) as? NSNumber)?.doubleValue }
        #expect(value("schema", in: summary) as? String == "spate.summary/1")
        #expect(value("run.started_at", in: summary) as? String == "2026-11-21T01:36:40.000Z")
        #expect(number("run.seed") == 7)
        #expect(number("run.exit_code") == 99)
        #expect(value("run.stopped_by", in: summary) is NSNull)
        #expect(number("targets.0.phases.0.steps.3.concurrency") == 32)
        #expect(number("targets.0.phases.0.steps.3.stats.ttft_ms.p95") == 1900)
        #expect(value("targets.0.phases.0.steps.0.stats.ttft_ms.p95_ci.1", in: summary) is NSNull)
        #expect(number("targets.0.phases.0.knee.bracket.1") == 32)
        #expect(number("targets.0.phases.1.bursts.0.cold_penalty_ms") == 12_300)
        #expect(value("targets.0.phases.1.bursts.1.time_to_recover_s", in: summary) is NSNull)
        #expect(number("targets.0.phases.1.bursts.1.censored_at_s") == 30)
        #expect(number("targets.0.totals.outcomes.http_5xx") == 3)
        #expect(value("targets.0.totals.outcomes.reset", in: summary) == nil)
        #expect(value("targets.0.totals.ttft_ms.cv_bands.0", in: summary) as? String == "steady")
        #expect(value("targets.0.failures.0.words", in: summary) as? String == "upstream timed out")
        #expect(value("targets.0.token_source", in: summary) as? String == "usage")
    }

    @Test func `what a phase does not have is absent, what is not known is null`() throws {
        let summary = try parsed(Samples.result)
        for key in ["knee", "bursts", "transition", "batch", "keepwarm", "drift", "incidents"] {
            let phase = key == "knee" ? 1 : key == "bursts" || key == "transition" ? 0 : 2
            #expect(value("targets.0.phases.\(phase).\(key)", in: summary) == nil, "\(key)")
        }
        #expect(value("comparison", in: summary) == nil)
        #expect(value("targets.0.totals.ttft_ms", in: summary) is NSNull)
        #expect(value("targets.0.totals.cost", in: summary) is NSNull)
        #expect(value("targets.0.phases.0.steps.0.stats.wait_ms", in: summary) is NSNull)
        // Failures as infinity are told of three figures only.
        #expect(value("targets.0.phases.0.steps.0.stats.e2e_ms.adj_p95", in: summary) is NSNull)
        #expect(value("targets.0.phases.0.steps.0.stats.request_tps.adj_p95", in: summary) == nil)
    }

    @Test func `a rate's steps are named by their rate`() throws {
        var result = RunResult()
        var target = TargetResult()
        var phase = PhaseResult()
        phase.kind = .rate
        var step = StepResult()
        step.rps = 12.5
        phase.steps = [step]
        target.phases = [phase]
        result.targets = [target]
        let summary = try parsed(result)
        #expect(value("targets.0.phases.0.steps.0.rps", in: summary) as? Double == 12.5)
        #expect(value("targets.0.phases.0.steps.0.concurrency", in: summary) == nil)
    }

    @Test func `an empty result is whole JSON`() throws {
        let summary = try parsed(RunResult())
        #expect(
            Set(summary.keys) == ["schema", "tool", "run", "validity", "headline", "warnings", "targets", "thresholds"]
        )
    }

    @Test func `a figure that is no number is null, whatever made it`() throws {
        var result = RunResult()
        result.run.durationSeconds = .nan
        result.validity.cpuPercent = .infinity
        let summary = try parsed(result)
        #expect(value("run.duration_s", in: summary) is NSNull)
        #expect(value("validity.cpu_percent", in: summary) is NSNull)
    }

    @Test func `the same result is the same bytes, those of the golden file`() throws {
        let golden = try Golden.read("summary.json")
        #expect(String(decoding: SummaryJSON.encode(Samples.small), as: UTF8.self) == golden)
        #expect(SummaryJSON.encode(Samples.everything) == SummaryJSON.encode(Samples.everything))
    }
}
