public import Measurement
internal import Synchronization
public import Ticks
public import Transport
public import Wire

/// Reads the metrics that servers publish beside a run, about once a second: on a thread and a loop of its own, with a
/// connection for each URL, so that the run's loops know nothing of it.
public final class MetricsScraper: Sendable {
    /// One URL of a target.
    public struct Source: Sendable {
        public var target: Int  // `TargetRecord.id`
        public var model: String
        /// As it is shown and stored.
        public var name: String
        public var endpoint: Endpoint
        public var path: String  // with its query
        public var headers: [Header]

        public init(
            target: Int,
            model: String,
            name: String,
            endpoint: Endpoint,
            path: String,
            headers: [Header]
        ) {
            self.target = target
            self.model = model
            self.name = name
            self.endpoint = endpoint
            self.path = path
            self.headers = headers
        }
    }

    /// Times of the reading, nanoseconds.
    public struct Pace: Sendable {
        public var interval: Int64 = 1_000_000_000
        public var timeout: Int64 = 5_000_000_000
        /// How long the first reading is waited for before the run, and counters that still move after it.
        public var patience: Int64 = 3_000_000_000

        public init() {}
    }

    /// The most of a text that is read, bytes.
    public static let mostBytes = 4 << 20

    private let thread: LoopThread
    private let desk: ScrapeDesk
    private let patience: Int64

    /// Begins to read at once; what is read is kept until `record`.
    public init(_ sources: [Source], pace: Pace = Pace()) {
        let desk = ScrapeDesk(sources: sources.count)
        self.desk = desk
        patience = pace.patience
        thread = LoopThread(name: "server-metrics") {
            LoopThread.giveWay()  // the measurement goes before
            let loop = EventLoop()
            let rounds = sources.enumerated().map { place, source in
                ScrapedSource(source, place: place, of: sources.count, loop: loop, pace: pace, desk: desk)
            }
            let ticker = Ticker(loop: loop) { standstills in
                let now = MonotonicClock.now()
                let finish = desk.finish
                for round in rounds { round.tick(at: now, standstills, finish: finish) }
                if finish != nil, rounds.allSatisfy(\.isOver) { loop.stop() }
            }
            ticker.start()
            withExtendedLifetime(ticker) { loop.run() }
        }
    }

    /// Waits until each source has answered or failed once, so that counters are known from before the first request; not
    /// longer than the pace's patience.
    public func waitForFirst() {
        let deadline = MonotonicClock.now().advanced(byNanoseconds: patience)
        while !desk.allAnswered, MonotonicClock.now() < deadline { LoopThread.sleep(microseconds: 2_000) }
    }

    /// From now on all that is read goes to `sink`, its instants since `t0`; what was read before goes there first.
    public func record(since t0: Instant, into sink: any RecordSink) { desk.open(t0, sink) }

    /// Takes a last reading of each source, when its counters stand still or patience is over, and ends.
    public func finish() {
        desk.close(at: MonotonicClock.now())
        thread.join()
    }
}

/// What the scraper's thread and its owner share: where readings go, and whether it is to end.
final class ScrapeDesk: Sendable {
    private struct State {
        var unanswered: Set<Int>
        var sink: (any RecordSink)?
        var t0 = Instant.zero
        var pending = RecordBatch()  // with instants since `Instant.zero`
        var finish: Instant?
    }

    private let state: Mutex<State>

    init(sources: Int) { state = Mutex(State(unanswered: Set(0..<sources))) }

    var allAnswered: Bool { state.withLock { $0.unanswered.isEmpty } }
    /// When it was told to end; nil = not yet.
    var finish: Instant? { state.withLock { $0.finish } }

    func open(_ t0: Instant, _ sink: any RecordSink) {
        let pending = state.withLock { state in
            state.t0 = t0
            state.sink = sink
            defer { state.pending = RecordBatch() }
            return state.pending.shifted(to: t0)
        }
        if !pending.isEmpty { sink.write(pending) }
    }

    func close(at now: Instant) { state.withLock { $0.finish = now } }

    /// - Parameter batch: its instants are since `Instant.zero`.
    func take(_ batch: RecordBatch, from place: Int) {
        let door = state.withLock { state -> (any RecordSink, Instant)? in
            state.unanswered.remove(place)
            guard let sink = state.sink else {
                state.pending.serverReadings += batch.serverReadings
                state.pending.serverTexts += batch.serverTexts
                return nil
            }
            return (sink, state.t0)
        }
        if let (sink, t0) = door { sink.write(batch.shifted(to: t0)) }
    }
}

extension RecordBatch {
    fileprivate func shifted(to t0: Instant) -> RecordBatch {
        var batch = self
        for place in batch.serverReadings.indices { batch.serverReadings[place].at -= t0.nanoseconds }
        for place in batch.serverTexts.indices { batch.serverTexts[place].at -= t0.nanoseconds }
        return batch
    }
}
