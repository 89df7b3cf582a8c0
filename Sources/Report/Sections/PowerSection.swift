import Measurement

/// What a sample can show, as the report says it.
enum PowerSection {
    /// Levels that were measured again.
    static func tries(_ phase: PhaseResult) -> [Block] {
        phase.tries.map { row in
            let times = row.replaced.count == 1 ? "twice" : "\(Figure.count(row.replaced.count + 1)) times"
            let first = row.replaced.map(\.rawValue).joined(separator: ", ")
            let end =
                row.shown == .valid
                ? "the undisturbed try is shown" : "each try was disturbed, the least disturbed is shown"
            let text =
                "Row \(SafeText.line(row.name)): measured \(times) (\(first), then \(row.shown.rawValue)); \(end)."
            return .sentence(text, row.shown == .valid ? .plain : .caution)
        }
    }

    /// What a comparison with another run like it would find: of the row that finds least.
    static func power(_ phase: PhaseResult) -> [Block] {
        var rows = phase.steps.compactMap { step in step.power.map { (name: step.load, power: $0) } }
        if let power = phase.power { rows.append((name: "", power: power)) }
        func least(_ power: SamplePower) -> Double { power.difference?.value ?? .infinity }
        guard let row = rows.max(by: { least($0.power) < least($1.power) }) else { return [] }
        let place = row.name.isEmpty || rows.count == 1 ? "" : " (\(SafeText.line(row.name)), the row that shows least)"
        return [
            .sentence(
                (rows.count == 1 ? "" : "\(SafeText.line(row.name)): ") + SampleSentences(power: row.power).inShort,
                .dim
            ),
            .detail(
                .sentence(
                    "With \(Figure.count(row.power.requests)) requests\(place) \(SampleSentences(power: row.power).found)",
                    .dim
                )
            ),
        ]
    }
}
