import Measurement
import Schedule
import Ticks

/// The phases of one visit of a capacity search, from the plan for its worst case.
enum SearchPlan {
    /// The same phases, with the ramp at the end cut down to one level.
    static func phases(_ planned: [PhasePlan], level concurrency: Int) -> [PhasePlan] {
        guard var ramp = planned.last else { return planned }
        let first = ramp.stages.first { $0.kind == .level }
        ramp.stages = ramp.stages.filter { $0.kind != .level }
        if var stage = first, var level = stage.closed {
            level.slots = concurrency
            stage.load = .closed(level)
            ramp.stages.insert(stage, at: 0)
        }
        return planned.dropLast() + [ramp]
    }

    /// What is tried now, and why, for who watches.
    static func words(_ search: CapacitySearch, promise: String) -> String {
        guard let next = search.next else { return "" }
        func streams(_ count: Int) -> String { count == 1 ? "1 stream" : "\(count) streams" }
        let passed = search.visits.filter { $0.verdict == .pass }.map(\.concurrency)
        let missed = search.visits.filter { $0.verdict != .pass }.map(\.concurrency)
        let goal = "looks for the most streams with \(promise)"
        guard let last = search.visits.last else { return "\(goal); begins at \(streams(next))" }
        if search.visits.contains(where: { $0.concurrency == next }) {
            return "\(goal); tries \(streams(next)) once more, to be sure"
        }
        guard let low = passed.filter({ $0 < next }).max() else {
            return "\(goal); tries \(streams(next)): \(last.concurrency) broke it"
        }
        guard let high = missed.filter({ $0 > next }).min() else {
            return "\(goal); doubles to \(streams(next)): \(low) kept it"
        }
        return "\(goal); tries \(streams(next)): \(low) kept it, \(high) did not"
    }
}
