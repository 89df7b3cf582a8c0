import Measurement

extension ReportDocument {
    /// Levels that were measured again.
    static func tries(_ phase: PhaseResult) -> [Block] {
        phase.tries.map { row in
            let times = row.replaced.count == 1 ? "twice" : "\(Figure.count(row.replaced.count + 1)) times"
            let first = row.replaced.map(\.rawValue).joined(separator: ", ")
            let end =
                row.shown == .valid
                ? "the undisturbed try is shown" : "each try was disturbed, the least disturbed is shown"
            let text =
                "\(SafeText.line(row.name)) was measured \(times) (\(first), then \(row.shown.rawValue)): \(end)."
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
            .sentence((rows.count == 1 ? "" : "\(SafeText.line(row.name)): ") + inShort(row.power), .dim),
            .detail(.sentence("With \(Figure.count(row.power.requests)) requests\(place) \(found(row.power))", .dim)),
        ]
    }

    private static func inShort(_ power: SamplePower) -> String {
        let requests = "\(Figure.count(power.requests)) requests"
        let more = power.needed.map { $0.value > Double(power.requests) } == true ? needed(power) : ""
        guard let difference = power.difference else {
            return "\(requests) show no change in median TTFT for sure\(more)."
        }
        let size = Figure.percent(share: difference.value)
        return "\(requests) show a \(size) change in median TTFT 4 times in 5\(more)."
    }

    private static func found(_ power: SamplePower) -> String {
        guard let difference = power.difference else {
            return "no difference in median TTFT is sure to be found in a comparison\(needed(power))."
        }
        let range = Figure.interval(difference.range.lower, difference.range.upper, Figure.percent(share:))
            .map { " (as far as they tell, \($0))" }
        return "a difference of \(Figure.percent(share: difference.value)) in median TTFT is found in 4 of 5 "
            + "comparisons\(range ?? "")\(needed(power))."
    }

    private static func needed(_ power: SamplePower) -> String {
        guard let needed = power.needed else { return "" }
        let asked = Figure.percent(share: SamplePower.asked)
        guard needed.value > Double(power.requests) else { return "; \(asked) takes \(count(needed.value))" }
        let range = needed.range.lower.flatMap { lower in
            needed.range.upper.map { "\(count(lower)) to \(count($0))" }
        }
        let price = power.neededDollars.flatMap { $0 > 0 ? Figure.dollars($0) : nil }
        let parts = [range, power.neededSeconds.map { Figure.clock(seconds: $0) }, price].compactMap(\.self)
        return "; \(asked) takes \(count(needed.value))" + (parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))")
    }

    private static func count(_ value: Double) -> String { Figure.count(Int(min(1e15, value.rounded(.up)))) }
}
