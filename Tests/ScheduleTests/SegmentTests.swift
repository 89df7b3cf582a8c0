import Schedule
import Testing
import Ticks

@Suite struct SegmentTests {
    private static let edge = Stage.Edge(requests: 1000, hold: .seconds(30), connections: .cold)
    static let stages: [Stage] = [
        Stage(.warmup(requests: 3), grace: .seconds(30)),
        Stage(
            .level(
                .init(concurrency: 37, hold: .seconds(30), settle: .seconds(5), minRequests: 74, holdMax: .seconds(150))
            ),
            grace: .seconds(30)
        ),
        Stage(
            .level(
                .init(concurrency: 2, hold: .seconds(30), settle: .seconds(5), minRequests: 25, holdMax: .seconds(150))
            ),
            grace: .seconds(30)
        ),
        Stage(.baseline(concurrency: 1, requests: 25), grace: .seconds(30)),
        Stage(.baseline(concurrency: 4, requests: 26), grace: .seconds(30)),
        Stage(.edge(edge), grace: .seconds(30)),
        Stage(.control(edge), grace: .seconds(30)),
        Stage(.probe(requests: 75, gap: .seconds(3)), grace: .seconds(30)),
        Stage(.arrivals(Arrivals(.rate(ArrivalPlan(Rate(20), for: .seconds(9), law: .poisson)))), grace: .seconds(30)),
        Stage(
            .batch(Stage.Batch(concurrency: 7, items: JobItems(count: 1003, without: [0, 4, 5, 900]))),
            grace: .seconds(30)
        ),
    ]

    private func numbers(_ stage: Stage) -> [Int] {
        switch stage.rule {
        case .warmup(let requests), .rewarm(let requests), .probe(let requests, _): [requests]
        case .level(let level): [level.concurrency, level.minRequests]
        case .baseline(let concurrency, let requests): [concurrency, requests]
        case .edge(let edge), .control(let edge): [edge.requests]
        case .arrivals(let arrivals): [arrivals.limit]
        case .batch(let batch): [batch.concurrency, batch.items.count]
        case .idle, .pause, .drain: []
        }
    }

    private func sum(_ stages: [Stage]) -> [Int] {
        stages.map(numbers).reduce(numbers(stages[0]).map { _ in 0 }) { zip($0, $1).map(+) }
    }

    @Test(arguments: 1...9)
    func `the shares of all loops add up to the whole, to the request`(loops: Int) {
        for stage in Self.stages {
            let shares = (0..<loops).map { stage.segment(loop: $0, of: loops) }
            #expect(sum(shares) == numbers(stage), "\(stage.kind) over \(loops) loops")
        }
    }

    @Test func `the loops' shares of the shards' shares add up to the whole`() {
        for stage in Self.stages {
            let shares = (0..<3).flatMap { shard in
                (0..<2).map { stage.segment(loop: shard, of: 3).segment(loop: $0, of: 2) }
            }
            #expect(sum(shares) == numbers(stage), "\(stage.kind)")
        }
    }

    @Test(arguments: 1...9)
    func `a loop without a slot has nothing to send`(loops: Int) {
        for stage in Self.stages {
            for share in (0..<loops).map({ stage.segment(loop: $0, of: loops) }) where numbers(share).count == 2 {
                #expect(numbers(share)[0] > 0 || numbers(share)[1] == 0)
            }
        }
    }

    @Test func `ranks of an edge's shares do not overlap and leave none out`() {
        let edge = Stage(.edge(.init(requests: 10, hold: .zero, connections: .cold)), grace: .zero)
        let shares = (0..<3).flatMap { shard in
            (0..<2).map { edge.segment(loop: shard, of: 3).segment(loop: $0, of: 2) }
        }
        let ranks = shares.flatMap { share in (share.firstRank..<share.firstRank + share.concurrency) }
        #expect(ranks.sorted() == Array(0..<10))
    }

    @Test func `one stream of two loops is the first loop's`() {
        let level = Stage.Level(concurrency: 1, hold: .seconds(1), settle: .zero, minRequests: 25, holdMax: .seconds(5))
        let stage = Stage(.level(level), grace: .zero)
        #expect(numbers(stage.segment(loop: 0, of: 2)) == [1, 25])
        #expect(numbers(stage.segment(loop: 1, of: 2)) == [0, 0])
    }

    @Test func `times are everyone's`() {
        let stage = Stage(.idle(.seconds(60)), burst: 2, grace: .seconds(7))
        #expect(stage.segment(loop: 1, of: 4) == stage)
    }
}
