internal import Measurement
internal import Ticks
internal import Transport
internal import Wire

/// One URL that is read again and again, never twice at a time.
final class ScrapedSource: TransferHandler {
    /// Texts stored because names had changed, at most: a hostile server could change them each time.
    private static let mostChanges = 10

    private let source: MetricsScraper.Source
    private let place: Int
    private let pace: MetricsScraper.Pace
    private let loop: EventLoop
    private let desk: ScrapeDesk
    private var client: HTTPClient?
    private var transfer: Transfer?
    private var resolving = false
    private var due: Instant
    private var began: Instant?  // of the reading under way
    private var answered: Instant?
    private var body: [UInt8] = []
    private var isTooLong = false

    private var names: Set<String>?
    private var changes = 0
    private var lastText: (at: Instant, bytes: [UInt8])?
    private var before: [ServerReading] = []
    private var isLast = false  // the end was asked for, and it is read at once
    private(set) var isOver = false

    init(
        _ source: MetricsScraper.Source,
        place: Int,
        of count: Int,
        loop: EventLoop,
        pace: MetricsScraper.Pace,
        desk: ScrapeDesk
    ) {
        self.source = source
        self.place = place
        self.loop = loop
        self.pace = pace
        self.desk = desk
        due = MonotonicClock.now()
    }

    /// - Parameter finish: when the end was asked for
    func tick(at now: Instant, _ standstills: Standstills, finish: Instant?) {
        if isOver { return }
        if let began {
            guard isTooLong || standstills.age(since: began, at: now) > pace.timeout else { return }
            if let transfer { client?.cancel(transfer) }
            note(
                isTooLong
                    ? "its text is longer than \(MetricsScraper.mostBytes >> 20) MB"
                    : "no answer within \(pace.timeout / 1_000_000_000) s",
                finish: finish
            )
            return
        }
        if let finish, now.nanoseconds(since: finish) > pace.patience { return end() }
        if finish != nil, !isLast {
            isLast = true
            due = now
        }
        guard now >= due, !resolving else { return }
        if client == nil { connect(at: now) } else { ask(at: now) }
    }

    // MARK: Asking

    /// Looks the name up, again and again where that fails.
    private func connect(at now: Instant) {
        if !source.endpoint.addresses.isEmpty { return makeClient(source.endpoint, at: now) }
        resolving = true
        Resolver.resolve(source.endpoint.connectedHost, loop: loop) { [self] answer in
            resolving = false
            let now = MonotonicClock.now()
            if let problem = answer.problem {
                began = now
                return note("its name could not be resolved: \(problem)", finish: desk.finish)
            }
            var endpoint = source.endpoint
            endpoint.addresses = answer.addresses
            makeClient(endpoint, at: now)
        }
    }

    private func makeClient(_ endpoint: Endpoint, at now: Instant) {
        let client = HTTPClient(loop: loop, endpoint: endpoint, headers: source.headers.map { ($0.name, $0.value) })
        self.client = client
        transfer = client.transfer()
        ask(at: now)
    }

    private func ask(at now: Instant, connection: HTTPClient.Connection = .any) {
        guard let client, let transfer else { return }
        began = now
        answered = nil
        isTooLong = false
        body.removeAll(keepingCapacity: true)
        transfer.handler = self
        transfer.prepare(get: source.path, requestID: "metrics")
        client.start(transfer, connection: connection)
    }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        if answered == nil { answered = stamp.instant }
        guard body.count + bytes.count <= MetricsScraper.mostBytes else {
            isTooLong = true
            return
        }
        bytes.withUnsafeBufferPointer { body.append(contentsOf: $0) }
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) {
        // The server closed an idle connection: that is no fault of its metrics.
        if let failure, failure.detail == "stale_connection" {
            return ask(at: MonotonicClock.now(), connection: .cold)
        }
        let finish = desk.finish
        if isTooLong { return note("its text is longer than \(MetricsScraper.mostBytes >> 20) MB", finish: finish) }
        if let failure { return note(failure.text, finish: finish) }
        if let redirection = transfer.redirection {
            return note("HTTP \(transfer.status), \(redirection); redirects are not followed", finish: finish)
        }
        guard transfer.status == 200 else { return note("HTTP \(transfer.status)", finish: finish) }
        read(finish: finish)
    }

    // MARK: What came

    private func read(finish: Instant?) {
        let now = MonotonicClock.now()
        let at = answered ?? now
        let metrics = MappedMetrics(body, model: source.model)
        guard !metrics.names.isEmpty else { return note("what it sends is no metrics text", finish: finish) }
        var batch = RecordBatch()
        if names != metrics.names {
            let isFirst = names == nil
            names = metrics.names
            if isFirst || changes < Self.mostChanges {
                if !isFirst { changes += 1 }
                batch.serverTexts = [text(at, body, isFirst ? .first : .names)]
            }
        }
        lastText = (at, body)
        batch.serverReadings = metrics.replicas.map { replica in
            var reading = reading(at: at, now)
            reading.replica = String(replica.name.prefix(200))
            for (fact, value) in replica.values { reading[fact] = value }
            return reading
        }
        if metrics.replicas.isEmpty {
            var reading = reading(at: at, now)
            let count = metrics.names.count
            reading.problem = "none of its \(count) \(count == 1 ? "metric" : "metrics") is known here"
            batch.serverReadings = [reading]
        }
        desk.take(batch, from: place)
        let standsStill = Self.counters(batch.serverReadings) == Self.counters(before)
        before = batch.serverReadings
        settle(standsStill: standsStill, finish: finish, at: now)
    }

    private func note(_ problem: String, finish: Instant?) {
        let now = MonotonicClock.now()
        var reading = reading(at: now, now)
        reading.problem = String(problem.prefix(500))
        var batch = RecordBatch()
        batch.serverReadings = [reading]
        desk.take(batch, from: place)
        before = []
        settle(standsStill: true, finish: finish, at: now)
    }

    private func reading(at: Instant, _ now: Instant) -> ServerReading {
        var reading = ServerReading()
        reading.target = source.target
        reading.source = source.name
        reading.at = at.nanoseconds
        reading.took = now.nanoseconds(since: began ?? now)
        return reading
    }

    private func text(_ at: Instant, _ bytes: [UInt8], _ reason: ServerText.Reason) -> ServerText {
        var text = ServerText()
        text.target = source.target
        text.source = source.name
        text.at = at.nanoseconds
        text.reason = reason
        text.text = String(decoding: bytes, as: UTF8.self)
        return text
    }

    /// When it is read next; over where a reading that began after the end was asked for brought nothing new.
    private func settle(standsStill: Bool, finish: Instant?, at now: Instant) {
        let isAfterFinish = finish.map { (began ?? now) >= $0 } ?? false
        began = nil
        if isAfterFinish, standsStill { return end() }
        due = due.advanced(byNanoseconds: pace.interval)
        if due < now { due = now.advanced(byNanoseconds: pace.interval - now.nanoseconds(since: due) % pace.interval) }
        if finish != nil { due = now.advanced(byNanoseconds: pace.interval / 4) }
    }

    private func end() {
        isOver = true
        if began != nil, let transfer { client?.cancel(transfer) }
        guard let lastText else { return }
        var batch = RecordBatch()
        batch.serverTexts = [text(lastText.at, lastText.bytes, .last)]
        desk.take(batch, from: place)
    }

    /// What must stand still before the last reading is the last: tokens come in a little after the answers.
    private static func counters(_ readings: [ServerReading]) -> [[Double?]] {
        readings.map { reading in
            [reading[.promptTokens], reading[.generationTokens], reading[.requests], reading[.running]]
        }
    }
}
