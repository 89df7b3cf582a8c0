internal import Measurement
internal import Schedule
internal import Ticks

/// Where a run was cut off: up to where what is stored of each step is whole.
extension Resumption {
    /// Where the record of a step in which the run was cut off stops being whole, since t0; nil = it came to its end.
    func end(of step: StepRecord, _ target: TargetRecord, _ whole: Int64) -> Int64? {
        guard let started = step.started else { return nil }
        if step.cut != nil { return step.windowEnded ?? started }
        let stop = stored.incidents.first { incident in
            guard incident.at >= started, incident.at <= min(step.drained ?? .max, step.windowEnded ?? .max) else {
                return false
            }
            return switch incident.kind {
            case .interrupt, .limit: true
            case .unusable: incident.concerns(target, of: stored.targets)
            default: false
            }
        }
        if step.drained != nil {
            if let stop { return step.windowEnded ?? stop.at }
            if isStored(step, target) { return nil }
        }
        let end = min(step.windowEnded ?? .max, stop?.at ?? .max, whole)
        guard step.kind == .arrivals else { return max(started, end) }
        return max(started, clear(of: step, stored(of: step, target, until: end)))
    }

    /// A step that came to its end may lack requests that were under way behind it when a kill came.
    private func isStored(_ step: StepRecord, _ target: TargetRecord) -> Bool {
        if stored.run.complete { return true }
        switch step.kind {
        case .level, .arrivals, .edge, .control, .baseline, .rewarm:
            let reach = reach(of: step, target)
            let drain = stored.steps.first {
                $0.phase == step.phase && $0.kind == .drain && $0.started ?? .min >= step.started ?? .max
            }
            let isOver = drain?.drained.map { $0 <= reached - Self.longestUnwritten } ?? false
            return reach.isGapless && (reach.isFollowed || isOver)
        case .probe: return ended(in: step) > 0  // each is sent behind the end of the one before
        case .warmup, .idle, .pause, .drain, .batch: return true
        }
    }

    /// What has ended waits so long, at most, until it is stored, nanoseconds.
    private static let longestUnwritten: Int64 = 1_000_000_000

    /// Up to when all that fell due is stored.
    private func stored(of step: StepRecord, _ target: TargetRecord, until whole: Int64) -> Int64 {
        let pause = pauses(in: step).first { $0.contains(whole) }
        // What waited when it began fell due as much later.
        let end = pause.map { $0.upperBound == .max ? $0.lowerBound : $0.upperBound } ?? whole
        let due = reach(of: step, target).due
        if due <= end { return max(step.started ?? end, due) }
        return arrival(of: step, from: end)?.due ?? end  // none fell due in between
    }

    /// How far the numbers of a step's requests go without a gap.
    private struct Reach {
        /// The last arrival behind which none is missing.
        var due: Int64 = .max
        var isGapless = true
        /// Each of its loops has sent requests of later steps.
        var isFollowed = true
    }

    /// Each loop numbers its requests in the order in which they fell due: a number that is missing was under way, or waited,
    /// when the kill came.
    private func reach(of step: StepRecord, _ target: TargetRecord) -> Reach {
        let phases = Set(stored.phases.filter { $0.target == target.id && $0.kind != .trickle }.map(\.id))
        let steps = Set(stored.steps.filter { phases.contains($0.phase) }.map(\.id))
        let later = Set(
            stored.steps.filter { steps.contains($0.id) && $0.started ?? .max > step.started ?? .max }.map(\.id)
        )
        let stride = Int64(numbers.keys.max() ?? 0) + 1
        let loops = numbers.filter { $0.value.contains { steps.contains($0.step) } }
        if loops.isEmpty, !stored.run.complete { return Reach(due: .min, isFollowed: false) }
        var reach = Reach()
        for (loop, numbers) in loops {
            var due: Int64 = .min
            var before: Number?
            for number in numbers {
                let isNext = number.sequence == before.map { $0.sequence + stride } ?? -1
                let isOurs = number.step == step.id
                if isOurs || before?.step == step.id, !isNext, !Numbering.isFirst(number.sequence, of: loop) {
                    reach.isGapless = false
                    break
                }
                if isOurs { due = max(due, number.due ?? .min) }
                before = number
            }
            reach.due = min(reach.due, due)
            if before.map({ !later.contains($0.step) }) ?? true { reach.isFollowed = false }
        }
        return reach
    }

