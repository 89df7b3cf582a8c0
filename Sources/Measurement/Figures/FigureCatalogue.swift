/// Every figure of a set of requests, in the order of `summary.json`. To add one is to add it here.
public enum FigureCatalogue {
    public static let all: [CatalogueFigure] = text + embeddings

    /// Of every set of requests.
    public static let text: [CatalogueFigure] = [
        .availability, .errorRate, .throttleRate,
        .inputTokens, .cachedInputTokens, .cacheWrittenTokens, .outputTokens, .reasoningTokens, .tokensPerChunk,
        .longGapShare, .newConnectionShare,
        .clientIdleShare, .lateArrivalsShare,
        .inputTokensPerRequest, .outputTokensPerRequest,
        .outputTokensPerSecond, .totalTokensPerSecond, .outputBytesPerSecond, .requestsPerSecond, .goodput,
        .sloAttainment,
        .ttft, .ttftScheduled, .wait, .ttfv, .e2e, .e2eScheduled, .tpot, .itl, .decodeTPS, .requestTPS, .connect, .tls,
    ]

    /// Only where vectors were asked for.
    public static let embeddings: [CatalogueFigure] = [.embeddings, .embeddingsPerSecond, .inputTokensPerSecond]

    /// Those that are found by a tally.
    static let tallied = all.filter { $0.tally != nil }
}

// MARK: What became of the requests

extension CatalogueFigure {
    public static let availability = CatalogueFigure(
        "availability",
        .share,
        better: .more,
        .proportion { $0.availability }
    )
    public static let errorRate = CatalogueFigure(
        "error_rate",
        .share,
        better: .less,
        .number { $0.share($0.errorRate, of: $0.requests.failed) }
    )
    public static let throttleRate = CatalogueFigure(
        "throttle_rate",
        .share,
        better: .less,
        .number { $0.share($0.throttleRate, of: $0.requests.throttled) }
    )
    public static let sloAttainment = CatalogueFigure(
        "slo_attainment",
        .share,
        better: .more,
        .number { statistics in
            let judged = statistics.requests.scheduled - (statistics.outcomes[.cancelled] ?? 0)
            let good = statistics.sloAttainment.map { Int(($0 * Double(judged)).rounded()) }
            return FigureValue(
                statistics.sloAttainment,
                interval: good.flatMap { Measurement.Proportion($0, of: judged).wilson() },
                missing: "no slo in the profile, or no request"
            )
        }
    )
    public static let clientIdleShare = CatalogueFigure(
        "client_idle_share",
        .share,
        better: .less,
        .number { FigureValue($0.clientIdleShare, missing: "no closed level") }
    )
    public static let lateArrivalsShare = CatalogueFigure(
        "late_arrivals_share",
        .share,
        better: .less,
        .number { FigureValue($0.lateArrivalsShare, missing: "no open loop") }
    )
}

// MARK: Tokens

extension CatalogueFigure {
    public static let inputTokens = CatalogueFigure("input_tokens", .plain, .count { $0.inputTokens })
    public static let cachedInputTokens = CatalogueFigure(
        "cached_input_tokens",
        .plain,
        .count { $0.cachedInputTokens }
    )
    public static let cacheWrittenTokens = CatalogueFigure(
        "cache_written_tokens",
        .plain,
        .count { $0.cacheWrittenTokens }
    )
    public static let outputTokens = CatalogueFigure("output_tokens", .plain, .count { $0.outputTokens })
    public static let reasoningTokens = CatalogueFigure("reasoning_tokens", .plain, .count { $0.reasoningTokens })
    public static let tokensPerChunk = CatalogueFigure(
        "tokens_per_chunk",
        .plain,
        .number { FigureValue($0.tokensPerChunk, missing: "no success") }
    )
    public static let inputTokensPerRequest = CatalogueFigure(
        "input_tokens_per_request",
        .plain,
        .distribution(adjusted: false) { $0.inputTokensPerRequest }
    )
    public static let outputTokensPerRequest = CatalogueFigure(
        "output_tokens_per_request",
        .plain,
        .distribution(adjusted: false) { $0.outputTokensPerRequest }
    )
    public static let embeddings = CatalogueFigure(
        "embeddings",
        .plain,
        .count(missing: "no embeddings were asked for") { $0.embeddings }
    )
}

