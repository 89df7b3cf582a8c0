import Measurement
import Ticks

/// A phase, with its steps.
enum PhaseJSON {
    static func value(_ phase: PhaseResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(phase.name)),
            .init("kind", .string(phase.kind.rawValue)),
            .init("started_s", JSONValue(phase.startedSeconds)),
            .init("duration_s", JSONValue(phase.durationSeconds)),
            .init("loop", .string(phase.loop.rawValue)),
            .init("validity", ValidityJSON.value(phase.validity)),
            .init("stats", StatisticsJSON.value(phase.stats)),
            .init("steps", .array(phase.steps.map(step))),
        ]
        func add(_ key: String, _ value: JSONValue?) {
            if let value { members.append(.init(key, value)) }
        }
        add("window", phase.window.map { JSONValue($0) })
        add("blocks", phase.blocks.map { JSONValue($0) })
        add("server", phase.server.map { ServerJSON.value($0) })
        add("knee", phase.knee.map(LevelJSON.knee))
        add("find", phase.find.map(LevelJSON.find))
        add("hysteresis", phase.hysteresis.isEmpty ? nil : .array(phase.hysteresis.map(LevelJSON.hysteresis)))
        add("bursts", phase.bursts.isEmpty ? nil : .array(phase.bursts.map(BurstJSON.burst)))
        add("transition", phase.transition.map(BurstJSON.transition))
        add("consistency", phase.consistency.map(consistency))
        add("batch", phase.batch.map(batch))
        add("drift", phase.drift.isEmpty ? nil : drift(phase.drift))
        add("change_points", phase.changePoints.isEmpty ? nil : .array(phase.changePoints.map(changePoint)))
        add("longest_silence_ms", phase.longestSilenceMilliseconds.map { JSONValue($0) })
        add("down_s", JSONValue(phase.downSeconds))
        add("incidents", phase.incidents.isEmpty ? nil : .array(phase.incidents.map(incident)))
        add("keepwarm", phase.keepwarm.map(KeepwarmJSON.value))
        add("probes", phase.probes.map(probes))
        add("power", phase.power.map(power))
        add("tries", phase.tries.isEmpty ? nil : .array(phase.tries.map(tried)))
        add("conversations", phase.conversations.map(ConversationJSON.value))
        add("turns", phase.turns.isEmpty ? nil : .array(phase.turns.map(ConversationJSON.turn)))
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
            .init("validity", ValidityJSON.value(step.validity)),
            .init("stats", StatisticsJSON.value(step.stats)),
            .init("retention", JSONValue(step.retention)),
            .init("decode_retention", JSONValue(step.decodeRetention)),
            .init("efficiency", JSONValue(step.efficiency)),
            .init("mean_in_flight", JSONValue(step.meanInFlight)),
            .init("window_s", JSONValue(step.windowSeconds)),
            .init("discarded", JSONValue(step.discarded)),
            .init("little_difference", JSONValue(step.littleDifference)),
        ]
        if let server = step.server { members.append(.init("server", ServerJSON.value(server))) }
        if let open = step.openLoop { members += OpenLoopJSON.members(open) }
        if let thinking = step.meanThinking { members.append(.init("mean_thinking", JSONValue(thinking))) }
        if let power = step.power { members.append(.init("power", self.power(power))) }
        if !step.turns.isEmpty { members.append(.init("turns", .array(step.turns.map(ConversationJSON.turn)))) }
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
            .init("difference_range", power.difference.map { StatisticsJSON.interval($0.range) } ?? .null),
            .init("asked", JSONValue(SamplePower.asked)),
            .init("needed", JSONValue(power.needed?.value)),
            .init("needed_range", power.needed.map { StatisticsJSON.interval($0.range) } ?? .null),
            .init("needed_s", JSONValue(power.neededSeconds)), .init("needed_usd", JSONValue(power.neededDollars)),
        ])
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
                        .init("ci", StatisticsJSON.interval(result.interval)),
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

    /// Single requests beside a load.
    private static func probes(_ probes: ProbesResult) -> JSONValue {
        .object([
            .init("verdict", .string(probes.verdict.rawValue)),
            .init("ttft_p50_ms", JSONValue(probes.probeMilliseconds)),
            .init("loaded_ttft_p50_ms", JSONValue(probes.loadedMilliseconds)),
            .init("client_share_at_least", JSONValue(probes.clientShareAtLeast)),
            .init("client_share_at_most", JSONValue(probes.clientShareAtMost)),
            .init("late_p50_ms", JSONValue(probes.lateMilliseconds)),
            .init("stats", StatisticsJSON.value(probes.stats)),
        ])
    }
}
