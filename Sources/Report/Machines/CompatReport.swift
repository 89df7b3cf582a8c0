public import Measurement

/// A run in the key names of another tool, by that tool's own formulas, for scripts that read its files.
///
/// A JSON array with an object for each level, stretch and burst, as those tools write a file for each; `spate` holds what
/// was measured by ours. Formulas as read in their sources: vLLM 0.33 (`benchmarks/serve.py`), AIPerf 0.13, GuideLLM 0.8.1.
/// Percentiles are linear between order statistics and deviations those of the whole sample (n), as numpy has them.
public enum CompatReport {
    public enum Tool: String, Sendable, CaseIterable { case vllm, aiperf, guidellm }

    public static func render(_ recorded: RecordedRun, as tool: Tool) -> String {
        let rows = MeasuredRow.all(of: recorded).filter { !$0.requests.isEmpty }
        return JSONValue.array(rows.map { row(Figures($0), recorded.run, tool) }).text + "\n"
    }

    private static func row(_ figures: Figures, _ run: RunRecord, _ tool: Tool) -> JSONValue {
        var members: [JSONValue.Member] =
            switch tool {
            case .vllm: vllm(figures, run)
            case .aiperf: aiperf(figures, run)
            case .guidellm: guidellm(figures)
            }
        let row = figures.row
        members.append(
            .init(
                "spate",
                .object([
                    .init("target", .string(row.target.name)), .init("phase", .string(row.phase.name)),
                    .init("concurrency", JSONValue(row.concurrency)), .init("rps", JSONValue(row.rps)),
                    .init("burst", JSONValue(row.burst)),
                    .init("definitions", .string("those of \(tool.rawValue), not spate's")),
                ])
            )
        )
        return .object(members)
    }

    // MARK: Figures

    /// One row's samples, milliseconds and tokens.
    private struct Figures {
        let row: MeasuredRow
        let completed: Int
        let failed: Int
        var inputs: [Double] = []
        var outputs: [Double] = []
        var ttft: [Double] = []
        var latency: [Double] = []  // to the last token
        var whole: [Double] = []  // to the end of the stream
        /// (latency − TTFT)/(output − 1): vLLM's TPOT and AIPerf's ITL, one for each request.
        var perToken: [Double] = []
        /// Last token since sending/output: GuideLLM's TPOT, the wait included.
        var perTokenWithWait: [Double] = []

        init(_ row: MeasuredRow) {
            self.row = row
            let successes = row.successes
            completed = successes.count
            failed = row.requests.count - successes.count
            for request in successes {
                let output = Double(request.countedOutputTokens ?? 0)
                inputs.append(Double(request.inputTokens ?? 0))
                outputs.append(output)
                if let ended = request.ended { whole.append(Double(ended) / 1e6) }
                guard let first = request.ttftMilliseconds, let last = request.e2eMilliseconds else { continue }
                ttft.append(first)
                latency.append(last)
                if output > 1 { perToken.append((last - first) / (output - 1)) }
                if output > 0 { perTokenWithWait.append(last / output) }
            }
        }

        var seconds: Double { row.spanSeconds }

        func perSecond(_ amount: Double) -> JSONValue { JSONValue(seconds > 0 ? amount / seconds : nil) }
    }

    /// numpy's.
    private struct Sample {
        let sorted: SortedSamples

        init(_ values: [Double]) { sorted = SortedSamples(values) }

        var deviation: Double? {
            guard let mean = sorted.mean else { return nil }
            let squares = sorted.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (squares / Double(sorted.count)).squareRoot()
        }

        func percentile(_ percent: Double) -> JSONValue { JSONValue(sorted.linear(percent / 100)) }
    }

    // MARK: vLLM

    private static func vllm(_ figures: Figures, _ run: RunRecord) -> [JSONValue.Member] {
        let row = figures.row
        let (inputs, outputs) = (figures.inputs.reduce(0, +), figures.outputs.reduce(0, +))
        var members: [JSONValue.Member] = [
            .init("date", .string(UTCTime.rfc3339(unixNanoseconds: run.startedAtUnixNanoseconds))),
            .init("backend", .string(row.target.api)), .init("label", JSONValue(run.label)),
            .init("model_id", JSONValue(row.target.model)), .init("num_prompts", JSONValue(row.requests.count)),
            .init("request_rate", row.rps.map { .number($0) } ?? .string("inf")),
            .init("max_concurrency", JSONValue(row.concurrency)), .init("duration", JSONValue(figures.seconds)),
            .init("completed", JSONValue(figures.completed)), .init("failed", JSONValue(figures.failed)),
            .init("total_input_tokens", JSONValue(Int(inputs))), .init("total_output_tokens", JSONValue(Int(outputs))),
            .init("request_throughput", figures.perSecond(Double(figures.completed))),
            .init("output_throughput", figures.perSecond(outputs)),
            .init("total_token_throughput", figures.perSecond(inputs + outputs)),
            .init("max_concurrent_requests", JSONValue(row.mostInFlight)),
        ]
        let named = [("ttft", figures.ttft), ("tpot", figures.perToken), ("e2el", figures.latency)]
        for (name, values) in named {
            let sample = Sample(values)
            members += [
                .init("mean_\(name)_ms", JSONValue(sample.sorted.mean)),
                .init("median_\(name)_ms", JSONValue(sample.sorted.median)),
                .init("std_\(name)_ms", JSONValue(sample.deviation)),
                .init("p99_\(name)_ms", sample.percentile(99)),
            ]
        }
        let gaps = row.gaps
        members += [
            .init("mean_itl_ms", JSONValue(gaps.mean.map { $0 / 1e6 })),
            .init("median_itl_ms", JSONValue(gaps.quantile(.p50).map { Double($0) / 1e6 })),
            .init("std_itl_ms", JSONValue(gaps.standardDeviation.map { $0 / 1e6 })),
            .init("p99_itl_ms", JSONValue(gaps.quantile(.p99).map { Double($0) / 1e6 })),
        ]
        return members
    }