    /// What a request's number tells of a loop.
    struct Number: Sendable {
        var sequence: Int64
        var step: Int
        var due: Int64?  // an arrival's
    }

    /// Of a load's requests, by loop and in order; none where the run ended by itself, for nothing is missing then.
    static func numbers(of stored: RecordedRun) -> [Int: [Number]] {
        if stored.run.complete { return [:] }
        var numbers: [Int: [Number]] = [:]
        for request in stored.requests where request.attempt == 0 && request.sequence < Numbering.firstProbe {
            let due = (request.turn ?? 0) == 0 ? request.scheduled : nil
            numbers[request.loop, default: []].append(.init(sequence: request.sequence, step: request.step, due: due))
        }
        return numbers.mapValues { $0.sorted { $0.sequence < $1.sequence } }
    }

    /// An arrival within a nanosecond of the cut could fall on either side of it by rounding: the cut goes before it.
    private func clear(of step: StepRecord, _ cut: Int64) -> Int64 {
        var cut = cut
        while stored.requests.contains(where: { $0.step == step.id && abs($0.scheduled - cut) <= 1 }) { cut -= 3 }
        return cut
    }

    /// The first arrival that fell due then or later, and when it was sent: `.max` where it waited to the stage's end.
    private func arrival(of step: StepRecord, from instant: Int64) -> (due: Int64, sent: Int64)? {
        guard step.kind == .arrivals else { return nil }
        var first: (due: Int64, sent: Int64)?
        for request in stored.requests where request.step == step.id && request.scheduled >= instant {
            guard request.attempt == 0, (request.turn ?? 0) == 0, request.scheduled < first?.due ?? .max else {
                continue
            }
            let isShed = request.detail == StageShaper.ShedReason.cap.rawValue
            first = (request.scheduled, request.dispatched ?? (isShed ? request.scheduled : .max))
        }
        return first
    }

    /// How long a step had run by then, without the times in which somebody had paused the run. What was to come when a
    /// pause began, and what waited for a place, fell due later by all of it.
    func ran(_ step: StepRecord, until end: Int64) -> Int64 {
        guard let started = step.started else { return 0 }
        let sent = arrival(of: step, from: end)?.sent ?? end
        let paused = pauses(in: step).reduce(Int64(0)) { sum, pause in
            let isWhole = step.kind == .arrivals && pause.upperBound < .max
            guard pause.lowerBound <= (isWhole ? max(end, sent) : end) else { return sum }
            return sum + (isWhole ? pause.upperBound : min(pause.upperBound, end)) - pause.lowerBound
        }
        return max(0, end - started - paused)
    }

    /// In order, apart, from its start on; the last one has no end where a kill came amid it.
    private func pauses(in step: StepRecord) -> [Range<Int64>] {
        let started = step.started ?? 0
        var pauses = stored.incidents.filter { $0.kind == .pause }.map { ($0.at, $0.ended ?? .max) }
        if let paused = step.paused { pauses.append((paused, .max)) }
        var apart: [Range<Int64>] = []  // targets that are driven at once tell a pause each
        for (begun, over) in pauses.sorted(by: { $0.0 < $1.0 }) where over > max(begun, started) {
            if let last = apart.last, begun <= last.upperBound {
                apart[apart.count - 1] = last.lowerBound..<max(last.upperBound, over)
            } else {
                apart.append(max(begun, started)..<over)
            }
        }
        return apart
    }
}
