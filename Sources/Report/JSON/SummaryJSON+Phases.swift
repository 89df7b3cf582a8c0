import Measurement
import Ticks

extension SummaryJSON {
    static func phase(_ phase: PhaseResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(phase.name)),
            .init("kind", .string(phase.kind.rawValue)),
            .init("started_s", JSONValue(phase.startedSeconds)),
            .init("duration_s", JSONValue(phase.durationSeconds)),
            .init("loop", .string(phase.loop.rawValue)),
            .init("validity", validity(phase.validity)),
            .init("stats", statistics(phase.stats)),
            .init("steps", .array(phase.steps.map(step))),
        ]
        func add(_ key: String, _ value: JSONValue?) {
            if let value { members.append(.init(key, value)) }
        }
        add("window", phase.window.map { JSONValue($0) })
        add("blocks", phase.blocks.map { JSONValue($0) })
        add("server", phase.server.map { ServerJSON.value($0) })
        add("knee", phase.knee.map(knee))
        add("find", phase.find.map(find))
        add("hysteresis", phase.hysteresis.isEmpty ? nil : .array(phase.hysteresis.map(hysteresis)))
        add("bursts", phase.bursts.isEmpty ? nil : .array(phase.bursts.map(burst)))
        add("transition", phase.transition.map(transition))
        add("consistency", phase.consistency.map(consistency))
        add("batch", phase.batch.map(batch))
        add("drift", phase.drift.isEmpty ? nil : drift(phase.drift))
        add("change_points", phase.changePoints.isEmpty ? nil : .array(phase.changePoints.map(changePoint)))
        add("longest_silence_ms", phase.longestSilenceMilliseconds.map { JSONValue($0) })
        add("down_s", JSONValue(phase.downSeconds))
        add("incidents", phase.incidents.isEmpty ? nil : .array(phase.incidents.map(incident)))
        add("keepwarm", phase.keepwarm.map(keepwarm))
        add("probes", phase.probes.map(probes))
        add("power", phase.power.map(power))
        add("tries", phase.tries.isEmpty ? nil : .array(phase.tries.map(tried)))
        add("conversations", phase.conversations.map(conversations))
        add("turns", phase.turns.isEmpty ? nil : .array(phase.turns.map(turn)))
        return .object(members)
    }

    private static func step(_ step: StepResult) -> JSONValue {
        var members: [JSONValue.Member] = []
        if let rps = step.rps {
            members.append(.init("rps", JSONValue(rps)))
        } else {
            members.append(.init("concurrency", JSONValue(step.concurrency)))
        }
        members += [
            .init("validity", validity(step.validity)),
            .init("stats", statistics(step.stats)),
            .init("retention", JSONValue(step.retention)),
            .init("decode_retention", JSONValue(step.decodeRetention)),
            .init("efficiency", JSONValue(step.efficiency)),
            .init("mean_in_flight", JSONValue(step.meanInFlight)),
            .init("window_s", JSONValue(step.windowSeconds)),
            .init("discarded", JSONValue(step.discarded)),
            .init("little_difference", JSONValue(step.littleDifference)),
        ]
        if let server = step.server { members.append(.init("server", ServerJSON.value(server))) }
        if let open = step.openLoop { members += openLoop(open) }
        if let thinking = step.meanThinking { members.append(.init("mean_thinking", JSONValue(thinking))) }
        if let power = step.power { members.append(.init("power", self.power(power))) }
        if !step.turns.isEmpty { members.append(.init("turns", .array(step.turns.map(turn)))) }
        return .object(members)
    }

    private static func tried(_ row: TriedRow) -> JSONValue {
        .object([
            .init("row", .string(row.name)), .init("replaced", .array(row.replaced.map { .string($0.rawValue) })),
            .init("shown", .string(row.shown.rawValue)),
        ])
    }

    /// Differences in median TTFT that are found in 4 of 5 comparisons, as shares.
    private static func power(_ power: SamplePower) -> JSONValue {
        .object([
            .init("requests", JSONValue(power.requests)),
            .init("difference", JSONValue(power.difference?.value)),
            .init("difference_range", power.difference.map { interval($0.range) } ?? .null),
            .init("asked", JSONValue(SamplePower.asked)),
            .init("needed", JSONValue(power.needed?.value)),
            .init("needed_range", power.needed.map { interval($0.range) } ?? .null),
            .init("needed_s", JSONValue(power.neededSeconds)), .init("needed_usd", JSONValue(power.neededDollars)),
        ])
    }

    private static func knee(_ knee: KneeResult) -> JSONValue {
        .object([
            .init("concurrency", JSONValue(knee.concurrency)),
            .init("bracket", .array(knee.bracket.map { JSONValue($0) })),
            .init(
                "hinge",
                knee.hinge.map {
                    .object([
                        .init("concurrency", JSONValue($0.concurrency)), .init("ci", interval($0.interval)),
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

    private static func find(_ find: FindResult) -> JSONValue {
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

    private static func hysteresis(_ level: HysteresisResult) -> JSONValue {
        func medians(_ medians: HysteresisResult.Medians?) -> JSONValue {
            guard let medians else { return .null }
            return .object([
                .init("up", JSONValue(medians.up)), .init("up_ci", interval(medians.upInterval)),
                .init("down", JSONValue(medians.down)), .init("down_ci", interval(medians.downInterval)),
                .init("agree", JSONValue(medians.agree)),
            ])
        }
        return .object([
            .init("concurrency", JSONValue(level.concurrency)), .init("ttft_ms", medians(level.ttftMilliseconds)),
            .init("request_tps", medians(level.requestTPS)),
        ])
    }

    private static func burst(_ burst: BurstResult) -> JSONValue {
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
            .init("validity", validity(burst.validity)),
            .init("control_validity", validity(burst.controlValidity)),
            .init("stats", statistics(burst.stats)),
        ]
        if let hold = burst.hold { members.append(.init("hold", statistics(hold))) }
        if let control = burst.control { members.append(.init("control", statistics(control))) }
        if let baseline = burst.baseline { members.append(.init("baseline", statistics(baseline))) }
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

    private static func transition(_ transition: TransitionResult) -> JSONValue {
        .object([
            .init("bursts", JSONValue(transition.bursts)),
            .init("cold_share", JSONValue(transition.coldShare)),
            .init("cold_share_ci", interval(transition.coldShareInterval)),
            .init(
                "cold_penalty_ms",
                distribution(transition.coldShare == 0 ? nil : transition.coldPenaltyMilliseconds)
            ),
            .init("time_to_recover_s", distribution(transition.timeToRecoverSeconds)),
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

    private static func consistency(_ consistency: ConsistencyResult) -> JSONValue {
        .object([
            .init(
                "classes",
                .object([
                    .init("warm", JSONValue(consistency.warm)), .init("cold", JSONValue(consistency.cold)),
                    .init("stuck", JSONValue(consistency.stuck)),
                ])
            ),
            .init(
                "cold_rate",
                .object([
                    .init("value", JSONValue(consistency.coldRate)),
                    .init("upper95", JSONValue(consistency.coldRateUpper95)),
                ])
            ),
            .init("serial_correlation", JSONValue(consistency.serialCorrelation)),
            .init("driver", JSONValue(consistency.driver)),
        ])
    }

    private static func batch(_ batch: BatchResult) -> JSONValue {
        .object([
            .init("makespan_s", JSONValue(batch.makespanSeconds)),
            .init("steady_tps", JSONValue(batch.steadyTPS)),
            .init("tail_share", JSONValue(batch.tailShare)),
            .init("steady_s", JSONValue(batch.steadySeconds)),
            .init("tail_s", JSONValue(batch.tailSeconds)),
            .init("prompts", JSONValue(batch.prompts)),
            .init("prompts_ended", JSONValue(batch.promptsEnded)),
            .init("concurrency", JSONValue(batch.concurrency)),
            .init("interruptions", JSONValue(batch.interruptions)),
        ])
    }

    private static func drift(_ drift: [String: DriftResult]) -> JSONValue {
        .object(
            drift.sorted { $0.key < $1.key }.map { metric, result in
                .init(
                    metric,
                    .object([
                        .init("slope_per_h", JSONValue(result.slopePerHour)),
                        .init("ci", interval(result.interval)),
                        .init("p", JSONValue(result.p)),
                        .init("verdict", .string(result.verdict.rawValue)),
                    ])
                )
            }
        )
    }

    private static func changePoint(_ change: ChangePoint) -> JSONValue {
        .object([
            .init("figure", .string(change.figure)),
            .init("at_s", JSONValue(change.atSeconds)),
            .init("at", JSONValue(change.atUnixNanoseconds.map(UTCTime.rfc3339(unixNanoseconds:)))),
            .init("window", JSONValue(change.window)),
            .init("windows", JSONValue(change.windows)),
            .init("before", JSONValue(change.before)),
            .init("after", JSONValue(change.after)),
        ])
    }

    private static func incident(_ incident: IncidentResult) -> JSONValue {
        .object([
            .init("start_s", JSONValue(incident.startSeconds)),
            .init("end_s", JSONValue(incident.endSeconds)),
            .init("kind", .string(incident.kind.rawValue)),
            .init("side", JSONValue(incident.side?.rawValue)),
            .init("streams", JSONValue(incident.streams)),
            .init("of", JSONValue(incident.of)),
            .init("requests", JSONValue(incident.requests)),
            .init("attempts", JSONValue(incident.attempts)),
            .init("tokens_missing", JSONValue(incident.tokensMissing)),
            .init("stopped_s", JSONValue(incident.stoppedSeconds)),
            .init("detail", JSONValue(incident.detail)),
        ])
    }

    private static func keepwarm(_ keepwarm: KeepwarmResult) -> JSONValue {
        .object([
            .init("warm_up_to_s", JSONValue(keepwarm.warmUpToSeconds)),
            .init("cold_from_s", JSONValue(keepwarm.coldFromSeconds)),
            .init("median_s", JSONValue(keepwarm.medianSeconds)),
            .init("ci", interval(keepwarm.interval)),
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
                            .init("ci", interval(gap.interval)),
                        ])
                    }
                )
            ),
        ])
    }
}
