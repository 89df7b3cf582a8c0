import Measurement

extension ReportDocument {
    static func ramp(_ phase: PhaseResult) -> [Block] {
        var blocks: [Block] = [
            .heading("\(heading(phase)): speed against the number of streams"),
            .sentence(
                "Each row keeps so many requests (streams) in flight. Kept: what is left of the first row's speed per "
                    + "user, waiting included; TTFT: the wait for the first token; e2e: that for the last; p95: 95 of "
                    + "100 requests stay below; CV: the scatter.",
                .dim
            ),
        ]
        guard !phase.steps.isEmpty else { return blocks }
        blocks += find(phase)
        blocks.append(.table(rampTable(phase)))
        blocks += openBounds(phase).map { .sentence($0, .dim) }
        if let sentence = unsettledSentence(phase) { blocks.append(.sentence(sentence, .dim)) }
        if phase.steps.count > 1, phase.steps.allSatisfy({ $0.retention == nil }) {
            blocks.append(
                .sentence("Kept cannot be told: it takes 25 measured requests in a row and in the first.", .dim)
            )
        }
        blocks += kneeSentences(phase).map { .sentence($0) }
        blocks += hysteresis(phase)
        if let queueing = queueingSentence(phase) { blocks.append(.sentence(queueing)) }
        if phase.steps.count > 1 { blocks.append(.bars(rampBars(phase))) }
        return blocks
    }

    // MARK: The table

    private static func rampTable(_ phase: PhaseResult) -> TextTable {
        let parts = phase.steps.contains { partsFromRetention($0) }
        var columns: [TextTable.Column] = [
            .init("streams"), .init("tokens/s"), .init("per user", "tokens/s"), .init("kept"),
        ]
        if parts { columns.append(.init("decode", "kept", dropRank: 5)) }
        columns += ttftColumns(phase) + tailColumns(phase)
        let rows = phase.steps.map { step in
            var cells = [
                Span(step.concurrency.map { Figure.count($0) } ?? Figure.unknown, .strong),
                Span(Figure.rate(step.stats.outputTokensPerSecond)),
                Span(Figure.rate(step.stats.requestTPS?.p50)),
                Span(Figure.wholePercent(share: step.retention), keptTone(step.retention)),
            ]
            if parts { cells.append(Span(Figure.wholePercent(share: step.decodeRetention))) }
            cells += ttftCells(step.stats, phase) + tailCells(step.stats, phase)
            return TextTable.Row(cells, mark: isKnee(step, phase) ? "← knee" : nil)
        }
        return TextTable(columns: columns, rows: rows)
    }

    private static func keptTone(_ retention: Double?) -> Tone {
        guard let retention else { return .dim }
        return retention >= 0.8 ? .good : retention >= 0.5 ? .caution : .bad
    }

    private static func isKnee(_ step: StepResult, _ phase: PhaseResult) -> Bool {
        guard let knee = phase.knee?.concurrency else { return false }
        return step.concurrency == knee
    }

    static func ttftColumns(_ phase: PhaseResult) -> [TextTable.Column] {
        let first = phase.loop == .open ? ["scheduled", "TTFT p50"] : ["TTFT", "p50"]
        return [.init(first[0], first[1]), .init("TTFT", "p95"), .init("TTFT", "CV", dropRank: 2)]
    }

    static func tailColumns(_ phase: PhaseResult) -> [TextTable.Column] {
        var columns: [TextTable.Column] = [
            .init("e2e", "p95", dropRank: 3), .init("useful", dropRank: 4), .init("failed"),
        ]
        if throttled(phase) { columns.append(.init("throttled", dropRank: 1)) }
        return columns
    }

    /// The TTFT that the contract means for this phase.
    static func ttft(_ stats: RequestStatistics, _ phase: PhaseResult) -> DistributionSummary? {
        phase.loop == .open ? stats.ttftScheduledMilliseconds : stats.ttftMilliseconds
    }

    static func ttftCells(_ stats: RequestStatistics, _ phase: PhaseResult) -> [Span] {
        let ttft = ttft(stats, phase)
        return [
            Span(Figure.duration(milliseconds: ttft?.p50)), Span(Figure.duration(milliseconds: ttft?.p95)),
            Span(Figure.wholePercent(ttft?.cvPercent)),
        ]
    }

    static func tailCells(_ stats: RequestStatistics, _ phase: PhaseResult) -> [Span] {
        var cells = [
            Span(Figure.duration(milliseconds: stats.e2eMilliseconds?.p95)),
            Span(Figure.percent(share: usefulShare(stats))),
            Span(Figure.count(stats.requests.failed), stats.requests.failed > 0 ? .bad : .plain),
        ]
        if throttled(phase) {
            cells.append(Span(Figure.count(stats.requests.throttled), stats.requests.throttled > 0 ? .caution : .plain))
        }
        return cells
    }

    private static func throttled(_ phase: PhaseResult) -> Bool {
        phase.steps.contains { $0.stats.requests.throttled > 0 }
    }

