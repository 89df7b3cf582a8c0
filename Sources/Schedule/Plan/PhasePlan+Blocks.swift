import Ticks

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

    /// The same phase in blocks, each of which begins with `warmup` where it takes one, and ends with a drain.
    func inBlocks(warmup: [Stage]) -> PhasePlan {
        var plan = self
        plan.stages = []
        for (number, stages) in parts.enumerated() {
            for stage in (takesWarmup ? warmup : []) + stages {
                var stage = stage
                stage.block = number
                plan.stages.append(stage)
            }
        }
        return plan
    }

    private var parts: [[Stage]] {
        switch cut {
        case .whole: [stages]
        case .cycles: Dictionary(grouping: stages) { $0.burst ?? 0 }.sorted { $0.key < $1.key }.map(\.value)
        case .rows:
            stages.filter { $0.kind != .drain }.flatMap(\.pieces).map { [$0, .drain(grace: $0.grace)] }
        }
    }
}

extension Stage {
    /// A stage that is longer than a block, as several that together are the same.
    fileprivate var pieces: [Stage] {
        let loads: [Load] =
            switch load {
            case .closed(let closed): closed.pieces.map { .closed($0) }
            case .open(let arrivals): arrivals.pieces(PhasePlan.steadyBlock).map { .open($0) }
            case .wait, .drain: [load]
            }
        return loads.map { load in
            var stage = self
            stage.load = load
            return stage
        }
    }
}

extension ClosedLoad {
    fileprivate var pieces: [ClosedLoad] {
        let extents: [Extent] =
            switch extent {
            case .requests(let count):
                stride(from: 0, to: count, by: PhasePlan.probesPerBlock).map { first in
                    .requests(min(PhasePlan.probesPerBlock, count - first))
                }
            case .items(let items):
                stride(from: 0, to: items.count, by: max(50, 2 * slots)).map { first in
                    .items(items.slice(first..<min(first + max(50, 2 * slots), items.count)))
                }
            case .time(let window): window.pieces.map { .time($0) }
            }
        return extents.map { extent in
            var piece = self
            piece.extent = extent
            return piece
        }
    }
}

extension ClosedLoad.Window {
    fileprivate var pieces: [ClosedLoad.Window] {
        guard hold == holdMax else { return [self] }  // of a ramp; of a steady phase time alone decides
        var left = hold
        var pieces: [ClosedLoad.Window] = []
        while left > .zero {
            let rest = left - PhasePlan.steadyBlock
            var piece = self
            piece.hold = rest < PhasePlan.shortestSteadyBlock ? left : PhasePlan.steadyBlock
            piece.holdMax = piece.hold
            pieces.append(piece)
            left -= piece.hold
        }
        return pieces
    }
}

extension RunPlan {
    /// The plan for a target that takes turns with others: all phases in blocks, the warm-ups at the head of each, what is
    /// primed at the head of all.
    public func inBlocks() -> RunPlan {
        var plan = self
        let warmup = phases.first { $0.kind == .warmup && !$0.primes }?.stages ?? []
        plan.phases = phases.filter { $0.kind != .warmup || $0.primes }.map { $0.inBlocks(warmup: warmup) }
        return plan.placed()
    }
}
