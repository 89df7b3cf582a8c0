internal import Glibc
internal import Schedule
internal import Ticks

/// What the simulated provider really did, one JSON object a line, instants in nanoseconds of CLOCK_MONOTONIC.
///
///     {"scenario":…,"seed":…,"pid":…,"t0":…,"parameters":{…}}     first
///     {"id":…,"received":…,"first_token":…, …}                    per request, when it is over
///     {"end":true,"requests":…,"listen_overflows":…,"replicas":[…], …}   last; missing after a kill
///
/// Lines are gathered in memory and handed to a writing thread once a second.
final class TruthJournal {
    private let writer: JournalWriter
    private var lines: [UInt8] = []

    /// nil when the file cannot be made.
    init?(path: String) {
        guard let writer = JournalWriter(path: path) else { return nil }
        self.writer = writer
        lines.reserveCapacity(1 << 16)
    }

    /// - Parameter scenario: with its times as they run, already scaled.
    func begin(_ scenario: Scenario, timeScale: Double, at now: Instant) {
        lines.text("{\"scenario\":")
        lines.quoted(scenario.name)
        lines += Array(",\"seed\":\(scenario.seed),\"time_scale\":\(timeScale)".utf8)
        lines.member("pid", Int64(getpid()))
        lines.member("t0", now.nanoseconds)
        lines.text(",\"parameters\":{\"replicas_min\":")
        lines.number(Int64(scenario.replicasMin))
        lines.member("replicas_max", Int64(scenario.replicasMax))
        lines.member("slots_per_replica", Int64(scenario.slotsPerReplica))
        lines.member("cold_start_median_ns", scenario.coldStart.median.nanoseconds)
        lines.member("idle_timeout_median_ns", scenario.idleTimeout?.median.nanoseconds)
        lines.member("load_per_replica", Int64(scenario.scaleUp.loadPerReplica))
        lines.member("scale_up_delay_ns", scenario.scaleUp.delay.nanoseconds)
        lines.member("prefill_base_ns", scenario.prefill.base.nanoseconds)
        lines.member("prefill_per_1k_ns", scenario.prefill.perThousandTokens.nanoseconds)
        lines.member("step_base_ns", scenario.step.base.nanoseconds)
        lines.member("step_per_active_ns", scenario.step.perActive.nanoseconds)
        lines.member("queue_limit", Int64(scenario.queueLimit))
        lines.member("tokens_per_step", Int64(scenario.tokensPerStep))
        lines += Array(",\"jitter\":\(scenario.jitter),\"failures\":\(scenario.failures.total)}}\n".utf8)
        flush()
    }

    func add(_ record: TruthRecord) { record.append(to: &lines) }

    /// Writes the closing line and waits until all is on file.
    func end(_ counts: [(name: String, value: Int64)], replicas: [ReplicaHistory.Life]) {
        lines.text("{\"end\":true")
        for (name, value) in counts { lines += Array(",\"\(name)\":\(value)".utf8) }
        lines.text(",\"replicas\":[")
        for (index, life) in replicas.enumerated() {
            lines.text(index == 0 ? "{\"replica\":" : ",{\"replica\":")
            lines.number(Int64(life.number))
            lines.member("starting", life.starting?.nanoseconds)
            lines.member("ready", life.ready?.nanoseconds)
            lines.member("gone", life.gone?.nanoseconds)
            lines.text("}")
        }
        lines.text("]}\n")
        flush()
        writer.finish()
    }

    func flush() { writer.take(&lines) }

    var hasFailed: Bool { writer.hasFailed }
}
