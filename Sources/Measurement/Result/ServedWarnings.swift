/// What differs between what was asked for and what answers say was served, in sentences.
enum ServedWarnings {
    static func about(_ target: TargetResult, asked tier: AskedTier?) -> [String] {
        [about(tier: tier, target), about(model: target.model, target)].compactMap(\.self)
    }

    private static func about(tier asked: AskedTier?, _ target: TargetResult) -> String? {
        let groups = target.totals.served?.groups[.tier] ?? []
        let told = groups.reduce(0) { $0 + $1.requests }
        guard let asked else {
            let others = groups.filter { !AskedTier.isStandard($0.name) }
            guard !others.isEmpty else { return nil }
            return
                "No tier was asked for, and the server served \(list(others, of: told)): a default of the project or of the "
                + "account may ask for it. Speed and cost are those of what was served."
        }
        let successes = target.totals.requests.success
        guard told > 0 else {
            return successes == 0
                ? nil : "Asked for tier \(asked.name): no answer told its tier, so nobody knows what was served."
        }
        let others = groups.filter { !asked.isGiven($0.name) }
        guard !others.isEmpty else { return nil }
        let rest = told < successes ? "; \(successes - told) answers told no tier" : ""
        return "Asked for tier \(asked.name), served \(list(others, of: told))\(rest)."
    }

    /// Only where several answered: a server's own name for its one model is no router's choice.
    private static func about(model asked: String?, _ target: TargetResult) -> String? {
        let groups = target.totals.served?.groups[.model] ?? []
        guard groups.count > 1 else { return nil }
        let told = groups.reduce(0) { $0 + $1.requests }
        return
            "\(groups.count == 2 ? "Two" : "\(groups.count)") models answered\(asked.map { " for \($0)" } ?? ""): "
            + "\(list(groups, of: told)). A figure over all of them is that of the mixture; the table of what was served has each."
    }

    /// `default in 17 % of requests`.
    private static func list(_ groups: [ServedResult.Group], of told: Int) -> String {
        let shown = groups.prefix(4).map { "\($0.name) in \(inPercent(Double($0.requests) / Double(max(1, told))))" }
        let more = groups.count > 4 ? [" and \(groups.count - 4) more"] : []
        return shown.joined(separator: ", ") + more.joined() + " of \(told) requests"
    }
}
