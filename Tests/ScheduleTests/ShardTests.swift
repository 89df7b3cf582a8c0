import Testing
import Ticks

@testable import Schedule

/// The parts of all shards, each cut into loops, are the whole: nothing twice, nothing lost.
@Suite struct ShardTests {
    /// What a stage will send that can be told beforehand: numbers that add up, and things that are each some loop's.
    private struct Load: Equatable {
        var sums: [Int] = []
        var things: [Int] = []

        static func + (a: Load, b: Load) -> Load {
            let sums = a.sums.isEmpty ? b.sums : zip(a.sums, b.sums).map(+)
            return Load(sums: sums, things: (a.things + b.things).sorted())
        }
    }

    private func load(_ stage: Stage) -> Load {
        switch stage.load {
        case .closed(let load) where load.wave != nil:
            Load(sums: [load.slots], things: (0..<load.slots).map { stage.firstRank + $0 * stage.rankStride })
        case .closed(let load):
            switch load.extent {
            // Warm-ups go one at a time on each shard.
            case .requests(let count): Load(sums: load.isMeasured ? [load.slots, count] : [count])
            case .items(let items): Load(sums: [load.slots], things: (0..<items.count).map { items[$0] })
            case .time(let window): Load(sums: [load.slots, window.minRequests])
            }
        case .open(let arrivals):
            Load(sums: arrivals.stride > 0 ? [arrivals.limit] : [0], things: indices(arrivals))
        case .wait, .drain: Load()
        }
    }

    private func indices(_ arrivals: Arrivals) -> [Int] {
        var cursor = arrivals.makeCursor()
        var indices: [Int] = []
        while let arrival = cursor.next() { indices.append(arrival.index) }
        return indices
    }

    private func parts(_ stage: Stage, shards: Int, loops: Int) -> [Stage] {
        (0..<shards).flatMap { shard in
            (0..<loops).map { stage.part(of: Shard(shard, of: shards)).segment(loop: $0, of: loops) }
        }
    }

    private static let shapes: [PhaseShape] = {
        var replayed = Trace()
        for place in 0..<57 {
            replayed.add(Trace.Row(offset: Int64(place) * 10_000_000, inputTokens: 9, outputTokens: 9))
        }
        replayed.finish()
        var replay = Replay(file: "/t.csv", format: .azure, trace: replayed)
        replay.choose()
        var rate = RateShape([.init(.constant(Rate(20)), for: .seconds(9)), .init(Rate(50), requests: 101)])
        rate.law = .poisson
        var capped = rate
        capped.maxConcurrency = 3
        var burst = PhaseShape.Burst(requests: 101)
        burst.cycles = 2
        burst.baseline = .init(concurrency: 6, requests: 26)
        return [
            .ramp(.init(concurrency: [1, 2, 3, 7, 37])), .idle(.seconds(1)), .burst(burst),
            .steady(.init(concurrency: 13, duration: .seconds(700))), .rate(rate), .rate(capped), .replay(replay),
            .batch(.init(requests: 1003, concurrency: 2)), .batch(.init(requests: 1003, concurrency: 17)),
            .probe(.init(requests: 60)), .keepwarm(.init(gaps: [.seconds(1), .seconds(2)])),
        ]
    }()

    private func plan(blocks: Bool) -> RunPlan {
        let workload = Workload(source: .synthetic(inputTokens: 10))
        let plan = RunPlan(seed: 7, workload: workload, warmupRequests: 5, shapes: Self.shapes, grace: .seconds(30))
        return (blocks ? plan.inBlocks() : plan).drawn()
    }

    @Test(arguments: 1...9, [false, true])
    func `the parts of all shards are the whole, for every load shape`(shards: Int, blocks: Bool) {
        let plan = plan(blocks: blocks)
        let own = (0..<shards).map { plan.part(of: Shard($0, of: shards)) }
        for (number, phase) in plan.phases.enumerated() {
            for (place, stage) in phase.stages.enumerated() {
                for loops in [1, 3] {
                    let parts = own.flatMap { part in
                        (0..<loops).map { part.phases[number].stages[place].segment(loop: $0, of: loops) }
                    }
                    var sum = parts.map(load).reduce(Load(), +)
                    let whole = load(stage)
                    // One loop keeps the cap on an open loop; a share without arrivals has none to keep.
                    if stage.arrivals != nil { sum.sums = whole.sums }
                    #expect(sum == whole, "\(phase.name) \(stage.kind) over \(shards) shards of \(loops) loops")
                }
            }
        }
    }

    @Test(arguments: 2...6)
    func `item, arrival and rank i are those of shard i mod n`(shards: Int) {
        for stage in plan(blocks: false).phases.flatMap(\.stages)
        where stage.concurrency >= shards || stage.kind == .arrivals {
            for shard in 0..<shards {
                let part = stage.part(of: Shard(shard, of: shards))
                if let arrivals = stage.arrivals, arrivals.limit < shards { continue }
                #expect(load(part).things.allSatisfy { $0 % shards == shard }, "\(stage.kind) \(shard)/\(shards)")
            }
        }
    }

    @Test(arguments: 1...9)
    func `a cap on an open loop is kept by all shards together`(shards: Int) {
        for arrivals in plan(blocks: false).phases.flatMap(\.stages).compactMap(\.arrivals)
        where arrivals.isCapped {
            let stage = Stage(.arrivals, .open(arrivals), grace: .zero)
            let limits = parts(stage, shards: shards, loops: 1).map { part in
                guard let own = part.arrivals else { return 0 }
                return own.stride > 0 ? own.limit : 0
            }
            #expect(limits.reduce(0, +) == arrivals.limit)
        }
    }

    @Test(arguments: 1...9)
    func `caps are dealt out without a rest`(shards: Int) {
        let whole = Limits(maxRequests: 101, maxOutputTokens: 7, maxCost: 0.000_000_123, maxInFlight: 5000)
        let parts = (0..<shards).map { whole.part(of: Shard($0, of: shards)) }
        #expect(parts.compactMap(\.maxRequests).reduce(0, +) == 101)
        #expect(parts.compactMap(\.maxOutputTokens).reduce(0, +) == 7)
        #expect(parts.compactMap(\.maxCost).map { Int(($0 * 1e9).rounded()) }.reduce(0, +) == 123)
        #expect(parts.map(\.maxInFlight).reduce(0, +) == 5000)
    }

    @Test func `numbers of requests are apart and leave none out`() {
        let numbers = (0..<3).flatMap { shard in (0..<4).map { Shard(shard, of: 3).number($0) } }
        #expect(numbers.sorted() == Array(0..<12))
    }

    @Test func `a plan's hash is the whole's, whatever the shard`() {
        let plan = plan(blocks: false)
        #expect(plan.part(of: .whole) == plan)
        #expect(
            plan.scheduleSHA256
                == RunPlan(
                    seed: 7,
                    workload: Workload(source: .synthetic(inputTokens: 10)),
                    warmupRequests: 5,
                    shapes: Self.shapes,
                    grace: .seconds(30)
                ).drawn().scheduleSHA256
        )
    }
}
