import Measurement

extension ReportDocument {
    /// Whether the levels of a ramp that came twice answered alike; nothing for a ramp that only rises.
    static func hysteresis(_ phase: PhaseResult) -> [Block] {
        let levels = phase.hysteresis
        guard !levels.isEmpty else { return [] }
        let verdicts = levels.map(agreement)
        var sentence: String
        let twice = Set(levels.map(\.concurrency))
        let footing = Footing(
            phase.steps.filter { $0.concurrency.map(twice.contains) ?? false }
                .map { NamedRow(name: $0.load, validity: $0.validity) }
        )
        if case .none(let names) = footing {
            sentence =
                "No answer on whether the way down was like the way up: \(names.joined(separator: ", ")) disturbed by the load generator."
        } else if verdicts.contains(false) {
            let apart = zip(levels, verdicts).filter { $0.1 == false }.map { Figure.count($0.0.concurrency) }
            sentence =
                "The way down was not the way up: at \(apart.joined(separator: ", ")) streams the medians differ by more "
                + "than chance, so a figure of this ramp depends on what came before it."
        } else if verdicts.contains(nil) {
            sentence = "Whether the way down was like the way up cannot be told at every level: too few requests."
        } else {
            sentence = "The way down was like the way up: at each level both medians agree within their intervals."
        }
        if footing != .firm, footing.isTold { sentence = "\(sentence.dropLast())\(footing.care)." }
        return [
            .sentence(sentence, verdicts.contains(false) ? .caution : .plain),
            .detail(.table(hysteresisTable(levels))),
        ]
    }

    /// False as soon as one figure differs, nil when none does and one cannot be told.
    private static func agreement(_ level: HysteresisResult) -> Bool? {
        let figures = [level.ttftMilliseconds?.agree, level.requestTPS?.agree]
        if figures.contains(false) { return false }
        return figures.contains(nil) ? nil : true
    }

    private static func hysteresisTable(_ levels: [HysteresisResult]) -> TextTable {
        let columns: [TextTable.Column] = [
            .init("streams"), .init("TTFT p50", "up"), .init("TTFT p50", "down"), .init("per user", "tokens/s up"),
            .init("per user", "down"), .init("", alignment: .left),
        ]
        let rows = levels.map { level in
            let (word, tone): (String, Tone) =
                switch agreement(level) {
                case true: ("alike", .good)
                case false: ("different", .caution)
                default: ("too few requests", .dim)
                }
            return TextTable.Row([
                Span(Figure.count(level.concurrency), .strong),
                Span(Figure.duration(milliseconds: level.ttftMilliseconds?.up)),
                Span(Figure.duration(milliseconds: level.ttftMilliseconds?.down)),
                Span(Figure.rate(level.requestTPS?.up)), Span(Figure.rate(level.requestTPS?.down)), Span(word, tone),
            ])
        }
        return TextTable(columns: columns, rows: rows)
    }
}
