import Measurement

/// A way down held against the way up, as the report says it.
enum HysteresisSection {
    /// Whether the levels of a ramp that came twice answered alike; nothing for a ramp that only rises.
    static func blocks(_ phase: PhaseResult) -> [Block] {
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
            .detail(.table(table(levels))),
        ]
    }

    /// False as soon as one figure differs, nil when none does and one cannot be told.
    private static func agreement(_ level: HysteresisResult) -> Bool? {
        let figures = [level.ttftMilliseconds?.agree, level.requestTPS?.agree]
        if figures.contains(false) { return false }
        return figures.contains(nil) ? nil : true
    }

    private static func table(_ levels: [HysteresisResult]) -> TextTable {
        TextTable(
            [
                TableColumn("streams", tone: .strong) { Figure.count($0.concurrency) },
                TableColumn("TTFT p50", "up") { Figure.duration(milliseconds: $0.ttftMilliseconds?.up) },
                TableColumn("TTFT p50", "down") { Figure.duration(milliseconds: $0.ttftMilliseconds?.down) },
                TableColumn("per user", "tokens/s up") { Figure.rate($0.requestTPS?.up) },
                TableColumn("per user", "down") { Figure.rate($0.requestTPS?.down) },
                TableColumn("", alignment: .left) { level in
                    switch agreement(level) {
                    case true: Span("alike", .good)
                    case false: Span("different", .caution)
                    default: Span("too few requests", .dim)
                    }
                },
            ],
            levels
        )
    }
}
