import Testing

@testable import Measurement

@Suite struct LoadKeptTests {
    private func ms(_ value: Double) -> Int64 { Int64(value * 1e6) }

    /// Due at `scheduled`, dispatched `lag` later, its first byte sent `late` after that, over after `ended` ms, which was
    /// understood `lateEnd` later.
    private func request(
        _ scheduled: Double,
        lag: Double = 0,
        late: Double = 0,
        ended: Double = 100,
        lateEnd: Double = 0,
        queued: Double? = nil
    ) -> RequestRecord {
        var request = RequestRecord()
        request.scheduled = ms(scheduled)
        request.dispatchLag = ms(lag)
        request.lateSend = ms(late)
        request.ended = ms(ended)
        request.lateEnd = ms(lateEnd)
        request.queued = queued.map(ms)
        return request
    }

    private func window(_ from: Double, _ to: Double) throws -> MeasuredWindow {
        try #require(MeasuredWindow(exactlyFrom: ms(from), to: ms(to)))
    }

    @Test func `a slot is idle from its answer's last bytes to the next first byte, set-up off`() throws {
        // One slot, window of 1 s: 5 ms until the end is understood, 2 + 3 ms until the next is sent.
        let requests = [request(1_000, ended: 500, lateEnd: 5), request(1_505, lag: 2, late: 3, ended: 400)]
        let share = LoadKept.clientIdleShare(of: requests, slots: 1, in: [try window(1_000, 2_000)], unfilled: 0)
        #expect(share == 0.010)
        // Of four slots a quarter; outside of the window nothing.
        #expect(
            LoadKept.clientIdleShare(of: requests, slots: 4, in: [try window(1_000, 2_000)], unfilled: 0) == 0.0025
        )
        #expect(LoadKept.clientIdleShare(of: requests, slots: 1, in: [try window(1_508, 2_000)], unfilled: 0)! < 0.0041)
        #expect(LoadKept.clientIdleShare(of: requests, slots: 1, in: [try window(1_600, 2_000)], unfilled: 0) == 0)
    }

    @Test func `a pause that was planned is no idleness, a slot that was never filled is`() throws {
        // Its user thought for 300 ms: `scheduled` lies behind that.
        let thinking = [request(0, ended: 100), request(400, ended: 100)]
        #expect(LoadKept.clientIdleShare(of: thinking, slots: 2, in: [try window(0, 1_000)], unfilled: 0) == 0)
        let share = LoadKept.clientIdleShare(of: thinking, slots: 2, in: [try window(0, 1_000)], unfilled: ms(1_000))
        #expect(share == 0.5)
        #expect(LoadKept.clientIdleShare(of: thinking, slots: 0, in: [try window(0, 1_000)], unfilled: 0) == nil)
        #expect(LoadKept.clientIdleShare(of: thinking, slots: 1, in: [], unfilled: 0) == nil)
    }

    private func late(_ requests: [RequestRecord], median: Double = 100, p95: Double = 500, inFlight: Double = 10)
        -> Double?
    {
        LoadKept.lateArrivalsShare(of: requests, medianTTFT: median * 1e6, e2eP95: p95 * 1e6, meanInFlight: inFlight)
    }

    @Test func `an arrival is late from two milliseconds or a twentieth of the row's TTFT on`() {
        let hundred = (0..<99).map { request(Double($0) * 10) }
        #expect(late(hundred + [request(990, lag: 4.9)]) == 0)  // 5 % of 100 ms
        #expect(late(hundred + [request(990, lag: 3, late: 2.1)]) == 0.01)
        #expect(late(hundred + [request(990, lag: 2.1)], median: 10) == 0.01)
        #expect(late(hundred + [request(990, lag: 60, queued: 59)]) == 0)  // the cap's doing
        #expect(late([]) == nil)
    }

    @Test func `after a stop in which many fell due, those within one p95 are disturbed`() {
        // Every 10 ms; stopped from 1,000 to 1,100 ms: ten fell due, and came together.
        var requests = (0..<300).map { request(Double($0) * 10) }
        for index in 100..<110 { requests[index] = request(Double(index) * 10, lag: 1_100 - Double(index) * 10) }
        // 1,000 to 1,100 + 500 ms: sixty arrivals of three hundred.
        #expect(late(requests) == 0.2)
        // Few against the load in flight: only the late ones themselves.
        #expect(late(requests, inFlight: 1_000) == 10.0 / 300)
    }

    @Test func `arrivals that the plan lets fall due at one instant were not brought together by a stop`() {
        // Ten every second; the last two of one batch leave 3 ms late, behind the bodies of the others.
        var requests = (0..<300).map { request(Double($0 / 10) * 1_000) }
        for index in 108..<110 { requests[index] = request(10_000, lag: 3) }
        #expect(late(requests, median: 20) == 2.0 / 300)
        // A stop that lasts from one batch to the fifth does: five instants of many.
        for index in 100..<150 {
            requests[index] = request(Double(index / 10) * 1_000, lag: 15_000 - Double(index / 10) * 1_000)
        }
        #expect(late(requests, median: 20) == 60.0 / 300, "those until 15,000 + 500 ms")
    }

    @Test func `a figure's lateness is what sending and stamping added to it, and no more than the figure`() {
        var record = request(0, lag: 7, late: 2, queued: 4)
        (record.written, record.firstToken, record.lastToken) = (ms(3), ms(50), ms(90))
        (record.lateFirst, record.lateLast) = (ms(10), ms(1))
        #expect(record.ttftLatenessMilliseconds == 12)
        #expect(record.ttftScheduledLatenessMilliseconds == 15)  // 7 - 4 + 2 + 10
        #expect(record.waitLatenessMilliseconds == 10)
        #expect(record.e2eLatenessMilliseconds == 3)
        #expect(record.e2eScheduledLatenessMilliseconds == 6)
        record.lateFirst = ms(1_000)
        #expect(record.waitLatenessMilliseconds == 47)
        record.lateFirst = nil
        #expect(record.waitLatenessMilliseconds == nil)
    }
}
