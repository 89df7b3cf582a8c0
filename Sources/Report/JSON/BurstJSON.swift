import Measurement

/// Bursts, and what they tell together.
enum BurstJSON {
    static func burst(_ burst: BurstResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("index", JSONValue(burst.index)),
            .init("requests", JSONValue(burst.requests)),
            .init("idle_s", JSONValue(burst.idleSeconds)),
            .init("connections", JSONValue(burst.connections)),
            .init("send_lag_ms", JSONValue(burst.sendLagMilliseconds)),
            .init("send_skew_ms", JSONValue(burst.sendSkewMilliseconds)),
            .init("shard_skew_ms", JSONValue(burst.shardSkewMilliseconds)),
            .init("shard_skew_uncertainty_ms", JSONValue(burst.shardSkewUncertaintyMilliseconds)),
            .init("reused_connections", JSONValue(burst.reusedConnections)),
            .init("validity", ValidityJSON.value(burst.validity)),
            .init("control_validity", ValidityJSON.value(burst.controlValidity)),
            .init("stats", StatisticsJSON.value(burst.stats)),
        ]
        if let hold = burst.hold { members.append(.init("hold", StatisticsJSON.value(hold))) }
        if let control = burst.control { members.append(.init("control", StatisticsJSON.value(control))) }
        if let baseline = burst.baseline { members.append(.init("baseline", StatisticsJSON.value(baseline))) }
        members += [
            .init("cold_share", JSONValue(burst.coldShare)),
            .init("cold_by", JSONValue(burst.coldBy?.rawValue)),
            .init("cold_requests", JSONValue(burst.coldRequests)),
            .init("cold_known", JSONValue(burst.coldKnown)),
            .init("cold_penalty_ms", JSONValue(burst.coldShare == 0 ? nil : burst.coldPenaltyMilliseconds)),
            .init("cold_penalty_pairs", JSONValue(burst.coldPenaltyPairs)),
            .init("cold_only_penalty_ms", JSONValue(burst.coldOnlyPenaltyMilliseconds)),
            .init("time_to_recover_s", JSONValue(burst.timeToRecoverSeconds)),
            .init("censored_at_s", JSONValue(burst.censoredAtSeconds)),
            .init("recovery_threshold_ms", JSONValue(burst.recoveryThresholdMilliseconds)),
            .init("waves", .array(burst.waves.map(wave))),
            .init("control_waves", .array(burst.controlWaves.map(wave))),
        ]
        if !burst.replicas.isEmpty { members.append(.init("replicas", .array(burst.replicas.map(ServerJSON.useful)))) }
        return .object(members)
    }

    static func transition(_ transition: TransitionResult) -> JSONValue {
        .object([
            .init("bursts", JSONValue(transition.bursts)),
            .init("cold_share", JSONValue(transition.coldShare)),
            .init("cold_share_ci", StatisticsJSON.interval(transition.coldShareInterval)),
            .init(
                "cold_penalty_ms",
                StatisticsJSON.distribution(transition.coldShare == 0 ? nil : transition.coldPenaltyMilliseconds)
            ),
            .init("time_to_recover_s", StatisticsJSON.distribution(transition.timeToRecoverSeconds)),
            .init("censored", JSONValue(transition.censored)),
            .init(
                "ttft_by_rank",
                .array(
                    transition.ttftByRank.map {
                        .object([
                            .init("rank", JSONValue($0.rank)), .init("cold_ms", JSONValue($0.coldMilliseconds)),
                            .init("warm_ms", JSONValue($0.warmMilliseconds)),
                        ])
                    }
                )
            ),
        ])
    }

    private static func wave(_ wave: TransitionResult.Wave) -> JSONValue {
        .object([.init("at_s", JSONValue(wave.atSeconds)), .init("requests", JSONValue(wave.requests))])
    }
}
