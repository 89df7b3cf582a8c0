import Testing
import Ticks

@Suite struct DueQueueTests {
    private func queue(_ dues: [Int64]) -> DueQueue<Int64> {
        var queue = DueQueue<Int64>()
        for due in dues { queue.insert(due, due: Instant(nanoseconds: due)) }
        return queue
    }

    @Test func `those that wait come out by the instant at which they are due`() {
        var random = SplitMix64(seed: 3)
        let dues = (0..<100).map { _ in Int64(random.next() % 50) }
        var queue = queue(dues)
        #expect(queue.count == 100)
        #expect(queue.dues.map(\.nanoseconds) == dues.sorted())
        #expect(queue.take(dueBy: Instant(nanoseconds: -1)) == nil)
        var taken: [Int64] = []
        while let next = queue.nextDue, let element = queue.take(dueBy: next) {
            #expect(element == next.nanoseconds)
            taken.append(element)
        }
        #expect(taken == dues.sorted())
        #expect(queue.count == 0)
    }

    @Test func `what is due at the same instant comes out in the order in which it came`() {
        var queue = DueQueue<String>()
        for name in ["a", "b", "c"] { queue.insert(name, due: Instant(nanoseconds: 5)) }
        #expect((0..<3).map { _ in queue.take(dueBy: Instant(nanoseconds: 5)) } == ["a", "b", "c"])
    }

    @Test func `of those that wait the first so many are kept`() {
        var queue = queue([40, 10, 30, 20])
        queue.keep(2)
        #expect(queue.dues.map(\.nanoseconds) == [10, 20])
        queue.keep(5)
        #expect(queue.count == 2)
        #expect(Set(queue.takeAll()) == [10, 20])
        #expect(queue.nextDue == nil)
    }
}
