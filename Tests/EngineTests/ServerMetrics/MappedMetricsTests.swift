import Measurement
import Testing

@testable import Engine

/// Texts as real servers write them: vLLM 0.32 and llama.cpp as they came, the others with the names that they publish.
@Suite struct MappedMetricsTests {
    private func read(_ text: String, model: String = "") -> MappedMetrics {
        MappedMetrics(Array(text.utf8), model: model)
    }

    private func only(_ metrics: MappedMetrics) throws -> [ServerFact: Double] {
        #expect(metrics.replicas.count == 1)
        return try #require(metrics.replicas.first).values
    }

    static let llamaCpp = """
        # HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
        # TYPE llamacpp:prompt_tokens_total counter
        llamacpp:prompt_tokens_total 147478
        # TYPE llamacpp:prompt_tokens_cached_total counter
        llamacpp:prompt_tokens_cached_total 37402
        llamacpp:prompt_seconds_total 6.60246
        llamacpp:tokens_predicted_total 195490
        llamacpp:tokens_predicted_seconds_total 187.864
        llamacpp:n_decode_total 41022
        llamacpp:prompt_tokens_seconds 0
        llamacpp:requests_processing 8
        llamacpp:requests_deferred 24
        llamacpp:n_busy_slots_per_decode 4.7

        """

    static let vLLM = """
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="m"} 5.0
        vllm:num_requests_running{engine="1",model_name="m"} 3.0
        vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
        vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
        vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="capacity"} 2.0
        vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.97
        vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.5
        vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.11
        vllm:prefix_cache_queries_total{engine="0",model_name="m"} 1000.0
        vllm:prefix_cache_hits_total{engine="0",model_name="m"} 250.0
        vllm:num_preemptions_total{engine="0",model_name="m"} 4.0
        vllm:num_preemptions_created{engine="0",model_name="m"} 1.79e+09
        vllm:prompt_tokens_total{engine="0",model_name="m"} 1000.0
        vllm:prompt_tokens_total{engine="1",model_name="m"} 10.0
        vllm:prompt_tokens_by_source_total{engine="0",model_name="m",source="local_compute"} 750.0
        vllm:generation_tokens_total{engine="0",model_name="m"} 2000.0
        vllm:generation_tokens_created{engine="0",model_name="m"} 1.79e+09
        vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 10.0
        vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 7.0
        vllm:request_queue_time_seconds_bucket{engine="0",le="+Inf",model_name="m"} 17.0
        vllm:request_queue_time_seconds_count{engine="0",model_name="m"} 17.0
        vllm:request_queue_time_seconds_sum{engine="0",model_name="m"} 3.4
        http_requests_total{handler="/v1/chat/completions",method="POST",status="2xx"} 17.0

        """

    @Test func `llama.cpp's text: what came from its cache is part of the prompts`() throws {
        let metrics = read(Self.llamaCpp)
        #expect(metrics.engines == ["llama.cpp"])
        let values = try only(metrics)
        #expect(values[.running] == 8 && values[.waiting] == 24)
        #expect(values[.promptTokens] == 147_478 + 37_402 && values[.generationTokens] == 195_490)
        #expect(values[.prefixHits] == 37_402 && values[.prefixQueries] == 184_880)
        #expect(values[.kvCacheUsage] == nil && values[.requests] == nil)
    }

    @Test func `vLLM's text: its engines are replicas, reasons add up, times of creation are noise`() throws {
        let metrics = read(Self.vLLM)
        #expect(metrics.engines == ["vLLM"])
        #expect(metrics.replicas.map(\.name) == ["engine=0", "engine=1"])
        let first = metrics.replicas[0].values
        #expect(first[.running] == 5 && first[.waiting] == 2 && first[.kvCacheUsage] == 0.97)
        #expect(first[.promptTokens] == 1000 && first[.generationTokens] == 2000 && first[.requests] == 17)
        #expect(first[.prefixHits] == 250 && first[.prefixQueries] == 1000 && first[.preemptions] == 4)
        #expect(first[.queueSeconds] == 3.4 && first[.queued] == 17)
        #expect(metrics.replicas[1].values == [.running: 3, .waiting: 0, .kvCacheUsage: 0.5, .promptTokens: 10])
    }

    @Test func `of several models' series only the target's count, where one is named`() throws {
        let text = """
            vllm:num_requests_running{engine="0",model_name="a"} 1
            vllm:num_requests_running{engine="0",model_name="b"} 2

            """
        #expect(try only(read(text, model: "b"))[.running] == 2)
        #expect(try only(read(text, model: "alias"))[.running] == 3)
        #expect(try only(read(text))[.running] == 3)
    }

