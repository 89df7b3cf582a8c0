import Measurement

extension ReportDocument {
    static func ramp(_ phase: PhaseResult) -> [Block] {
        var blocks: [Block] = [
            .heading("\(heading(phase)): speed against the number of streams"),
            .detail(
                .sentence(
                    "Each row keeps so many requests (streams) in flight. User: the speed that each user gets; kept: what is "
                        + "left of the first row's, waiting included; TTFT: the wait for the first token; e2e: that for the "
                        + "last; p95: 95 of 100 requests stay below; CV: the scatter.",
                    .dim
                )
            ),
        ]
        guard !phase.steps.isEmpty else { return blocks }
        blocks += find(phase)
        blocks.append(.table(rampTable(phase)))
        if let sentence = roughSentence(phase) { blocks.append(.sentence(sentence, .dim)) }
        if let sentence = unsettledSentence(phase) { blocks.append(.detail(.sentence(sentence, .dim))) }
        if phase.steps.count > 1, phase.steps.allSatisfy({ $0.retention == nil }) {
            blocks.append(
                .sentence("Kept is missing: it takes 25 measured requests in the row and in the first row.", .dim)
            )
        }
        blocks += kneeSentences(phase).map { .detail(.sentence($0)) }
        blocks += hysteresis(phase)
        if let sentence = ServerBlocks.waitSentence(phase) { blocks.append(.detail(.sentence(sentence))) }
        if phase.steps.count > 1 { blocks.append(.detail(.bars(rampBars(phase)))) }
        return blocks
    }

    // MARK: The table

    private static func rampTable(_ phase: PhaseResult) -> TextTable {
        let columns: [TableColumn<StepResult>] = [
            streamsColumn,
            TableColumn("tok/s", of: .outputTokensPerSecond).of(\.stats),
            TableColumn("user", "tok/s", of: .requestTPS, at: "p50").of(\.stats),
            TableColumn("kept") { Span(Figure.wholePercent(share: $0.retention), keptTone($0.retention)) },
            TableColumn("decode", "kept", dropRank: 5, when: phase.steps.contains { partsFromRetention($0) }) {
                Figure.wholePercent(share: $0.decodeRetention)
            },
        ]
        let queue = TableColumn(
            "in its",
            "queue",
            dropRank: 6,
            when: ServerBlocks.knowsWaiting(phase),
            cell: ServerBlocks.waiting
        )
        return TextTable(
            columns + (ttftColumns(phase) + tailColumns(phase)).map { $0.of(\.stats) } + [queue],
            phase.steps,
            mark: { isKnee($0, phase) ? "← knee" : nil },
            isDisturbed: { $0.validity.isDisturbed }
        )
    }

    static var streamsColumn: TableColumn<StepResult> {
        TableColumn("streams", tone: .strong) { $0.concurrency.map { Figure.count($0) } ?? Figure.unknown }
    }

    private static func keptTone(_ retention: Double?) -> Tone {
        guard let retention else { return .dim }
        return retention >= 0.8 ? .good : retention >= 0.5 ? .caution : .bad
    }

    private static func isKnee(_ step: StepResult, _ phase: PhaseResult) -> Bool {
        guard let knee = phase.knee?.concurrency, phase.kneeFooting.isTold else { return false }
        return step.concurrency == knee
    }

    static func ttftColumns(_ phase: PhaseResult) -> [TableColumn<RequestStatistics>] {
        let first = phase.loop == .open ? ["scheduled", "TTFT p50"] : ["TTFT", "p50"]
        let figure = phase.loop == .open ? CatalogueFigure.ttftScheduled : .ttft
        return [
            TableColumn(first[0], first[1], of: figure, at: "p50"), TableColumn("TTFT", "p95", of: figure, at: "p95"),
            TableColumn("TTFT", "CV", dropRank: 2) { Figure.wholePercent(ttft($0, phase)?.cvPercent) },
        ]
    }

    static func tailColumns(_ phase: PhaseResult) -> [TableColumn<RequestStatistics>] {
        [
            TableColumn("e2e", "p95", dropRank: 3, of: .e2e, at: "p95"),
            usefulColumn(dropRank: 4, when: useless(phase)), failedColumn,
            throttledColumn(dropRank: 1, when: throttled(phase)),
        ]
    }

    static func usefulColumn(dropRank: Int, when isShown: Bool = true) -> TableColumn<RequestStatistics> {
        TableColumn("useful", dropRank: dropRank, when: isShown) { Figure.percent(share: usefulShare($0)) }
    }

    static var failedColumn: TableColumn<RequestStatistics> {
        TableColumn("failed") { Span(Figure.count($0.requests.failed), $0.requests.failed > 0 ? .bad : .plain) }
    }

    static func throttledColumn(dropRank: Int, when isShown: Bool = true) -> TableColumn<RequestStatistics> {
        TableColumn("throttled", dropRank: dropRank, when: isShown) {
            Span(Figure.count($0.requests.throttled), $0.requests.throttled > 0 ? .caution : .plain)
        }
    }

    /// The TTFT that the contract means for this phase.
    static func ttft(_ stats: RequestStatistics, _ phase: PhaseResult) -> DistributionSummary? {
        phase.loop == .open ? stats.ttftScheduledMilliseconds : stats.ttftMilliseconds
    }

