public import Measurement

/// `summary.json`: the contract's keys in the contract's order.
///
/// Keys of a thing that a phase does not have (a knee, bursts, a transition) are absent; what applies and is not known
/// is `null`. The same result gives the same bytes.
public enum SummaryJSON {
    /// UTF-8 with a line feed at the end.
    public static func encode(_ result: RunResult) -> [UInt8] { Array((document(result).text + "\n").utf8) }

    /// What `spate compare --json` prints: the summary's `comparison` on its own, with the limits it was held against.
    public static func encode(_ comparison: ComparisonResult, regressions: [RegressionResult]) -> [UInt8] {
        var members: [JSONValue.Member] = [
            .init("schema", .string("spate.comparison/1")), .init("comparison", ComparisonJSON.value(comparison)),
        ]
        if !regressions.isEmpty {
            members.append(.init("regressions", .array(regressions.map(ComparisonJSON.regression))))
        }
        return Array((JSONValue.object(members).text + "\n").utf8)
    }

    static func document(_ result: RunResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("schema", .string(RunResult.schema)),
            .init(
                "tool",
                .object([.init("name", .string(result.tool.name)), .init("version", .string(result.tool.version))])
            ),
            .init("run", run(result.run)),
            .init("validity", ValidityJSON.value(result.validity)),
            .init("headline", .array(result.headline.map(sentence))),
            .init("warnings", JSONValue(result.warnings + result.caveats)),
            .init("targets", .array(result.targets.map(TargetJSON.value))),
        ]
        if let calibration = result.calibration {
            members.append(.init("calibration", self.calibration(calibration)))
        }
        if let workload = result.workload { members.append(.init("workload", self.workload(workload))) }
        if let comparison = result.comparison { members.append(.init("comparison", ComparisonJSON.value(comparison))) }
        if let shards = result.shards { members.append(.init("shards", ShardsJSON.value(shards))) }
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
                            .init("ci", StatisticsJSON.interval(figure.interval)), .init("n", JSONValue(figure.count)),
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

    private static func threshold(_ threshold: ThresholdResult) -> JSONValue {
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
