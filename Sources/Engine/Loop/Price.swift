public import Measurement
public import Ticks

/// What one target's requests may cost, and did: its prices, and what is asked for.
public struct Price: Sendable, Hashable {
    public var list: PriceList
    public var model: String?
    public var tier: AskedTier?

    public init(_ list: PriceList = PriceList(), model: String? = nil, tier: AskedTier? = nil) {
        self.list = list
        self.model = model
        self.tier = tier
    }

    /// The most that each kind of token can cost, of the model and the tier that are asked for; nil = unknown, which is not 0.
    public var dearest: TokenPrices? { list.dearest(asked: model, tier: tier) }

    /// The most that so many tokens can cost, dollars; nil where no price is known.
    public func most(inputTokens: some BinaryInteger, outputTokens: some BinaryInteger) -> Double? {
        dearest.map { ($0.input * Double(inputTokens) + $0.output * Double(outputTokens)) / 1e6 }
    }

    /// The most a request can cost, in billionths of a dollar: a token holds at least one byte of the body.
    func worstCase(bodyBytes: Int, outputTokens: Int) -> Int64 {
        Self.nanodollars((most(inputTokens: bodyBytes, outputTokens: outputTokens) ?? 0) * 1e9)
    }

    /// What a request cost by its usage and by what served it, in billionths of a dollar; nil when price or usage is
    /// unknown. Counted events are no usage: one may hold many tokens.
    func cost(of record: RequestRecord) -> Int64? {
        guard record.tokenSource == .usage, record.inputTokens != nil, record.outputTokens != nil,
            let prices = try? list.prices(for: record, asked: model, tier: tier),
            let dollars = try? prices.dollars(for: record)
        else { return nil }
        return Self.nanodollars(dollars * 1e9)
    }

    /// At most a million dollars, so that the sum over a run stays in range.
    private static func nanodollars(_ value: Double) -> Int64 { Int64(min(max(value, 0), 1e15).rounded()) }
}