    /// Useful over scheduled − cancelled.
    static func usefulShare(_ stats: RequestStatistics) -> Double? {
        let judged = stats.requests.scheduled - (stats.outcomes[.cancelled] ?? 0)
        return judged > 0 ? Double(stats.requests.useful) / Double(judged) : nil
    }

    // MARK: Sentences

    /// Decode speed kept, against all speed kept, 5 points or more apart: a queue before the first token.
    private static func partsFromRetention(_ step: StepResult) -> Bool {
        guard let retention = step.retention, let decode = step.decodeRetention else { return false }
        return abs(decode - retention) > 0.05
    }

    private static func queueingSentence(_ phase: PhaseResult) -> String? {
        let first = phase.steps.first { step in
            guard let retention = step.retention, let decode = step.decodeRetention else { return false }
            return decode - retention > 0.05
        }
        guard let first, let level = first.concurrency else { return nil }
        return
            "From \(Figure.count(level)) streams on requests queue before the first token: while it streams, an answer "
            + "keeps \(Figure.wholePercent(share: first.decodeRetention)) of its speed, waiting included "
            + "\(Figure.wholePercent(share: first.retention))."
    }

    /// What MSER-5 would leave out although the settling time was over; only where it is a good part of the sample.
    private static func unsettledSentence(_ phase: PhaseResult) -> String? {
        let steps = phase.steps.compactMap { step -> String? in
            guard let level = step.concurrency, let discarded = step.discarded, discarded > 0 else { return nil }
            let counted = step.stats.ttftMilliseconds?.count ?? 0
            guard Double(discarded) >= 0.1 * Double(counted) else { return nil }
            return "\(Figure.count(discarded)) of \(Figure.count(counted)) at \(Figure.count(level)) streams"
        }
        guard !steps.isEmpty else { return nil }
        return
            "Not yet like the rest (MSER-5 would have discarded them; they are counted, a longer settling time leaves "
            + "them out): the first \(steps.joined(separator: ", "))."
    }

    private static func kneeSentences(_ phase: PhaseResult) -> [String] {
        guard let knee = phase.knee else { return [] }
        var sentence: String
        if let level = knee.concurrency {
            let next = knee.bracket.last.flatMap { $0 > level ? $0 : nil }
            sentence = "Knee at \(Figure.count(level)) streams"
            sentence += next.map { " (the next level, \(Figure.count($0)), is past it)" } ?? ""
            sentence +=
                ": up to here each added stream still brings at least half of what the first ones did, and TTFT "
            sentence += "p95 is at most twice that of the first row."
        } else {
            let most = phase.steps.compactMap(\.concurrency).max()
            sentence = "Knee: not reached"
            sentence += most.map { " (> \(Figure.count($0)) streams)." } ?? "."
        }
        var fits: [String] = []
        if let hinge = knee.hinge {
            let interval = Figure.interval(hinge.interval.lower, hinge.interval.upper, Figure.plain)
            fits.append(
                "a hinge at \(Figure.plain(hinge.concurrency))\(interval.map { " (95\(Figure.space)%: \($0))" } ?? "")"
            )
        }
        if let usl = knee.usl {
            fits.append(
                usl.peakConcurrency.map { "a peak at \(Figure.plain($0)) (Universal Scalability Law)" }
                    ?? "no peak (Universal Scalability Law)"
            )
        }
        guard !fits.isEmpty else { return [sentence] }
        let agreement = knee.agree.map { $0 ? "; they agree" : "; they do not agree, so take the knee with care" } ?? ""
        return [sentence, "Curves through the same points find \(fits.joined(separator: " and "))\(agreement)."]
    }

    /// Which p95 of TTFT have an interval that is open above, and why.
    static func openBounds(_ phase: PhaseResult) -> [String] {
        let open = phase.steps.compactMap { step -> (String, Int)? in
            guard let ttft = ttft(step.stats, phase), ttft.p95 != nil, ttft.source == .samples,
                ttft.p95Interval?.upper == nil
            else { return nil }
            let label = step.concurrency.map { Figure.count($0) } ?? Figure.rate(step.rps)
            return (label, ttft.count)
        }
        guard !open.isEmpty else { return [] }
        let labels = open.map(\.0).joined(separator: ", ")
        let least = open.map(\.1).min() ?? 0
        let most = open.map(\.1).max() ?? 0
        let counts =
            least == most ? "n = \(Figure.count(least))" : "n = \(Figure.count(least)) to \(Figure.count(most))"
        let isRate = phase.steps.contains { $0.rps != nil }
        let unit = isRate ? "requests/s" : labels == "1" ? "stream" : "streams"
        return ["TTFT p95 at \(labels) \(unit): \(counts), no upper bound (too few requests to say how bad it can be)."]
    }

    private static func rampBars(_ phase: PhaseResult) -> BarChart {
        BarChart(
            labelTitle: "streams",
            seriesTitles: ["tokens/s, all streams", "tokens/s, per user"],
            rows: phase.steps.map { step in
                BarChart.Row(
                    label: step.concurrency.map { Figure.count($0) } ?? Figure.unknown,
                    values: [step.stats.outputTokensPerSecond, step.stats.requestTPS?.p50],
                    mark: isKnee(step, phase) ? "← knee" : nil
                )
            }
        )
    }
}
