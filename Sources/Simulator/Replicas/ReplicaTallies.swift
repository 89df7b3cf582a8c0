internal import Schedule
internal import Ticks

/// What each replica has done since it was there, as its engine would count it.
struct ReplicaTallies: Sendable {
    struct Tally: Sendable, Hashable {
        var promptTokens = 0
        var cachedTokens = 0  // of the prompts'
        var generationTokens = 0
        var answered = 0
        var dequeued = 0
        var queueNanoseconds: Int64 = 0  // that those had waited
    }

    /// By its number, which is never used again.
    private(set) var tallies: [Int: Tally] = [:]

    mutating func dequeued(_ record: TruthRecord, replica: Int, at now: Instant) {
        tallies[replica, default: Tally()].dequeued += 1
        tallies[replica]?.queueNanoseconds += max(0, now.nanoseconds(since: record.received))
        tallies[replica]?.promptTokens += record.promptTokens
        tallies[replica]?.cachedTokens += record.cachedTokens
    }

    mutating func made(_ tokens: Int, replica: Int) { tallies[replica, default: Tally()].generationTokens += tokens }

    mutating func answered(replica: Int) { tallies[replica, default: Tally()].answered += 1 }
}

/// The provider's /metrics, in a real engine's names: a pure function of what it counted.
struct MetricsPage {
    struct Replica {
        var number: Int
        var running: Int
        var tally: ReplicaTallies.Tally
    }

    var names: Scenario.MetricNames
    var model: String
    var slots: Int
    var replicas: [Replica]  // the ready ones
    var waiting: Int  // in the queue before them all
    var whole: [ReplicaTallies.Tally]  // of all that there ever were: an engine without replicas is one process

    var text: String {
        var text = ""
        for series in series {
            text += "# HELP \(series.name) As the engine has it.\n# TYPE \(series.name) \(series.kind)\n"
            for line in series.lines { text += line + "\n" }
        }
        return text
    }

    private struct Series {
        var name: String
        var kind: String
        var lines: [String]
    }

    private var series: [Series] {
        switch names {
        case .vLLM:
            gauges("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc", "engine")
                + [
                    counter("vllm:num_preemptions_total", "engine") { _ in 0 },
                    counter("vllm:prefix_cache_queries_total", "engine", \.promptTokens),
                    counter("vllm:prefix_cache_hits_total", "engine", \.cachedTokens),
                    counter("vllm:prompt_tokens_total", "engine", \.promptTokens),
                    counter("vllm:generation_tokens_total", "engine", \.generationTokens),
                    counter("vllm:request_success_total", "engine", \.answered),
                ] + queue("vllm:request_queue_time_seconds", "engine")
        case .sgLang:
            gauges("sglang:num_running_reqs", "sglang:num_queue_reqs", "sglang:token_usage", "dp_rank")
                + [
                    counter("sglang:cached_tokens_total", "dp_rank", \.cachedTokens),
                    counter("sglang:prompt_tokens_total", "dp_rank", \.promptTokens),
                    counter("sglang:generation_tokens_total", "dp_rank", \.generationTokens),
                    counter("sglang:num_requests_total", "dp_rank", \.answered),
                ] + queue("sglang:queue_time_seconds", "dp_rank")
        case .llamaCpp:
            [
                gauge("llamacpp:requests_processing", [replicas.reduce(0) { $0 + $1.running }]),
                gauge("llamacpp:requests_deferred", [waiting]),
                // What came from the cache is not in its first counter.
                sum("llamacpp:prompt_tokens_total") { $0.promptTokens - $0.cachedTokens },
                sum("llamacpp:prompt_tokens_cached_total") { $0.cachedTokens },
                sum("llamacpp:tokens_predicted_total") { $0.generationTokens },
            ]
        case .tgi:
            [
                gauge("tgi_batch_current_size", [replicas.reduce(0) { $0 + $1.running }]),
                gauge("tgi_queue_size", [waiting]),
                sum("tgi_request_input_length_sum") { $0.promptTokens },
                sum("tgi_request_generated_tokens_sum") { $0.generationTokens },
                sum("tgi_request_success") { $0.answered },
            ]
        }
    }

    private func labels(_ label: String?, _ replica: Replica?) -> String {
        let own = label.flatMap { label in replica.map { "\(label)=\"\($0.number)\"," } } ?? ""
        return "{\(own)model_name=\"\(model)\"}"
    }

    private func gauges(_ running: String, _ queue: String, _ cache: String, _ label: String) -> [Series] {
        [
            Series(
                name: running,
                kind: "gauge",
                lines: replicas.map { "\(running)\(labels(label, $0)) \(Double($0.running))" }
            ),
            // One queue stands before all replicas.
            Series(name: queue, kind: "gauge", lines: ["\(queue)\(labels(nil, nil)) \(Double(waiting))"]),
            Series(
                name: cache,
                kind: "gauge",
                lines: replicas.map { "\(cache)\(labels(label, $0)) \(Double($0.running) / Double(max(1, slots)))" }
            ),
        ]
    }

    private func gauge(_ name: String, _ values: [Int]) -> Series {
        Series(name: name, kind: "gauge", lines: values.map { "\(name) \($0)" })
    }

    private func counter(
        _ name: String,
        _ label: String,
        _ value: (ReplicaTallies.Tally) -> Int
    ) -> Series {
        let lines = replicas.map { "\(name)\(labels(label, $0)) \(Double(value($0.tally)))" }
        return Series(name: name, kind: "counter", lines: lines)
    }

    private func sum(_ name: String, _ value: (ReplicaTallies.Tally) -> Int) -> Series {
        Series(name: name, kind: "counter", lines: ["\(name) \(whole.reduce(0) { $0 + value($1) })"])
    }

    /// A histogram's sum and count.
    private func queue(_ name: String, _ label: String) -> [Series] {
        let lines = replicas.flatMap { replica in
            [
                "\(name)_bucket{\(label)=\"\(replica.number)\",le=\"+Inf\",model_name=\"\(model)\"} \(Double(replica.tally.dequeued))",
                "\(name)_count\(labels(label, replica)) \(Double(replica.tally.dequeued))",
                "\(name)_sum\(labels(label, replica)) \(Double(replica.tally.queueNanoseconds) / 1e9)",
            ]
        }
        return [Series(name: name, kind: "histogram", lines: lines)]
    }
}
