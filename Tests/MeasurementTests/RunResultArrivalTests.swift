import Testing
import Ticks

@testable import Measurement

@Suite struct RunResultArrivalTests {
    private func entries(_ textBytes: [Int], events: [Int]? = nil) -> [ArrivalLog.Entry] {
        textBytes.indices.map { ArrivalLog.Entry(bin: Int64($0), events: events?[$0] ?? 1, textBytes: textBytes[$0]) }
    }

    @Test(
        arguments: [
            // 10 over 1:1:1 is 3.33 each: the one left over goes to the earliest.
            (10, [1, 1, 1], [4, 3, 3]),
            // 7 over 50:30:20 is 3.5, 2.1, 1.4: the largest remainder is the first.
            (7, [50, 30, 20], [4, 2, 1]),
            // 10 over 33:33:34 is 3.3, 3.3, 3.4: the largest remainder is the last.
            (10, [33, 33, 34], [3, 3, 4]),
            (0, [5, 5], [0, 0]),
            (3, [0, 9, 0], [0, 3, 0]),
        ] as [(Int64, [Int], [Int64])]
    )
    func `tokens are shared by bytes of text, the remainder to the largest fraction`(
        total: Int64,
        bytes: [Int],
        shares: [Int64]
    ) {
        #expect(ArrivalSeries.apportion(total, to: entries(bytes)) == shares)
    }

    @Test func `without text the events share the tokens`() {
        #expect(ArrivalSeries.apportion(6, to: entries([0, 0], events: [2, 1])) == [4, 2])
    }

    @Test func `the shares of any split add up to the total`() {
        for total in [1, 7, 255, 1_000_003, Int64.max] as [Int64] {
            let bytes = (1...97).map { ($0 * 7919) % 101 }
            let shares = ArrivalSeries.apportion(total, to: entries(bytes))
            #expect(shares.reduce(0, +) == total)
        }
    }

    @Test func `weights beyond 64 bits share nothing and do not trap`() {
        #expect(ArrivalSeries.apportion(5, to: entries([.max, .max, .max])) == [0, 0, 0])
    }

    @Test func `arrivals that lead past the last bin are no arrivals`() {
        let most: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]  // 2^63 - 1
        #expect(ArrivalLog.decode(most + [1, 1] + most + [1, 1]) == nil)
        #expect(ArrivalLog.decode(most + [1, 1]) == [ArrivalLog.Entry(bin: .max, events: 1, textBytes: 1)])
    }

    @Test func `a window is the whole bins inside it`() throws {
        let second: Int64 = 1_000_000_000
        let window = try #require(MeasuredWindow(from: second * 3 / 2, to: second * 21 / 4, binWidth: second))
        #expect(window.start == 2 * second)
        #expect(window.end == 5 * second)
        #expect(window.seconds == 3)
        #expect(MeasuredWindow(from: second * 3 / 2, to: second * 5 / 2, binWidth: second) == nil)
        #expect(MeasuredWindow(from: 0, to: .max, binWidth: 0) == nil)
        #expect(MeasuredWindow(from: .max, to: .max, binWidth: second) == nil)
    }

    @Test func `what was cut off counts what arrived, by the bytes a token takes`() {
        var builder = RunResultBuilder()
        let phase = builder.phase(.ramp, from: 0, to: 10_000)
        let step = builder.step(.level, of: phase, 1, from: 0, settled: 0, windowEnded: 10_000, drained: 10_000)
        // Five tokens an event, 20 bytes: the server bundles, and says so in its usage only.
        builder.request(step, at: 0, tokens: 10) { $0.outputTokens = 50 }
        // The same stream, cancelled after four events of 4 bytes.
        builder.request(step, at: 2000, tokens: 4) {
            $0.outcome = .cancelled
            $0.outputTokens = nil
            $0.tokenSource = nil
        }
        // 50 tokens of 40 bytes: 1.25 a byte; 16 bytes are 20 tokens.
        #expect(builder.result.targets[0].phases[0].steps[0].stats.outputTokensPerSecond == 7)
    }
}
