import Measurement
import Ticks

/// A phase with one load: its figures as rows.
enum SingleLoadSection {
    static func blocks(_ phase: PhaseResult) -> [Block] {
        let step = phase.steps.count == 1 ? phase.steps.first : nil
        let stats = step?.stats ?? phase.stats
        var blocks: [Block] = [
            .heading("\(PhaseSection.heading(phase)): \(subject(phase, step))"),
            .detail(.sentence(stats.embeddings == nil ? explanation(phase) : EmbeddingSection.explanation, .dim)),
        ]
        if let batch = phase.batch { blocks += BatchSection.blocks(batch, stats) }
        let rows = figureRows(stats, phase)
        if !rows.isEmpty { blocks.append(.table(figureTable(rows))) }
        blocks += openBounds(stats, phase).map { .sentence($0, .dim) }
        blocks += RateSection.openLoop(step).map { .detail($0) }
        blocks.append(.sentence(speed(stats, step)))
        if let sentence = scatter(stats, phase) {
            blocks.append(phase.kind == .probe ? .sentence(sentence) : .detail(.sentence(sentence)))
        }
        if let sentence = phase.consistency.flatMap(classes), !phase.rowValidity.isDisturbed {
            blocks.append(.sentence(sentence))
        }
        blocks += DriftSection.blocks(phase)
        return blocks
    }

    private static func subject(_ phase: PhaseResult, _ step: StepResult?) -> String {
        if let level = step?.concurrency {
            return "\(Figure.count(level)) \(level == 1 ? "stream" : "streams"), steady"
        }
        if let step, step.rps != nil { return step.load }
        return "\(Figure.count(phase.stats.requests.scheduled)) requests"
    }

    private static func explanation(_ phase: PhaseResult) -> String {
        switch phase.kind {
        case .rate, .replay: RateSection.explanation
        case .probe:
            "One request at a time, with pauses: is the same question always answered alike? TTFT is the wait for the "
                + "first token; 95 of 100 requests stay below p95; CV is the scatter."
        case .batch:
            "A fixed number of requests, so many in flight: how long does the whole job take, and how fast is each answer? 95 of 100 "
                + "requests stay below p95; CV is the scatter."
        case .keepwarm:
            "Single requests after pauses that grow: how long does the server stay warm without traffic?"
        case .warmup, .ramp, .idle, .burst, .steady, .trickle:
            "The same load all the time. TTFT is the wait for the first token, e2e that for the last; 95 of 100 requests "
                + "stay below p95; CV is the scatter."
        }
    }

    private typealias Figures = (name: String, summary: DistributionSummary, dimension: FigureDimension)

    private static func figureRows(_ stats: RequestStatistics, _ phase: PhaseResult) -> [Figures] {
        let isOpen = phase.loop == .open
        let rows: [(String, CatalogueFigure)] =
            (isOpen
                ? [
                    ("TTFT from due", .ttftScheduled), ("TTFT from sending", .ttft), ("e2e from due", .e2eScheduled),
                    ("e2e from sending", .e2e),
                ] : [("TTFT", .ttft), ("e2e", .e2e)])
            + [("time per token", .tpot), ("gap between chunks", .itl), ("tokens/s per user", .requestTPS)]
        return rows.compactMap { name, figure in
            figure.distribution(of: stats).map { (name, $0, figure.dimension) }
        }
    }

    private static func figureTable(_ rows: [Figures]) -> TextTable {
        TextTable(
            [
                TableColumn("", alignment: .left, tone: .strong) { $0.name },
                TableColumn("p50") { Figure.text($0.summary.p50, $0.dimension) },
                TableColumn("p95") { Figure.text($0.summary.p95, $0.dimension) },
                TableColumn("p99") { Figure.text($0.summary.p99, $0.dimension) },
                TableColumn("max", dropRank: 2) { Figure.text($0.summary.maximum, $0.dimension) },
                TableColumn("CV") { Figure.wholePercent($0.summary.cvPercent) },
                TableColumn("n", dropRank: 1) { Figure.count($0.summary.count) },
            ],
            rows
        )
    }

