/// Phases cut into blocks, between which targets take turns (PRODUCT, Interleaving): a ramp's step, a burst's cycle,
/// 25 probes, max(50, 2 × concurrency) prompts of a batch, five minutes of a steady load or of a rate.
extension PhasePlan {
    static let probesPerBlock = 25
    static let steadyBlock = Duration.seconds(300)
    /// What is left of a steady load after its last whole block makes one of its own from this length up.
    static let shortestSteadyBlock = Duration.seconds(60)

    /// How many blocks it has: its stages' numbers go from 0 to one less; 1 when it was not cut.
    public var blocks: Int { (stages.compactMap(\.block).max() ?? 0) + 1 }

    /// The stages of one block, each with its place in the phase.
    public func stages(ofBlock block: Int) -> [(ordinal: Int, stage: Stage)] {
        stages.enumerated().filter { ($0.element.block ?? 0) == block }.map { ($0.offset, $0.element) }
    }

    /// The same phase in blocks, each of which begins with `warmup` where the kind bears it, and ends with a drain.
    func inBlocks(warmup: [Stage]) -> PhasePlan {
        var plan = self
        plan.stages = []
        for (number, stages) in parts.enumerated() {
            for stage in (kind.takesWarmup ? warmup : []) + stages {
                var stage = stage
                stage.block = number
                plan.stages.append(stage)
            }
        }
        return plan
    }

    private var parts: [[Stage]] {
        switch kind {
        case .warmup, .idle, .replay, .keepwarm, .trickle: [stages]
        case .burst:
            Dictionary(grouping: stages) { $0.burst ?? 0 }.sorted { $0.key < $1.key }.map(\.value)
        case .ramp, .steady, .rate, .batch, .probe:
            stages.filter { $0.kind != .drain }.flatMap(\.pieces).map { [$0, Stage(.drain, grace: $0.grace)] }
        }
    }
}

extension PhasePlan.Kind {
    /// Whether warm-up requests may come before it; not where they would spoil what it looks for.
    public var takesWarmup: Bool {
        switch self {
        case .ramp, .steady, .rate, .replay, .batch, .probe: true
        case .warmup, .idle, .burst, .keepwarm, .trickle: false
        }
    }
}

extension Stage {
    /// A stage that is longer than a block, as several that together are the same.
    fileprivate var pieces: [Stage] {
        switch rule {
        case .probe(let requests, let gap):
            return stride(from: 0, to: requests, by: PhasePlan.probesPerBlock).map { first in
                with(.probe(requests: min(PhasePlan.probesPerBlock, requests - first), gap: gap))
            }
        case .batch(let batch):
            let size = max(50, 2 * batch.concurrency)
            return stride(from: 0, to: batch.items.count, by: size).map { first in
                var piece = batch
                piece.items = batch.items.slice(first..<min(first + size, batch.items.count))
                return with(.batch(piece))
            }
        case .level(let level) where level.hold == level.holdMax:  // of a steady phase: time alone decides
            var left = level.hold
            var pieces: [Stage] = []
            while left > .zero {
                let rest = left - PhasePlan.steadyBlock
                var piece = level
                piece.hold = rest < PhasePlan.shortestSteadyBlock ? left : PhasePlan.steadyBlock
                piece.holdMax = piece.hold
                pieces.append(with(.level(piece)))
                left -= piece.hold
            }
            return pieces
        case .arrivals(let arrivals): return arrivals.pieces(PhasePlan.steadyBlock).map { with(.arrivals($0)) }
        default: return [self]
        }
    }

    private func with(_ rule: Rule) -> Stage {
        var stage = self
        stage.rule = rule
        return stage
    }
}

extension RunPlan {
    /// The plan for a target that takes turns with others: all phases in blocks, the warm-ups at the head of each.
    public func inBlocks() -> RunPlan {
        var plan = self
        let warmup = phases.first { $0.kind == .warmup }?.stages ?? []
        plan.phases = phases.filter { $0.kind != .warmup }.map { $0.inBlocks(warmup: warmup) }
        return plan.placed()
    }
}
