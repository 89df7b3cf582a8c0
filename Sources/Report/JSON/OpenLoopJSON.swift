import Measurement

/// Keys of a step at a request rate, beside those of every step.
enum OpenLoopJSON {
    static func members(_ open: OpenLoopResult) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if let from = open.rampFrom, let to = open.rampTo {
            members.append(.init("rps_range", .array([JSONValue(from), JSONValue(to)])))
        }
        if let curve = open.rateCurve { members.append(.init("rate_curve", .string(curve))) }
        members += [
            .init("arrivals", JSONValue(open.law)),
            .init("planned_s", JSONValue(open.plannedSeconds)),
            .init("offered_rps", JSONValue(open.offeredRPS)),
            .init("sent_rps", JSONValue(open.sentRPS)),
            .init("achieved_rps", JSONValue(open.achievedRPS)),
            .init("not_sent", JSONValue(open.notSent)),
            .init("max_concurrency", JSONValue(open.cap)),
            .init("overflow", JSONValue(open.overflow)),
            .init("capped_share", JSONValue(open.cappedShare)),
            .init("client_queue_ms", StatisticsJSON.distribution(open.clientQueueMilliseconds)),
            .init(
                "dispersion",
                .object([
                    .init("bin_s", JSONValue(open.dispersionBinSeconds)),
                    .init("planned", JSONValue(open.plannedDispersion)), .init("sent", JSONValue(open.sentDispersion)),
                ])
            ),
            .init("distance", JSONValue(open.distance)),
            .init("anderson_darling", JSONValue(open.andersonDarling)),
            .init(
                "over_saturated",
                open.saturatedAtSeconds.map { at in
                    .object([
                        .init("at_s", JSONValue(at)), .init("in_system_per_s", JSONValue(open.saturationInSystem)),
                        .init("ttft_s_per_s", JSONValue(open.saturationTTFT)),
                    ])
                } ?? .null
            ),
        ]
        if let trace = open.trace { members.append(.init("trace", self.trace(trace))) }
        return members
    }

    private static func trace(_ trace: OpenLoopResult.Trace) -> JSONValue {
        .object([
            .init("name", .string(trace.name)), .init("format", .string(trace.format)),
            .init("speed", JSONValue(trace.speed)), .init("rows_read", JSONValue(trace.rowsRead)),
            .init("due", JSONValue(trace.due)),
            .init(
                "dropped",
                .object(trace.dropped.sorted { $0.key < $1.key }.map { .init($0.key, JSONValue($0.value)) })
            ),
            .init("input_tokens", JSONValue(trace.inputTokens)),
            .init("output_tokens", JSONValue(trace.outputTokens)),
        ])
    }
}
