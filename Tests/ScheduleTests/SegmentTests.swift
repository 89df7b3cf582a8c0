import Schedule
import Testing
import Ticks

@Suite struct SegmentTests {
    private static func level(_ slots: Int, _ minimum: Int, hold: Int = 30, settle: Int = 5, most: Int = 150) -> Stage {
        let window = ClosedLoad.Window(
            hold: .seconds(hold),
            settle: .seconds(settle),
            minRequests: minimum,
            holdMax: .seconds(most)
        )
        return Stage(.level, .closed(ClosedLoad(slots, .time(window))), grace: .seconds(30))
    }

    private static let edge = ClosedLoad(wave: 1000, hold: .seconds(30), on: .cold)
    static let stages: [Stage] = [
        Stage.oneByOne(.warmup, 3, grace: .seconds(30)),
        level(37, 74),
        level(2, 25),
        Stage(.baseline, .closed(ClosedLoad(1, .requests(25))), grace: .seconds(30)),
        Stage(.baseline, .closed(ClosedLoad(4, .requests(26))), grace: .seconds(30)),
        Stage(.edge, .closed(edge), grace: .seconds(30)),
        Stage(.control, .closed(edge), grace: .seconds(30)),
        Stage.oneByOne(.probe, 75, gap: .seconds(3), grace: .seconds(30)),
        Stage(
            .arrivals,
            .open(Arrivals(.rate(ArrivalPlan(Rate(20), for: .seconds(9), law: .poisson)))),
            grace: .seconds(30)
        ),
        Stage(
            .batch,
            .closed(ClosedLoad(7, .items(JobItems(count: 1003, without: [0, 4, 5, 900])))),
            grace: .seconds(30)
        ),
    ]

    private func numbers(_ stage: Stage) -> [Int] {
        switch stage.load {
        case .closed(let load): [load.slots, load.budget ?? load.window?.minRequests ?? 0]
        case .open(let arrivals): [arrivals.limit]
        case .wait, .drain: []
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
        let edge = Stage(.edge, .closed(ClosedLoad(wave: 10, hold: .zero, on: .cold)), grace: .zero)
        let shares = (0..<3).flatMap { shard in
            (0..<2).map { edge.segment(loop: shard, of: 3).segment(loop: $0, of: 2) }
        }
        let ranks = shares.flatMap { share in (share.firstRank..<share.firstRank + share.concurrency) }
        #expect(ranks.sorted() == Array(0..<10))
    }

    @Test func `one stream of two loops is the first loop's`() {
        let stage = Self.level(1, 25, hold: 1, settle: 0, most: 5)
        #expect(numbers(stage.segment(loop: 0, of: 2)) == [1, 25])
        #expect(numbers(stage.segment(loop: 1, of: 2)) == [0, 0])
    }

    @Test func `times are everyone's`() {
        let stage = Stage(.idle, .wait(.seconds(60)), burst: 2, grace: .seconds(7))
        #expect(stage.segment(loop: 1, of: 4) == stage)
    }
}
