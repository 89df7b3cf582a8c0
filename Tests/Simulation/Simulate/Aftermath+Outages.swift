import Engine
import Measurement
import Schedule
import Ticks

/// What holds of a target that answers nobody.
extension Aftermath {
    private func records(of target: Int) -> [RequestRecord] {
        sent.filter { places[$0.step]?.phase.target == target }
    }

    /// When the target showed that it is there, since t0.
    private func signs(of target: Int) -> [Int64] {
        records(of: target).flatMap { request -> [Int64] in
            guard let sent = request.dispatched else { return [] }
            return [request.firstToken, request.lastToken].compactMap(\.self).map { sent + $0 }
        }
    }

    /// No answer came within an outage; and a target is given up only when it has brought nothing for as long as was asked
    /// for, without the times in which nobody asked it: pauses, and standstills of the generator.
    func outages(_ found: inout [String]) {
        for outage in run.incidents where outage.kind == .outage {
            guard let target = outage.target, let end = outage.ended else { continue }
            if end - outage.at < 1_000_000_000 { found.append("an outage of \(end - outage.at) ns is told") }
            // Loops look each 50 ms for the tokens of streams that are open, and not while they stand still.
            let stood = standstills.map { Int64($0.count) }.max() ?? 0
            let within = outage.at + 1..<max(outage.at + 1, end - 60_000_000 - stood)
            if let sign = signs(of: target).first(where: within.contains) {
                found.append("target \(target) answered at \(sign), in an outage from \(outage.at) to \(end)")
            }
        }
        guard let after = asked.plan.breakerAfter?.nanoseconds, earlier == nil else { return }
        for (target, reason) in outcome?.abandoned ?? [:] where reason.contains(" requests failed in ") {
            guard let given = run.incidents.first(where: { $0.kind == .unusable && $0.target == target })?.at else {
                found.append("target \(target) was given up, and no incident says so")
                continue
            }
            // A probe that is answered saves nothing: the load brings nothing.
            let success = records(of: target).filter { $0.outcomeClass == .success && !isProbe($0) }
            let last = success.compactMap { request in request.dispatched.map { $0 + (request.ended ?? 0) } }
            let since = last.filter { $0 <= given }.max() ?? 0
            let others = run.phases.filter { $0.target != target && $0.kind != .trickle }.map(\.id)
            let turns = asked.order == .parallel ? [] : run.steps.filter { others.contains($0.phase) }
            let away = turns.compactMap { step in
                step.started.flatMap { from in step.drained.map { from..<max(from, $0) } }
            }
            let idle = union(standstills.filter { $0.count >= 200_000_000 } + pauses + away)
            let stood = idle.reduce(0) { $0 + Int64($1.clamped(to: since..<max(since, given)).count) }
            // A loop is held from its own next event on, so that a standstill counts for a little less.
            if given - since - stood < after - 100_000_000 * Int64(1 + idle.count) {
                found.append(
                    "target \(target) was given up \(given - since - stood) ns after its last answer, not \(after)"
                )
            }
        }
    }

    private func union(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { union, range in
            if let last = union.last, range.lowerBound <= last.upperBound {
                union[union.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                union.append(range)
            }
        }
    }
}
