extension ThresholdMetric {
    static let all: [ThresholdMetric] =
        FigureCatalogue.all.map(ThresholdMetric.init) + shares + counts + costs + retries + curves + phases + servers

    private static let shares: [ThresholdMetric] = ServedResult.Fact.allCases.map { fact in
        ThresholdMetric("served_\(fact.rawValue).share", .share, .served(fact))
    }

    private static let counts: [ThresholdMetric] =
        [
            ThresholdMetric("requests.scheduled", .plain, .statistic { FigureValue($0.requests.scheduled) }),
            ThresholdMetric("requests.success", .plain, .statistic { FigureValue($0.requests.success) }),
            ThresholdMetric("requests.useful", .plain, .statistic { FigureValue($0.requests.useful) }),
            ThresholdMetric("requests.failed", .plain, .statistic { FigureValue($0.requests.failed) }),
            ThresholdMetric("requests.throttled", .plain, .statistic { FigureValue($0.requests.throttled) }),
            ThresholdMetric("requests.excluded", .plain, .statistic { FigureValue($0.requests.excluded) }),
        ]
        + Outcome.allCases.map { outcome in
            ThresholdMetric(
                "outcomes.\(outcome.rawValue)",
                .plain,
                .statistic { FigureValue($0.outcomes[outcome] ?? 0) }
            )
        }

    private static let costs: [ThresholdMetric] = [
        ThresholdMetric("cost.usd", .dollars, .statistic { FigureValue($0.cost?.dollars, missing: unpriced) }),
        ThresholdMetric(
            "cost.usd_per_million_output_tokens",
            .dollars,
            .statistic { FigureValue($0.cost?.dollarsPerMillionOutputTokens, missing: unpriced) }
        ),
        ThresholdMetric(
            "cost.usd_per_useful_result",
            .dollars,
            .statistic {
                FigureValue(
                    $0.cost?.dollarsPerUsefulResult,
                    interval: $0.cost?.dollarsPerUsefulInterval,
                    missing: unpriced + ", or nothing useful"
                )
            }
        ),
    ]

    private static let unpriced = "no price known of what was served, or token counts missing"

    private static let curves: [ThresholdMetric] = [
        ThresholdMetric(
            "retention",
            .share,
            .step { FigureValue($0.retention, missing: $0.tooFew($0.stats.requestTPS)) }
        ),
        ThresholdMetric(
            "decode_retention",
            .share,
            .step { FigureValue($0.decodeRetention, missing: $0.tooFew($0.stats.decodeTPS)) }
        ),
        ThresholdMetric("efficiency", .share, .step { FigureValue($0.efficiency, missing: "no throughput") }),
        ThresholdMetric("mean_in_flight", .plain, .step { FigureValue($0.meanInFlight, missing: "no window") }),
        ThresholdMetric(
            "offered_rps",
            .perSecond,
            .step { FigureValue($0.openLoop?.offeredRPS, missing: "no open loop") }
        ),
        ThresholdMetric("sent_rps", .perSecond, .step { FigureValue($0.openLoop?.sentRPS, missing: "no open loop") }),
        ThresholdMetric(
            "achieved_rps",
            .perSecond,
            .step { FigureValue($0.openLoop?.achievedRPS, missing: "no open loop") }
        ),
        ThresholdMetric(
            "capped_share",
            .share,
            .step { FigureValue($0.openLoop?.cappedShare, missing: "no open loop") }
        ),
        ThresholdMetric("window", .seconds, .step { FigureValue($0.windowSeconds, missing: "no window") }),
        ThresholdMetric(
            "send_lag",
            .milliseconds,
            .burst { FigureValue($0.sendLagMilliseconds, missing: "nothing sent") }
        ),
        ThresholdMetric(
            "send_skew",
            .milliseconds,
            .burst { FigureValue($0.sendSkewMilliseconds, missing: "nothing sent") }
        ),
        ThresholdMetric("reused_connections", .plain, .burst { FigureValue($0.reusedConnections) }),
        ThresholdMetric(
            "cold_share",
            .share,
            .burst { burst in
                let cold = burst.coldRequests.flatMap { cold in
                    burst.coldKnown.flatMap { Measurement.Proportion(cold, of: $0).wilson() }
                }
                return FigureValue(burst.coldShare, interval: cold, missing: "cold requests could not be told")
            }
        ),
        ThresholdMetric(
            "cold_penalty",
            .milliseconds,
            .burst { FigureValue($0.coldPenaltyMilliseconds, missing: "no warm control") }
        ),
        ThresholdMetric(
            "time_to_recover",
            .seconds,
            .burst { burst in
                FigureValue(
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
            .phase { FigureValue($0.longestSilenceMilliseconds, missing: "no stream was open") }
        ),
        ThresholdMetric("duration", .seconds, .phase { FigureValue($0.durationSeconds, missing: "not over") }),
        ThresholdMetric(
            "knee.concurrency",
            .plain,
            .phase { phase in
                phase.knee.map { FigureValue($0.concurrency.map(Double.init), missing: "no knee reached") }
            }
        ),
        ThresholdMetric(
            "transition.cold_share",
            .share,
            .phase { phase in
                phase.transition.map {
                    FigureValue(
                        $0.coldShare,
                        interval: $0.coldShareInterval,
                        missing: "cold requests could not be told"
                    )
                }
            }
        ),
        ThresholdMetric("transition.censored", .plain, .phase { $0.transition.map { FigureValue($0.censored) } }),
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
        ThresholdMetric("consistency.classes.warm", .plain, .phase { $0.consistency.map { FigureValue($0.warm) } }),
        ThresholdMetric("consistency.classes.cold", .plain, .phase { $0.consistency.map { FigureValue($0.cold) } }),
        ThresholdMetric("consistency.classes.stuck", .plain, .phase { $0.consistency.map { FigureValue($0.stuck) } }),
        ThresholdMetric(
            "consistency.cold_rate",
            .share,
            .phase { phase in
                phase.consistency.map {
                    FigureValue(
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
            .phase { $0.consistency.map { FigureValue($0.serialCorrelation, missing: "too few requests") } }
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
            .phase { FigureValue($0.validity.cpuPercent, missing: "not sampled") }
        ),
        ThresholdMetric(
            "validity.rss_mb",
            .megabytes,
            .phase { FigureValue($0.validity.rssMB, missing: "not sampled") }
        ),
    ]
}

extension StepResult {
    fileprivate func tooFew(_ figure: DistributionSummary?) -> String {
        let n = figure?.count ?? 0
        let fewest = Self.fewestForRetention
        return n < fewest
            ? "n = \(n), retention needs \(fewest)" : "the lowest level has too few, retention needs \(fewest)"
    }
}
