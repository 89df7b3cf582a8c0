public import Measurement
import Ticks

/// What happens in a run as lines of JSON, each an object: made from the records on their way to the store.
///
/// Every line has `at` (RFC 3339), `elapsed_s` (since the run's start) and `event`.
public struct EventLines: Sendable {
    private let startedAtUnixNanoseconds: Int64
    private var targets: [Int: String] = [:]
    private var phases: [Int: PhaseRecord] = [:]
    private var steps: [Int: StepRecord] = [:]
    private var failures: Set<[String]> = []
    /// Kinds of failure told, at most.
    private static let mostFailures = 100

    public init(startedAtUnixNanoseconds: Int64) { self.startedAtUnixNanoseconds = startedAtUnixNanoseconds }

    public func began(id: String, profile: String, seed: UInt64, result: String) -> String {
        line(
            0,
            "run_started",
            [
                .init("id", .string(id)), .init("profile", .string(profile)), .init("seed", JSONValue(seed)),
                .init("result", .string(result)),
            ]
        )
    }

    /// - Parameter nanoseconds: since the run's start
    public func ended(at nanoseconds: Int64, exitCode: Int, result: String) -> String {
        line(nanoseconds, "run_ended", [.init("exit_code", JSONValue(exitCode)), .init("result", .string(result))])
    }

    /// Ends without a line feed; in the order in which they are told.
    public mutating func lines(of batch: RecordBatch) -> [String] {
        for target in batch.targets { targets[target.id] = target.name }
        var lines: [String] = []
        for phase in batch.phases { lines += note(phase) }
        for step in batch.steps { lines += note(step) }
        for request in batch.requests { lines += note(request) }
        for incident in batch.incidents { lines.append(line(of: incident)) }
        return lines
    }

    private mutating func note(_ phase: PhaseRecord) -> [String] {
        let before = phases.updateValue(phase, forKey: phase.id)
        var lines: [String] = []
        let facts = members(of: phase) + [.init("kind", .string(phase.kind.rawValue))]
        if let at = phase.started, before?.started == nil { lines.append(line(at, "phase_started", facts)) }
        if let at = phase.ended, before?.ended == nil { lines.append(line(at, "phase_ended", facts)) }
        return lines
    }

    private mutating func note(_ step: StepRecord) -> [String] {
        let before = steps.updateValue(step, forKey: step.id)
        var facts = phases[step.phase].map(members) ?? []
        facts += [.init("step", JSONValue(step.id)), .init("kind", .string(step.kind.rawValue))]
        if step.concurrency > 0 { facts.append(.init("concurrency", JSONValue(step.concurrency))) }
        if let rps = step.rps { facts.append(.init("rps", JSONValue(rps))) }
        if let burst = step.burst { facts.append(.init("burst", JSONValue(burst))) }
        var lines: [String] = []
        if let at = step.started, before?.started == nil { lines.append(line(at, "step_started", facts)) }
        if let at = step.drained, before?.drained == nil {
            facts.append(.init("window_ended_s", JSONValue(step.windowEnded.map { Double($0) / 1e9 })))
            lines.append(line(at, "step_ended", facts))
        }
        return lines
    }

    /// The first of each kind of failure.
    private mutating func note(_ request: RequestRecord) -> [String] {
        guard request.outcomeClass != .success else { return [] }
        let kind = [request.outcome.rawValue, request.detail ?? "", request.httpStatus.map(String.init) ?? ""]
        guard failures.count < Self.mostFailures, failures.insert(kind).inserted else { return [] }
        let at = request.scheduled.saturatingAdd((request.dispatchLag ?? 0).saturatingAdd(request.ended ?? 0))
        let phase = steps[request.step].flatMap { phases[$0.phase] }
        return [
            line(
                at,
                "first_failure",
                (phase.map(members) ?? []) + [
                    .init("outcome", .string(request.outcome.rawValue)), .init("detail", JSONValue(request.detail)),
                    .init("http_status", JSONValue(request.httpStatus)), .init("words", JSONValue(request.error)),
                ]
            )
        ]
    }

    private func line(of incident: IncidentRecord) -> String {
        line(
            incident.at,
            "incident",
            [
                .init("kind", .string(incident.kind.rawValue)), .init("side", JSONValue(incident.side?.rawValue)),
                .init("target", JSONValue(incident.target.flatMap { targets[$0] })),
                .init("end_s", JSONValue(incident.ended.map { Double($0) / 1e9 })),
                .init("detail", JSONValue(incident.detail)),
            ]
        )
    }

    private func members(of phase: PhaseRecord) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init("target", JSONValue(targets[phase.target])), .init("phase", .string(phase.name)),
        ]
        if let window = phase.window { members.append(.init("window", JSONValue(window))) }
        return members
    }

    private func line(_ nanoseconds: Int64, _ event: String, _ members: [JSONValue.Member]) -> String {
        JSONValue.object(
            [
                .init(
                    "at",
                    .string(UTCTime.rfc3339(unixNanoseconds: startedAtUnixNanoseconds.saturatingAdd(nanoseconds)))
                ),
                .init("elapsed_s", JSONValue(Double(nanoseconds) / 1e9)), .init("event", .string(event)),
            ] + members
        ).embedded
    }
}
