import Measurement
import Testing
import Ticks

@testable import Engine

/// A recorder under a clock of the test's own; instants are milliseconds since the run's start.
@Suite struct RecorderTests {
    private let t0 = Instant(nanoseconds: 7_000_000_123)
    private let sink = MemorySink()
    private let feed = LiveFeed(loops: 1)
    private let recorder: Recorder

    init() { recorder = Recorder(loop: 0, t0: t0, sink: sink, feed: feed) }

    private func at(_ milliseconds: Double) -> Instant {
        t0.advanced(byNanoseconds: Int64((milliseconds * 1e6).rounded()))
    }

    private func enter(step: Int, width: Double, at milliseconds: Double) {
        recorder.enter(step: step, binWidth: Int64(width * 1e6), now: at(milliseconds))
    }

    private func start(_ milliseconds: Double) { recorder.requestStarted(at: at(milliseconds)) }

    private func end(_ milliseconds: Double, _ outcome: Outcome = .ok, sequence: Int64 = 0) {
        var record = RequestRecord()
        record.outcome = outcome
        record.sequence = sequence
        recorder.requestEnded(record, at: at(milliseconds))
    }

    /// (step, bin, area in ms, most in flight) of what was recorded.
    private func areas() -> [[Double]] {
        sink.run.bins.map { [Double($0.step), Double($0.bin), Double($0.inFlightArea) / 1e6, Double($0.inFlightMax)] }
    }

    // MARK: bins

