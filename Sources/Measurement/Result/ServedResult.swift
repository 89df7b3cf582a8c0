/// Who gave a set of answers, by their own words: shares of the models, tiers and servers, and where there are several, what
/// each of them gave.
public struct ServedResult: Sendable, Hashable {
    /// What an answer may tell.
    public enum Fact: String, Sendable, Hashable, CaseIterable {
        case model, tier, by

        func value(of request: RequestRecord) -> String? {
            switch self {
            case .model: request.servedModel
            case .tier: request.servedTier
            case .by: request.servedBy
            }
        }
    }

    /// The answers that told the same.
    public struct Group: Sendable, Hashable {
        public var name: String
        public var requests: Int
        public var share: RequestStatistics.Proportion?  // of the answers that told the fact
        // Where there are several groups.
        public var ttftMilliseconds: DistributionSummary?
        public var decodeTPS: DistributionSummary?
        public var requestTPS: DistributionSummary?
        public var outputTokens: Int64 = 0
        public var cost: RequestStatistics.Cost?
        public var costGap: RequestStatistics.CostGap?
    }

    /// All others than the most frequent ones: a server may tell a new name with each answer.
    public static let others = "(others)"
    static let mostGroups = 32

    /// By fact, most frequent first; a fact that no answer told is missing.
    public var groups: [Fact: [Group]] = [:]

    /// Answers that told the fact.
    public func told(_ fact: Fact) -> Int { groups[fact, default: []].reduce(0) { $0 + $1.requests } }

    /// nil where no answer told the fact.
    func share(_ fact: Fact, _ name: String) -> RequestStatistics.Proportion? {
        guard let groups = groups[fact] else { return nil }
        return groups.first { $0.name == name }?.share ?? RequestStatistics.Proportion(0, of: told(fact))
    }

    /// Both together: requests, shares and tokens. Times, speeds and costs are each part's own, and left out.
    func joined(with other: ServedResult) -> ServedResult {
        var joined = self
        for fact in Fact.allCases {
            let all = groups[fact, default: []] + other.groups[fact, default: []]
            if all.isEmpty { continue }
            let total = all.reduce(0) { $0 + $1.requests }
            joined.groups[fact] = Dictionary(grouping: all, by: \.name).map { name, same in
                let count = same.reduce(0) { $0 + $1.requests }
                var group = Group(name: name, requests: count, share: .init(count, of: total))
                group.outputTokens = same.reduce(0) { $0.saturatingAdd($1.outputTokens) }
                return group
            }.sorted { ($1.requests, $0.name) < ($0.requests, $1.name) }
        }
        return joined
    }

    /// nil where no answer told anything.
    init?(of requests: RequestSet, in scope: StatisticsScope) {
        let successes = requests.successes
        for fact in Fact.allCases {
            var counts: [String: Int] = [:]
            var (alike, name): (Int, String?) = (0, nil)  // one after the other: most are
            successes.forEach { request in
                guard let told = fact.value(of: request) else { return }
                if told != name {
                    if let name { counts[name, default: 0] += alike }
                    (alike, name) = (0, told)
                }
                alike += 1
            }
            if let name { counts[name, default: 0] += alike }
            if counts.isEmpty { continue }
            groups[fact] = Self.groups(of: successes, by: fact, counts, scope)
        }
        if groups.isEmpty { return nil }
    }

    private static func groups(
        of successes: RequestSet,
        by fact: Fact,
        _ counts: [String: Int],
        _ scope: StatisticsScope
    ) -> [Group] {
        let tier = scope.target.tier
        // A tier that was asked for has the name by which it was asked for.
        func name(_ told: String) -> String { fact == .tier && tier?.isGiven(told) == true ? tier?.name ?? told : told }
        let known = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(mostGroups).map(\.key)
        var names: [String: String] = [:]
        for told in counts.keys { names[told] = known.contains(told) ? name(told) : others }
        let total = counts.values.reduce(0, +)
        let isMixed = Set(names.values).count > 1
        return Dictionary(grouping: names.keys) { names[$0] ?? others }.map { name, told in
            let count = told.reduce(0) { $0 + (counts[$1] ?? 0) }
            var group = Group(name: name, requests: count, share: .init(count, of: total))
            guard isMixed else { return group }
            let own = successes.only { fact.value(of: $0).map(told.contains) ?? false }
            group.ttftMilliseconds = DistributionSummary(samples: own.figures(scope.ttft))
            group.decodeTPS = DistributionSummary(samples: own.figures(\.decodeTPS))
            group.requestTPS = DistributionSummary(samples: own.figures(\.requestTPS))
            group.outputTokens = own.reduce(0) { $0.saturatingAdd($1.countedOutputTokens ?? 0) }
            if scope.target.dollarsPerHour == nil {
                let useful = own.only(\.useful).count
                do throws(RequestStatistics.CostGap) {
                    group.cost = try RequestStatistics.Cost(of: own, useful: useful, in: scope)
                } catch {
                    group.costGap = error
                }
            }
            return group
        }.sorted { ($1.requests, $0.name) < ($0.requests, $1.name) }
    }
}

extension RequestStatistics.Proportion {
    /// With its 95 % interval by Wilson; nil where there is nothing.
    init?(_ count: Int, of total: Int) {
        let proportion = Measurement.Proportion(count, of: total)
        guard let value = proportion.value, let interval = proportion.wilson() else { return nil }
        self.init(value: value, interval: interval)
    }
}
