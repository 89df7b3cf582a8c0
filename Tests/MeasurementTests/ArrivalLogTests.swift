import Testing

@testable import Measurement

@Suite struct ArrivalLogTests {
    @Test func `bins come back, an earlier one counts in the latest`() {
        var log = ArrivalLog()
        #expect(log.take().isEmpty)
        log.add(bin: 3, events: 1, textBytes: 4)
        log.add(bin: 3, events: 2, textBytes: 300)
        log.add(bin: 1_000_000, events: 1, textBytes: 1)
        log.add(bin: 7, events: 1, textBytes: 1)
        let expected = [
            ArrivalLog.Entry(bin: 3, events: 3, textBytes: 304),
            ArrivalLog.Entry(bin: 1_000_000, events: 2, textBytes: 2),
        ]
        #expect(ArrivalLog.decode(log.take()) == expected)
        log.add(bin: 5, events: 1, textBytes: 0)
        #expect(ArrivalLog.decode(log.take()) == [ArrivalLog.Entry(bin: 5, events: 1, textBytes: 0)])
    }

    @Test func `damaged bytes are told`() {
        #expect(ArrivalLog.decode([1, 1]) == nil)
        #expect(ArrivalLog.decode([1, 1, 0x80]) == nil)
    }

    /// A record waits for the store with what it took; a long answer before it is none of its business.
    @Test func `what is taken has no more memory than it needs`() {
        var (arrivals, gaps) = (ArrivalLog(), GapLog())
        for bin in 0..<1_000 {
            arrivals.add(bin: Int64(bin), events: 1, textBytes: 4)
            gaps.add(600_000_000, endingAt: Int64(bin + 1) * 600_000_000)
        }
        _ = (arrivals.take(), gaps.take())
        arrivals.add(bin: 1, events: 1, textBytes: 4)
        gaps.add(600_000_000, endingAt: 600_000_000)
        #expect(arrivals.take().capacity < 100)
        #expect((gaps.take()?.capacity ?? .max) < 100)
    }
}
