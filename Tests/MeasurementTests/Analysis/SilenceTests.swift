import Testing
import Ticks

@testable import Measurement

/// Hand-made streams, in milliseconds.
@Suite struct SilenceTests {
    private let limits = Silence.Limits(jointGap: 20e6, streamGap: 20e6, wait: 200e6)

    private func ms(_ value: Int64) -> Int64 { value * 1_000_000 }

    private func stream(_ opened: Int64, first: Int64?, last: Int64?, closed: Int64, gaps: [(Int64, Int64)] = [])
        -> Silence.Stream
    {
        Silence.Stream(
            opened: ms(opened),
            firstToken: first.map(ms),
            lastToken: last.map(ms),
            closed: ms(closed),
            gaps: gaps.map { ms($0.0)..<ms($0.1) }
        )
    }

    private func find(
        _ streams: [Silence.Stream],
        _ limits: Silence.Limits? = nil,
        stops: [(Int64, Int64)] = [],
        excused: [(Int64, Int64)] = []
    ) -> [Silence] {
        Silence.all(
            of: streams,
            limits: limits ?? self.limits,
            stops: stops.map { ms($0.0)..<ms($0.1) },
            excused: excused.map { ms($0.0)..<ms($0.1) }
        )
    }

    /// Streams of a closed loop that all brought nothing from some time around `from` to `to`.
    private func frozen(_ count: Int64, from: Int64, to: Int64) -> [Silence.Stream] {
        (0..<count).map { stream($0, first: 200 + $0, last: 20_000, closed: 20_000, gaps: [(from - $0, to + $0)]) }
    }

    /// As many short waits as requests: each is looked at once, not held against all streams.
    @Test func `a hundred thousand short answers one after another hold the one silence that there is`() {
        var streams = (Int64(0)..<100_000).map {
            stream($0 * 10, first: $0 * 10 + 5, last: $0 * 10 + 6, closed: $0 * 10 + 7)
        }
        streams[50_000].gaps = [ms(500_005)..<ms(503_005)]
        streams[50_000].lastToken = ms(503_006)
        streams[50_000].closed = ms(503_007)
        for place in 50_001..<100_000 {
            streams[place].opened += ms(3_000)
            streams[place].firstToken? += ms(3_000)
            streams[place].lastToken? += ms(3_000)
            streams[place].closed += ms(3_000)
        }
        let found = find(streams)
        #expect(found.map(\.start) == [ms(500_005) + 1])
        #expect(found.map(\.end) == [ms(503_005)])
    }

    @Test func `a server that stood still is one silence, from the last token to the next, on all streams`() {
        let found = find(frozen(16, from: 5_000, to: 7_000))
        #expect(found.count == 1)
        #expect(found.first?.start == ms(5_000) + 1)
        #expect(found.first?.end == ms(7_000))
        #expect(found.first?.isJoint == true)
        #expect(found.first?.streams == 16)
        #expect(found.first?.of == 16)
        #expect(found.first?.requests == 16)
        #expect(Silence.longestJoint(found) == ms(2_000) - 1)
        #expect(find(frozen(16, from: 5_000, to: 5_960)).isEmpty)  // not above a second
    }

    @Test func `a slow row's own gaps say what is long in it`() {
        let slow = Silence.Limits(jointGap: 300e6, streamGap: 480e6, wait: 200e6)
        #expect(find(frozen(4, from: 5_000, to: 6_400), slow).isEmpty)
        #expect(find(frozen(4, from: 5_000, to: 6_600), slow).count == 1)
        #expect(slow.joint == ms(1_500))
        #expect(slow.perStream == ms(2_400))
        #expect(slow.waiting == ms(2_000))
    }

    @Test
    func `while one stream goes on it is no joint silence, and from three and half of them on it is one of a part`() {
        let speaking = (0..<3 as Range<Int64>).map { stream($0, first: 200, last: 20_000, closed: 20_000) }
        #expect(find(frozen(2, from: 5_000, to: 8_000) + speaking).isEmpty)
        #expect(find(frozen(2, from: 5_000, to: 8_000) + speaking.prefix(1)).isEmpty)  // two are too few
        let half = find(frozen(3, from: 5_000, to: 8_000) + speaking)
        #expect(half.map(\.isJoint) == [false])
        #expect(half.first?.streams == 3)
        #expect(half.first?.of == 6)
        #expect(Silence.longestJoint(half) == 0)
        let more = (0..<4 as Range<Int64>).map { stream($0, first: 200, last: 20_000, closed: 20_000) }
        #expect(find(frozen(3, from: 5_000, to: 8_000) + more).isEmpty)  // three of seven are no half
    }

    @Test func `streams that wait for their first token count neither as silent nor as speaking`() {
        // Four slots; eight more streams wait for 6 s each.
        let slots = (0..<4 as Range<Int64>).map { stream($0, first: 200, last: 20_000, closed: 20_000) }
        let queue = (0..<8 as Range<Int64>).map { stream($0, first: 6_000, last: 20_000, closed: 20_000) }
        #expect(find(slots + queue).isEmpty)
        let hit = (0..<4 as Range<Int64>).map {
            stream($0, first: 200, last: 20_000, closed: 20_000, gaps: [(2_000, 4_000)])
        }
        let found = find(hit + queue)
        #expect(found.count == 1)
        #expect(found.first?.streams == 12)  // nobody got anything
    }

