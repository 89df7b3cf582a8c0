import Schedule

/// The phases of one visit of a capacity search, from the plan for its worst case.
enum SearchPlan {
    /// The same phases, with the ramp at the end cut down to one level.
    static func phases(_ planned: [PhasePlan], level concurrency: Int) -> [PhasePlan] {
        guard var ramp = planned.last else { return planned }
        let first = ramp.stages.first { $0.kind == .level }
        ramp.stages = ramp.stages.filter { $0.kind != .level }
        if var stage = first, case .level(var level) = stage.rule {
            level.concurrency = concurrency
            stage.rule = .level(level)
            ramp.stages.insert(stage, at: 0)
        }
        return planned.dropLast() + [ramp]
    }
}
