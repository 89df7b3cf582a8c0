import Ticks

/// Levels that were measured again because the load generator had disturbed them: which try is shown.
///
/// Of a level's tries the last that was valid; where none was, the last of the least disturbed. The others take no part in
/// any figure: their steps become warm-ups, as requests that were sent and do not count. So do steps in which the run was
/// cut off and which were measured anew when it went on.
enum Tries {
    /// The same run with one try of each level, and the verdicts of the others by step.
    static func chosen(in recorded: RecordedRun) -> (run: RecordedRun, replaced: [Int: ValidityResult.Verdict]) {
        var recorded = recorded
        for place in recorded.steps.indices where recorded.steps[place].cut == .repeated {
            recorded.steps[place].kind = .warmup
            recorded.steps[place].retryOf = nil
        }
        guard recorded.steps.contains(where: { $0.retryOf != nil }) else { return (recorded, [:]) }
        let index = RunIndex(recorded, choosesTries: false)
        var verdicts: [Int: ValidityResult.Verdict] = [:]  // of the replaced, by step
        var places: [Int: Int] = [:]  // of the shown, by step: where their first try stood
        for target in recorded.targets {
            let timeline = TargetTimeline(index, target)
            for phase in index.phases(of: target.id) {
                let steps = index.steps(of: phase)
                for first in steps where first.retryOf == nil {
                    let again = steps.filter { $0.retryOf == first.id }.sorted { $0.id < $1.id }
                    guard !again.isEmpty else { continue }
                    let tries = ([first] + again).map { ($0, verdict(of: $0, in: phase, timeline)) }
                    let least = tries.map(\.1).min() ?? .valid
                    guard let shown = tries.last(where: { $0.1 == least })?.0.id else { continue }
                    places[shown] = first.ordinal
                    for (step, verdict) in tries where step.id != shown { verdicts[step.id] = verdict }
                }
            }
        }
        var result = recorded
        for place in result.steps.indices {
            let id = result.steps[place].id
            if let ordinal = places[id] { result.steps[place].ordinal = ordinal }
            if verdicts[id] != nil { result.steps[place].kind = .warmup }
        }
        return (result, verdicts)
    }

    /// Steps of a phase that can be measured again and were disturbed; a try that was measured again already does not
    /// count, but the last one of it does. By the id of the first try.
    static func disturbed(in recorded: RecordedRun, phase id: Int) -> [Int] {
        let index = RunIndex(recorded)
        for target in recorded.targets {
            guard let phase = index.phases(of: target.id).first(where: { $0.id == id }) else { continue }
            let timeline = TargetTimeline(index, target)
            return index.steps(of: phase).filter(\.canBeMeasuredAgain).filter { step in
                verdict(of: step, in: phase, timeline) != .valid
            }.map { $0.retryOf ?? $0.id }
        }
        return []
    }

    private static func verdict(
        of step: StepRecord,
        in phase: PhaseRecord,
        _ timeline: TargetTimeline
    ) -> ValidityResult.Verdict {
        guard step.kind == .probe else { return StepResult(of: [step], in: phase, timeline).validity.verdict }
        let requests = timeline.index.requests(of: step).only(\.measured)
        let stats = RequestStatistics(of: requests, in: timeline.scope(for: phase))
        return RowValidity(of: stats, isOpen: false).verdict
    }
}

extension RecordedRun {
    /// Steps of a phase that were disturbed and may be measured again, by the id of their first try.
    public func disturbedSteps(ofPhase id: Int) -> [Int] { Tries.disturbed(in: self, phase: id) }
}

extension StepRecord {
    fileprivate var canBeMeasuredAgain: Bool {
        switch kind {
        case .level, .arrivals: true
        case .probe: gap == nil
        case .warmup, .idle, .baseline, .edge, .control, .pause, .batch, .rewarm, .drain: false
        }
    }
}

/// A level that was measured more than once, for the reader.
public struct TriedRow: Sendable, Hashable {
    public var name: String
    /// Of the tries that are not shown, in their order.
    public var replaced: [ValidityResult.Verdict]
    public var shown: ValidityResult.Verdict

    /// Those of a phase's steps.
    /// - Parameter verdicts: of the tries that are not shown, by step
    static func all(
        of steps: [StepRecord],
        _ rows: [NamedRow],
        replaced verdicts: [Int: ValidityResult.Verdict]
    ) -> [TriedRow] {
        let replaced = steps.filter { verdicts[$0.id] != nil }
        return Dictionary(grouping: replaced) { $0.retryOf ?? $0.id }.sorted { $0.key < $1.key }.map { key, tries in
            let shown = steps.first { verdicts[$0.id] == nil && ($0.retryOf ?? $0.id) == key }
            let name = shown.map(\.rowName) ?? ""
            let row = rows.first { $0.name == name } ?? rows.first
            return TriedRow(
                name: row?.name ?? name,
                replaced: tries.sorted { $0.id < $1.id }.compactMap { verdicts[$0.id] },
                shown: row?.validity.verdict ?? .valid
            )
        }
    }
}

extension StepRecord {
    fileprivate var rowName: String {
        kind == .level ? inCount(concurrency, "stream") : rps.map { "\(inWords($0)) requests/s" } ?? ""
    }
}
