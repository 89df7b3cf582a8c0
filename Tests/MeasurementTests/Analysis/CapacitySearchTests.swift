import Measurement
import Testing

@Suite struct CapacitySearchTests {
    /// A search over a server whose answers at a level are given: the time of request n of the visit.
    private func search(
        _ range: ClosedRange<Int>,
        limit: Double,
        most: Int = 400,
        time: (_ level: Int, _ visit: Int, _ request: Int) -> Double
    ) -> CapacitySearch {
        var search = CapacitySearch(range: range, percentile: 0.95)
        while let level = search.next, search.visits.count < 100 {
            let visit = search.visits.count { $0.concurrency == level }
            var (inside, outside) = (0, 0)
            for request in 0..<most where search.verdict(inside: inside, outside: outside) == .indeterminate {
                if time(level, visit, request) <= limit { inside += 1 } else { outside += 1 }
            }
            search.note(inside: inside, outside: outside)
        }
        return search
    }

    /// Hard slots in a closed loop: R(N) = S max(1, N / B). With B = 16, S = 0.5 s, R <= 1 s holds up to N = 32.
    private func slots(_ level: Int) -> Double { 0.5 * max(1, Double(level) / 16) }

    @Test(arguments: [1...256, 1...33, 5...4000, 32...64])
    func `a server of 16 slots of half a second keeps one second up to 32 streams`(range: ClosedRange<Int>) {
        let found = search(range, limit: 1) { level, _, _ in slots(level) }
        #expect(found.answer == 32)
        #expect(found.firstBeyond == 33)
        #expect(found.visits.count { $0.concurrency == 32 } == 2)
        #expect(found.visits.count { $0.concurrency == 33 } == 2)
        #expect(found.visits.count <= 24)
    }

    @Test func `levels are doubled, then halved`() {
        let found = search(1...256, limit: 1) { level, _, _ in slots(level) }
        #expect(found.visits.map(\.concurrency) == [1, 2, 4, 8, 16, 32, 64, 48, 40, 36, 34, 33, 32, 33])
    }

    @Test func `a promise kept at the top of the range has no level beyond`() {
        let found = search(1...20, limit: 1) { level, _, _ in slots(level) }
        #expect(found.answer == 20)
        #expect(found.firstBeyond == nil)
        #expect(found.visits.map(\.concurrency) == [1, 2, 4, 8, 16, 20, 20])
    }

    @Test func `a promise that nothing keeps has no answer`() {
        let found = search(4...64, limit: 0.1) { level, _, _ in slots(level) }
        #expect(found.answer == nil)
        #expect(found.firstBeyond == 4)
        #expect(found.visits.map(\.concurrency) == [4, 4])
    }

    @Test func `a border that does not pass again is given up`() {
        // Level 32 passes once and then never: the answer lies below it.
        let found = search(1...64, limit: 1) { level, visit, _ in level == 32 && visit > 0 ? 2 : slots(level) }
        #expect(found.answer == 31)
        #expect(found.firstBeyond == 32)
    }

    @Test func `one request in twenty beyond the limit can never be told, and has not passed`() {
        let found = search(1...8, limit: 1, most: 200) { level, _, request in
            level >= 4 && request % 20 == 19 ? 2 : 0.5
        }
        #expect(found.answer == 3)
        #expect(found.visits.filter { $0.concurrency == 4 }.map(\.verdict) == [.indeterminate, .indeterminate])
    }

    /// Seen against a real server: one stream could not be told at first, passed then, and "no level" kept the promise.
    @Test func `a first level that could not be told is looked at again, and the search goes on`() {
        let found = search(1...64, limit: 1, most: 200) { level, visit, request in
            level == 1 && visit == 0 && request % 20 == 19 ? 2 : slots(level)
        }
        #expect(found.visits.prefix(4).map(\.concurrency) == [1, 1, 2, 4] && found.answer == 32)
        #expect(found.visits.count <= CapacitySearch.mostVisits(in: 1...64))
        // Where it is itself the border it must pass twice, as any other.
        let border = search(1...64, limit: 1, most: 200) { level, visit, request in
            level == 1 ? (visit == 0 && request % 20 == 19 ? 2 : 0.5) : 2
        }
        #expect(border.answer == 1 && border.visits.map(\.concurrency) == [1, 1, 2, 1, 2])
        let never = search(1...64, limit: 1, most: 200) { _, _, request in request % 20 == 19 ? 2 : 0.5 }
        #expect(never.answer == nil && never.visits.map(\.concurrency) == [1, 1])
    }

    // 1...16: doublings 1 2 4 8 16, halvings of 8...16: 12, 14 (or 10), 15; two repeats, the first level's second look: 11
    // visits at most.
    @Test func `the confidence is spread over all visits`() {
        let search = CapacitySearch(range: 1...16, percentile: 0.95, confidence: 0.95)
        #expect(abs(search.rule.confidence - (1 - 0.05 / 11)) < 1e-12)
        // ln(0.05 / 11) / ln 0.95 = 105.2: 106 requests without a miss.
        #expect(search.verdict(inside: 105, outside: 0) == .indeterminate)
        #expect(search.verdict(inside: 106, outside: 0) == .pass)
    }
}
