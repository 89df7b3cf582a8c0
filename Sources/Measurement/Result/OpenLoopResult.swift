/// What an open loop's step says beside its STATS: what was planned, what was sent, whether the plan was kept.
public struct OpenLoopResult: Sendable, Hashable {
    /// Rate at the beginning and at the end, where it goes linearly from one to the other.
    public var rampFrom: Double?
    public var rampTo: Double?
    /// A rate that changes in another way, in words: "20 ± 10 (sine of 60 s)".
    public var rateCurve: String?
    /// The law of the gaps: constant, poisson, gamma SHAPE, trace.
    public var law: String?
    public var plannedSeconds: Double?
    /// Requests a second over the window: due in it, sent in it, answered well in it.
    public var offeredRPS: Double?
    public var sentRPS: Double?
    public var achievedRPS: Double?
    /// Requests that were due and never sent.
    public var notSent = 0
    public var cap: Int?
    public var overflow: String?
    /// Share of the requests that waited for a place under the cap, or were shed for want of one.
    public var cappedShare: Double?
    /// How long requests waited for a place; of all that were sent, so that 0 counts.
    public var clientQueueMilliseconds: DistributionSummary?
    /// Variance over mean of the arrivals per `dispersionBinSeconds`: as planned, and as sent.
    public var plannedDispersion: Double?
    public var sentDispersion: Double?
    public var dispersionBinSeconds: Double?
    /// The greatest distance between the distributions of planned and of sent instants over the window.
    public var distance: Double?
    /// Anderson and Darling's A² of the gaps as sent, against an exponential law; only for Poisson arrivals at one rate.
    public var andersonDarling: Double?
    /// The step was given up at this time of the run: the server could not keep up.
    public var saturatedAtSeconds: Double?
    public var saturationInSystem: Double?  // by so many requests, and by so many seconds of TTFT, its queue then grew
    public var saturationTTFT: Double?  // each second

    /// Of a replay.
    public var trace: Trace?

    public init() {}

    /// The trace that was replayed, and what became of its rows: those read are those due and those dropped.
    public struct Trace: Sendable, Hashable {
        public var name: String
        public var format: String
        public var speed: Double
        public var rowsRead: Int
        public var due: Int
        public var dropped: [String: Int]  // by reason
        /// Of those due, as the trace says; nil where it does not.
        public var inputTokens: Int64?
        public var outputTokens: Int64?

        public init(name: String, format: String, speed: Double, rowsRead: Int, due: Int, dropped: [String: Int]) {
            self.name = name
            self.format = format
            self.speed = speed
            self.rowsRead = rowsRead
            self.due = due
            self.dropped = dropped
        }

        init?(_ step: StepRecord) {
            guard let name = step.trace, let rows = step.traceRows, let due = step.traceDue else { return nil }
            self.init(
                name: name,
                format: step.traceFormat ?? "",
                speed: step.traceSpeed ?? 1,
                rowsRead: rows,
                due: due,
                dropped: step.traceDropped.compactMapValues { Int($0) }
            )
            (inputTokens, outputTokens) = (step.traceInputTokens, step.traceOutputTokens)
        }
    }
}

extension OpenLoopResult {
    static let fewestForLaw = 50

    /// Several records are one stretch that was cut into blocks.
    /// - Parameter measured: their measured requests, those not sent included.
    init(of steps: [StepRecord], _ measured: RequestSet, _ timeline: TargetTimeline) {
        self.init()
        (rampFrom, rampTo) = (steps.first?.rpsFrom, steps.last?.rpsTo)
        rateCurve = steps.first?.rateCurve
        law = steps.first?.arrivals
        plannedSeconds = Double(steps.reduce(0) { $0 + ($1.planned ?? 0) }) / 1e9
        trace = steps.first.flatMap(Trace.init)
        (cap, overflow) = (steps.first?.cap, steps.first?.overflow)
        if let given = steps.first(where: { $0.saturated != nil }) {
            saturatedAtSeconds = given.saturated.map { Double($0) / 1e9 }
            (saturationInSystem, saturationTTFT) = (given.saturationInSystem, given.saturationTTFT)
        }
        notSent = measured.only { $0.outcome == .notSent }.count
        let sent = measured.only { $0.dispatchLag != nil }
        clientQueueMilliseconds = DistributionSummary(samples: sent.figures { Double($0.queued ?? 0) / 1e6 })
        let held = sent.only { ($0.queued ?? 0) > 0 }.count + measured.only { $0.detail == "max_concurrency" }.count
        if !measured.isEmpty { cappedShare = Double(held) / Double(measured.count) }

        let windows = steps.compactMap { MeasuredWindow(exactlyFrom: $0.settled, to: timeline.end(of: $0)) }
        let seconds = windows.reduce(0) { $0 + $1.seconds }
        guard seconds > 0 else { return }
        func count(_ requests: RequestSet, _ instant: (RequestRecord) -> Int64?) -> Double {
            Double(requests.only { request in windows.contains { $0.contains(instant(request)) } }.count)
        }
        offeredRPS = count(measured) { $0.scheduled } / seconds
        sentRPS = count(sent) { $0.dispatched } / seconds
        achievedRPS = count(timeline.requests.successes.only { ($0.turn ?? 0) == 0 }) { $0.instant($0.ended) } / seconds
        compare(measured, in: windows, seconds)
    }

    private mutating func compare(_ measured: RequestSet, in windows: [MeasuredWindow], _ seconds: Double) {
        var (planned, kept, achieved, gaps): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        var base = 0.0  // the windows one after the other, the turns of other targets left out
        for window in windows {
            let since = { (instant: Int64) in base + Double(instant - window.start) / 1e9 }
            let due = measured.only { window.contains($0.scheduled) }
            planned += due.map { since($0.scheduled) }
            kept += due.compactMap { $0.dispatchLag == nil ? nil : since($0.scheduled) }
            let sent = due.compactMap { $0.dispatched.map(since) }.sorted()
            gaps += zip(sent.dropFirst(), sent).map { $0 - $1 }
            achieved += sent
            base += window.seconds
        }
        guard planned.count >= 2 else { return }
        distance = Self.distance(kept.sorted(), achieved.sorted())
        let width = min(1, seconds / 20)
        dispersionBinSeconds = width
        // Over the whole time, so that its end counts also when nothing came then.
        plannedDispersion = ArrivalTests.dispersion(planned, over: seconds, binWidth: width)
        sentDispersion = ArrivalTests.dispersion(achieved, over: seconds, binWidth: width)
        guard law == "poisson", rampFrom == nil, rateCurve == nil, gaps.count >= Self.fewestForLaw else { return }
        andersonDarling = ArrivalTests.andersonDarlingExponential(gaps)
    }

    /// Kolmogorov's distance of two samples of one size, both ascending.
    static func distance(_ a: [Double], _ b: [Double]) -> Double {
        var (i, j, greatest) = (0, 0, 0)
        while i < a.count && j < b.count {
            let next = min(a[i], b[j])
            while i < a.count && a[i] == next { i += 1 }
            while j < b.count && b[j] == next { j += 1 }
            greatest = max(greatest, abs(i - j))
        }
        return Double(greatest) / Double(max(1, a.count))
    }
}
