import Foundation
import Measurement
import Testing

@testable import Report

/// Figures of four answers by the formulas of other tools, by hand.
@Suite struct CompatReportTests {
    /// TTFT 10, 20, 30, 40 ms; each streams ten tokens over the 90 ms after it and ends 1 ms later; one fails.
    private static var run: RecordedRun {
        var run = RecordedRun.sample(requests: 4)
        for place in 0..<4 {
            run.requests[place].scheduled = Int64(place) * 1_000_000_000
            run.requests[place].firstToken = Int64(place + 1) * 10_000_000
            run.requests[place].lastToken = Int64(place + 1) * 10_000_000 + 90_000_000
            run.requests[place].ended = Int64(place + 1) * 10_000_000 + 91_000_000
            run.requests[place].outputTokens = 10
        }
        run.requests[4].scheduled = 3_500_000_000
        run.requests[4].ended = 500_000_000  // the last to end: at 4 s
        return run
    }

    private static func row(_ tool: CompatReport.Tool) throws -> [String: Any] {
        let data = Data(CompatReport.render(run, as: tool).utf8)
        return try #require((try JSONSerialization.jsonObject(with: data) as? [[String: Any]])?.first)
    }

    private static func number(_ value: Any?) -> Double {
        (value as? Double).map { ($0 * 1e6).rounded() / 1e6 } ?? .nan
    }

    @Test func `vLLM's keys hold vLLM's figures`() throws {
        let row = try Self.row(.vllm)
        #expect(row["completed"] as? Int == 4 && row["failed"] as? Int == 1 && row["num_prompts"] as? Int == 5)
        #expect(Self.number(row["duration"]) == 4)
        #expect(Self.number(row["request_throughput"]) == 1)
        #expect(Self.number(row["output_throughput"]) == 10)
        #expect(Self.number(row["total_token_throughput"]) == 20)
        #expect(Self.number(row["mean_ttft_ms"]) == 25 && Self.number(row["median_ttft_ms"]) == 25)
        #expect(Self.number(row["std_ttft_ms"]) == 11.18034)  // the root of 125
        #expect(Self.number(row["p99_ttft_ms"]) == 39.7)  // linear: 30 + 0.97 x 10
        #expect(Self.number(row["mean_tpot_ms"]) == 10)  // 90 ms over 9 tokens
        #expect(Self.number(row["median_e2el_ms"]) == 115)
        #expect(row["max_concurrency"] as? Int == 4 && row["max_concurrent_requests"] as? Int == 1)
    }

    @Test func `AIPerf's keys hold AIPerf's figures`() throws {
        let row = try Self.row(.aiperf)
        let ttft = try #require(row["time_to_first_token"] as? [String: Any])
        #expect(ttft["unit"] as? String == "ms")
        #expect(Self.number(ttft["avg"]) == 25 && Self.number(ttft["p25"]) == 17.5 && Self.number(ttft["max"]) == 40)
        let gap = try #require(row["inter_token_latency"] as? [String: Any])
        #expect(Self.number(gap["p50"]) == 10)
        let speed = try #require(row["output_token_throughput_per_user"] as? [String: Any])
        #expect(Self.number(speed["avg"]) == 100)
    }

    @Test func `GuideLLM's time per token holds the wait, and its latency the end of the stream`() throws {
        let metrics = try #require(try Self.row(.guidellm)["metrics"] as? [String: Any])
        let totals = try #require(metrics["request_totals"] as? [String: Any])
        #expect(totals["successful"] as? Int == 4 && totals["errored"] as? Int == 1 && totals["total"] as? Int == 5)
        func mean(_ key: String) throws -> Double {
            let successful = try #require((metrics[key] as? [String: Any])?["successful"] as? [String: Any])
            return Self.number(successful["mean"])
        }
        #expect(try mean("time_per_output_token_ms") == 11.5)  // (10 + 11 + 12 + 13)/4
        #expect(try mean("inter_token_latency_ms") == 10)
        #expect(try mean("request_latency") == 0.116)
        #expect(try mean("requests_per_second") == 1)
    }

    @Test(arguments: CompatReport.Tool.allCases)
    func `a run without requests is an empty list`(tool: CompatReport.Tool) {
        #expect(CompatReport.render(RecordedRun(), as: tool) == "[]\n")
    }
}
