import Testing
import Ticks

@testable import Measurement

@Suite struct PriceListTests {
    private static let standard = TokenPrices(
        input: 1,
        cachedInput: 0.1,
        cacheWrite: 1.25,
        cacheWriteForHour: 2,
        output: 4
    )
    private static let fast = TokenPrices(input: 2, cachedInput: 0.2, output: 8)
    private static let asked = AskedTier(name: "fast", words: ["fast", "priority"])

    private func request(_ model: String?, _ tier: String?, change: (inout RequestRecord) -> Void = { _ in })
        -> RequestRecord
    {
        var request = RequestRecord()
        (request.servedModel, request.servedTier, request.outcome) = (model, tier, .ok)
        (request.inputTokens, request.outputTokens, request.tokenSource) = (1_000_000, 0, .usage)
        change(&request)
        return request
    }

    @Test func `each kind of token has its price`() throws {
        // 100 in: 40 from the cache, 30 into it (10 of them for an hour), 30 fresh; 20 out, 5 of them reasoning.
        var record = request(nil, nil)
        (record.inputTokens, record.cachedInputTokens, record.cacheWrittenTokens) = (100, 40, 30)
        (record.cacheWrittenForHour, record.outputTokens, record.reasoningTokens) = (10, 20, 5)
        var prices = Self.standard
        prices.reasoning = 3
        // 30x1 + 40x0.1 + 20x1.25 + 10x2 + 15x4 + 5x3 = 154 millionths
        #expect(abs(try prices.dollars(for: record) - 154e-6) < 1e-15)
        prices.reasoning = nil  // as output: 30 + 4 + 25 + 20 + 80
        #expect(abs(try prices.dollars(for: record) - 159e-6) < 1e-15)
        prices.cacheWriteForHour = nil
        #expect(throws: RequestStatistics.CostGap.noHourWritePrice) { try prices.dollars(for: record) }
        prices.cacheWrite = nil
        #expect(throws: RequestStatistics.CostGap.noCacheWritePrice) { try prices.dollars(for: record) }
        record.cacheWrittenTokens = 0
        #expect(
            abs(try prices.dollars(for: record) - (60 + 4 + 80) * 1e-6) < 1e-15,
            "nothing written, nothing to price"
        )
    }

    @Test func `parts that do not fit into their whole cost no more than all of it`() throws {
        var record = request(nil, nil)
        (record.inputTokens, record.cachedInputTokens, record.cacheWrittenTokens) = (100, 400, 50)
        (record.cacheWrittenForHour, record.outputTokens, record.reasoningTokens) = (90, 10, 30)
        #expect(abs(try Self.standard.dollars(for: record) - (10 + 40) * 1e-6) < 1e-15)
    }

    /// Rows of a target, what it asks for, what served, and the price of a million input tokens or why there is none.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rows: [PriceList.Row]
        var model: String? = "m"
        var tier: AskedTier?
        var served: (String?, String?)
        var dollars: Double?
        var gap: RequestStatistics.CostGap?
    }

    private static let flat = PriceList.Row(prices: standard)
    private static let flatFast = PriceList.Row(tiers: ["fast", "priority"], prices: fast)
    private static func row(_ model: String, _ input: Double, tiers: [String] = []) -> PriceList.Row {
        PriceList.Row(model: model, tiers: tiers, prices: TokenPrices(input: input, output: 0))
    }

    static let cases = [
        Case(testDescription: "one price, nothing told", rows: [flat], served: (nil, nil), dollars: 1),
        Case(testDescription: "one price, whichever model", rows: [flat], served: ("other", "default"), dollars: 1),
        Case(
            testDescription: "a tier without a price",
            rows: [flat],
            served: (nil, "flex"),
            gap: .noPrice(ofTier: "flex")
        ),
        Case(
            testDescription: "a project's default is fast, and its price is not known",
            rows: [flat],
            served: (nil, "fast"),
            gap: .noPrice(ofTier: "fast")
        ),
        Case(
            testDescription: "asked fast, given",
            rows: [flat, flatFast],
            tier: asked,
            served: (nil, "fast"),
            dollars: 2
        ),
        Case(
            testDescription: "asked fast, given under its older name",
            rows: [flat, flatFast],
            tier: asked,
            served: (nil, "priority"),
            dollars: 2
        ),
        Case(
            testDescription: "asked fast, downgraded",
            rows: [flat, flatFast],
            tier: asked,
            served: (nil, "default"),
            dollars: 1
        ),
        Case(
            testDescription: "asked fast, not told which",
            rows: [flat, flatFast],
            tier: asked,
            served: (nil, nil),
            gap: .tierNotTold("fast")
        ),
        Case(
            testDescription: "the one price is that of the tier asked for",
            rows: [flatFast],
            tier: asked,
            served: (nil, nil),
            dollars: 2
        ),
        Case(
            testDescription: "and not that of the tier it was downgraded to",
            rows: [flatFast],
            tier: asked,
            served: (nil, "default"),
            gap: .noPrice(ofTier: "default")
        ),
        Case(
            testDescription: "a listed price is the standard tier's",
            rows: [row("m", 3)],
            tier: asked,
            served: ("m", nil),
            gap: .tierNotTold("fast")
        ),
        Case(testDescription: "a router's choice", rows: [row("m", 3), row("n", 5)], served: ("n", nil), dollars: 5),
        Case(
            testDescription: "a router's choice nobody has a price of",
            rows: [row("m", 3), row("n", 5)],
            served: ("o", nil),
            gap: .noPrice(ofModel: "o")
        ),
        Case(
            testDescription: "a snapshot of what was asked",
            rows: [row("m", 3)],
            served: ("m-2026-08-07", nil),
            dollars: 3
        ),
        Case(
            testDescription: "a snapshot with a row of its own",
            rows: [row("m", 3), row("m-0813", 4)],
            served: ("m-0813", nil),
            dollars: 4
        ),
        Case(
            testDescription: "a smaller sister is no snapshot",
            rows: [row("gpt-5", 3)],
            model: "gpt-5",
            served: ("gpt-5-mini", nil),
            gap: .noPrice(ofModel: "gpt-5-mini")
        ),
        Case(
            testDescription: "the path before a name does not matter",
            rows: [row("kimi", 3)],
            model: "accounts/fireworks/models/kimi",
            served: ("accounts/fireworks/models/Kimi", nil),
            dollars: 3
        ),
        Case(
            testDescription: "a model without a row, not told",
            rows: [row("n", 5)],
            served: (nil, nil),
            gap: .noPrice
        ),
        Case(
            testDescription: "a listed model beside one price for the rest",
            rows: [flat, row("n", 5)],
            served: ("x", nil),
            dollars: 1
        ),
        Case(
            testDescription: "a model's own tier",
            rows: [row("m", 3), row("m", 6, tiers: ["fast"])],
            served: ("m", "fast"),
            dollars: 6
        ),
    ]

    @Test(arguments: cases) func `a request is billed by what served it`(row: Case) {
        let list = PriceList(row.rows)
        let record = request(row.served.0, row.served.1)
        do throws(RequestStatistics.CostGap) {
            let prices = try list.prices(for: record, asked: row.model, tier: row.tier)
            #expect(prices.input == row.dollars && row.gap == nil)
        } catch {
            #expect(error == row.gap)
        }
    }

    @Test func `an attempt that broke off before it could tell is billed at what was asked for`() throws {
        let list = PriceList([Self.flat, Self.flatFast])
        let record = request(nil, nil) { $0.outcome = .truncated }
        #expect(try list.prices(for: record, asked: "m", tier: Self.asked).input == 2)
    }

    @Test func `the dearest is known before anything is sent`() {
        let list = PriceList([Self.flat, Self.flatFast])
        #expect(list.dearest(asked: "m", tier: Self.asked) == TokenPrices(input: 2, output: 8))
        #expect(list.dearest(asked: "m", tier: nil) == TokenPrices(input: 2, output: 4), "writes for an hour cost 2")
        #expect(PriceList([Self.flat]).dearest(asked: "m", tier: Self.asked) == nil, "of fast nothing is known")
        #expect(PriceList().dearest(asked: "m", tier: nil) == nil)
    }
}
