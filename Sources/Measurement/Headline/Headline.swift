import Ticks

/// One sentence of what a run found.
public struct HeadlineSentence: Sendable, Hashable {
    public enum Trust: String, Sendable, Hashable {
        case good
        case disturbed  // rests on a row that the load generator itself disturbed; the text says which
    }

    public var text: String
    /// The figures it is made of, as thresholds name them: `ramp.ttft.p95[concurrency=16]`.
    public var figures: [String]
    public var trust: Trust

    public init(_ text: String, figures: [String] = [], trust: Trust = .good) {
        self.text = text
        self.figures = figures
        self.trust = trust
    }
}

/// What a run found, in the few sentences to read before everything else.
///
/// Pure rules over the result. What happened to the run comes first (nothing worked, answers failed, nothing came for
/// seconds), then each phase's answer to the question it was made for, then the comparison, then what was disturbed.
public enum Headline {
    public static let most = 5

    /// A sentence and how soon it gives way to others: 0 stays, 1 is a phase's answer, 2 and 3 are details of it.
    struct Candidate {
        var rank: Int
        var sentence: HeadlineSentence

        init(_ rank: Int, _ text: String, figures: [String] = [], trust: HeadlineSentence.Trust = .good) {
            self.rank = rank
            sentence = HeadlineSentence(text, figures: figures, trust: trust)
        }
    }

    public static func sentences(of result: RunResult) -> [HeadlineSentence] {
        var candidates: [Candidate] = []
        var asides: [Candidate] = []  // too few to stand before the answers
        for target in result.targets {
            let prefix = result.targets.count > 1 ? "\(target.name): " : ""
            let trouble = (IncidentHeadline.candidates(target) + TroubleHeadline(target).candidates)
                .map { $0.prefixed(prefix) }
            candidates += trouble.filter { $0.rank == 0 }
            asides += trouble.filter { $0.rank > 0 }
        }
        candidates += ComparisonHeadline.candidates(result)
        for target in result.targets where target.totals.requests.success > 0 {
            let isOnly = result.targets.count == 1
            for phase in target.phases {
                let prefix = prefix(of: phase, in: target, isOnly: isOnly)
                candidates += answer(phase).map { $0.prefixed(prefix) }
            }
        }
        candidates += asides + disturbance(result)
        return pick(candidates)
    }

    /// The first of the lowest ranks, in their order.
    private static func pick(_ candidates: [Candidate]) -> [HeadlineSentence] {
        let chosen = candidates.indices.sorted { (candidates[$0].rank, $0) < (candidates[$1].rank, $1) }.prefix(most)
        return chosen.sorted().map { candidates[$0].sentence }
    }

    private static func answer(_ phase: PhaseResult) -> [Candidate] {
        guard phase.stats.requests.success > 0 else { return [] }
        return switch phase.kind {
        case .warmup, .idle, .trickle: []
        case .ramp: RampHeadline(phase).candidates
        case .burst: BurstHeadline(phase).candidates
        case .keepwarm: KeepwarmHeadline.candidates(phase)
        case .rate, .replay: LoadHeadline(phase).openLoop
        case .steady, .batch, .probe: LoadHeadline(phase).candidates
        }
    }

    /// Whose it is, where that is not plain: of several targets, of several phases of one kind.
    private static func prefix(of phase: PhaseResult, in target: TargetResult, isOnly: Bool) -> String {
        var parts = isOnly ? [] : [target.name]
        if target.phases.count(where: { $0.kind == phase.kind }) > 1 { parts.append(phase.label) }
        return parts.isEmpty ? "" : parts.joined(separator: ", ") + ": "
    }

    // MARK: What was disturbed

    /// Names the rows, and what disturbed them.
    private static func disturbance(_ result: RunResult) -> [Candidate] {
        let rows = result.disturbedRows
        guard !rows.isEmpty else { return [] }
        let names = rows.map(\.name).uniqued  // a level may have been visited twice
        let shown = names.prefix(3).joined(separator: ", ")
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        let isOnly = names.count == 1
        let remedy = result.validity.remedy.map { "; \($0)" } ?? ""
        let what =
            rows.contains { $0.validity.latencies != .valid }
            ? rows.contains { $0.validity.load != .valid } ? "times and load" : "times" : "load"
        return [
            Candidate(
                0,
                "\(isOnly ? "Row" : "Rows") disturbed by the load generator itself (\(what)): \(shown)\(more)\(remedy).",
                trust: .disturbed
            )
        ]
    }
}

extension Headline.Candidate {
    func prefixed(_ prefix: String) -> Headline.Candidate {
        guard !prefix.isEmpty else { return self }
        var candidate = self
        candidate.sentence.text = prefix + sentence.text
        return candidate
    }

    /// A sentence that rests on these rows; nil where one of them is invalid, for then nothing may rest on it.
    static func resting(
        on rows: [NamedRow],
        _ rank: Int,
        _ text: String,
        figures: [String]
    ) -> Headline.Candidate? {
        let footing = Footing(rows)
        guard footing.isTold else { return nil }
        guard footing != .firm else { return Headline.Candidate(rank, text, figures: figures) }
        let end = text.hasSuffix(".") ? String(text.dropLast()) : text
        return Headline.Candidate(
            rank,
            "\(end)\(footing.care).",
            figures: figures,
            trust: .disturbed
        )
    }
}

extension RunResult {
    /// Every row of every phase that is not valid, under the name by which the reader finds it.
    public var disturbedRows: [NamedRow] {
        targets.flatMap { target in
            target.phases.flatMap { phase in
                phase.rows.filter(\.validity.isDisturbed).map { row in
                    var parts = targets.count > 1 ? [target.name] : []
                    if !(row.name + " ").hasPrefix(phase.label + " ") { parts.append(phase.label) }
                    parts.append(row.name)
                    return NamedRow(name: parts.joined(separator: " "), validity: row.validity)
                }
            }
        }
    }
}
