import Testing
import Ticks

@testable import Transport

private let millisecond: Int64 = 1_000_000

/// How long reads may wait for each other, as a function of what comes.
@Suite struct GatheringRuleTests {
    /// The wait after two seconds of so many streams with so many milliseconds between their reads, where answers have
    /// lasted so long; nil = none has ended.
    private func wait(streams: Int, gap: Int64, answers: Int64?) -> Int64? {
        var rule = GatheringRule()
        rule.answerBegan(at: .zero)
        for _ in 0..<200 { if let answers { rule.answerEnded(lasting: answers * millisecond) } }
        let step = gap * millisecond / Int64(streams)
        var now = Instant.zero
        while now.nanoseconds < 2_000 * millisecond {
            now = now.advanced(byNanoseconds: max(1, step))
            rule.read(gap: gap * millisecond, at: now)
        }
        return rule.wait.map { $0 / 1_000 }
    }

    @Test(
        arguments: [
            (1_000, 50, 12_800, 10_000),  // a fifth of 50 ms, and a 500th of 12.8 s is more
            (1_000, 30, 12_800, 6_000),  // a fifth of 30 ms
            (1_000, 50, 2_000, 4_000),  // a 500th of 2 s
            (10_000, 500, 60_000, 10_000),  // never more
            (500, 50, 12_800, 10_000),
        ] as [(Int, Int64, Int64, Int64)]
    )
    func `a wait is short against gaps and against answers`(
        streams: Int,
        gap: Int64,
        answers: Int64,
        microseconds: Int64
    ) {
        #expect(wait(streams: streams, gap: gap, answers: answers) == microseconds)
    }

    @Test(
        arguments: [
            (100, 50, 12_800),  // 2,000 reads a second
            (1_000, 50, 400),  // short answers
            (1_000, 4, 12_800),  // short gaps
        ] as [(Int, Int64, Int64)]
    )
    func `there is none with few streams, short answers or short gaps`(streams: Int, gap: Int64, answers: Int64) {
        #expect(wait(streams: streams, gap: gap, answers: answers) == nil)
    }

    @Test func `until an answer has ended, they last as long as the first one has lasted`() {
        var rule = GatheringRule()
        rule.answerBegan(at: .zero)
        var seen: [Int64?] = []
        for turn in 1...61_000 {  // 20 a millisecond, for three seconds; decided every 100 ms
            rule.read(gap: 50 * millisecond, at: Instant(nanoseconds: Int64(turn) * 50_000))
            if turn % 20_000 == 10_000 { seen.append(rule.wait.map { $0 / millisecond }) }
        }
        #expect(seen == [nil, 2, 4])  // after 0.5, 1.5 and 2.5 s
    }

    @Test func `one short answer among long ones shortens the wait at once`() throws {
        var rule = GatheringRule()
        for _ in 0..<50 { rule.answerEnded(lasting: 5_000 * millisecond) }
        func settle(_ from: Int64) {
            for turn in 0..<5_000 {
                rule.read(gap: 100 * millisecond, at: Instant(nanoseconds: from + Int64(turn) * 50_000))
            }
        }
        settle(0)
        #expect(rule.wait == 10 * millisecond)
        rule.answerEnded(lasting: 1_000 * millisecond)
        settle(250 * millisecond)
        #expect(rule.wait == 8 * millisecond)
    }
}

@Suite struct StreamPaceTests {
    /// Whether a stream with these reads (milliseconds, pieces) is steady, for a wait of so many milliseconds.
    private func steady(_ reads: [(at: Int64, pieces: Int)], wait: Int64 = 10) -> Bool {
        var pace = StreamPace()
        for read in reads {
            _ = pace.read(
                pieces: read.pieces,
                at: Instant(nanoseconds: read.at * millisecond),
                wait: wait * millisecond
            )
        }
        return pace.isProven(for: wait * millisecond)
    }

    private func every(_ gap: Int64, _ count: Int, pieces: Int = 1, from: Int64 = 0) -> [(at: Int64, pieces: Int)] {
        (0..<count).map { (from + Int64($0) * gap, pieces) }
    }

    @Test func `a stream is steady after eight gaps of two waits`() {
        #expect(!steady(every(20, 8)))
        #expect(steady(every(20, 9)))
        #expect(!steady(every(19, 50)))
        #expect(steady(every(19, 50), wait: 9))
    }

    @Test func `with eight waits between its reads three are enough`() {
        #expect(!steady(every(80, 3)))
        #expect(steady(every(80, 4)))
        #expect(!steady(every(79, 4)))
        #expect(!steady(every(80, 4) + [(255, 1)]))
    }

    @Test func `gaps from before a wait was allowed are held against it, too`() {
        var pace = StreamPace()
        for number in 0..<30 {
            let wait = number < 20 ? nil : 10 * millisecond
            _ = pace.read(pieces: 1, at: Instant(nanoseconds: Int64(number) * 19 * millisecond), wait: wait)
            #expect(pace.isProven(for: 10 * millisecond) == (8..<20).contains(number))
        }
    }

    @Test func `one short gap ends it, and eight long ones begin it again`() {
        let before = every(50, 20)
        #expect(steady(before))
        #expect(!steady(before + [(955, 1)]))
        #expect(!steady(before + every(50, 8, from: 955)))
        #expect(steady(before + every(50, 9, from: 955)))
    }

    @Test func `reads that have met show by their pieces`() {
        #expect(steady(every(50, 20, pieces: 2)))
        #expect(!steady(every(50, 20) + [(1_000, 2)]))
        #expect(steady(every(50, 20, pieces: 2) + [(1_000, 1), (1_050, 2)]))
        #expect(!steady(every(50, 20, pieces: 2) + [(1_000, 4)]))
    }
}
