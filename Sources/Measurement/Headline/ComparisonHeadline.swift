/// Which target is better, in what, and by how much; or that no difference was shown.
enum ComparisonHeadline {
    static func candidates(_ result: RunResult) -> [Headline.Candidate] {
        guard let comparison = result.comparison else { return [] }
        let isOnePhase = Set(comparison.rows.map(\.phase)).count == 1
        let others = comparison.sides.dropFirst().map(\.name)
        return others.compactMap { name in
            let rows = comparison.rows.filter { $0.target == name }
            let found = rows.filter { $0.finding == .better || $0.finding == .worse }
                .sorted { $0.isPrimary && !$1.isPrimary }
            let gateway = comparison.gateways.first { $0.target == name }
            let caveats = caveats(name, beside: gateway?.direct ?? comparison.base, comparison)
            if let found = GatewayHeadline.candidate(name, comparison) ?? TierHeadline.candidate(name, result) {
                return found.bearing(caveats)
            }
            guard !found.isEmpty else {
                guard !rows.isEmpty else { return nil }
                return Headline.Candidate(
                    1,
                    "No difference between \(name) and \(comparison.base) was shown.",
                    figures: rows.map(\.metric)
                ).bearing(caveats)
            }
            let shown = told(found).map { row in
                (isOnePhase ? "" : row.phase + ": ") + "\(ComparisonResult.title(of: row.figure)) \(row.verdict)"
            }.joined(separator: "; ")
            let more = found.count > 3 ? "; and \(inCount(found.count - 3, "more difference"))" : ""
            return Headline.Candidate(
                1,
                "\(name) against \(comparison.base): \(shown)\(more).",
                figures: found.map(\.metric)
            ).bearing(caveats)
        }
    }

    /// Three at most; where they all point one way and another one does not, it has the last place.
    private static func told(_ found: [ComparisonResult.Row]) -> [ComparisonResult.Row] {
        var told = Array(found.prefix(3))
        if found.count > 3, Set(told.map(\.finding)).count == 1,
            let other = found.first(where: { $0.finding != told[0].finding })
        {
            told[2] = other
        }
        return told
    }

    /// What a difference between two sides holds besides what they are.
    private static func caveats(_ name: String, beside other: String, _ comparison: ComparisonResult) -> Caveats {
        Caveats(
            isApart: other == comparison.base && comparison.sides.contains { $0.name == name && $0.isApart },
            isDisturbed: comparison.sides.contains { [name, other].contains($0.name) && $0.validity != .valid }
        )
    }

    fileprivate struct Caveats {
        var isApart: Bool
        var isDisturbed: Bool

        var words: String {
            let words = [
                isApart ? "asked at different times: what changed meanwhile is in it" : nil,
                isDisturbed ? "with care: the load generator was disturbed" : nil,
            ].compactMap(\.self)
            return words.isEmpty ? "" : " (\(words.joined(separator: "; ")))"
        }
    }
}

extension Headline.Candidate {
    /// Says so before its full stop.
    fileprivate func bearing(_ caveats: ComparisonHeadline.Caveats) -> Headline.Candidate {
        var candidate = self
        let text = sentence.text.hasSuffix(".") ? String(sentence.text.dropLast()) : sentence.text
        candidate.sentence.text = text + caveats.words + "."
        if caveats.isDisturbed { candidate.sentence.trust = .disturbed }
        return candidate
    }
}
