public import Measurement

/// `summary.json`: the contract's keys in the contract's order.
///
/// Keys of a thing that a phase does not have (a knee, bursts, a transition) are absent; what applies and is not known
/// is `null`. The same result gives the same bytes.
public enum SummaryJSON {
    /// UTF-8 with a line feed at the end.
    public static func encode(_ result: RunResult) -> [UInt8] { Array((document(result).text + "\n").utf8) }

    static func document(_ result: RunResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("schema", .string(RunResult.schema)),
            .init(
                "tool",
                .object([.init("name", .string(result.tool.name)), .init("version", .string(result.tool.version))])
            ),
            .init("run", run(result.run)),
            .init("validity", validity(result.validity)),
            .init("headline", .array(result.headline.map(sentence))),
            .init("warnings", JSONValue(result.warnings + result.caveats)),
            .init("targets", .array(result.targets.map(target))),
        ]
        if let calibration = result.calibration {
            members.append(.init("calibration", self.calibration(calibration)))
        }
        if let workload = result.workload { members.append(.init("workload", self.workload(workload))) }
        if let comparison = result.comparison { members.append(.init("comparison", self.comparison(comparison))) }
        if let shards = result.shards { members.append(.init("shards", self.shards(shards))) }
        members.append(.init("thresholds", .array(result.thresholds.map(threshold))))
        return .object(members)
    }

    private static func sentence(_ sentence: HeadlineSentence) -> JSONValue {
        .object([
            .init("text", .string(sentence.text)), .init("figures", JSONValue(sentence.figures)),
            .init("trust", .string(sentence.trust.rawValue)),
        ])
    }

    private static func workload(_ workload: WorkloadResult) -> JSONValue {
        .object([
            .init("kind", .string(workload.kind.rawValue)),
            .init(
                "primary",
                .array(
                    workload.primary.map { figure in
                        .object([
                            .init("target", .string(figure.target)), .init("phase", .string(figure.phase)),
                            .init("metric", .string(figure.metric)), .init("value", JSONValue(figure.value)),
                            .init("ci", interval(figure.interval)), .init("n", JSONValue(figure.count)),
                            .init("note", JSONValue(figure.note)),
                        ])
                    }
                )
            ),
        ])
    }

    private static func run(_ run: RunFacts) -> JSONValue {
        .object([
            .init("id", .string(run.id)),
            .init("profile", .string(run.profile)),
            .init("label", JSONValue(run.label)),
            .init(
                "metadata",
                .object(run.metadata.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
            ),
            .init("seed", JSONValue(run.seed)),
            .init("schedule_sha256", .string(run.scheduleSHA256)),
            .init("started_at", .string(UTCTime.rfc3339(unixNanoseconds: run.startedAtUnixNanoseconds))),
            .init("duration_s", JSONValue(run.durationSeconds)),
            .init("complete", JSONValue(run.complete)),
            .init("interrupted", JSONValue(run.interrupted)),
            .init("simulated", JSONValue(run.simulated)),
            .init("fast", JSONValue(run.fast)),
            .init("stopped_by", JSONValue(run.stoppedBy)),
            .init("exit_code", JSONValue(run.exitCode)),
        ])
    }

    static func validity(_ validity: ValidityResult) -> JSONValue {
        .object([
            .init("verdict", .string(validity.verdict.rawValue)),
            .init("latencies", .string(validity.latencies.rawValue)),
            .init("load", .string(validity.load.rawValue)),
            .init("reasons", JSONValue(validity.reasons)),
            .init("remedy", JSONValue(validity.remedy)),
            .init("loop_lag_ms", distribution(validity.loopLagMilliseconds)),
            .init("dispatch_lag_ms", distribution(validity.dispatchLagMilliseconds)),
            .init("read_lag_ms", distribution(validity.readLagMilliseconds)),
            .init("wake_lag_ms", distribution(validity.wakeLagMilliseconds)),
            .init("held_up_share", JSONValue(validity.heldUpShare)),
            .init("short_stop_share", JSONValue(validity.shortStopShare)),
            .init("stopped_share", JSONValue(validity.stoppedShare)),
            .init("stolen_share", JSONValue(validity.stolenShare)),
            .init("cpu_percent", JSONValue(validity.cpuPercent)),
            .init("process_cpu_percent", JSONValue(validity.processCPUPercent)),
            .init("loops", JSONValue(validity.loops)),
            .init("max_in_flight", JSONValue(validity.maxInFlight)),
            .init("rss_mb", JSONValue(validity.rssMB)),
            .init("reader", JSONValue(validity.reader)),
            .init("kernel_stamp_share", JSONValue(validity.kernelStampShare)),
        ])
    }

    /// Of one row: a level, a burst.
    static func validity(_ row: RowValidity) -> JSONValue {
        .object([
            .init("verdict", .string(row.verdict.rawValue)), .init("latencies", .string(row.latencies.rawValue)),
            .init("load", .string(row.load.rawValue)), .init("reasons", JSONValue(row.reasons)),
        ])
    }

    private static func target(_ target: TargetResult) -> JSONValue {
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
            .init("totals", statistics(target.totals)),
            .init("failures", .array(target.failures.map(failure))),
            .init("phases", .array(target.phases.map(phase))),
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

    private static func calibration(_ record: CalibrationRecord) -> JSONValue {
        .object([
            .init("target", .string(record.target)),
            .init("applied", JSONValue(record.isApplied)),
            .init("problem", JSONValue(record.problem)),
            .init("requests", JSONValue(record.requests)),
            .init("input_tokens", JSONValue(record.inputTokens)),
            .init("output_tokens", JSONValue(record.outputTokens)),
            .init("usd", JSONValue(record.dollars)),
            .init("tokens_per_word", JSONValue(record.tokensPerWord)),
            .init("template_tokens", JSONValue(record.templateTokens)),
            .init("nonce_tokens", JSONValue(record.nonceTokens)),
            .init("tokens_per_trace_word", JSONValue(record.tokensPerTraceWord)),
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

    static func threshold(_ threshold: ThresholdResult) -> JSONValue {
        .object([
            .init("expression", .string(threshold.expression)),
            .init("value", JSONValue(threshold.value)),
            .init("unit", .string(threshold.unit)),
            .init("passed", JSONValue(threshold.passed)),
            .init("note", JSONValue(threshold.note)),
            .init("disturbance", JSONValue(threshold.disturbance)),
        ])
    }
}