    /// The rest, by engine: text, fact, value.
    static let others: [(String, String, ServerFact, Double)] = [
        ("SGLang", "sglang:num_running_reqs{model_name=\"m\"} 4", .running, 4),
        ("SGLang", "sglang:num_queue_reqs{model_name=\"m\"} 9", .waiting, 9),
        ("SGLang", "sglang:token_usage{model_name=\"m\"} 0.28", .kvCacheUsage, 0.28),
        ("SGLang", "sglang:cache_hit_rate{model_name=\"m\"} 0.5", .prefixHitRate, 0.5),
        ("SGLang", "sglang:num_retracted_requests_total 3", .preemptions, 3),
        ("SGLang", "sglang:prompt_tokens_total 8", .promptTokens, 8),
        ("SGLang", "sglang:generation_tokens_total 9", .generationTokens, 9),
        ("SGLang", "sglang:queue_time_seconds_sum 2.5", .queueSeconds, 2.5),
        ("TensorRT-LLM", "trtllm_num_requests_running 6", .running, 6),
        ("TensorRT-LLM", "trtllm_num_requests_waiting 7", .waiting, 7),
        ("TensorRT-LLM", "trtllm:kv_cache_utilization 0.4", .kvCacheUsage, 0.4),
        ("TensorRT-LLM", "nv_trt_llm_request_metrics{model=\"m\",request_type=\"waiting\"} 5", .waiting, 5),
        ("TensorRT-LLM", "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\"} 0.6", .kvCacheUsage, 0.6),
        ("TGI", "tgi_batch_current_size 4", .running, 4),
        ("TGI", "tgi_queue_size 7", .waiting, 7),
        ("TGI", "tgi_request_generated_tokens_sum 8123", .generationTokens, 8123),
        ("TGI", "tgi_request_success{method=\"generate\"} 44", .requests, 44),
        ("Triton", "nv_inference_pending_request_count{model=\"m\",version=\"1\"} 12", .waiting, 12),
        ("Triton", "nv_inference_queue_duration_us{model=\"m\",version=\"1\"} 2500000", .queueSeconds, 2.5),
        (
            "Triton", "nv_gpu_power_usage{gpu_uuid=\"GPU-1\"} 71.5\nnv_gpu_power_usage{gpu_uuid=\"GPU-2\"} 8.5",
            .gpuPower, 80
        ),
        (
            "DCGM",
            "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"a\"} 300\nDCGM_FI_DEV_POWER_USAGE{gpu=\"1\",UUID=\"b\"} 100",
            .gpuPower, 400
        ),
        ("DCGM", "DCGM_FI_DEV_FB_USED{gpu=\"0\"} 2", .gpuMemory, 2_097_152),
        (
            "LiteLLM",
            "litellm_output_tokens_metric_total{model=\"m\"} 20\nlitellm_output_tokens_metric_total{model=\"n\"} 1",
            .generationTokens, 21
        ),
        ("vLLM", "vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.3", .kvCacheUsage, 0.3),
    ]

    @Test(arguments: others.indices)
    func `each engine's names mean what they mean`(place: Int) throws {
        let (engine, text, fact, value) = Self.others[place]
        let metrics = read(text + "\n")
        #expect(metrics.engines == [engine])
        #expect(try only(metrics)[fact] == value)
    }

    @Test func `an engine's process tells its memory, and a process without an engine is none`() throws {
        let memory = "process_resident_memory_bytes 5e9\n"
        #expect(read(memory).replicas.isEmpty && read(memory).engines.isEmpty)
        let metrics = read("vllm:num_requests_running{engine=\"0\"} 1\n" + memory)
        #expect(metrics.engines == ["vLLM"])
        let told = metrics.replicas.compactMap { $0.values[.residentMemory] }
        #expect(told == [5e9])
    }

    @Test func `routers' labels are replicas, ten after two`() {
        let text = [10, 2, 1].map { "vllm:num_requests_running{engine=\"\($0)\",pod=\"p\"} \($0)" }.joined(
            separator: "\n"
        )
        let metrics = read(text)
        #expect(metrics.replicas.map(\.name) == ["pod=p,engine=1", "pod=p,engine=2", "pod=p,engine=10"])
        #expect(metrics.replicas.map { $0.values[.running] } == [1, 2, 10])
    }

    @Test func `a value that is none is not known, and unknown texts give nothing`() {
        for value in ["NaN", "+Inf", "-1"] {
            #expect(read("vllm:num_requests_running \(value)\n").replicas.isEmpty, "\(value)")
        }
        let other = read("process_cpu_seconds_total 1\n")
        #expect(other.replicas.isEmpty && other.names == ["process_cpu_seconds_total"])
        #expect(read("<html>").names.isEmpty)
    }
}
