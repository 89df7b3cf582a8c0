import Measurement

/// Who gave the answers, as the report says it.
enum ServedSection {
    /// A table where several models, tiers or servers gave a target's answers, else a sentence.
    static func blocks(_ target: TargetResult) -> [Block] {
        guard let served = target.totals.served else { return [] }
        let facts = ServedResult.Fact.allCases.compactMap { fact in served.groups[fact].map { (fact, $0) } }
        let mixed = facts.filter { $0.1.count > 1 }
        let alone = facts.filter { $0.1.count == 1 }.map { fact, groups in
            "\(words(fact)) \(SafeText.line(groups[0].name))"
        }
        var blocks: [Block] = []
        if !alone.isEmpty {
            blocks.append(
                .detail(.sentence("All answers that told it were served by \(alone.joined(separator: ", "))."))
            )
        }
        return blocks + mixed.flatMap { [.heading("What was served, by \(words($0.0))"), .table(table($0.0, $0.1))] }
    }

    private static func words(_ fact: ServedResult.Fact) -> String {
        switch fact {
        case .model: "model"
        case .tier: "tier"
        case .by: "server"
        }
    }

    private static func table(_ fact: ServedResult.Fact, _ groups: [ServedResult.Group]) -> TextTable {
        let columns: [TableColumn<ServedResult.Group>] = [
            TableColumn(words(fact), alignment: .left, flexible: true) { SafeText.line($0.name) },
            TableColumn("requests") { Figure.count($0.requests) },
            TableColumn("share") { Figure.percent(share: $0.share?.value) },
            TableColumn("TTFT p50") { Figure.duration(milliseconds: $0.ttftMilliseconds?.p50) },
            TableColumn("tok/s p50") { Figure.plain($0.decodeTPS?.p50) },
            TableColumn("$/M out", when: groups.contains { $0.cost != nil }) {
                Figure.dollars($0.cost?.dollarsPerMillionOutputTokens)
            },
        ]
        return TextTable(columns, groups)
    }

    /// Why a cost is not known, where that is for what was served.
    static func unknownCost(_ gap: RequestStatistics.CostGap) -> String? {
        let subject = gap.subject.map { SafeText.line($0) } ?? ""
        switch gap.reason {
        case .noModelPrice:
            return
                "Cost unknown: answers came from the model \(subject), which has no price; add it under price.models."
        case .noTierPrice:
            return "Cost unknown: answers were served in tier \(subject), which has no price; add it under price.tiers."
        case .tierNotTold:
            return "Cost unknown: tier \(subject) was asked for, and an answer did not tell whether it was given."
        case .noCacheWritePrice:
            return
                "Cost unknown: tokens were written to the server's cache, at a price not given; add price.cache_write."
        case .noHourWritePrice:
            return
                "Cost unknown: tokens were written to the server's cache for an hour, at a price not given; add "
                + "price.cache_write_1h."
        case .noPrice, .noUsage, .noWindow, .noRequest: return nil
        }
    }
}