    @Test func `where all wait for a first token, ten times the row's own wait is long`() {
        let waiting = [
            stream(0, first: 900, last: 1_000, closed: 1_000), stream(1_500, first: 3_600, last: 3_700, closed: 3_700),
        ]
        let slow = Silence.Limits(jointGap: 20e6, streamGap: 20e6, wait: 900e6)
        #expect(find(waiting, slow).isEmpty)
        #expect(find(waiting).map(\.start) == [ms(1_500)])  // from its `written`: 2.1 s where 0.2 s are usual
        #expect(find(waiting, Silence.Limits(jointGap: nil, streamGap: nil, wait: nil)).isEmpty)
    }

    @Test func `an edge's wait for its first token is what is measured, and no silence`() {
        let cold = (0..<8 as Range<Int64>).map { stream(1_000 + $0, first: 9_000 + $0, last: 12_000, closed: 12_000) }
        #expect(find(cold, excused: [(1_000, 9_000)]).isEmpty)
        #expect(find(cold).count == 1)
    }

    @Test func `nothing is silent while nothing is open`() {
        let apart = (0..<4 as Range<Int64>).map { turn in
            stream(turn * 10_000, first: turn * 10_000 + 200, last: turn * 10_000 + 400, closed: turn * 10_000 + 400)
        }
        #expect(find(apart).isEmpty)
    }

    @Test func `the generator's stop is not the server's silence, and what is left over is`() {
        let streams = frozen(16, from: 5_000, to: 7_000)
        #expect(find(streams, stops: [(5_010, 6_990)]).isEmpty)
        // Both stood still: the server from 5 to 7 s, the generator for 0.8 s of that.
        let both = find(streams, stops: [(5_500, 6_300)])
        #expect(both.count == 1)
        #expect(both.first?.stopped == ms(800))
        #expect(both.first.map { $0.length } == ms(1_200) - 1)
        #expect(find(streams, stops: [(5_100, 5_700), (5_300, 6_300)]).isEmpty)  // each moment once
    }

    @Test func `streams that broke off without a sign were silent up to their end`() {
        let dead = (0..<5 as Range<Int64>).map { stream($0, first: 200, last: 5_000 + $0, closed: 15_000) }
        let found = find(dead)
        #expect(found.map(\.end) == [ms(15_000)])
        #expect(found.first?.requests == 5)
    }

    @Test func `an open loop's arrivals during the silence are hit as well`() {
        let open = frozen(3, from: 5_000, to: 8_000)
        let arrived = (0..<6 as Range<Int64>).map { index in
            stream(5_200 + 300 * index, first: 8_000 + index, last: 9_000, closed: 9_000)
        }
        let found = find(open + arrived)
        #expect(found.count == 1)
        #expect(found.first?.requests == 9)
        #expect(found.first?.streams == 9)
    }

    @Test func `streams that fell silent one after the other are one incident`() {
        let early = frozen(4, from: 4_000, to: 7_000)
        let late = (0..<4 as Range<Int64>).map {
            stream($0, first: 200, last: 20_000, closed: 20_000, gaps: [(5_500, 7_500)])
        }
        let found = find(early + late)
        #expect(found.count == 1)
        #expect(found.first?.isJoint == true)
        #expect(found.first?.requests == 8)
    }

    @Test func `answers in one piece are held to the row's own answers`() {
        let whole = { (opened: Int64, end: Int64) in self.stream(opened, first: nil, last: end, closed: end) }
        let row = Silence.Limits(jointGap: nil, streamGap: nil, wait: 400e6)
        let streams = [whole(0, 400), whole(500, 900), whole(1_000, 5_100), whole(5_100, 5_500)]
        #expect(find(streams, row).map(\.start) == [ms(1_000)])
    }
}

@Suite struct GapLogTests {
    @Test func `gaps come back, short ones are not kept`() {
        var log = GapLog()
        #expect(log.take() == nil)
        log.add(500_000_000, endingAt: 800_000_000)
        log.add(499_999_999, endingAt: 1_400_000_000)
        log.add(2_000_000_001, endingAt: 9_000_000_000)
        let bytes = log.take()
        #expect(
            bytes.flatMap(GapLog.decode) == [
                300_000_000..<800_000_000, 6_999_999_999..<9_000_000_000,
            ]
        )
        log.add(600_000_000, endingAt: 700_000_000)
        #expect(log.take().flatMap(GapLog.decode) == [100_000_000..<700_000_000])
    }

    @Test func `damaged bytes are told`() {
        #expect(GapLog.decode([0x80]) == nil)
        #expect(GapLog.decode([1]) == nil)
        #expect(GapLog.decode([UInt8](repeating: 0xff, count: 20)) == nil)
        #expect(GapLog.decode([]) == [])
    }

    @Test func `a union of ranges that come one by one is that of them all`() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<200 {
            let ranges = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                let start = Int64.random(in: 0...50, using: &generator)
                return start..<start + Int64.random(in: 0...8, using: &generator)
            }
            var union = Spans.Union()
            for range in ranges { union.add(range) }
            #expect(union.ranges == Spans.union(ranges), "\(ranges)")
        }
    }
}
