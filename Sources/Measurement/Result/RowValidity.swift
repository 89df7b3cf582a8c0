import Ticks

/// What the load generator itself did to one row of figures: a level, a burst, or a phase that has one load.
///
/// Two things apart: a client that was late may have measured every wait rightly and kept less load than asked, or the
/// other way round.
public struct RowValidity: Sendable, Hashable {
    public typealias Verdict = ValidityResult.Verdict

    public var latencies = Verdict.valid
    public var load = Verdict.valid
    /// Each with the figure and its limit.
    public var reasons: [String] = []

    public init() {}

    public var verdict: Verdict { max(latencies, load) }
    public var isDisturbed: Bool { verdict != .valid }

    /// What is added to a figure, against the figure: up to max(0.5 ms, 1 %) is valid, up to max(2 ms, 5 %) suspect.
    static func verdict(ofError error: Double, in figure: Double) -> Verdict {
        let size = abs(error)
        if size <= max(0.5, 0.01 * abs(figure)) { return .valid }
        return size <= max(2, 0.05 * abs(figure)) ? .suspect : .invalid
    }

    /// A difference is judged by the errors of both its sides, against itself.
    static func verdict(ofDifference difference: Double, _ errors: Double?...) -> Verdict {
        verdict(ofError: errors.reduce(0) { $0 + abs($1 ?? 0) }, in: difference)
    }
}

/// A row as it is named to the reader.
public struct NamedRow: Sendable, Hashable {
    public var name: String  // "16 streams", "burst 1"; the phase's own where it has one load
    public var validity: RowValidity

    public init(name: String, validity: RowValidity) {
        self.name = name
        self.validity = validity
    }
}

extension PhaseResult {
    /// The rows that a report shows of it; none where nothing was sent.
    public var rows: [NamedRow] {
        if !bursts.isEmpty {
            return bursts.map { burst in
                let part = burst.partOfLoad.map { " (of \($0) of the load)" } ?? ""
                return NamedRow(name: "burst \(burst.index)\(part)", validity: burst.validity)
            }
        }
        if steps.count > 1 || kind == .ramp { return steps.map { NamedRow(name: $0.load, validity: $0.validity) } }
        guard stats.requests.scheduled > 0 else { return [] }
        return [NamedRow(name: label, validity: steps.first?.validity ?? rowValidity)]
    }
}
