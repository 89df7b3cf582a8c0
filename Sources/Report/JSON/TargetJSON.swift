import Measurement

/// A target, with its phases.
enum TargetJSON {
    static func value(_ target: TargetResult) -> JSONValue {
        func tally(_ tally: TargetResult.Tally) -> JSONValue {
            .object([
                .init("requests", JSONValue(tally.requests)), .init("output_tokens", JSONValue(tally.outputTokens)),
                .init("usd", JSONValue(tally.dollars)),
            ])
        }
        let told: [JSONValue.Member] = [
            .init("name", .string(target.name)),
            .init("provider", JSONValue(target.provider)),
            .init("model", JSONValue(target.model)),
            .init("tier", JSONValue(target.tier)),
            .init("api", .string(target.api)),
            .init("url", .string(target.url)),
            .init("insecure", JSONValue(target.insecure)),
            .init("simulated", JSONValue(target.simulated)),
            .init("unusable", JSONValue(target.unusable)),
            .init("given_up", JSONValue(target.givenUp)),
            .init("token_source", JSONValue(target.tokenSource?.rawValue)),
            .init("served", .object(ServedJSON.shares(target.totals.served))),
            .init("notes", JSONValue(target.notes)),
            .init("prompt_length", target.inputLength.map(inputLength) ?? .null),
            .init("rate_limits", target.rateLimits.map(RateLimitsJSON.value) ?? .null),
            .init("server", target.server.map { ServerJSON.value($0, isWhole: true) } ?? .null),
            .init("cache", target.cache.map(cache) ?? .null),
        ]
        let counted: [JSONValue.Member] = [
            .init("preflight", tally(target.preflight)),
            .init("preflight_gets", JSONValue(target.preflightGets)),
            .init("wait_ready", target.waitedReadySeconds.map { .object([.init("waited_s", JSONValue($0))]) } ?? .null),
            .init("warmup", tally(target.warmup)),
            .init("replaced", target.replaced.requests > 0 ? tally(target.replaced) : .null),
            .init("totals", StatisticsJSON.value(target.totals)),
            .init("failures", .array(target.failures.map(failure))),
            .init("phases", .array(target.phases.map(PhaseJSON.value))),
        ]
        return .object(told + counted)
    }

    private static func cache(_ cache: PrefixCacheResult) -> JSONValue {
        .object([
            .init("planned_share", JSONValue(cache.plannedShare)),
            .init("told_share", JSONValue(cache.toldShare)),
            .init("server_share", JSONValue(cache.serverShare)),
            .init("requests", JSONValue(cache.requests)),
            .init("untold", JSONValue(cache.untold)),
        ])
    }

    private static func inputLength(_ length: InputLengthResult) -> JSONValue {
        .object([
            .init("requests", JSONValue(length.requests)),
            .init("asked", JSONValue(length.asked)),
            .init("counted", JSONValue(length.counted)),
            .init("error", JSONValue(length.error)),
            .init("off_share", JSONValue(length.offShare)),
        ])
    }

    private static func failure(_ failure: FailureResult) -> JSONValue {
        .object([
            .init("outcome", .string(failure.outcome.rawValue)),
            .init("detail", JSONValue(failure.detail)),
            .init("http_status", JSONValue(failure.httpStatus)),
            .init("words", JSONValue(failure.words)),
            .init("requests", JSONValue(failure.requests)),
        ])
    }
}
