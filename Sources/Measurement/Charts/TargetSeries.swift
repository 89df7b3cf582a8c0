/// One target's figures by bin of the time axis; each array has one value for each bin.
public struct TargetSeries: Sendable, Hashable {
    public var inFlight: [Double] = []  // mean over the bin
    public var starts: [Int] = []
    public var again: [Int] = []  // of them: requests that had been refused or lost before
    public var successes: [Int] = []  // that ended in it, as the next three
    public var failed: [Int] = []
    public var throttled: [Int] = []
    public var excluded: [Int] = []
    /// Tokens that came in it. Each request's are placed by what was stored of their arrival; without that they are spread
    /// evenly over its decoding.
    public var tokens: [Double] = []
    /// The widest bin that arrivals were stored in, seconds: within it nobody knows when tokens came.
    public var tokenResolution = 0.0
    /// Of the requests sent in it, milliseconds, by the view of their phase; nil = none had a first token.
    public var ttftP50: [Double?] = []
    public var ttftP95: [Double?] = []

    init() {}

    init(of timeline: TargetTimeline, _ axis: TimeAxis) {
        let none = [Int](repeating: 0, count: axis.bins)
        (starts, again, successes, failed, throttled, excluded) = (none, none, none, none, none, none)
        var area = [Double](repeating: 0, count: axis.bins)
        tokens = area
        var waits = [[Double]](repeating: [], count: axis.bins)
        let index = timeline.index
        let steps = index.phases(of: timeline.target.id).flatMap(index.steps(of:))
        tokenResolution = Double(steps.map(\.binWidth).max() ?? 0) / 1e9
        timeline.requests.forEach { request in
            guard let dispatched = request.dispatched else {
                excluded[axis.bin(request.scheduled)] += 1
                return
            }
            let ended = request.instant(request.ended) ?? dispatched
            starts[axis.bin(dispatched)] += 1
            if request.attempt > 0 { again[axis.bin(dispatched)] += 1 }
            switch request.outcomeClass {
            case .success: successes[axis.bin(ended)] += 1
            case .failed: failed[axis.bin(ended)] += 1
            case .throttled: throttled[axis.bin(ended)] += 1
            case .excluded: excluded[axis.bin(ended)] += 1
            }
            if ended > dispatched {
                axis.spread(Double(ended) - Double(dispatched), from: dispatched, to: ended, into: &area)
            }
            Self.place(
                Double(timeline.estimate.tokens(of: request)),
                of: request,
                binWidth: index.binWidth(of: request) ?? 0,
                axis,
                into: &tokens
            )
            if let ttft = index.ttft(of: request) { waits[axis.bin(dispatched)].append(ttft) }
        }
        for (width, record) in index.arrived(of: timeline.target) {
            let (start, overflow) = record.bin.multipliedReportingOverflow(by: width)
            if overflow { continue }
            axis.spread(Double(record.tokens), from: start, to: start.saturatingAdd(width), into: &tokens)
        }
        inFlight = area.map { $0 / Double(axis.width) }
        // The last bin is not whole: what it held, it held over less time.
        let rest = axis.nanoseconds - Int64(axis.bins - 1) * axis.width
        if rest > 0, let last = area.last { inFlight[axis.bins - 1] = last / Double(rest) }
        for wait in waits {
            let sorted = SortedSamples(wait)
            ttftP50.append(sorted.nearestRank(.p50))
            ttftP95.append(sorted.nearestRank(.p95))
        }
    }

    /// An answer's tokens by its arrival log, else evenly from its first to its last token.
    private static func place(
        _ amount: Double,
        of request: RequestRecord,
        binWidth: Int64,
        _ axis: TimeAxis,
        into series: inout [Double]
    ) {
        // Those of packed requests are placed together.
        guard amount > 0, !request.isPacked, let first = request.instant(request.firstToken ?? request.lastToken) else {
            return
        }
        let last = request.instant(request.lastToken) ?? first
        let log = binWidth > 0 ? ArrivalLog.decode(request.arrivals) ?? [] : []
        let byText = log.contains { $0.textBytes > 0 }
        let weight = { (entry: ArrivalLog.Entry) in Double(byText ? entry.textBytes : entry.events) }
        let whole = log.reduce(0) { $0 + weight($1) }
        guard whole > 0 else {
            axis.spread(amount, from: first, to: max(first, last), into: &series)
            return
        }
        for entry in log {
            let (start, overflow) = entry.bin.multipliedReportingOverflow(by: binWidth)
            if overflow { continue }
            // Within a bin of the log, no earlier than the first token and no later than the last.
            let from = min(max(start, first), start.saturatingAdd(binWidth))
            let to = max(from, min(start.saturatingAdd(binWidth), last))
            axis.spread(amount * weight(entry) / whole, from: from, to: to, into: &series)
        }
    }
}

/// The load generator's own state by bin of the time axis.
public struct GeneratorSeries: Sendable, Hashable {
    public var cpuPercent: [Double?] = []  // of one core, the busiest loop's thread
    public var wakeLagP99: [Double?] = []  // milliseconds
    public var readLagP99: [Double?] = []

    init(_ recorded: RecordedRun, _ axis: TimeAxis) {
        cpuPercent = [Double?](repeating: nil, count: axis.bins)
        for samples in Dictionary(grouping: recorded.health, by: \.loop).values {
            let ordered = samples.sorted { $0.at < $1.at }
            for (before, after) in zip(ordered, ordered.dropFirst()) where after.at > before.at {
                let used = (Double(after.loopCPU) - Double(before.loopCPU)) / (Double(after.at) - Double(before.at))
                if used < 0 { continue }  // another process: the run was resumed
                for bin in axis.bin(before.at)...axis.bin(after.at) {
                    cpuPercent[bin] = max(cpuPercent[bin] ?? 0, 100 * used)
                }
            }
        }
        wakeLagP99 = Self.p99(.wakeLag, recorded, axis)
        readLagP99 = Self.p99(.readLag, recorded, axis)
    }

    private static func p99(
        _ metric: HistogramRecord.Metric,
        _ recorded: RecordedRun,
        _ axis: TimeAxis
    ) -> [Double?] {
        let second: Int64 = 1_000_000_000
        let lastSecond = axis.nanoseconds / second
        var merged: [Int: Histogram] = [:]
        for record in recorded.histograms where record.metric == metric && (0...lastSecond).contains(record.second) {
            merged[axis.bin(record.second * second), default: Histogram()].merge(record.histogram)
        }
        var series = [Double?](repeating: nil, count: axis.bins)
        let binsPerSecond = max(1, Int(second / axis.width))
        for (bin, histogram) in merged {
            let value = histogram.quantile(.p99).map { Double($0) / 1e6 }
            // Bins narrower than a second share its histogram.
            for place in bin..<min(axis.bins, bin + binsPerSecond) { series[place] = value }
        }
        return series
    }
}
