/// Exact shares of a plan: those of loops 0..<n add up to the whole, to the request.
///
/// Concurrency is dealt as evenly as it goes, the first loops getting one more. Requests follow the concurrency, so
/// that a loop without a slot has nothing to send. What goes one at a time (warm-up, probe) is loop 0's alone; arrivals
/// of an open loop go round.
/// Segments nest: a loop of a shard takes a segment of the shard's segment.
extension Stage {
    public func segment(loop: Int, of loops: Int) -> Stage {
        precondition(loops > 0 && (0..<loops).contains(loop), "loop \(loop) of \(loops)")
        var share = self
        switch load {
        case .closed(let whole):
            share.load = .closed(whole.segment(loop: loop, of: loops))
            if whole.wave != nil { share.firstRank = firstRank + rankStride * dealtBefore(whole.slots, loop, loops) }
        case .open(let arrivals): share.load = .open(arrivals.segment(loop: loop, of: loops))
        case .wait, .drain: break
        }
        return share
    }
}

extension ClosedLoad {
    func segment(loop: Int, of loops: Int) -> ClosedLoad {
        var share = self
        share.slots = dealt(slots, loop, loops)
        switch extent {
        case .requests(let count): share.extent = .requests(following(count, slots, loop, loops))
        case .items(let items):
            let first = followingBefore(items.count, slots, loop, loops)
            let next = followingBefore(items.count, slots, loop + 1, loops)
            share.extent = .items(items.slice(first..<next))
        case .time(var window):
            window.minRequests = following(window.minRequests, slots, loop, loops)
            share.extent = .time(window)
        }
        return share
    }
}

extension PhasePlan {
    public func segment(loop: Int, of loops: Int) -> PhasePlan {
        var share = self
        share.stages = stages.map { $0.segment(loop: loop, of: loops) }
        return share
    }
}

extension RunPlan {
    public func segment(loop: Int, of loops: Int) -> RunPlan {
        var share = self
        share.phases = phases.map { $0.segment(loop: loop, of: loops) }
        return share
    }
}

/// What loops 0..<`loop` get of `total`.
private func dealtBefore(_ total: Int, _ loop: Int, _ loops: Int) -> Int {
    total / loops * loop + min(loop, total % loops)
}

private func dealt(_ total: Int, _ loop: Int, _ loops: Int) -> Int {
    dealtBefore(total, loop + 1, loops) - dealtBefore(total, loop, loops)
}

/// A loop's part of `requests` in proportion to its part of `concurrency`, by differences of the rounded running sum.
private func following(_ requests: Int, _ concurrency: Int, _ loop: Int, _ loops: Int) -> Int {
    followingBefore(requests, concurrency, loop + 1, loops) - followingBefore(requests, concurrency, loop, loops)
}

/// What loops 0..<`loop` get of `requests`, in proportion to their part of `concurrency`.
private func followingBefore(_ requests: Int, _ concurrency: Int, _ loop: Int, _ loops: Int) -> Int {
    guard concurrency > 0 else { return 0 }
    let (high, low) = requests.multipliedFullWidth(by: dealtBefore(concurrency, loop, loops))
    return concurrency.dividingFullWidth((high, low)).quotient
}
