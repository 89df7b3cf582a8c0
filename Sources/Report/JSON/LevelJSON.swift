import Measurement

/// What is concluded from levels of concurrency: the knee, a search, the way down against the way up.
enum LevelJSON {
    static func knee(_ knee: KneeResult) -> JSONValue {
        .object([
            .init("concurrency", JSONValue(knee.concurrency)),
            .init("bracket", .array(knee.bracket.map { JSONValue($0) })),
            .init(
                "hinge",
                knee.hinge.map {
                    .object([
                        .init("concurrency", JSONValue($0.concurrency)),
                        .init("ci", StatisticsJSON.interval($0.interval)),
                    ])
                } ?? .null
            ),
            .init(
                "usl",
                knee.usl.map {
                    .object([
                        .init("lambda", JSONValue($0.lambda)), .init("sigma", JSONValue($0.sigma)),
                        .init("kappa", JSONValue($0.kappa)), .init("peak_concurrency", JSONValue($0.peakConcurrency)),
                    ])
                } ?? .null
            ),
            .init("agree", JSONValue(knee.agree)),
        ])
    }

    static func find(_ find: FindResult) -> JSONValue {
        .object([
            .init("expression", .string(find.expression)), .init("answer", JSONValue(find.answer)),
            .init("bracket", .array([find.answer, find.firstBeyond].map { JSONValue($0) })),
            .init("complete", JSONValue(find.isComplete)),
            .init(
                "levels",
                .array(
                    find.visits.map { visit in
                        .object([
                            .init("concurrency", JSONValue(visit.concurrency)),
                            .init("inside", JSONValue(visit.inside)), .init("outside", JSONValue(visit.outside)),
                            .init("verdict", .string(visit.verdict.rawValue)),
                        ])
                    }
                )
            ),
        ])
    }

    static func hysteresis(_ level: HysteresisResult) -> JSONValue {
        func medians(_ medians: HysteresisResult.Medians?) -> JSONValue {
            guard let medians else { return .null }
            return .object([
                .init("up", JSONValue(medians.up)), .init("up_ci", StatisticsJSON.interval(medians.upInterval)),
                .init("down", JSONValue(medians.down)), .init("down_ci", StatisticsJSON.interval(medians.downInterval)),
                .init("agree", JSONValue(medians.agree)),
            ])
        }
        return .object([
            .init("concurrency", JSONValue(level.concurrency)), .init("ttft_ms", medians(level.ttftMilliseconds)),
            .init("request_tps", medians(level.requestTPS)),
        ])
    }
}
