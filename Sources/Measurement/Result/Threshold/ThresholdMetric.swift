/// A figure that a threshold may name: the summary's key without `_ms` or `_s`, and where its value stands.
struct ThresholdMetric: Sendable {
    /// Of what it is a figure, and how to read it there.
    enum Source: Sendable {
        case distribution(@Sendable (RequestStatistics) -> DistributionSummary?)
        /// The same where it depends on whether times count from the schedule: the time to first token.
        case viewed(@Sendable (RequestStatistics, _ fromSchedule: Bool) -> DistributionSummary?)
        case statistic(@Sendable (RequestStatistics) -> FigureValue)
        /// The share of the answers that one of several gave, which a selector names.
        case served(ServedResult.Fact)
        /// Over a window: totals of a whole run have none.
        case rate(@Sendable (RequestStatistics) -> Double?)
        case step(@Sendable (StepResult) -> FigureValue)
        case burst(@Sendable (BurstResult) -> FigureValue)
        case phase(@Sendable (PhaseResult) -> FigureValue?)
        case phaseDistribution(@Sendable (PhaseResult) -> DistributionSummary?)
        /// What the server's own metrics say, over a level, a phase and the run.
        case server(@Sendable (ServerResult?) -> FigureValue)
        /// Of a target as a whole alone.
        case target(@Sendable (TargetResult) -> FigureValue)
    }

    let name: String
    let unit: FigureDimension
    let source: Source

    init(_ name: String, _ unit: FigureDimension, _ source: Source) {
        self.name = name
        self.unit = unit
        self.source = source
    }

    /// Under its key without the unit; the time to first token is the one that the place counts.
    init(_ figure: CatalogueFigure) {
        let name = figure.key.hasSuffix("_ms") ? String(figure.key.dropLast(3)) : figure.key
        let source: Source =
            switch figure.source {
            case .count(let missing, let read): .statistic { FigureValue(read($0).map(Double.init), missing: missing) }
            case .number(let read): .statistic(read)
            case .proportion(let read):
                .statistic { FigureValue(read($0)?.value, interval: read($0)?.interval, missing: "no request counts") }
            case .rate(let read): .rate(read)
            case .distribution(_, let read):
                name == "ttft" ? .viewed { $0.ttft(fromSchedule: $1) } : .distribution(read)
            }
        self.init(name, figure.dimension, source)
    }

    var isDistribution: Bool {
        switch source {
        case .distribution, .viewed, .phaseDistribution: true
        case .statistic, .served, .rate, .step, .burst, .phase, .server, .target: false
        }
    }

    private static let adjusted = Set(
        FigureCatalogue.all.compactMap { figure in
            if case .distribution(adjusted: true, _) = figure.source { ThresholdMetric(figure).name } else { nil }
        }
    )

    /// Failures count as +infinity in the times to an answer only.
    private var hasAdjusted: Bool {
        Self.adjusted.contains(name) || name.hasPrefix("retries.")
    }

    func dimension(of statistic: String?) -> FigureDimension { unit.of(statistic) }

    func accepts(_ selector: Threshold.Selector) -> Bool {
        switch (source, selector) {
        case (.served(let fact), .served(let named, _)): fact == named
        case (.served, _), (_, .served): false
        case (.distribution, _), (.viewed, _), (.statistic, _), (.rate, _): true
        case (.step, .concurrency), (.step, .rps), (.server, .concurrency), (.server, .rps), (.burst, .burst): true
        case (.step, .burst), (.server, .burst), (.burst, .concurrency), (.burst, .rps), (.phase, _),
            (.phaseDistribution, _), (.target, _):
            false
        }
    }

    // MARK: By name

    static let statistics = [
        "count", "mean", "stddev", "cv_percent", "cv", "cv_without_top2", "min", "p50", "p75", "p90", "p95", "p99",
        "p999", "max", "adj_p95", "adj_p99",
    ]

    static var names: [String] { all.map(\.name) }

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    struct Found {
        var metric: ThresholdMetric
        var statistic: String?
        var phase: String?
    }

    /// `[phase.]metric[.stat]`: the phase is what stands before the longest ending that is a metric.
    static func find(_ path: Substring, _ expression: String) throws(ThresholdError) -> Found {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false).map { String($0.trimmed) }
        if parts.contains("") {
            throw ThresholdError(expression, path.isEmpty ? "no metric" : "'\(path)' has an empty part")
        }
        var problem: ThresholdError?
        for start in parts.indices {
            let phase = start > 0 ? parts[..<start].joined(separator: ".") : nil
            let rest = Array(parts[start...])
            if let metric = known(rest.joined(separator: ".")) {
                if !metric.isDistribution { return Found(metric: metric, statistic: nil, phase: phase) }
                problem =
                    problem
                    ?? ThresholdError(
                        expression,
                        "\(metric.name) is a distribution: say which figure of it, e.g. \(metric.name).p95"
                    )
            }
            guard rest.count > 1, let metric = known(rest.dropLast().joined(separator: ".")), metric.isDistribution
            else { continue }
            let statistic = rest[rest.count - 1]
            let statistics = metric.hasAdjusted ? Self.statistics : Self.statistics.filter { !$0.hasPrefix("adj_") }
            if statistics.contains(statistic) { return Found(metric: metric, statistic: statistic, phase: phase) }
            problem =
                problem
                ?? ThresholdError(
                    expression,
                    "\(metric.name) has no '\(statistic)'",
                    nearest: Spelling.nearest(to: statistic, among: statistics).map { "\(metric.name).\($0)" }
                )
        }
        throw problem ?? unknown(parts, expression)
    }

    private static func known(_ name: String) -> ThresholdMetric? {
        if let metric = byName[name] { return metric }
        for suffix in ["_ms", "_s", ".value"] where name.hasSuffix(suffix) {
            if let metric = byName[String(name.dropLast(suffix.count))] { return metric }
        }
        return nil
    }

    private static func unknown(_ parts: [String], _ expression: String) -> ThresholdError {
        let words =
            parts.last.map { statistics.contains($0) && parts.count > 1 } == true ? parts.dropLast() : parts[...]
        let candidates = words.indices.map { words[$0...].joined(separator: ".") }
        let nearest = candidates.compactMap { candidate in
            Spelling.nearest(to: candidate, among: names).map { ($0, Spelling.distance(candidate, $0)) }
        }.min { $0.1 < $1.1 }
        return ThresholdError(
            expression,
            "unknown metric '\(parts.joined(separator: "."))'",
            nearest: nearest?.0
        )
    }
}
