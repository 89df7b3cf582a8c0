public import Ticks

extension TokenPrices {
    /// What a request's tokens cost: those read afresh, from the cache and into it, the output, and of it the reasoning.
    /// Throws where it wrote to the cache and nobody knows what that costs.
    public func dollars(for request: RequestRecord) throws(RequestStatistics.CostGap) -> Double {
        let read = max(0, request.inputTokens ?? 0)
        let cached = min(read, max(0, request.cachedInputTokens ?? 0))
        let written = min(read - cached, max(0, request.cacheWrittenTokens ?? 0))
        let forHour = min(written, max(0, request.cacheWrittenForHour ?? 0))
        let output = request.countedOutputTokens ?? 0
        let reasoned = min(output, max(0, request.reasoningTokens ?? 0))
        if written > forHour, cacheWrite == nil { throw .noCacheWritePrice }
        if forHour > 0, cacheWriteForHour == nil { throw .noHourWritePrice }
        let parts: [(Int64, Double)] = [
            (read - cached - written, input), (cached, cachedInput ?? input), (written - forHour, cacheWrite ?? 0),
            (forHour, cacheWriteForHour ?? 0), (output - reasoned, self.output), (reasoned, reasoning ?? self.output),
        ]
        return parts.reduce(0) { $0 + Double($1.0) * $1.1 } / 1e6
    }

    /// The dearest that a token of the input can be.
    var dearestInput: Double { [input, cachedInput, cacheWrite, cacheWriteForHour].compactMap(\.self).max() ?? input }

    /// Of each kind the dearer one, all of the input at its dearest.
    func dearer(_ other: TokenPrices) -> TokenPrices {
        TokenPrices(
            input: max(dearestInput, other.dearestInput),
            output: [output, reasoning, other.output, other.reasoning].compactMap(\.self).max() ?? output
        )
    }
}

/// The prices of one target: a row for each model that may answer and each tier that it may answer in.
public struct PriceList: Sendable, Hashable, Codable {
    public struct Row: Sendable, Hashable, Codable {
        public var model: String?  // nil = whichever answers
        public var tiers: [String]  // what an answer may call its tier; empty = the standard one
        public var prices: TokenPrices
        public var source: String?  // where it was read, and when

        public init(model: String? = nil, tiers: [String] = [], prices: TokenPrices, source: String? = nil) {
            self.model = model
            self.tiers = tiers
            self.prices = prices
            self.source = source
        }
    }

    public var rows: [Row] = []

    public init(_ rows: [Row] = []) { self.rows = rows }

    /// One price for all that is served.
    public init(_ prices: TokenPrices) { rows = [Row(prices: prices)] }

    /// Rows of the model, those of its very name before those of one that it is a snapshot of; else those of any model.
    private func rows(of model: String?) -> [Row] {
        guard let model else { return rows.filter { $0.model == nil } }
        for isOf in [{ $0 == model }, { ModelName.isSame($0, model) }] as [(String) -> Bool] {
            let own = rows.filter { $0.model.map(isOf) ?? false }
            if !own.isEmpty { return own }
        }
        return rows.filter { $0.model == nil }
    }

    /// What a request to `asked` is billed at by what its answer says of who gave it.
    /// - Parameter tier: that was asked for; nil = none was.
    public func prices(for request: RequestRecord, asked model: String?, tier: AskedTier?) throws(RequestStatistics
        .CostGap) -> TokenPrices
    {
        guard !rows.isEmpty else { throw .noPrice }
        let served = request.servedModel ?? model
        let known = rows(of: served)
        guard let first = known.first else {
            throw served == model ? .noPrice : .noPrice(ofModel: served ?? "")
        }
        guard let word = request.servedTier else {
            let asked = row(known, tier)
            if request.outcomeClass != .success { return (asked ?? first).prices }  // it broke off before it could tell
            // Of a tier that was asked for nobody knows whether it was given, unless all tiers cost the same.
            if let tier, tier.words.allSatisfy({ !AskedTier.isStandard($0) }), known.count > 1 || asked == nil {
                throw .tierNotTold(tier.name)
            }
            guard let asked else { throw .noPrice }
            return asked.prices
        }
        guard let row = row(known, word) else { throw .noPrice(ofTier: word) }
        return row.prices
    }

    private func row(_ rows: [Row], _ word: String) -> Row? {
        rows.first { $0.tiers.contains(word) }
            ?? (AskedTier.isStandard(word) ? rows.first { $0.tiers.isEmpty } : nil)
    }

