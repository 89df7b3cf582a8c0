import Foundation
import Measurement
import Testing
import Ticks

@testable import Report

/// The run's own metrics and events, made from records by hand.
@Suite struct TelemetryTests {
    /// Target `a "b"`, a ramp of one level behind a warm-up: three good answers, one refused.
    private func batches() -> [RecordBatch] {
        var first = RecordBatch()
        var target = TargetRecord()
        (target.id, target.name) = (1, "a \"b\"")
        first.targets = [target]
        var phase = PhaseRecord()
        (phase.id, phase.target, phase.name, phase.started) = (4, 1, "ramp", 1_000_000_000)
        first.phases = [phase]
        var warmup = StepRecord()
        (warmup.id, warmup.phase, warmup.kind, warmup.started) = (6, 4, .warmup, 1_000_000_000)
        var level = StepRecord()
        (level.id, level.phase, level.kind, level.concurrency, level.started) = (7, 4, .level, 2, 2_000_000_000)
        first.steps = [warmup, level]
        var second = RecordBatch()
        for (place, ttft) in [100, 250, 900].enumerated() {
            var request = RequestRecord()
            (request.sequence, request.step, request.outcome, request.useful) = (Int64(place), 7, .ok, true)
            (request.dispatchLag, request.firstToken, request.lastToken) = (0, Int64(ttft) * 1_000_000, 2_000_000_000)
            (request.inputTokens, request.outputTokens, request.tokenSource) = (10, 5, .usage)
            second.requests.append(request)
        }
        var failed = RequestRecord()
        (failed.step, failed.outcome, failed.httpStatus, failed.error) = (7, .http5xx, 500, "no\nway")
        (failed.scheduled, failed.dispatchLag, failed.ended) = (3_000_000_000, 0, 500_000_000)
        var warm = second.requests[0]
        warm.step = 6
        second.requests += [failed, failed, warm]
        var bin = BinRecord()
        (bin.step, bin.started, bin.ended) = (7, 5, 4)
        second.bins = [bin]
        var incident = IncidentRecord()
        (incident.at, incident.ended, incident.kind, incident.side, incident.target) = (
            5_000_000_000, 6_500_000_000, .silence, .server, 1
        )
        second.incidents = [incident]
        level.windowEnded = 8_000_000_000
        level.drained = 9_000_000_000
        phase.ended = 9_000_000_000
        var last = RecordBatch()
        (last.steps, last.phases) = ([level], [phase])
        return [first, second, last]
    }

    private var text: String {
        var run = RunTelemetry()
        for batch in batches() { run.note(batch) }
        return PrometheusReport.text(run, id: "r1", version: "9", isOver: true)
    }

    @Test(arguments: [
        #"spate_requests_total{outcome="ok",phase="ramp",target="a \"b\""} 3"#,
        #"spate_requests_total{outcome="http_5xx",phase="ramp",target="a \"b\""} 2"#,
        #"spate_warmup_requests_total{outcome="ok",phase="ramp",target="a \"b\""} 1"#,
        #"spate_useful_requests_total{phase="ramp",target="a \"b\""} 3"#,
        #"spate_output_tokens_total{phase="ramp",target="a \"b\""} 15"#,
        #"spate_ttft_seconds_bucket{le="0.05",phase="ramp",target="a \"b\""} 0"#,
        #"spate_ttft_seconds_bucket{le="0.1",phase="ramp",target="a \"b\""} 1"#,
        #"spate_ttft_seconds_bucket{le="0.25",phase="ramp",target="a \"b\""} 2"#,
        #"spate_ttft_seconds_bucket{le="+Inf",phase="ramp",target="a \"b\""} 3"#,
        #"spate_ttft_seconds_sum{phase="ramp",target="a \"b\""} 1.25"#,
        #"spate_e2e_seconds_count{phase="ramp",target="a \"b\""} 3"#,
        #"spate_in_flight{phase="ramp",target="a \"b\""} 1"#, #"spate_incidents_total{kind="silence",side="server"} 1"#,
        "spate_run_over 1", #"spate_run_info{id="r1",version="9"} 1"#, "# TYPE spate_ttft_seconds histogram",
    ])
    func `a series tells what was recorded`(line: String) {
        #expect(text.split(separator: "\n").contains(Substring(line)), "\(text)")
    }

    @Test func `no family comes twice, and each has its help and type first`() {
        var seen: Set<Substring> = []
        for line in text.split(separator: "\n") where line.hasPrefix("# TYPE") {
            #expect(seen.insert(line.split(separator: " ")[2]).inserted, "\(line)")
        }
        #expect(seen.count > 10)
    }

    @Test func `events are lines of JSON with their instants, each told once`() throws {
        var book = EventLines(startedAtUnixNanoseconds: 1_790_000_000_000_000_000)
        let all = batches()
        var lines = [book.began(id: "r1", profile: "p", seed: 7, result: "/r")]
        for batch in all + [all[2]] { lines += book.lines(of: batch) }
        lines.append(book.ended(at: 9_500_000_000, exitCode: 99, result: "/r"))
        let events = try lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(lines.allSatisfy { !$0.contains("\n") })
        #expect(
            events.map { $0["event"] as? String } == [
                "run_started", "phase_started", "step_started", "step_started", "first_failure", "incident",
                "phase_ended",
                "step_ended", "run_ended",
            ]
        )
        #expect(events.map { $0["elapsed_s"] as? Double } == [0, 1, 1, 2, 3.5, 5, 9, 9, 9.5])
        #expect(events[1]["at"] as? String == "2026-09-21T14:13:21.000Z")
        #expect(events[3]["concurrency"] as? Int == 2 && events[3]["target"] as? String == "a \"b\"")
        #expect(events[4]["words"] as? String == "no\nway" && events[4]["http_status"] as? Int == 500)
        #expect(events[5]["end_s"] as? Double == 6.5 && events[5]["side"] as? String == "server")
        #expect(events[8]["exit_code"] as? Int == 99)
    }
}
