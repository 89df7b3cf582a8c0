import Measurement
import Synchronization
import Testing

@Suite struct WorkersTests {
    /// From the last to the first.
    private static let backwards = Workers { count, body in for number in (0..<count).reversed() { body(number) } }

    @Test(arguments: [0, 1, 2, 100])
    func `what comes out is in the order of what went in`(count: Int) {
        let words = (0..<count).map { "item \($0)" }
        #expect(Workers.one.map(words) { $0 + "!" } == words.map { $0 + "!" })
        #expect(Self.backwards.map(words) { $0 + "!" } == words.map { $0 + "!" })
    }

    @Test func `each is done once`() {
        let calls = Mutex<[Int]>([])
        _ = Self.backwards.map(Array(0..<10)) { number in calls.withLock { $0.append(number) } }
        #expect(calls.withLock { $0 } == (0..<10).reversed())
    }

    @Test func `two different things come back as they are`() {
        #expect(Self.backwards.both({ 7 }, { "seven" }) == (7, "seven"))
    }

    /// More requests than are worth handing out, so that each figure is a piece of work.
    @Test func `a run's result is the same, whoever works it out`() {
        var recorded = rampOfTwoLevels().recorded
        let requests = recorded.requests
        recorded.requests = (0...(40_000 / requests.count)).flatMap { copy in
            requests.map { request in
                var request = request
                request.sequence += Int64(copy) * 1_000_000
                return request
            }
        }
        let result = RunResult(of: recorded)
        #expect(result.targets[0].phases[0].steps.allSatisfy { $0.stats.requests.success > 10_000 })
        #expect(RunResult(of: recorded, workers: Self.backwards) == result)
    }
}