    private static func throttled(_ phase: PhaseResult) -> Bool {
        phase.steps.contains { $0.stats.requests.throttled > 0 }
    }

    /// A column that says 100 % in each row says nothing.
    private static func useless(_ phase: PhaseResult) -> Bool {
        phase.steps.contains { (usefulShare($0.stats) ?? 1) < 1 }
    }

    /// Useful over scheduled − cancelled.
    static func usefulShare(_ stats: RequestStatistics) -> Double? {
        let judged = stats.requests.scheduled - (stats.outcomes[.cancelled] ?? 0)
        return judged > 0 ? Double(stats.requests.useful) / Double(judged) : nil
    }

    // MARK: Sentences

    /// Decode speed kept, against all speed kept, 5 points or more apart: the rest is spent before the first token.
    private static func partsFromRetention(_ step: StepResult) -> Bool {
        guard let retention = step.retention, let decode = step.decodeRetention else { return false }
        return abs(decode - retention) > 0.05
    }

    /// What MSER-5 would leave out although the settling time was over; only where it is a good part of the sample.
    private static func unsettledSentence(_ phase: PhaseResult) -> String? {
        let steps = phase.steps.compactMap { step -> String? in
            guard step.concurrency != nil, let discarded = step.discarded, discarded > 0 else { return nil }
            let counted = step.stats.ttftMilliseconds?.count ?? 0
            guard Double(discarded) >= 0.1 * Double(counted) else { return nil }
            return "\(Figure.count(discarded)) of \(Figure.count(counted)) at \(step.load)"
        }
        guard !steps.isEmpty else { return nil }
        return
            "The first \(steps.joined(separator: ", ")) had not settled (MSER-5); they are counted, a longer --settle leaves "
            + "them out."
    }

    private static func kneeSentences(_ phase: PhaseResult) -> [String] {
        guard let knee = phase.knee else { return [] }
        let footing = phase.kneeFooting
        if case .none(let names) = footing {
            return ["No answer on where the knee is: \(names.joined(separator: ", ")) disturbed by the load generator."]
        }
        var sentence: String
        if let level = knee.concurrency {
            let next = knee.bracket.last.flatMap { $0 > level ? $0 : nil }
            sentence = "Knee at \(Figure.count(level)) \(level == 1 ? "stream" : "streams")"
            sentence += next.map { " (the next level, \(Figure.count($0)), is past it)" } ?? ""
            sentence +=
                ": up to here each added stream still brings at least half of what the first ones did, and TTFT "
            sentence += "p95 is at most twice that of the first row."
        } else {
            let most = phase.steps.compactMap(\.concurrency).max()
            sentence = "Knee: not reached"
            sentence += most.map { " (> \(Figure.count($0)) streams)." } ?? "."
        }
        if footing != .firm { sentence = "\(sentence.dropLast())\(footing.care)." }
        guard let fits = fits(knee) else { return [sentence] }
        return [sentence, fits]
    }

    /// Where curves through the same points put the knee.
    private static func fits(_ knee: KneeResult) -> String? {
        let hinge = knee.hinge.map { hinge in
            let interval = Figure.interval(hinge.interval.lower, hinge.interval.upper, Figure.plain)
            return
                "a hinge at \(Figure.plain(hinge.concurrency))\(interval.map { " (95\(Figure.space)%: \($0))" } ?? "")"
        }
        let law = knee.usl.map { usl in
            usl.peakConcurrency.map { "a peak at \(Figure.plain($0))" } ?? "no peak"
        }.map { $0 + " (Universal Scalability Law)" }
        let found = [hinge, law].compactMap(\.self)
        guard let first = found.first else { return nil }
        if found.count == 1 { return "A curve fit finds \(first)." }
        let agreement =
            switch knee.agree {
            case true: ": they agree."
            case false: ": the knee is uncertain."
            default: "."
            }
        return "Two curve fits find \(found.joined(separator: " and "))\(agreement)"
    }

    /// Once for all rows whose p95 has an interval that is open above.
    static func roughSentence(_ phase: PhaseResult) -> String? {
        let rough = phase.steps.compactMap { step -> DistributionSummary? in
            guard let ttft = ttft(step.stats, phase), ttft.p95 != nil, ttft.source == .samples,
                ttft.p95Interval?.upper == nil
            else { return nil }
            return ttft
        }
        let counts = rough.map { $0.effectiveCount ?? $0.count }
        guard let least = counts.min(), let most = counts.max() else { return nil }
        let range = least == most ? Figure.count(least) : "\(Figure.count(least)) to \(Figure.count(most))"
        let fewest = QuantileRanks.fewestForUpperBound(.p95)
        return
            "p95 is rough in \(counts.count) of \(phase.steps.count) rows: \(DistributionSummary.evidence(range, of: rough)); \(fewest) give it an upper limit."
    }

    private static func rampBars(_ phase: PhaseResult) -> BarChart {
        BarChart(
            labelTitle: "streams",
            series: [.init(title: "tok/s"), .init(title: "TTFT p95", unit: .milliseconds)],
            rows: phase.steps.map { step in
                BarChart.Row(
                    label: step.concurrency.map { Figure.count($0) } ?? Figure.unknown,
                    values: [step.stats.outputTokensPerSecond, ttft(step.stats, phase)?.p95],
                    mark: isKnee(step, phase) ? "← knee" : nil
                )
            }
        )
    }
}
