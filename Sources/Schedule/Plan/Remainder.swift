public import Ticks

/// How far a run that was cut off came with one stage of a phase.
public struct StageProgress: Sendable, Hashable {
    /// Among the phase's stages, as that part of the run had them.
    public var place: Int
    /// From the stage's start to where its record stops being whole; nil = it came to its end.
    public var cut: Duration?
    /// Its measured requests that ended.
    public var ended: Int

    public init(place: Int, cut: Duration?, ended: Int) {
        (self.place, self.cut, self.ended) = (place, cut, ended)
    }
}

extension PhasePlan {
    /// What is left of the phase behind the place at which a run was cut off.
    ///
    /// A steady load, an open loop and single probes go on from there. A ramp's level, a burst's cycle and a probe after an
    /// idle time begin anew, for the state that they are about is gone. Warm-ups that a block or a phase begins with are sent
    /// again before what is left of it.
    ///
    /// The first stage whose record is not whole counts, though others may have begun behind it.
    /// - Returns: the rest, and the places of stages that begin anew: what they had measured counts no more
    public func remainder(after progress: [StageProgress]) -> (phase: PhasePlan, repeated: [Int]) {
        guard let furthest = progress.max(by: { $0.place < $1.place }), !stages.isEmpty else { return (self, []) }
        var rest = self
        rest.keptBinWidth = binWidth
        guard stages.indices.contains(furthest.place) else {  // tries of levels, behind all of its stages
            rest.stages = []
            return (rest, [])
        }
        let last = progress.filter { $0.cut != nil }.min { $0.place < $1.place } ?? furthest
        var left: Stage?
        var next = beginning(ofStageAt: last.place + 1)
        if let cut = last.cut {
            switch course(ofStageAt: last.place) {
            case .anew(let first): next = first
            case .onward: left = stages[last.place].rest(after: cut, ended: last.ended, binWidth: binWidth)
            }
        }
        rest.past += stages[..<min(next, last.place)].compactMap { $0.rateDone() }
        if next > last.place, let part = stages[last.place].rateDone(until: last.cut) { rest.past.append(part) }
        rest.stages = lead(before: left ?? (next < stages.count ? stages[next] : nil), at: next)
        if let left { rest.stages.append(left) }
        rest.stages += stages[next...]
        let isIdle = kind == .idle && next <= last.place
        if !isIdle, !rest.stages.contains(where: \.hasWindow) { rest.stages = [] }
        return (rest, next <= furthest.place ? Array(next...furthest.place) : [])
    }

    /// The warm-ups that the block of a stage, or the phase, begins with, where they are behind `next`.
    private func lead(before stage: Stage?, at next: Int) -> [Stage] {
        let block = stages.indices.filter { stages[$0].block == stage?.block }
        return block.prefix { stages[$0].isGettingReady }.filter { $0 < next }.map { stages[$0] }
    }

    /// Where a stage has to begin that nothing went before: a burst with its cycle, a probe with the idle time before it.
    private func beginning(ofStageAt place: Int) -> Int {
        guard stages.indices.contains(place) else { return place }
        let stage = stages[place]
        if let burst = stage.burst { return stages.firstIndex { $0.burst == burst } ?? place }
        guard stage.afterIdle != nil || stage.kind == .rewarm else { return place }
        return stages[..<place].lastIndex { $0.kind == .idle } ?? place
    }

    private enum Course { case onward, anew(from: Int) }

    /// How a stage that was cut goes on.
    private func course(ofStageAt place: Int) -> Course {
        let (stage, first) = (stages[place], beginning(ofStageAt: place))
        if stage.burst != nil || first < place { return .anew(from: first) }
        switch stage.load {
        case .open, .drain: return .onward
        case .wait: return .anew(from: place)
        case .closed(let load):
            if load.staysUp { return kind == .steady ? .onward : .anew(from: place) }
            return load.items != nil || stage.kind == .probe ? .onward : .anew(from: place)
        }
    }
}

extension Stage {
    fileprivate var isGettingReady: Bool { kind == .warmup || kind == .drain }

    /// What is left of it; nil = nothing that could be measured.
    fileprivate func rest(after cut: Duration, ended: Int, binWidth: Duration) -> Stage? {
        var stage = self
        switch load {
        case .closed(var closed):
            switch closed.extent {
            case .time(var window) where closed.staysUp:
                let left = window.hold - max(cut, window.settle)
                guard left >= binWidth else { return nil }
                window.hold = window.settle + left
                window.holdMax = window.hold
                closed.extent = .time(window)
            case .requests(let requests) where kind == .probe:
                guard requests > ended else { return nil }
                closed.extent = .requests(requests - ended)
            case .items: break
            case .time, .requests: return nil
            }
            stage.load = .closed(closed)
        case .open(let arrivals):
            guard let after = arrivals.rest(after: cut) else { return nil }
            stage.load = .open(after)
        case .wait, .drain: return nil
        }
        return stage
    }

    /// The stretch of a rate that is behind: the law's axis runs on after it.
    /// - Parameter cut: where it ends; nil = all of it
    fileprivate func rateDone(until cut: Duration? = nil) -> ArrivalPlan? {
        guard case .rate(var plan)? = arrivals?.source else { return nil }
        if let cut {
            plan.duration = cut
            plan.isLast = false
        }
        return plan
    }
}

extension Arrivals {
    /// What is due at `cut` or later; nil = nothing that could be measured.
    fileprivate func rest(after cut: Duration) -> Arrivals? {
        var rest = self
        switch source {
        case .rate(var plan):
            plan.begin += cut
            plan.duration = max(.zero, plan.duration - cut)
            guard plan.count != nil || plan.duration > settle else { return nil }
            rest.source = .rate(plan)
        case .trace(let replay):
            guard let left = replay.rest(after: cut) else { return nil }
            rest.source = .trace(left)
        }
        return rest
    }
}
