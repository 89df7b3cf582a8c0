internal import Measurement
internal import Wire

/// What an engine calls a fact: one row a fact and engine.
struct MetricName: Sendable {
    /// Of several series of one replica.
    enum Fold: Sendable { case sum, mean }

    let fact: ServerFact
    /// The first that the text has counts: newer names before older ones.
    let names: [String]
    /// Further names whose values belong to the same sum, where the text has them.
    var adds: [String] = []
    /// Only series with this label's value count.
    var only: (label: String, value: String)?
    var fold = Fold.sum
    var factor = 1.0

    init(
        _ fact: ServerFact,
        _ names: String...,
        adds: [String] = [],
        only label: (label: String, value: String)? = nil,
        fold: Fold = .sum,
        factor: Double = 1
    ) {
        self.fact = fact
        self.names = names
        self.adds = adds
        only = label
        self.fold = fold
        self.factor = factor
    }
}

/// The names of an engine's metrics. Sources: the texts of vLLM 0.32 and llama.cpp as they came, SGLang's, TensorRT-LLM's,
/// TGI's, Triton's and DCGM's published lists.
struct MetricDialect: Sendable {
    let name: String
    /// Labels that tell replicas apart.
    var replicaLabels: [String] = []
    /// No engine's: read only where an engine above it in the list was met.
    var isOfAnyProcess = false
    let rows: [MetricName]

    /// What routers and federated texts add to any engine's series.
    static let commonReplicaLabels = ["instance", "pod", "replica", "worker_id"]

    static let all = [vLLM, sgLang, tensorRT, tritonTensorRT, llamaCpp, tgi, triton, dcgm, liteLLM, process]

