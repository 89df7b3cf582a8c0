extension ThresholdMetric {
    static let all: [ThresholdMetric] =
        distributions + proportions + shares + rates + counts + costs + retries + curves + phases

    private static let distributions: [ThresholdMetric] = [
        ThresholdMetric("ttft", .milliseconds, .viewed { $0.ttft(fromSchedule: $1) }),
        ThresholdMetric("ttft_scheduled", .milliseconds, .distribution { $0.ttftScheduledMilliseconds }),
        ThresholdMetric("wait", .milliseconds, .distribution { $0.waitMilliseconds }),
        ThresholdMetric("ttfv", .milliseconds, .distribution { $0.ttfvMilliseconds }),
        ThresholdMetric("e2e", .milliseconds, .distribution { $0.e2eMilliseconds }),
        ThresholdMetric("e2e_scheduled", .milliseconds, .distribution { $0.e2eScheduledMilliseconds }),
        ThresholdMetric("tpot", .milliseconds, .distribution { $0.tpotMilliseconds }),
        ThresholdMetric("itl", .milliseconds, .distribution { $0.itlMilliseconds }),
        ThresholdMetric("connect", .milliseconds, .distribution { $0.connectMilliseconds }),
        ThresholdMetric("tls", .milliseconds, .distribution { $0.tlsMilliseconds }),
        ThresholdMetric("decode_tps", .perSecond, .distribution { $0.decodeTPS }),
        ThresholdMetric("request_tps", .perSecond, .distribution { $0.requestTPS }),
        ThresholdMetric("input_tokens_per_request", .plain, .distribution { $0.inputTokensPerRequest }),
        ThresholdMetric("output_tokens_per_request", .plain, .distribution { $0.outputTokensPerRequest }),
    ]

    private static let proportions: [ThresholdMetric] = [
        ThresholdMetric(
            "availability",
            .share,
            .statistic {
                Value($0.availability?.value, interval: $0.availability?.interval, missing: "no request counts")
            }
        ),
        ThresholdMetric("error_rate", .share, .statistic { $0.share($0.errorRate, of: $0.requests.failed) }),
        ThresholdMetric("throttle_rate", .share, .statistic { $0.share($0.throttleRate, of: $0.requests.throttled) }),
        ThresholdMetric(
            "slo_attainment",
            .share,
            .statistic { statistics in
                let judged = statistics.requests.scheduled - (statistics.outcomes[.cancelled] ?? 0)
                let good = statistics.sloAttainment.map { Int(($0 * Double(judged)).rounded()) }
                return Value(
                    statistics.sloAttainment,
                    interval: good.flatMap { Measurement.Proportion($0, of: judged).wilson() },
                    missing: "no slo in the profile, or no request"
                )
            }
        ),
    ]

    private static let shares: [ThresholdMetric] = ServedResult.Fact.allCases.map { fact in
        ThresholdMetric("served_\(fact.rawValue).share", .share, .served(fact))
    }

    private static let rates: [ThresholdMetric] = [
        ThresholdMetric("output_tokens_per_second", .perSecond, .rate { $0.outputTokensPerSecond }),
        ThresholdMetric("total_tokens_per_second", .perSecond, .rate { $0.totalTokensPerSecond }),
        ThresholdMetric("input_tokens_per_second", .perSecond, .rate { $0.inputTokensPerSecond }),
        ThresholdMetric("embeddings_per_second", .perSecond, .rate { $0.embeddingsPerSecond }),
        ThresholdMetric("output_bytes_per_second", .bytesPerSecond, .rate { $0.outputBytesPerSecond }),
        ThresholdMetric("requests_per_second", .perSecond, .rate { $0.requestsPerSecond }),
        ThresholdMetric("goodput_rps", .perSecond, .rate { $0.goodputRPS }),
    ]

    private static let counts: [ThresholdMetric] =
        [
            ThresholdMetric("input_tokens", .plain, .statistic { Value(Double($0.inputTokens)) }),
            ThresholdMetric("cached_input_tokens", .plain, .statistic { Value(Double($0.cachedInputTokens)) }),
            ThresholdMetric("cache_written_tokens", .plain, .statistic { Value(Double($0.cacheWrittenTokens)) }),
            ThresholdMetric("output_tokens", .plain, .statistic { Value(Double($0.outputTokens)) }),
            ThresholdMetric("reasoning_tokens", .plain, .statistic { Value(Double($0.reasoningTokens)) }),
            ThresholdMetric(
                "embeddings",
                .plain,
                .statistic { Value($0.embeddings.map(Double.init), missing: "no embeddings were asked for") }
            ),
            ThresholdMetric("tokens_per_chunk", .plain, .statistic { Value($0.tokensPerChunk, missing: "no success") }),
            ThresholdMetric("long_gap_share", .share, .statistic { Value($0.longGapShare, missing: "no token came") }),
            ThresholdMetric("requests.scheduled", .plain, .statistic { Value($0.requests.scheduled) }),
            ThresholdMetric("requests.success", .plain, .statistic { Value($0.requests.success) }),
            ThresholdMetric("requests.useful", .plain, .statistic { Value($0.requests.useful) }),
            ThresholdMetric("requests.failed", .plain, .statistic { Value($0.requests.failed) }),
            ThresholdMetric("requests.throttled", .plain, .statistic { Value($0.requests.throttled) }),
            ThresholdMetric("requests.excluded", .plain, .statistic { Value($0.requests.excluded) }),
        ]
        + Outcome.allCases.map { outcome in
            ThresholdMetric("outcomes.\(outcome.rawValue)", .plain, .statistic { Value($0.outcomes[outcome] ?? 0) })
        }

    private static let costs: [ThresholdMetric] = [
        ThresholdMetric("cost.usd", .dollars, .statistic { Value($0.cost?.dollars, missing: unpriced) }),
        ThresholdMetric(
            "cost.usd_per_million_output_tokens",
            .dollars,
            .statistic { Value($0.cost?.dollarsPerMillionOutputTokens, missing: unpriced) }
        ),
        ThresholdMetric(
            "cost.usd_per_useful_result",
            .dollars,
            .statistic {
                Value(
                    $0.cost?.dollarsPerUsefulResult,
                    interval: $0.cost?.dollarsPerUsefulInterval,
                    missing: unpriced + ", or nothing useful"
                )
            }
        ),
    ]

    private static let unpriced = "no price known of what was served, or token counts missing"

    private static let curves: [ThresholdMetric] = [
        ThresholdMetric("retention", .share, .step { Value($0.retention, missing: $0.tooFew($0.stats.requestTPS)) }),
        ThresholdMetric(
            "decode_retention",
            .share,
            .step { Value($0.decodeRetention, missing: $0.tooFew($0.stats.decodeTPS)) }
        ),
        ThresholdMetric("efficiency", .share, .step { Value($0.efficiency, missing: "no throughput") }),
        ThresholdMetric("mean_in_flight", .plain, .step { Value($0.meanInFlight, missing: "no window") }),
        ThresholdMetric("offered_rps", .perSecond, .step { Value($0.openLoop?.offeredRPS, missing: "no open loop") }),
        ThresholdMetric("sent_rps", .perSecond, .step { Value($0.openLoop?.sentRPS, missing: "no open loop") }),
        ThresholdMetric("achieved_rps", .perSecond, .step { Value($0.openLoop?.achievedRPS, missing: "no open loop") }),
        ThresholdMetric("capped_share", .share, .step { Value($0.openLoop?.cappedShare, missing: "no open loop") }),
        ThresholdMetric("window", .seconds, .step { Value($0.windowSeconds, missing: "no window") }),
        ThresholdMetric("send_lag", .milliseconds, .burst { Value($0.sendLagMilliseconds, missing: "nothing sent") }),
        ThresholdMetric("send_skew", .milliseconds, .burst { Value($0.sendSkewMilliseconds, missing: "nothing sent") }),
        ThresholdMetric("reused_connections", .plain, .burst { Value($0.reusedConnections) }),
        ThresholdMetric(
            "cold_share",
            .share,
            .burst { burst in
                let cold = burst.coldRequests.flatMap { cold in
                    burst.coldKnown.flatMap { Measurement.Proportion(cold, of: $0).wilson() }
                }
                return Value(burst.coldShare, interval: cold, missing: "cold requests could not be told")
            }
        ),
        ThresholdMetric(
            "cold_penalty",
            .milliseconds,
            .burst { Value($0.coldPenaltyMilliseconds, missing: "no warm control") }
        ),
        ThresholdMetric(
            "time_to_recover",
            .seconds,
            .burst { burst in
                Value(
                    burst.timeToRecoverSeconds,
                    missing: burst.censoredAtSeconds.map { "not recovered within \(inWords($0)) s" }
                        ?? "no warm control, or under ten requests"
                )
            }
        ),
    ]

    private static let phases: [ThresholdMetric] = [
        ThresholdMetric(
            "longest_silence",
            .milliseconds,
            .phase { Value($0.longestSilenceMilliseconds, missing: "no stream was open") }
        ),
        ThresholdMetric("duration", .seconds, .phase { Value($0.durationSeconds, missing: "not over") }),
        ThresholdMetric(
            "knee.concurrency",
            .plain,
            .phase { phase in phase.knee.map { Value($0.concurrency.map(Double.init), missing: "no knee reached") } }
        ),
        ThresholdMetric(
            "transition.cold_share",
            .share,
            .phase { phase in
                phase.transition.map {
                    Value($0.coldShare, interval: $0.coldShareInterval, missing: "cold requests could not be told")
                }
            }
        ),
        ThresholdMetric("transition.censored", .plain, .phase { $0.transition.map { Value($0.censored) } }),
        ThresholdMetric(
            "transition.cold_penalty",
            .milliseconds,
            .phaseDistribution { $0.transition?.coldPenaltyMilliseconds }
        ),
        ThresholdMetric(
            "transition.time_to_recover",
            .seconds,
            .phaseDistribution { $0.transition?.timeToRecoverSeconds }
        ),
        ThresholdMetric("consistency.classes.warm", .plain, .phase { $0.consistency.map { Value($0.warm) } }),
        ThresholdMetric("consistency.classes.cold", .plain, .phase { $0.consistency.map { Value($0.cold) } }),
        ThresholdMetric("consistency.classes.stuck", .plain, .phase { $0.consistency.map { Value($0.stuck) } }),
        ThresholdMetric(
            "consistency.cold_rate",
            .share,
            .phase { phase in
                phase.consistency.map {
                    Value(
                        $0.coldRate,
                        interval: ConfidenceInterval(lower: nil, upper: $0.coldRateUpper95),
                        missing: "no success"
                    )
                }
            }
        ),
        ThresholdMetric(
            "consistency.serial_correlation",
            .plain,
            .phase { $0.consistency.map { Value($0.serialCorrelation, missing: "too few requests") } }
        ),
        ThresholdMetric(
            "validity.dispatch_lag",
            .milliseconds,
            .phaseDistribution { $0.validity.dispatchLagMilliseconds }
        ),
        ThresholdMetric("validity.read_lag", .milliseconds, .phaseDistribution { $0.validity.readLagMilliseconds }),
        ThresholdMetric("validity.loop_lag", .milliseconds, .phaseDistribution { $0.validity.loopLagMilliseconds }),
        ThresholdMetric(
            "validity.cpu_percent",
            .percent,
            .phase { Value($0.validity.cpuPercent, missing: "not sampled") }
        ),
        ThresholdMetric("validity.rss_mb", .megabytes, .phase { Value($0.validity.rssMB, missing: "not sampled") }),
    ]
}

extension RequestStatistics {
    fileprivate func share(_ value: Double?, of count: Int) -> ThresholdMetric.Value {
        let counted = requests.scheduled - requests.excluded
        return ThresholdMetric.Value(
            value,
            interval: Measurement.Proportion(count, of: counted).wilson(),
            missing: "no request counts"
        )
    }
}

extension StepResult {
    fileprivate func tooFew(_ figure: DistributionSummary?) -> String {
        let n = figure?.count ?? 0
        let fewest = Self.fewestForRetention
        return n < fewest
            ? "n = \(n), retention needs \(fewest)" : "the lowest level has too few, retention needs \(fewest)"
    }
}