// MARK: Rates

extension CatalogueFigure {
    public static let outputTokensPerSecond = CatalogueFigure(
        "output_tokens_per_second",
        .perSecond,
        better: .more,
        words: Words(
            "Throughput",
            "Output tokens of all streams that arrived within the measured window, divided by its length. Tokens of "
                + "requests that failed or were cut off count while they came."
        ),
        .rate { $0.outputTokensPerSecond }
    )
    public static let totalTokensPerSecond = rate("total_tokens_per_second") { $0.totalTokensPerSecond }
    public static let inputTokensPerSecond = rate("input_tokens_per_second") { $0.inputTokensPerSecond }
    public static let embeddingsPerSecond = rate("embeddings_per_second") { $0.embeddingsPerSecond }
    public static let requestsPerSecond = rate("requests_per_second") { $0.requestsPerSecond }
    public static let goodput = rate("goodput_rps") { $0.goodputRPS }
    public static let outputBytesPerSecond = CatalogueFigure(
        "output_bytes_per_second",
        .bytesPerSecond,
        better: .more,
        .rate { $0.outputBytesPerSecond }
    )
    public static let decodeTPS = CatalogueFigure(
        "decode_tps",
        .perSecond,
        better: .more,
        .distribution(adjusted: false) { $0.decodeTPS }
    )
    public static let requestTPS = CatalogueFigure(
        "request_tps",
        .perSecond,
        better: .more,
        words: Words(
            "Speed per user",
            "Output tokens of one request divided by the time from sending it to its last token, the wait included; "
                + "the median over the requests of a level."
        ),
        .distribution(adjusted: false) { $0.requestTPS }
    )

    private static func rate(
        _ key: String,
        _ read: @escaping @Sendable (RequestStatistics) -> Double?
    ) -> CatalogueFigure {
        CatalogueFigure(key, .perSecond, better: .more, .rate(read))
    }
}

// MARK: Times

extension CatalogueFigure {
    public static let ttft = time(
        "ttft_ms",
        adjusted: true,
        words: Words(
            "TTFT, time to first token",
            "From sending the request to the first token with text, reasoning or a tool call; the set-up of the "
                + "connection is included. In open loops (rate, replay) and at the edge of a burst it counts from the instant at "
                + "which the request was due."
        )
    ) { $0.ttftMilliseconds }
    public static let ttftScheduled = time("ttft_scheduled_ms", adjusted: true) { $0.ttftScheduledMilliseconds }
    public static let wait = time("wait_ms") { $0.waitMilliseconds }
    public static let ttfv = time("ttfv_ms") { $0.ttfvMilliseconds }
    public static let e2e = time(
        "e2e_ms",
        adjusted: true,
        words: Words("End to end", "From sending the request to its last token.")
    ) { $0.e2eMilliseconds }
    public static let e2eScheduled = time("e2e_scheduled_ms", adjusted: true) { $0.e2eScheduledMilliseconds }
    public static let tpot = time(
        "tpot_ms",
        words: Words(
            "Time per output token",
            "From the first to the last token of an answer, divided by the tokens after the first read."
        )
    ) { $0.tpotMilliseconds }
    public static let itl = time(
        "itl_ms",
        words: Words(
            "Gap",
            "Time between two reads that brought tokens of one stream, of all streams together. Servers may send "
                + "several tokens in one chunk."
        )
    ) { $0.itlMilliseconds }
    public static let connect = time("connect_ms") { $0.connectMilliseconds }
    public static let tls = time("tls_ms") { $0.tlsMilliseconds }
}

extension RequestStatistics {
    fileprivate func share(_ value: Double?, of count: Int) -> FigureValue {
        let counted = requests.scheduled - requests.excluded
        return FigureValue(
            value,
            interval: Measurement.Proportion(count, of: counted).wilson(),
            missing: "no request counts"
        )
    }
}
