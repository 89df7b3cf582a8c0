internal import Measurement
internal import Ticks
internal import Transport

/// Gathers what one loop saw and hands it on in batches: per token a histogram cell and a counter, nothing else.
///
/// Bins and seconds count from the run's `t0`. Every 250 ms or 1,000 requests the batch goes to the sink; the histograms
/// of gaps and lags go with the first batch of each second.
final class Recorder {
    private static let flushNanoseconds: Int64 = 250_000_000
    private static let flushRequests = 1_000

    private let loop: Int
    private let t0: Instant
    private let sink: any RecordSink
    private let feed: LiveFeed
    private var batch = RecordBatch()
    private var lastFlush: Instant
    private var live = LiveFeed.LoopState()
    /// When the loop did not run.
    private(set) var standstills = Standstills()

    private var step = 0  // 0 = none: before the first and behind the last
    private(set) var binWidth: Int64 = 1_000_000_000
    private var bin = BinRecord()
    private var binEnd = Instant.zero
    private var areaFrom: Instant
    private(set) var inFlight = 0

    private var second: Int64 = 0
    private var secondEnd = Instant.zero
    private var itl = Histogram()
    private var jointGap = Histogram()
    private var lastToken: Instant  // of all streams; while none is open, when the next one began
    private static let shortestJointGap: Int64 = 1_000_000
    private var readLag = Histogram()
    private var loopLag = Histogram()
    private var timerLag = Histogram()
    private var wakeLag = Histogram()
    private var heldUp = Histogram()
    private var shortStop = Histogram()
    private var stopped = Histogram()
    private var turnHasRead = false

    init(loop: Int, t0: Instant, sink: any RecordSink, feed: LiveFeed) {
        self.loop = loop
        self.t0 = t0
        self.sink = sink
        self.feed = feed
        lastFlush = t0
        areaFrom = t0
        lastToken = t0
        batch.requests.reserveCapacity(Self.flushRequests)
    }

    // MARK: per stage

    func enter(step newStep: Int, binWidth width: Int64, now: Instant) {
        advance(to: now)
        closeBin(at: now)
        closeSecond()
        step = newStep
        binWidth = width
        openBin(at: now)
        openSecond(at: now)
        live.ttft.reset()
        live.jointGap.reset()
        live.hasToken = false
    }

    /// The bin of an instant, in the present stage's bins.
    func binIndex(of instant: Instant) -> Int64 { max(0, instant.nanoseconds(since: t0)) / binWidth }

    // MARK: per request

    func requestStarted(at now: Instant) {
        if inFlight == 0 { lastToken = max(lastToken, now) }
        advance(to: now)
        count(inFlightChange: 1, at: now)
        bin.started += 1
        live.requestsStarted += 1
    }

    /// - Parameter answered: when its last bytes arrived. Until `now` nobody knew, but the server was no longer at it.
    func requestEnded(_ record: RequestRecord, answered: Instant? = nil, at now: Instant) {
        advance(to: now)
        count(inFlightChange: -1, at: now)
        if let answered { bin.inFlightArea -= max(0, now.nanoseconds(since: answered)) }  // may reach before the bin
        bin.ended += 1
        live.requestsEnded += 1
        switch record.outcomeClass {
        case .failed, .throttled: bin.failed += 1
        case .success, .excluded: break
        }
        if record.outcomeClass != .success { live.unsuccessful[record.outcome, default: 0] += 1 }
        add(record)
    }

    /// What the model wrote. Call it before `requestEnded`, so that it is never stored after its request.
    func answer(_ record: AnswerRecord) { batch.answers.append(record) }

    /// A request that was due is in the books though it was not sent.
    func requestNotSent(_ errand: Errand, detail: String) {
        var record = RequestRecord()
        errand.sign(&record, loop: loop, t0: t0)
        record.outcome = .notSent
        record.detail = detail
        live.unsuccessful[record.outcome, default: 0] += 1
        add(record)
    }

    private func add(_ record: RequestRecord) {
        batch.requests.append(record)
        if batch.requests.count >= Self.flushRequests { flush(at: MonotonicClock.now()) }
    }

    /// Time, nanoseconds, in which slots of a closed level were free and stayed so up to its end.
    func unfilled(_ area: Int64) { if area > 0 { bin.unfilledArea = (bin.unfilledArea ?? 0) + area } }

    // MARK: per read

    /// Comes before what the read brought, which counts in its bin and second.
    /// - Parameter lag: nil without a kernel stamp, for then nobody knows it
    func read(lag: Int64?, at instant: Instant) {
        advance(to: instant)
        turnHasRead = true
        if let lag { readLag.record(lag) }
    }

    func tokens(_ events: Int, at instant: Instant) {
        let gap = instant.nanoseconds(since: lastToken)
        if gap > 0 { lastToken = instant }
        if gap >= Self.shortestJointGap { jointGap.record(gap) }
        bin.tokenEvents += events
        live.tokenEvents += Int64(events)
    }

