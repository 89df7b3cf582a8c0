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
            let disturbed = comparison.sides.contains {
                [name, comparison.base].contains($0.name) && $0.validity != .valid
            }
            let trust = disturbed ? HeadlineSentence.Trust.disturbed : .good
            if let gateway = GatewayHeadline.candidate(name, comparison, trust: trust) { return gateway }
            if let tier = TierHeadline.candidate(name, result, trust: trust) { return tier }
            guard !found.isEmpty else {
                guard !rows.isEmpty else { return nil }
                return Headline.Candidate(
                    1,
                    "No difference between \(name) and \(comparison.base) was shown.",
                    figures: rows.map(\.metric)
                )
            }
            let shown = found.prefix(2).map { row in
                (isOnePhase ? "" : row.phase + ": ") + "\(ComparisonResult.title(of: row.figure)) \(row.verdict)"
            }.joined(separator: "; ")
            let more = found.count > 2 ? "; and \(found.count - 2) more" : ""
            let isApart = comparison.sides.contains { $0.name == name && $0.isApart }
            let caveats = [
                isApart ? "asked at different times: what changed meanwhile is in it" : nil,
                disturbed ? "with care: the load generator was disturbed" : nil,
            ].compactMap(\.self)
            let care = caveats.isEmpty ? "" : " (\(caveats.joined(separator: "; ")))"
            return Headline.Candidate(
                1,
                "\(name) against \(comparison.base): \(shown)\(more)\(care).",
                figures: found.map(\.metric),
                trust: trust
            )
        }
    }
}
