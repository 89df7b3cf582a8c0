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
        switch rule {
        case .level(var level):
            let whole = level
            level.concurrency = dealt(whole.concurrency, loop, loops)
            level.minRequests = following(whole.minRequests, whole.concurrency, loop, loops)
            share.rule = .level(level)
        case .baseline(let concurrency, let requests):
            share.rule = .baseline(
                concurrency: dealt(concurrency, loop, loops),
                requests: following(requests, concurrency, loop, loops)
            )
        case .edge(var edge):
            share.firstRank = firstRank + rankStride * dealtBefore(edge.requests, loop, loops)
            edge.requests = dealt(edge.requests, loop, loops)
            share.rule = .edge(edge)
        case .control(var edge):
            share.firstRank = firstRank + rankStride * dealtBefore(edge.requests, loop, loops)
            edge.requests = dealt(edge.requests, loop, loops)
            share.rule = .control(edge)
        case .batch(var batch):
            let whole = batch
            batch.concurrency = dealt(whole.concurrency, loop, loops)
            let first = followingBefore(whole.items.count, whole.concurrency, loop, loops)
            let next = followingBefore(whole.items.count, whole.concurrency, loop + 1, loops)
            batch.items = whole.items.slice(first..<next)
            share.rule = .batch(batch)
        case .warmup(let requests):
            share.rule = .warmup(requests: loop == 0 ? requests : 0)
        case .rewarm(let requests):
            share.rule = .rewarm(requests: loop == 0 ? requests : 0)
        case .probe(let requests, let gap):
            share.rule = .probe(requests: loop == 0 ? requests : 0, gap: gap)
        case .arrivals(let arrivals):
            share.rule = .arrivals(arrivals.segment(loop: loop, of: loops))
        case .idle, .pause, .drain:
            break
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