    func firstToken(ttft: Int64) {
        bin.firstTokens += 1
        live.hasToken = true
        live.ttft.record(ttft)
    }

    func gap(_ nanoseconds: Int64) { itl.record(nanoseconds) }

    // MARK: per turn and per tick

    /// Only turns that read something had events to keep waiting.
    func turn(lag: Int64) {
        if turnHasRead { loopLag.record(lag) }
        turnHasRead = false
    }

    /// - Returns: the standstill that this beat ended, if one was.
    @discardableResult
    func heartbeat(_ finding: Heartbeat.Finding) -> Range<Instant>? {
        advance(to: finding.ran)
        for beat in 0..<finding.beats { wakeLag.record(finding.lateness - Int64(beat) * Heartbeat.interval) }
        // Waiting for a core is the scheduler's doing, however long; the rest is not.
        let rest = finding.held - finding.queued
        if finding.queued > 0 { heldUp.record(finding.queued) }
        if rest >= HistogramRecord.Metric.longStop { stopped.record(rest) } else if rest > 0 { shortStop.record(rest) }
        return standstills.note(due: finding.due, ran: finding.ran)
    }

    func timer(lag: Int64) { timerLag.record(lag) }

    func incident(_ incident: IncidentRecord) { batch.incidents.append(incident) }
    func health(_ record: HealthRecord) { batch.health.append(record) }
    func target(_ record: TargetRecord) { batch.targets.append(record) }

    /// Several times a second.
    func tick(at now: Instant) {
        advance(to: now)
        if now.nanoseconds(since: lastFlush) >= Self.flushNanoseconds { flush(at: now) }
    }

    func finish(at now: Instant) {
        advance(to: now)
        closeBin(at: now)
        closeSecond()
        step = 0  // what comes now belongs to no step
        flush(at: now)
    }

    private func flush(at now: Instant) {
        lastFlush = now
        live.inFlight = inFlight
        live.lastToken = lastToken
        live.quiet = standstills.age(since: lastToken, at: now)
        feed.update(loop: loop, live)
        guard !batch.isEmpty else { return }
        sink.write(batch)
        batch = RecordBatch()
        batch.requests.reserveCapacity(Self.flushRequests)
    }

    // MARK: bins and seconds

    private func advance(to now: Instant) {
        if now >= binEnd {
            closeBin(at: binEnd)
            openBin(at: now)
        }
        if now >= secondEnd {
            closeSecond()
            openSecond(at: now)
        }
    }

    private func count(inFlightChange change: Int, at now: Instant) {
        addArea(until: now)
        inFlight += change
        bin.inFlightMax = max(bin.inFlightMax, inFlight)
    }

    private func addArea(until now: Instant) {
        guard now > areaFrom else { return }
        bin.inFlightArea += Int64(inFlight) * now.nanoseconds(since: areaFrom)
        areaFrom = now
    }

    private func closeBin(at end: Instant) {
        addArea(until: end)
        guard step > 0,
            bin.started + bin.ended + bin.tokenEvents > 0 || bin.inFlightArea != 0 || bin.unfilledArea != nil
        else { return }
        batch.bins.append(bin)
    }

    private func openBin(at now: Instant) {
        // Whole bins may have passed without an event while requests were in flight: their area counts too.
        var index = binIndex(of: max(areaFrom, t0))
        let target = binIndex(of: now)
        while index < target {
            bin = BinRecord()
            bin.step = step
            bin.bin = index
            bin.loop = loop
            bin.inFlightMax = inFlight
            let end = t0.advanced(byNanoseconds: (index + 1) * binWidth)
            addArea(until: end)
            if bin.inFlightArea != 0 { batch.bins.append(bin) }
            index += 1
        }
        areaFrom = max(areaFrom, t0.advanced(byNanoseconds: target * binWidth))
        bin = BinRecord()
        bin.step = step
        bin.bin = target
        bin.loop = loop
        bin.inFlightMax = inFlight
        binEnd = t0.advanced(byNanoseconds: (target + 1) * binWidth)
    }

    private func closeSecond() {
        emit(&itl, .itl)
        live.jointGap.merge(jointGap)
        emit(&jointGap, .jointGap)
        emit(&readLag, .readLag)
        emit(&loopLag, .loopLag)
        emit(&timerLag, .timerLag)
        emit(&wakeLag, .wakeLag)
        emit(&heldUp, .heldUp)
        emit(&shortStop, .shortStop)
        emit(&stopped, .stopped)
    }

    private func emit(_ histogram: inout Histogram, _ metric: HistogramRecord.Metric) {
        guard histogram.count > 0 else { return }
        defer { histogram.reset() }
        guard step > 0 else { return }
        var record = HistogramRecord()
        record.step = step
        record.second = second
        record.loop = loop
        record.metric = metric
        record.histogram = histogram
        batch.histograms.append(record)
    }

    private func openSecond(at now: Instant) {
        second = max(0, now.nanoseconds(since: t0)) / 1_000_000_000
        secondEnd = t0.advanced(byNanoseconds: (second + 1) * 1_000_000_000)
    }
}