    /// Of the tier that was asked for; nil = of the standard one.
    private func row(_ rows: [Row], _ tier: AskedTier?) -> Row? {
        guard let tier else { return rows.first { $0.tiers.isEmpty || $0.tiers.contains(where: AskedTier.isStandard) } }
        return tier.words.lazy.compactMap { row(rows, $0) }.first
    }

    /// The price of the model in the tier that are asked for; nil = not known.
    public func asked(_ model: String?, tier: AskedTier?) -> TokenPrices? { row(rows(of: model), tier)?.prices }

    /// The most that a request to `asked` in that tier, or in the standard one, can be billed at for each kind of token;
    /// nil = not known.
    public func dearest(asked model: String?, tier: AskedTier?) -> TokenPrices? {
        let known = rows(of: model)
        guard let asked = row(known, tier)?.prices else { return nil }
        return asked.dearer(row(known, nil as AskedTier?)?.prices ?? asked)
    }
}

/// The tier of service that a target asks for, and the words by which answers say that they were given it.
public struct AskedTier: Sendable, Hashable, Codable {
    public var name: String
    public var words: [String]

    public init(name: String, words: [String] = []) {
        self.name = name
        self.words = words.isEmpty ? [name] : words
    }

    /// What providers call the tier that is served where none is asked for.
    public static let standardWords = ["default", "standard", "on_demand"]

    public static func isStandard(_ word: String) -> Bool { standardWords.contains(word) }

    /// Whether an answer of that tier is what was asked for.
    public func isGiven(_ word: String) -> Bool {
        words.contains(word) || AskedTier.isStandard(word) && words.contains(where: AskedTier.isStandard)
    }
}

/// Names of models, as they are asked for and as answers give them.
enum ModelName {
    /// Whether the answer's name is the asked one's: the same but for what stands before a slash, a snapshot's date behind it,
    /// and case.
    static func isSame(_ asked: String, _ served: String) -> Bool {
        let (asked, served) = (bare(asked), bare(served))
        if asked == served { return true }
        return isSnapshot(served, of: asked) || isSnapshot(asked, of: served)
    }

    private static func bare(_ name: String) -> Substring {
        let lower = name.lowercased()
        return Substring(lower.split(separator: "/").last.map(String.init) ?? lower)
    }

    /// `gpt-5-2026-08-07` of `gpt-5`, not `gpt-5-mini`.
    private static func isSnapshot(_ name: Substring, of base: Substring) -> Bool {
        guard name.hasPrefix(base), let sign = name.dropFirst(base.count).first, "-@:".contains(sign) else {
            return false
        }
        let rest = name.dropFirst(base.count + 1)
        let digits = rest.filter(\.isNumber)
        return rest == "latest" || digits.count >= 4 && rest.allSatisfy { $0.isNumber || $0 == "-" }
    }
}

/// What one target's requests cost. The last price that was looked up is kept, since most answers are served alike.
struct PriceBook {
    private let list: PriceList
    private let model: String?
    private let tier: AskedTier?
    private var last: (model: String?, tier: String?, prices: TokenPrices)?

    /// nil where no price is known.
    init?(_ target: TargetRecord) {
        guard let list = target.priceList else { return nil }
        self.list = list
        model = target.model
        tier = target.tier
    }

    /// Of what was asked for; nil where it is not known.
    var asked: TokenPrices? { list.asked(model, tier: tier) }

    mutating func dollars(for request: RequestRecord) throws(RequestStatistics.CostGap) -> Double {
        // It was refused, or broke off.
        if request.inputTokens == nil, request.countedOutputTokens ?? 0 == 0 { return 0 }
        if let last, request.outcomeClass == .success, last.model == request.servedModel,
            last.tier == request.servedTier
        {
            return try last.prices.dollars(for: request)
        }
        let prices = try list.prices(for: request, asked: model, tier: tier)
        if request.outcomeClass == .success { last = (request.servedModel, request.servedTier, prices) }
        return try prices.dollars(for: request)
    }

    /// Of all of them; nil as soon as one is not known.
    mutating func dollars(for requests: some Sequence<RequestRecord>) -> Double? {
        var total = 0.0
        for request in requests {
            guard let dollars = try? dollars(for: request) else { return nil }
            total += dollars
        }
        return total
    }
}

extension TargetRecord {
    /// A result of before prices were listed has one price.
    var priceList: PriceList? {
        if let prices { return prices.rows.isEmpty ? nil : prices }
        guard let inputPrice, let outputPrice else { return nil }
        return PriceList(TokenPrices(input: inputPrice, cachedInput: cachedInputPrice, output: outputPrice))
    }
}
