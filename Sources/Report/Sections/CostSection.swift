import Measurement

/// What a target cost, as the report says it.
enum CostSection {
    /// What the target's measured requests cost, and one useful answer of them; nothing where nobody asked for a price.
    static func blocks(_ target: TargetResult) -> [Block] {
        guard let cost = target.totals.cost else {
            return unknownCost(target).map { [.sentence($0, .dim)] } ?? []
        }
        var sentence = "It cost \(Figure.dollars(cost.dollars))"
        let parts = [
            (cost.dollarsPerRequest, "per request"), (cost.dollarsPerMillionOutputTokens, "per million output tokens"),
        ].compactMap { dollars, unit in dollars.map { "\(Figure.dollars($0)) \(unit)" } }
        if !parts.isEmpty { sentence += ": " + parts.joined(separator: ", ") }
        var blocks: [Block] = [.sentence(sentence + ".")]
        blocks.append(.sentence(useful(cost, target.totals.requests), .strong))
        if cost.requestsWithoutUsage > 0 {
            let count = Figure.count(cost.requestsWithoutUsage)
            let text =
                "\(count) \(cost.requestsWithoutUsage == 1 ? "answer" : "answers") broke off before the server reported tokens: "
                + "output is priced by counted events, and input is missing, so the true cost is higher."
            blocks.append(.sentence(text, .caution))
        }
        return blocks
    }

    private static func useful(_ cost: RequestStatistics.Cost, _ requests: RequestStatistics.Requests) -> String {
        let of = "\(Figure.count(requests.useful)) of \(Figure.count(requests.scheduled)) were useful"
        guard let each = cost.dollarsPerUsefulResult else {
            return "No answer was useful, so a useful answer has no price (\(of))."
        }
        var sentence = "One useful answer cost \(Figure.dollars(each))"
        let interval = cost.dollarsPerUsefulInterval
        if let bounds = Figure.interval(interval?.lower, interval?.upper, Figure.dollars) {
            sentence += " (95\(Figure.space)% interval \(bounds))"
        }
        sentence += ": \(of)"
        switch cost.basis {
        case .tokens:
            sentence += ", and all attempts are paid for, reasoning as output"
            if let wasted = cost.dollarsNotUseful, wasted > 0 {
                sentence += "; \(Figure.dollars(wasted)) went into the others"
            }
        case .hours: sentence += ", and the hours are paid whatever they brought"
        }
        return sentence + "."
    }

    private static func unknownCost(_ target: TargetResult) -> String? {
        switch target.totals.costGap?.reason {
        case .noPrice:
            target.simulated
                ? nil : "Cost unknown: no price given; add price: {input: ..., output: ...} to the profile."
        case .noUsage: "Cost unknown: the server did not report the tokens of each answer."
        case .noWindow: "Cost unknown: the time to pay for is not known."
        case .noRequest, nil: nil
        default: target.totals.costGap.flatMap(ServedSection.unknownCost)
        }
    }
}