    private static func openBounds(_ stats: RequestStatistics, _ phase: PhaseResult) -> [String] {
        guard let ttft = LoadColumns.ttft(stats, phase), ttft.source == .samples else { return [] }
        let open = [("p95", ttft.p95, ttft.p95Interval, Quantile.p95), ("p99", ttft.p99, ttft.p99Interval, .p99)]
            .filter { $0.1 != nil && $0.2?.upper == nil }
        guard let first = open.first else { return [] }
        let names = open.map(\.0).joined(separator: " and ")
        let count = Figure.count(ttft.effectiveCount ?? ttft.count)
        return [
            "\(names) \(open.count == 1 ? "is" : "are") rough: \(DistributionSummary.evidence(count, of: [ttft])), "
                + "\(QuantileRanks.fewestForUpperBound(first.3)) are needed for an upper limit of the \(first.0)."
        ]
    }

    private static func speed(_ stats: RequestStatistics, _ step: StepResult?) -> String {
        var parts = EmbeddingSection.speed(stats)
        if let rate = stats.outputTokensPerSecond, parts.isEmpty {
            parts.append("\(Figure.rate(rate)) tokens/s in all")
        }
        if let rate = stats.requestsPerSecond { parts.append("\(Figure.rate(rate)) requests/s") }
        if let rate = stats.goodputRPS { parts.append("\(Figure.rate(rate)) of them within the SLO") }
        if let mean = step?.meanInFlight { parts.append("\(Figure.rate(mean)) in flight on average") }
        parts.append("\(Figure.percent(share: LoadColumns.usefulShare(stats))) useful")
        parts.append("\(Figure.count(stats.requests.failed)) failed")
        if stats.requests.throttled > 0 { parts.append("\(Figure.count(stats.requests.throttled)) throttled") }
        if let gaps = stats.tallied[CatalogueFigure.longGapShare.key], gaps.part > 0 {
            parts.append("\(Figure.count(gaps.part)) with a gap above 1\(Figure.space)s between tokens")
        }
        return parts.joined(separator: ", ") + "."
    }

    /// The contract's bands of the CV of TTFT, a set where the interval touches several; no band of a disturbed row, for
    /// the scatter may be the load generator's own.
    private static func scatter(_ stats: RequestStatistics, _ phase: PhaseResult) -> String? {
        guard let ttft = LoadColumns.ttft(stats, phase), let cv = ttft.cvPercent else { return nil }
        var text = "TTFT scatters by a CV of \(Figure.wholePercent(cv))"
        if let bounds = Figure.interval(ttft.cvInterval?.lower, ttft.cvInterval?.upper, Figure.wholePercent(_:)) {
            text += " (95\(Figure.space)% interval \(bounds))"
        }
        let validity = phase.steps.count == 1 ? phase.steps[0].validity : phase.rowValidity
        if !ttft.cvBands.isEmpty, !validity.isDisturbed {
            text += ": " + ttft.cvBands.map(\.rawValue).joined(separator: ", or ")
        }
        if let without = ttft.cvWithoutTop2, cv - without > 10 {
            text += "; without the two slowest requests it is \(Figure.wholePercent(without))"
        }
        return text + "."
    }

    /// Cold by the server's word; else what the shape shows, and no more.
    private static func classes(_ consistency: ConsistencyResult) -> String? {
        guard consistency.isReported else { return consistency.driver.map { "Made of: \(SafeText.line($0))." } }
        var text =
            "\(Figure.count(consistency.cold)) of "
            + "\(Figure.count(consistency.warm + consistency.cold + consistency.stuck)) requests met a cold server, by its own word"
        if let rate = consistency.coldRate {
            let upper = consistency.coldRateUpper95.map { ", at most \(Figure.percent(share: $0))" } ?? ""
            text += " (\(Figure.percent(share: rate))\(upper))"
        }
        return text + "."
    }
}