    static let vLLM = MetricDialect(
        name: "vLLM",
        replicaLabels: ["engine"],
        rows: [
            MetricName(.running, "vllm:num_requests_running"),
            MetricName(.waiting, "vllm:num_requests_waiting"),
            MetricName(.kvCacheUsage, "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", fold: .mean),
            MetricName(.preemptions, "vllm:num_preemptions_total", "vllm:num_preemptions"),
            MetricName(.prefixHits, "vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
            MetricName(.prefixQueries, "vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"),
            MetricName(.promptTokens, "vllm:prompt_tokens_total"),
            MetricName(.generationTokens, "vllm:generation_tokens_total"),
            MetricName(.requests, "vllm:request_success_total"),
            MetricName(.queueSeconds, "vllm:request_queue_time_seconds_sum"),
            MetricName(.queued, "vllm:request_queue_time_seconds_count"),
        ]
    )

    static let sgLang = MetricDialect(
        name: "SGLang",
        replicaLabels: ["dp_rank"],
        rows: [
            MetricName(.running, "sglang:num_running_reqs"),
            MetricName(.waiting, "sglang:num_queue_reqs"),
            MetricName(.kvCacheUsage, "sglang:token_usage", fold: .mean),
            MetricName(.prefixHitRate, "sglang:cache_hit_rate", fold: .mean),
            MetricName(.preemptions, "sglang:num_retracted_requests_total"),
            MetricName(.promptTokens, "sglang:prompt_tokens_total"),
            MetricName(.generationTokens, "sglang:generation_tokens_total"),
            MetricName(.requests, "sglang:num_requests_total"),
            MetricName(.prefixHits, "sglang:cached_tokens_total"),
            MetricName(.prefixQueries, "sglang:prompt_tokens_total"),
            MetricName(.queueSeconds, "sglang:queue_time_seconds_sum"),
            MetricName(.queued, "sglang:queue_time_seconds_count"),
        ]
    )

    /// `trtllm-serve`; Dynamo writes `trtllm:`.
    static let tensorRT = MetricDialect(
        name: "TensorRT-LLM",
        rows: [
            MetricName(.running, "trtllm_num_requests_running", "trtllm:num_requests_running"),
            MetricName(.waiting, "trtllm_num_requests_waiting", "trtllm:num_requests_waiting"),
            MetricName(.kvCacheUsage, "trtllm_kv_cache_utilization", "trtllm:kv_cache_utilization", fold: .mean),
            MetricName(.prefixHitRate, "trtllm_kv_cache_hit_rate", "trtllm:kv_cache_hit_rate", fold: .mean),
            MetricName(.requests, "trtllm_request_success_total", "trtllm:request_success_total"),
            MetricName(
                .queueSeconds,
                "trtllm_request_queue_time_seconds_sum",
                "trtllm:request_queue_time_seconds_sum"
            ),
            MetricName(.queued, "trtllm_request_queue_time_seconds_count", "trtllm:request_queue_time_seconds_count"),
        ]
    )

    /// TensorRT-LLM as a backend of Triton.
    static let tritonTensorRT = MetricDialect(
        name: "TensorRT-LLM",
        rows: [
            MetricName(.running, "nv_trt_llm_request_metrics", only: ("request_type", "scheduled")),
            MetricName(.waiting, "nv_trt_llm_request_metrics", only: ("request_type", "waiting")),
            MetricName(
                .kvCacheUsage,
                "nv_trt_llm_kv_cache_block_metrics",
                only: ("kv_cache_block_type", "fraction"),
                fold: .mean
            ),
        ]
    )

    static let llamaCpp = MetricDialect(
        name: "llama.cpp",
        rows: [
            MetricName(.running, "llamacpp:requests_processing"),
            MetricName(.waiting, "llamacpp:requests_deferred"),
            MetricName(.kvCacheUsage, "llamacpp:kv_cache_usage_ratio", fold: .mean),
            // Its first counter leaves out what came from the cache.
            MetricName(
                .promptTokens,
                "llamacpp:prompt_tokens_total",
                adds: ["llamacpp:prompt_tokens_cached_total"]
            ),
            MetricName(.generationTokens, "llamacpp:tokens_predicted_total"),
            MetricName(.prefixHits, "llamacpp:prompt_tokens_cached_total"),
            MetricName(
                .prefixQueries,
                "llamacpp:prompt_tokens_cached_total",
                adds: ["llamacpp:prompt_tokens_total"]
            ),
        ]
    )

    static let tgi = MetricDialect(
        name: "TGI",
        rows: [
            MetricName(.running, "tgi_batch_current_size"),
            MetricName(.waiting, "tgi_queue_size"),
            MetricName(.promptTokens, "tgi_request_input_length_sum"),
            MetricName(.generationTokens, "tgi_request_generated_tokens_sum"),
            MetricName(.requests, "tgi_request_success"),
            MetricName(.queueSeconds, "tgi_request_queue_duration_sum"),
            MetricName(.queued, "tgi_request_queue_duration_count"),
        ]
    )

    static let triton = MetricDialect(
        name: "Triton",
        rows: [
            MetricName(.waiting, "nv_inference_pending_request_count"),
            MetricName(.requests, "nv_inference_request_success"),
            MetricName(.queueSeconds, "nv_inference_queue_duration_us", factor: 1e-6),
            MetricName(.queued, "nv_inference_request_success"),
            MetricName(.gpuPower, "nv_gpu_power_usage"),
            MetricName(.gpuMemory, "nv_gpu_memory_used_bytes"),
        ]
    )

    static let dcgm = MetricDialect(
        name: "DCGM",
        rows: [
            MetricName(.gpuPower, "DCGM_FI_DEV_POWER_USAGE"),
            MetricName(.gpuMemory, "DCGM_FI_DEV_FB_USED", factor: 1_048_576),  // MiB
        ]
    )

    /// A gateway: it counts tokens; its own times leave out its queue and are not read.
    static let liteLLM = MetricDialect(
        name: "LiteLLM",
        rows: [
            MetricName(.promptTokens, "litellm_input_tokens_metric_total"),
            MetricName(.generationTokens, "litellm_output_tokens_metric_total"),
            MetricName(.prefixHits, "litellm_input_cached_tokens_metric_total"),
            MetricName(.prefixQueries, "litellm_input_tokens_metric_total"),
        ]
    )

    /// What Prometheus' client libraries say of the process that answers.
    static let process = MetricDialect(
        name: "process",
        isOfAnyProcess: true,
        rows: [MetricName(.residentMemory, "process_resident_memory_bytes")]
    )

    /// Every name that a row reads.
    static let known: Set<String> = Set(all.flatMap(\.rows).flatMap { $0.names + $0.adds })
}
