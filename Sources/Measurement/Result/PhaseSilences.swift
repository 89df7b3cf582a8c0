import Ticks

/// What fell silent in a phase, and whose doing that was.
struct PhaseSilences: Sendable {
    var incidents: [IncidentResult] = []
    /// The longest time in which no open stream brought a token; nil where no stream was open.
    var longestMilliseconds: Double?

    /// Each step is a row of its own: its gaps say what is long in it.
    init(of phase: PhaseRecord, _ timeline: TargetTimeline, _ health: GeneratorHealth) {
        let index = timeline.index
        let steps = index.steps(of: phase).filter { $0.kind != .warmup }
        let requests = timeline.counted(in: phase)
        let sent = requests.only { $0.written != nil && $0.dispatched != nil }
        guard !sent.isEmpty else { return }
        let stops = health.stops
        let probes = index.tokensBeside(phase)
        var rows: [Row] = []
        var all: [(silence: Silence, row: Row)] = []
        for (position, step) in steps.enumerated() {
            guard let started = step.release ?? step.started, Silence.Stream.isSound(started) else { continue }
            let ended = steps[(position + 1)...].lazy.compactMap { $0.release ?? $0.started }.first ?? .max
            rows.append(Row(step: step, span: started..<Swift.max(started, ended), timeline))
        }
        var streams: [Silence.Stream] = []
        streams.reserveCapacity(sent.count)
        sent.forEach { if let stream = Silence.Stream($0) { streams.append(stream) } }
        let excused = rows.compactMap(\.excused)
        for row in rows {
            // Streams of the step before are still open in this one: all of the phase are looked at, by each row's limits.
            let areAll = streams.allSatisfy { $0.open.overlaps(row.span) }
            let present = areAll ? streams : streams.filter { $0.open.overlaps(row.span) }
            all += Silence.all(of: present, limits: row.limits, stops: stops, excused: excused)
                .filter { row.span.contains($0.start) }.map { ($0, row) }
        }
        longestMilliseconds = Double(Silence.longestJoint(all.map(\.silence))) / 1e6
        incidents = all.map { IncidentResult($0.silence, row: $0.row, probes: probes, timeline) }
    }

    /// A step: its time, and what is long in it.
    struct Row: Sendable {
        var step: StepRecord
        var span: Range<Int64>
        var limits: Silence.Limits
        /// Its wait for the first token of all, where that is what is being measured.
        var excused: Range<Int64>?

        init(step: StepRecord, span: Range<Int64>, _ timeline: TargetTimeline) {
            let index = timeline.index
            (self.step, self.span) = (step, span)
            let requests = index.requests(of: step)
            let waits = requests.figures { $0.ttftMilliseconds ?? $0.e2eMilliseconds }
            let quantile = { (histogram: Histogram) in histogram.quantile(.p90).map(Double.init) }
            limits = Silence.Limits(
                // Each loop saw its own streams only; together they are silent for shorter.
                jointGap: index.histograms(of: step).filter { $0.metric == .jointGap }
                    .reduce(into: [Int: Histogram]()) { $0[$1.loop, default: Histogram()].merge($1.histogram) }
                    .values.compactMap(quantile).min(),
                streamGap: quantile(index.histogram(.itl, of: [step])),
                wait: SortedSamples(waits).median.map { $0 * 1e6 }
            )
            guard step.kind == .edge || step.kind == .probe && step.gap != nil else { return }
            let first = requests.compactMap { $0.instant($0.firstToken ?? $0.lastToken) }.min()
            excused = span.lowerBound..<Swift.max(span.lowerBound, Swift.min(first ?? span.upperBound, span.upperBound))
        }
    }
}

extension Silence.Stream {
    /// nil where the request was not written.
    init?(_ request: RequestRecord) {
        func instant(_ sinceDispatched: Int64?) -> Int64? {
            request.instant(sinceDispatched).flatMap { Self.isSound($0) ? $0 : nil }
        }
        guard let opened = instant(request.written) else { return nil }
        let ended = instant(request.ended) ?? instant(request.lastToken) ?? opened
        // An answer is over with its terminal sign, which is the last that came; what broke off, with its end.
        let isWhole = request.outcomeClass == .success
        let sign = [request.lastByte, request.lastToken].compactMap(instant).max()
        self.init(
            opened: opened,
            firstToken: instant(request.firstToken),
            lastToken: instant(request.lastToken),
            closed: isWhole ? Swift.min(ended, sign ?? ended) : ended,
            gaps: (request.longGaps.flatMap(GapLog.decode) ?? []).compactMap { gap in
                guard let from = instant(gap.lowerBound), let to = instant(gap.upperBound) else { return nil }
                return from..<Swift.max(from, to)
            }
        )
    }
}

extension IncidentResult {
    /// How far back the rate of tokens is taken from.
    private static let rateNanoseconds: Int64 = 10_000_000_000

    init(_ silence: Silence, row: PhaseSilences.Row, probes: [Range<Int64>], _ timeline: TargetTimeline) {
        self.init(startSeconds: Double(silence.start) / 1e9, endSeconds: Double(silence.end) / 1e9, kind: .silence)
        (streams, of, requests) = (silence.streams, silence.of, silence.requests)
        let from = Swift.max(row.step.settled ?? row.span.lowerBound, silence.start - Self.rateNanoseconds)
        if let before = MeasuredWindow(from: from, to: silence.start, binWidth: row.step.binWidth), silence.of > 0 {
            let rate = Double(timeline.arrivals.sum(in: before).tokens) / before.seconds
            let share = Double(silence.streams) / Double(silence.of)
            tokensMissing = Int(exactly: (rate * share * Double(silence.length) / 1e9).rounded())
        }
        // A probe goes over a loop and a connection of its own: one that was answered meanwhile says that the server did
        // answer, so that nobody can tell from here who kept the load's answers.
        let inside = silence.start + GapLog.shortest..<Swift.max(silence.start + GapLog.shortest, silence.end)
        let answered = silence.isJoint && probes.contains { $0.overlaps(inside) }
        side = answered ? .unknown : .server
        let whose = answered ? "a single request beside the load was answered meanwhile" : "the load generator ran"
        let which = silence.streams == silence.of ? "any of \(silence.of)" : "\(silence.streams) of \(silence.of)"
        detail = "no token came on \(which) streams; \(whose)"
        if silence.of == 1 { detail = "no token came on the only stream; \(whose)" }
        stoppedSeconds = silence.stopped > 0 ? Double(silence.stopped) / 1e9 : nil
    }
}

extension RunIndex {
    /// When tokens came to the single requests beside a phase's load.
    func tokensBeside(_ phase: PhaseRecord) -> [Range<Int64>] {
        let trickles = recorded.phases.filter { $0.kind == .trickle && $0.beside == phase.id }
        return trickles.flatMap(steps(of:)).flatMap(requests(of:)).compactMap(Silence.Stream.init).flatMap(\.spoken)
    }
}
