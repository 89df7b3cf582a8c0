import Testing

@testable import Schedule

@Suite struct TurnOrderTests {
    private func turns(_ order: TargetOrder, _ blocks: [[Int]], windows: Int = 1, seed: UInt64 = 1) -> [[Turn]] {
        order.turns(blocks: blocks, windows: windows, seed: seed)
    }

    @Test(arguments: [TargetOrder.interleaved, .sequential, .parallel], [1, 3])
    func `every block of every target comes once in each window`(order: TargetOrder, windows: Int) {
        let blocks = [[2, 1, 3], [2, 1, 3], [1, 4]]
        let turns = turns(order, blocks, windows: windows).flatMap(\.self)
        var expected: Set<Turn> = []
        for window in 0..<windows {
            for (target, phases) in blocks.enumerated() {
                for (phase, count) in phases.enumerated() {
                    for block in 0..<count {
                        expected.insert(Turn(window: window, phase: phase, block: block, target: target))
                    }
                }
            }
        }
        #expect(turns.count == expected.count)
        #expect(Set(turns) == expected)
        #expect(turns.map(\.window) == turns.map(\.window).sorted() || order == .parallel)
    }

    @Test func `interleaved, all targets have had their block before anyone has the next`() {
        for seed in 1...20 as ClosedRange<UInt64> {
            let order = turns(.interleaved, [[4, 2], [4, 2], [4, 2]], seed: seed)[0]
            #expect(order.map(\.block) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 1, 1, 1])
            for round in stride(from: 0, to: order.count, by: 3) {
                #expect(Set(order[round..<round + 3].map(\.target)) == [0, 1, 2])
            }
        }
    }

    @Test func `who goes first is drawn from the seed, and every second round runs the other way round`() {
        let order = turns(.interleaved, [[6], [6]], seed: 3)[0].map(\.target)
        #expect(order == turns(.interleaved, [[6], [6]], seed: 3)[0].map(\.target))
        for pair in stride(from: 0, to: 12, by: 4) {
            #expect(order[pair..<pair + 4] == [order[pair], order[pair + 1], order[pair + 1], order[pair]])
        }
        let first = (1...200 as ClosedRange<UInt64>).map { turns(.interleaved, [[1], [1]], seed: $0)[0][0].target }
        #expect((70...130).contains(first.count { $0 == 0 }), "a fair coin: 100 +- 4 sigma")
    }

    @Test func `sequential is one target after the other, parallel a list for each`() {
        #expect(turns(.sequential, [[1, 2], [1, 2]]).map { $0.map(\.target) } == [[0, 0, 0, 1, 1, 1]])
        #expect(turns(.parallel, [[1, 2], [1, 2]]).map { $0.map(\.target) } == [[0, 0, 0], [1, 1, 1]])
    }
}
