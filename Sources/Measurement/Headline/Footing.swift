/// Whether a conclusion can stand on the rows that it is drawn from.
public enum Footing: Sendable, Hashable {
    case firm
    /// Some are suspect: the sentence says which.
    case shaky([String])
    /// Some are invalid: nothing rests on them, and the conclusion is withheld.
    case none([String])

    public init(_ rows: [NamedRow]) {
        // The lowest level may be the best one as well: it is named once.
        func names(_ isMeant: (NamedRow) -> Bool) -> [String] {
            rows.filter(isMeant).reduce(into: []) { if !$0.contains($1.name) { $0.append($1.name) } }
        }
        let invalid = names { $0.validity.verdict == .invalid }
        let disturbed = names(\.validity.isDisturbed)
        self = !invalid.isEmpty ? .none(invalid) : disturbed.isEmpty ? .firm : .shaky(disturbed)
    }

    init(levels: [StepResult]) { self.init(levels.map { NamedRow(name: $0.load, validity: $0.validity) }) }

    public var isTold: Bool { if case .none = self { false } else { true } }

    /// Behind a sentence, before its full stop.
    public var care: String {
        guard case .shaky(let names) = self else { return "" }
        return " (with care: \(names.joined(separator: ", ")) disturbed)"
    }
}

extension PhaseResult {
    /// What the knee rests on: the lowest level, the knee itself and the one after it.
    public var kneeFooting: Footing { Footing(levels: RampHeadline(self).kneeRows) }

    /// The knee, where it is told at all.
    public var toldKnee: KneeResult? { kneeFooting.isTold ? knee : nil }

    /// What the answer of a search rests on.
    public var findFooting: Footing {
        guard let find else { return .firm }
        if find.isDisturbed { return .none(["the search"]) }
        return Footing(levels: steps.filter { $0.concurrency == find.answer || $0.concurrency == find.firstBeyond })
    }

    /// What is said of the phase as a whole, where it has one load.
    public var loadFooting: Footing {
        Footing([NamedRow(name: label, validity: steps.count == 1 ? steps[0].validity : rowValidity)])
    }
}
