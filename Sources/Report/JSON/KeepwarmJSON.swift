import Measurement

/// How long a server stays warm.
enum KeepwarmJSON {
    static func value(_ keepwarm: KeepwarmResult) -> JSONValue {
        .object([
            .init("warm_up_to_s", JSONValue(keepwarm.warmUpToSeconds)),
            .init("cold_from_s", JSONValue(keepwarm.coldFromSeconds)),
            .init("median_s", JSONValue(keepwarm.medianSeconds)),
            .init("ci", StatisticsJSON.interval(keepwarm.interval)),
            .init("probes", JSONValue(keepwarm.probes)),
            .init("failed", JSONValue(keepwarm.failed)),
            .init("unknown", JSONValue(keepwarm.unknown)),
            .init("warm_upper95", JSONValue(keepwarm.warmUpper95)),
            .init("cold_penalty_ms", JSONValue(keepwarm.coldPenaltyMilliseconds)),
            .init("inferred", .bool(keepwarm.isInferred)),
            .init(
                "curve",
                .array(
                    keepwarm.curve.map { gap in
                        .object([
                            .init("gap_s", JSONValue(gap.gapSeconds)), .init("probes", JSONValue(gap.probes)),
                            .init("cold", JSONValue(gap.cold)), .init("fitted", JSONValue(gap.probability)),
                            .init("ci", StatisticsJSON.interval(gap.interval)),
                        ])
                    }
                )
            ),
        ])
    }
}
