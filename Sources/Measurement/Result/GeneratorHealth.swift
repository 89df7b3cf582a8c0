/// The load generator's own state over a stretch of the run.
struct GeneratorHealth: Sendable {
    private let byLoop: [Int: [HealthRecord]]  // ascending by time
    private let incidents: [IncidentRecord]
    private let resumptions: [Int64]  // from each on another process counted, maybe after another boot

    init(_ recorded: RecordedRun) {
        byLoop = Dictionary(grouping: recorded.health, by: \.loop).mapValues { $0.sorted { $0.at < $1.at } }
        incidents = recorded.incidents
        resumptions = recorded.incidents.filter { $0.kind == .resume }.map(\.at)
    }

    /// When the present process began to count, where the run went on for another one.
    var lastResumption: Int64 { resumptions.max() ?? .min }

    private func samples(of loop: Int, in span: MeasuredWindow) -> [HealthRecord] {
        (byLoop[loop] ?? []).filter { span.start <= $0.at && $0.at <= span.end }
    }

    /// CPU of the busiest loop's thread over the span, percent of one core; nil without two samples inside.
    func loopCPUPercent(in span: MeasuredWindow) -> Double? {
        byLoop.keys.compactMap { percent(of: \.loopCPU, samples(of: $0, in: span)) }.max()
    }

    /// CPU of the whole process over the span, percent of one core.
    func processCPUPercent(in span: MeasuredWindow) -> Double? {
        byLoop.keys.compactMap { percent(of: \.processCPU, samples(of: $0, in: span)) }.max()
    }

    private func percent(of counter: (HealthRecord) -> Int64, _ samples: [HealthRecord]) -> Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        let used = increase(of: counter, samples)
        return used >= 0 ? 100 * used / (Double(last.at) - Double(first.at)) : nil
    }

    /// By how much a counter rose, leaving out the steps from one process to the next.
    private func increase(of counter: (HealthRecord) -> Int64, _ samples: [HealthRecord]) -> Double {
        guard !resumptions.isEmpty else {
            guard let first = samples.first, let last = samples.last else { return 0 }
            return Double(counter(last)) - Double(counter(first))
        }
        return zip(samples, samples.dropFirst()).reduce(0) { sum, pair in
            let (before, after) = pair
            if resumptions.contains(where: { before.at <= $0 && $0 <= after.at }) { return sum }
            return sum + Double(counter(after)) - Double(counter(before))
        }
    }

    /// The most memory held, in 10^6 bytes; nil without a sample.
    func residentMB(in span: MeasuredWindow) -> Double? {
        byLoop.keys.flatMap { samples(of: $0, in: span) }.map { Double($0.residentBytes) / 1e6 }.max()
    }

    /// The most files and sockets open; nil without a sample.
    func descriptors(in span: MeasuredWindow) -> Double? {
        byLoop.keys.flatMap { samples(of: $0, in: span) }.map { Double($0.descriptors) }.max()
    }

    /// Listen queues of this machine that overflowed during the span.
    func listenOverflows(in span: MeasuredWindow) -> Int64 {
        byLoop.keys.map { loop in
            let rise = increase(of: \.listenOverflows, samples(of: loop, in: span))
            return Int64(exactly: rise.rounded()) ?? (rise < 0 ? .min : .max)
        }.max() ?? 0
    }

    /// CPU time that the machine's host gave to others during the spans, nanoseconds of all cores; nil when not told.
    func stolen(in spans: [MeasuredWindow]) -> Double? {
        let loops = byLoop.filter { $0.value.contains { $0.stolen != nil } }.keys
        return spans.compactMap { span in
            loops.map { increase(of: { $0.stolen ?? 0 }, samples(of: $0, in: span)) }.max()
        }.reduce(nil) { ($0 ?? 0) + $1 }
    }

    /// Reads through a ring during the spans; nil when not told.
    func gatheredReads(in spans: [MeasuredWindow]) -> Double? {
        let loops = byLoop.filter { $0.value.contains { $0.gatheredReads != nil } }.keys
        return spans.compactMap { span in
            loops.map { increase(of: { $0.gatheredReads ?? 0 }, samples(of: $0, in: span)) }.reduce(nil) {
                ($0 ?? 0) + $1
            }
        }.reduce(nil) { ($0 ?? 0) + $1 }
    }

    /// For how long quotas of control groups held the generator back during the spans, nanoseconds; nil when not told.
    func throttled(in spans: [MeasuredWindow]) -> Double? {
        let loops = byLoop.filter { $0.value.contains { $0.throttled != nil } }.keys
        return spans.compactMap { span in
            loops.map { increase(of: { $0.throttled ?? 0 }, samples(of: $0, in: span)) }.max()
        }.reduce(nil) { ($0 ?? 0) + $1 }
    }

    /// The machine's highest load average of a minute during the spans; nil when not told.
    func load(in spans: [MeasuredWindow]) -> Double? {
        byLoop.keys.flatMap { loop in spans.flatMap { samples(of: loop, in: $0).compactMap(\.load) } }.max()
    }

    /// When the generator did not run, or its machine did not.
    var stops: [Range<Int64>] {
        incidents.filter { $0.kind == .clientStop || $0.kind == .suspend }.compactMap { stop in
            guard let ended = stop.ended, ended > stop.at, Silence.Stream.isSound(stop.at),
                Silence.Stream.isSound(ended)
            else { return nil }
            return stop.at..<ended
        }
    }

    func incidents(in span: MeasuredWindow) -> [IncidentRecord] {
        incidents.filter { $0.at <= span.end && ($0.ended ?? $0.at) >= span.start }
    }

    /// Those of any of the spans, each once.
    func incidents(in spans: [MeasuredWindow]) -> [IncidentRecord] {
        incidents.filter { incident in
            spans.contains { incident.at <= $0.end && (incident.ended ?? incident.at) >= $0.start }
        }
    }

    /// Over several spans; nil without any.
    func stoppedShare(of spans: [MeasuredWindow]) -> Double? {
        let seconds = spans.reduce(0) { $0 + $1.seconds }
        return seconds > 0 ? spans.reduce(0) { $0 + stoppedShare(of: $1) * $1.seconds } / seconds : nil
    }

    /// Share of the span in which the generator did not run: its own stalls and the machine's suspensions, each moment
    /// once; or, if that is more, the time by which CLOCK_BOOTTIME outran CLOCK_MONOTONIC.
    func stoppedShare(of span: MeasuredWindow) -> Double {
        let stops = incidents(in: span).filter { $0.kind == .clientStop || $0.kind == .suspend }
            .map { (from: $0.at, to: $0.ended ?? $0.at) }.sorted { $0.from < $1.from }
        var stopped = 0.0
        var reached = span.start
        for stop in stops {
            let from = max(stop.from, reached)
            let to = min(stop.to, span.end)
            if to > from {
                stopped += Double(to) - Double(from)
                reached = to
            }
        }
        let suspended =
            byLoop.keys.map { loop in
                increase(of: \.boottimeOffset, samples(of: loop, in: span))
            }.max() ?? 0
        return max(stopped, suspended) / Double(span.nanoseconds)
    }
}
