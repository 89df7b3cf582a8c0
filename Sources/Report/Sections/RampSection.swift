import Measurement

/// Levels of concurrency, as the report says them.
enum RampSection {
    static func blocks(_ phase: PhaseResult) -> [Block] {
        var blocks: [Block] = [
            .heading("\(PhaseSection.heading(phase)): speed against the number of streams"),
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
        blocks += FindSection.blocks(phase)
        blocks.append(.table(table(phase)))
        if let sentence = LoadColumns.roughSentence(phase) { blocks.append(.sentence(sentence, .dim)) }
        if let sentence = unsettledSentence(phase) { blocks.append(.detail(.sentence(sentence, .dim))) }
        if phase.steps.count > 1, phase.steps.allSatisfy({ $0.retention == nil }) {
            blocks.append(
                .sentence("Kept is missing: it takes 25 measured requests in the row and in the first row.", .dim)
            )
        }
        blocks += kneeSentences(phase).map { .detail(.sentence($0)) }
        blocks += HysteresisSection.blocks(phase)
        if let sentence = ServerSection.waitSentence(phase) { blocks.append(.detail(.sentence(sentence))) }
        if phase.steps.count > 1 { blocks.append(.detail(.bars(bars(phase)))) }
        return blocks
    }

    // MARK: The table

    private static func table(_ phase: PhaseResult) -> TextTable {
        let columns: [TableColumn<StepResult>] = [
            LoadColumns.streams,
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
            when: ServerSection.knowsWaiting(phase),
            cell: ServerSection.waiting
        )
        return TextTable(
            columns + (LoadColumns.ttft(phase) + LoadColumns.tail(phase)).map { $0.of(\.stats) } + [queue],
            phase.steps,
            mark: { isKnee($0, phase) ? "← knee" : nil },
            isDisturbed: { $0.validity.isDisturbed }
        )
    }

    private static func keptTone(_ retention: Double?) -> Tone {
        guard let retention else { return .dim }
        return retention >= 0.8 ? .good : retention >= 0.5 ? .caution : .bad
    }

    private static func isKnee(_ step: StepResult, _ phase: PhaseResult) -> Bool {
        guard let knee = phase.knee?.concurrency, phase.kneeFooting.isTold else { return false }
        return step.concurrency == knee
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

    private static func bars(_ phase: PhaseResult) -> BarChart {
        BarChart(
            labelTitle: "streams",
            series: [.init(title: "tok/s"), .init(title: "TTFT p95", unit: .milliseconds)],
            rows: phase.steps.map { step in
                BarChart.Row(
                    label: step.concurrency.map { Figure.count($0) } ?? Figure.unknown,
                    values: [step.stats.outputTokensPerSecond, LoadColumns.ttft(step.stats, phase)?.p95],
                    mark: isKnee(step, phase) ? "← knee" : nil
                )
            }
        )
    }
}