    @Test func `a bin holds the area under the requests in flight`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        start(30)
        end(50)
        end(130, .http5xx)
        recorder.finish(at: at(200))
        // 10...30: one, 30...50: two, 50...130: one.
        #expect(areas() == [[1, 0, 20 + 40 + 50, 2], [1, 1, 30, 1]])
        #expect(sink.run.bins.map(\.started) == [2, 0])
        #expect(sink.run.bins.map(\.ended) == [1, 1])
        #expect(sink.run.bins.map(\.failed) == [0, 1])
    }

    @Test func `bins without an event hold the area of what is in flight`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        end(470)
        recorder.finish(at: at(500))
        #expect(areas() == [[1, 0, 90, 1], [1, 1, 100, 1], [1, 2, 100, 1], [1, 3, 100, 1], [1, 4, 70, 1]])
    }

    @Test func `bins in which nothing was in flight are not written`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        end(20)
        start(510)
        end(530)
        recorder.finish(at: at(900))
        #expect(areas() == [[1, 0, 10, 1], [1, 5, 20, 1]])
    }

    @Test func `a step that begins amid a bin shares it, and takes its own part of the area`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        enter(step: 2, width: 100, at: 250)
        end(330)
        recorder.finish(at: at(400))
        #expect(areas() == [[1, 0, 90, 1], [1, 1, 100, 1], [1, 2, 50, 1], [2, 2, 50, 1], [2, 3, 30, 1]])
    }

    @Test func `a step may have bins of another width`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        enter(step: 2, width: 10, at: 115)
        end(132)
        recorder.finish(at: at(150))
        #expect(areas() == [[1, 0, 90, 1], [1, 1, 15, 1], [2, 11, 5, 1], [2, 12, 10, 1], [2, 13, 2, 1]])
    }

    @Test func `the end of the run closes every bin up to it`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        recorder.finish(at: at(320))
        #expect(areas() == [[1, 0, 90, 1], [1, 1, 100, 1], [1, 2, 100, 1], [1, 3, 20, 1]])
    }

    @Test func `tokens count in the bin of their read, whatever else happened`() {
        enter(step: 1, width: 10, at: 0)
        start(1)
        for (instant, tokens) in [(4.0, 2), (9.9, 3), (10.1, 5), (38.0, 7)] {
            recorder.read(lag: 0, at: at(instant))
            recorder.tokens(tokens, at: at(instant))
        }
        recorder.firstToken(ttft: 1)
        end(41)
        recorder.finish(at: at(50))
        #expect(sink.run.bins.map(\.bin) == [0, 1, 2, 3, 4])
        #expect(sink.run.bins.map(\.tokenEvents) == [5, 5, 0, 7, 0])
        #expect(sink.run.bins.map(\.firstTokens) == [0, 0, 0, 1, 0])
    }

    @Test func `a request that was not sent is in the books and in no bin`() {
        enter(step: 1, width: 100, at: 0)
        recorder.requestNotSent(Errand(target: 0, sequence: 5, prompt: 5), detail: "cap")
        recorder.finish(at: at(100))
        #expect(sink.run.requests.map(\.sequence) == [5])
        #expect(sink.run.requests.map(\.outcome) == [.notSent])
        #expect(sink.run.requests.map(\.detail) == ["cap"])
        #expect(sink.run.bins.isEmpty)
    }

    // MARK: histograms

    @Test func `gaps and lags are kept by second`() {
        enter(step: 1, width: 100, at: 0)
        recorder.read(lag: 1_000, at: at(900))
        recorder.gap(40)
        recorder.gap(60)
        recorder.turn(lag: 7)
        recorder.read(lag: 2_000, at: at(1_100))
        recorder.gap(80)
        recorder.timer(lag: 9)
        recorder.tick(at: at(2_500))
        recorder.turn(lag: 8)
        recorder.finish(at: at(2_600))
        func sums(_ metric: HistogramRecord.Metric) -> [[Int64]] {
            sink.run.histograms.filter { $0.metric == metric }
                .map { [$0.second, Int64($0.histogram.count), $0.histogram.sum] }
        }
        #expect(sums(.itl) == [[0, 2, 100], [1, 1, 80]])
        #expect(sums(.readLag) == [[0, 1, 1_000], [1, 1, 2_000]])
        #expect(sums(.loopLag) == [[0, 1, 7], [2, 1, 8]])
        #expect(sums(.timerLag) == [[1, 1, 9]])
        #expect(sink.run.histograms.allSatisfy { $0.step == 1 && $0.loop == 0 })
    }

    @Test func `a late heartbeat counts once for each beat it stands for, and its stop by length`() {
        enter(step: 1, width: 100, at: 0)
        func beat(due: Double, late: Int64, beats: Int, held: Int64, queued: Int64 = 0) {
            let ran = at(due).advanced(byNanoseconds: late)
            recorder.heartbeat(.init(due: at(due), ran: ran, beats: beats, held: held, queued: queued))
        }
        beat(due: 100, late: 5_000_000, beats: 3, held: 5_000_000)
        beat(due: 106, late: 10, beats: 1, held: 0)
        beat(due: 108, late: 20_000_000, beats: 1, held: 20_000_000)
        // 50 ms of which 40 were spent waiting for a core, then 60 of which 10 were.
        beat(due: 128, late: 0, beats: 1, held: 50_000_000, queued: 40_000_000)
        beat(due: 130, late: 0, beats: 1, held: 60_000_000, queued: 10_000_000)
        recorder.finish(at: at(200))
        func found(_ metric: HistogramRecord.Metric) -> [Int64] {
            sink.run.histograms.filter { $0.metric == metric }.flatMap {
                [Int64($0.histogram.count), $0.histogram.sum]
            }
        }
        #expect(found(.wakeLag) == [7, 5_000_000 + 3_000_000 + 1_000_000 + 10 + 20_000_000])
        #expect(found(.heldUp) == [2, 50_000_000])
        #expect(found(.shortStop) == [2, 15_000_000])
        #expect(found(.stopped) == [2, 70_000_000])
    }

    @Test func `a request counts as in flight until its answer has arrived, however late that is seen`() {
        enter(step: 1, width: 100, at: 0)
        start(10)
        recorder.requestEnded(RequestRecord(), answered: at(60), at: at(80))
        recorder.finish(at: at(90))
        #expect(areas() == [[1, 0, 50, 1]])
    }

    @Test func `a read without a kernel stamp has no read lag, and a turn without a read no loop lag`() {
        enter(step: 1, width: 100, at: 0)
        recorder.read(lag: nil, at: at(10))
        recorder.turn(lag: 7)
        recorder.turn(lag: 9)
        recorder.finish(at: at(100))
        #expect(sink.run.histograms.map(\.metric) == [.loopLag])
        #expect(sink.run.histograms.first?.histogram.sum == 7)
    }

    @Test func `two steps within a second have a histogram each`() {
        enter(step: 1, width: 100, at: 0)
        recorder.gap(10)
        enter(step: 2, width: 100, at: 300)
        recorder.gap(20)
        recorder.gap(30)
        recorder.finish(at: at(400))
        let gaps = sink.run.histograms.filter { $0.metric == .itl }
        #expect(gaps.map(\.step) == [1, 2])
        #expect(gaps.map(\.histogram.sum) == [10, 50])
        #expect(gaps.map(\.second) == [0, 0])
    }

    @Test func `what is counted before the first step or behind the end belongs to none`() {
        recorder.turn(lag: 5)
        recorder.timer(lag: 5)
        enter(step: 1, width: 100, at: 20)
        start(30)
        recorder.timer(lag: 7)
        end(60)
        recorder.finish(at: at(90))
        recorder.timer(lag: 9)
        recorder.tick(at: at(1_500))
        recorder.tick(at: at(2_500))
        #expect(areas() == [[1, 0, 30, 1]])
        #expect(sink.run.histograms.map(\.step) == [1])
        #expect(sink.run.histograms.map(\.histogram.sum) == [7])
    }

    // MARK: batches

    @Test func `a batch goes every quarter of a second, and none when there is nothing to tell`() {
        enter(step: 1, width: 1_000, at: 0)
        start(10)
        end(20, sequence: 1)
        recorder.tick(at: at(249))
        #expect(sink.batches == 0)
        recorder.tick(at: at(250))
        #expect(sink.batches == 1)
        #expect(sink.run.requests.map(\.sequence) == [1])
        recorder.tick(at: at(600))
        #expect(sink.batches == 1)
    }

    @Test func `a batch goes when it holds a thousand requests, and none is lost`() {
        enter(step: 1, width: 1_000, at: 0)
        for number in 0..<2_500 {
            start(Double(number) * 0.05)
            end(Double(number) * 0.05 + 0.01, sequence: Int64(number))
        }
        #expect(sink.batches == 2)
        recorder.finish(at: at(200))
        #expect(sink.largestBatch == 1_000)
        #expect(sink.run.requests.map(\.sequence) == (0..<2_500).map { Int64($0) })
    }

    // MARK: all together

    /// Random requests over three steps. The oracle: each request's overlap with each bin, added up by hand.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `sums over the bins are what was put in`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let borders = [0.0, 333.3, 1_207.9]  // where the steps begin
        let widths = [10.0, 10.0, 100.0]
        let last = 2_000.0
        struct Request {
            var start: Double
            var end: Double
        }
        let requests = (0..<300).map { _ in
            let start = 1 + random.unit() * 1_700
            return Request(start: start, end: min(last, start + random.unit() * random.unit() * 400))
        }
        enum Event { case enter(Int), start, end, read(Int), tick }
        var events: [(Double, Event)] = []
        for (index, border) in borders.enumerated() { events.append((border, .enter(index))) }
        for request in requests {
            events.append((request.start, .start))
            events.append((request.end, .end))
            events.append(((request.start + request.end) / 2, .read(Int(random.next() % 5))))
        }
        for tick in stride(from: 50.0, to: last, by: 50) { events.append((tick, .tick)) }
        events.sort { $0.0 < $1.0 }
        var tokens = 0
        var failures = 0
        for (instant, event) in events {
            switch event {
            case .enter(let index): enter(step: index + 1, width: widths[index], at: instant)
            case .start: start(instant)
            case .end:
                let fails = random.next() % 4 == 0
                failures += fails ? 1 : 0
                end(instant, fails ? (random.next() % 2 == 0 ? .reset : .rateLimited) : .ok)
            case .read(let count):
                recorder.read(lag: 1, at: at(instant))
                recorder.tokens(count, at: at(instant))
                tokens += count
            case .tick: recorder.tick(at: at(instant))
            }
        }
        recorder.finish(at: at(last))

        let bins = sink.run.bins
        #expect(bins.reduce(0) { $0 + $1.started } == requests.count)
        #expect(bins.reduce(0) { $0 + $1.ended } == requests.count)
        #expect(bins.reduce(0) { $0 + $1.failed } == failures)
        #expect(bins.reduce(0) { $0 + $1.tokenEvents } == tokens)
        #expect(Set(bins.map { [Int64($0.step), $0.bin] }).count == bins.count)
        var total = 0.0
        for bin in bins {
            let width = widths[bin.step - 1]
            let from = max(Double(bin.bin) * width, borders[bin.step - 1])
            let to = min(Double(bin.bin + 1) * width, bin.step < borders.count ? borders[bin.step] : last)
            let area = requests.reduce(0.0) { $0 + max(0, min($1.end, to) - max($1.start, from)) }
            total += area
            #expect(abs(Double(bin.inFlightArea) / 1e6 - area) < 0.001, "step \(bin.step) bin \(bin.bin)")
        }
        let whole = requests.reduce(0.0) { $0 + $1.end - $1.start }
        #expect(abs(total - whole) < 0.01)
        let lags = sink.run.histograms.filter { $0.metric == .readLag }
        #expect(lags.reduce(0) { $0 + $1.histogram.count } == UInt64(requests.count))
    }

    @Test func `a silence is what the loop saw while it ran`() {
        enter(step: 1, width: 1_000, at: 0)
        start(10)
        recorder.tokens(1, at: at(25))
        recorder.firstToken(ttft: 15_000_000)
        for time in stride(from: 50.0, through: 1_000, by: 50) { recorder.tick(at: at(time)) }
        #expect(feed.snapshot(at: at(1_000)).silence == nil)
        let late = Heartbeat.Finding(due: at(1_000), ran: at(6_000), beats: 2_501, held: 5_000_000_000, queued: 0)
        recorder.heartbeat(late)
        recorder.tick(at: at(6_000))
        #expect(feed.snapshot(at: at(6_000)).silence == nil, "it stood still for five seconds")
        recorder.tick(at: at(6_300))
        #expect(feed.snapshot(at: at(6_300)).silence == 1_275_000_000)
        #expect(feed.snapshot(at: at(6_300)).lastToken == at(25))
    }

    @Test func `the live view sees what was counted, as of the last batch`() {
        enter(step: 1, width: 1_000, at: 0)
        start(10)
        start(20)
        recorder.read(lag: 1, at: at(25))
        recorder.tokens(4, at: at(25))
        recorder.firstToken(ttft: 15_000_000)
        end(30, .rateLimited)
        recorder.tick(at: at(260))
        let snapshot = feed.snapshot(at: at(260))
        #expect(snapshot.inFlight == 1)
        #expect(snapshot.requestsStarted == 2)
        #expect(snapshot.requestsEnded == 1)
        #expect(snapshot.tokenEvents == 4)
        #expect(snapshot.unsuccessful == [.rateLimited: 1])
        #expect(snapshot.ttft.count == 1)
        #expect(snapshot.ttft.max == 15_000_000)
    }
}
