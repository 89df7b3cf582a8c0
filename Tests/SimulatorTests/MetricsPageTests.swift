import Schedule
import TestSupport
import Testing
import Wire

@testable import Simulator

/// The simulated provider's /metrics against what it was given to do.
@Suite struct MetricsPageTests {
    private func metrics(_ port: Int) -> [String: Double] {
        let client = RawClient(port: port)
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        var bytes: [UInt8] = []
        while let piece = client.read() { bytes += piece }
        let body = bytes.split(separator: Array("\r\n\r\n".utf8), maxSplits: 1).last.map(Array.init) ?? []
        let samples = MetricsText(body) { _ in true }.samples
        return Dictionary(samples.map { ("\($0.name)\($0["engine"] ?? $0["dp_rank"] ?? "")", $0.value) }) { $0 + $1 }
    }

    @Test(
        arguments: [
            (
                .vLLM,
                [
                    "vllm:generation_tokens_total0": 7, "vllm:prompt_tokens_total0": 20,
                    "vllm:request_success_total0": 2, "vllm:num_requests_waiting": 0,
                ]
            ),
            (
                .sgLang,
                [
                    "sglang:generation_tokens_total0": 7, "sglang:prompt_tokens_total0": 20,
                    "sglang:num_requests_total0": 2,
                ]
            ),
            (
                .llamaCpp,
                [
                    "llamacpp:tokens_predicted_total": 7, "llamacpp:prompt_tokens_total": 10,
                    "llamacpp:prompt_tokens_cached_total": 10,
                ]
            ),
            (
                .tgi,
                ["tgi_request_generated_tokens_sum": 7, "tgi_request_input_length_sum": 20, "tgi_request_success": 2]
            ),
        ] as [(Scenario.MetricNames, [String: Double])]
    )
    func `its counters are those of its journal, in each engine's names`(
        names: Scenario.MetricNames,
        expected: [String: Double]
    ) throws {
        let provider = try ServedProvider(.quick { ($0.metrics, $0.cachedShare) = (names, 0.5) })
        let client = ChatClient(port: provider.port)
        for tokens in [3, 4] {
            _ = client.ask(
                ChatClient.body(maxTokens: tokens, content: String(repeating: "x", count: 40)),
                id: "r\(tokens)"
            )
        }
        let found = metrics(provider.port)
        let (_, lines, _) = try provider.stop()
        #expect(lines.reduce(0) { $0 + $1.tokens_sent } == 7 && lines.reduce(0) { $0 + $1.prompt_tokens } == 20)
        for (name, value) in expected { #expect(found[name] == value, "\(name): \(found)") }
    }

    @Test func `a scenario may keep it to itself`() throws {
        let provider = try ServedProvider(.quick { $0.metrics = nil })
        #expect(metrics(provider.port).isEmpty)
        _ = try provider.stop()
    }
}