    // MARK: AIPerf

    private static func aiperf(_ figures: Figures, _ run: RunRecord) -> [JSONValue.Member] {
        func distribution(_ unit: String, _ values: [Double]) -> JSONValue {
            let sample = Sample(values)
            var members: [JSONValue.Member] = [
                .init("unit", .string(unit)), .init("avg", JSONValue(sample.sorted.mean)),
            ]
            for percent in [1, 5, 10, 25, 50, 75, 90, 95, 99] {
                members.append(.init("p\(percent)", sample.percentile(Double(percent))))
            }
            members += [
                .init("min", JSONValue(sample.sorted.min)), .init("max", JSONValue(sample.sorted.max)),
                .init("std", JSONValue(sample.deviation)), .init("count", JSONValue(values.count)),
            ]
            return .object(members)
        }
        func single(_ unit: String, _ value: JSONValue) -> JSONValue {
            .object([.init("unit", .string(unit)), .init("avg", value)])
        }
        let speeds = figures.perToken.filter { $0 > 0 }.map { 1000 / $0 }
        return [
            .init("schema_version", .string("1.4")),
            .init("request_throughput", single("requests/sec", figures.perSecond(Double(figures.completed)))),
            .init("request_latency", distribution("ms", figures.latency)),
            .init("time_to_first_token", distribution("ms", figures.ttft)),
            .init("inter_token_latency", distribution("ms", figures.perToken)),
            .init("output_token_throughput_per_user", distribution("tokens/sec/user", speeds)),
            .init("output_token_throughput", single("tokens/sec", figures.perSecond(figures.outputs.reduce(0, +)))),
            .init("output_sequence_length", distribution("tokens", figures.outputs)),
            .init("input_sequence_length", distribution("tokens", figures.inputs)),
            .init("request_count", single("requests", JSONValue(figures.completed))),
            .init("error_request_count", single("requests", JSONValue(figures.failed))),
            .init("benchmark_duration", single("sec", JSONValue(figures.seconds))),
            .init("was_cancelled", .bool(run.interrupted)), .init("is_complete", .bool(run.complete)),
        ]
    }

    // MARK: GuideLLM

    private static func guidellm(_ figures: Figures) -> [JSONValue.Member] {
        func distribution(_ values: [Double]) -> JSONValue {
            let sample = Sample(values)
            let percentiles: [(String, Double)] = [
                ("p001", 0.1), ("p01", 1), ("p05", 5), ("p10", 10), ("p25", 25), ("p50", 50), ("p75", 75), ("p90", 90),
                ("p95", 95), ("p99", 99), ("p999", 99.9),
            ]
            let summary: [JSONValue.Member] = [
                .init("mean", JSONValue(sample.sorted.mean)), .init("median", JSONValue(sample.sorted.median)),
                .init("std_dev", JSONValue(sample.deviation)), .init("count", JSONValue(values.count)),
                .init("min", JSONValue(sample.sorted.min)), .init("max", JSONValue(sample.sorted.max)),
                .init("percentiles", .object(percentiles.map { .init($0.0, sample.percentile($0.1)) })),
            ]
            return .object([.init("successful", .object(summary))])
        }
        func mean(_ value: JSONValue) -> JSONValue {
            .object([.init("successful", .object([.init("mean", value)]))])
        }
        // Weighted by the tokens behind each value, as GuideLLM counts them.
        func weighted(_ values: [Double], _ weights: [Double]) -> JSONValue {
            distribution(zip(values, weights).flatMap { Array(repeating: $0, count: Int(min(4096, max(0, $1)))) })
        }
        let many = figures.outputs.filter { $0 > 1 }.map { $0 - 1 }
        let all = figures.outputs.filter { $0 > 0 }
        return [
            .init("duration", JSONValue(figures.seconds)),
            .init(
                "metrics",
                .object([
                    .init(
                        "request_totals",
                        .object([
                            .init("successful", JSONValue(figures.completed)),
                            .init("errored", JSONValue(figures.failed)),
                            .init("total", JSONValue(figures.row.requests.count)),
                        ])
                    ),
                    .init("requests_per_second", mean(figures.perSecond(Double(figures.completed)))),
                    .init("output_tokens_per_second", mean(figures.perSecond(figures.outputs.reduce(0, +)))),
                    .init("request_latency", distribution(figures.whole.map { $0 / 1000 })),
                    .init("time_to_first_token_ms", distribution(figures.ttft)),
                    .init("inter_token_latency_ms", weighted(figures.perToken, many)),
                    .init("time_per_output_token_ms", weighted(figures.perTokenWithWait, all)),
                    .init("prompt_token_count", distribution(figures.inputs)),
                    .init("output_token_count", distribution(figures.outputs)),
                ])
            ),
        ]
    }
}
