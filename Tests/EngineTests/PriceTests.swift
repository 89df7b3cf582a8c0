import Measurement
import Testing
import Ticks

@testable import Engine

extension Price {
    /// One price of whatever is served.
    init(input: Double, cachedInput: Double? = nil, output: Double) {
        self.init(PriceList(TokenPrices(input: input, cachedInput: cachedInput, output: output)))
    }
}

@Suite struct PriceTests {
    private func record(input: Int64?, cached: Int64? = nil, output: Int64?) -> RequestRecord {
        var record = RequestRecord()
        record.inputTokens = input
        record.cachedInputTokens = cached
        record.outputTokens = output
        record.tokenSource = .usage
        return record
    }

    @Test func `a million tokens cost their price`() {
        let price = Price(input: 0.5, output: 2)
        // $0.50 + $2 in billionths of a dollar.
        #expect(price.cost(of: record(input: 1_000_000, output: 1_000_000)) == 2_500_000_000)
        #expect(price.cost(of: record(input: 100, output: 10)) == 70_000)  // 100 at 500 each, 10 at 2,000
    }

    @Test func `cached input costs its own price where there is one`() {
        let record = record(input: 100, cached: 60, output: 0)
        #expect(Price(input: 1, cachedInput: 0.1, output: 1).cost(of: record) == 46_000)  // 40 at 1,000, 60 at 100
        #expect(Price(input: 1, output: 1).cost(of: record) == 100_000)
    }

    @Test func `more cached tokens than there were cost no more than all of them`() {
        let record = record(input: 100, cached: 400, output: 0)
        #expect(Price(input: 1, cachedInput: 0.1, output: 1).cost(of: record) == 10_000)
    }

    @Test func `without price or usage the cost is unknown, not nothing`() {
        #expect(Price().cost(of: record(input: 1, output: 1)) == nil)
        #expect(Price(input: 1, output: 1).cost(of: record(input: nil, output: 1)) == nil)
        #expect(Price(input: 1, output: 1).cost(of: record(input: 1, output: nil)) == nil)
        var counted = record(input: 1, output: 1)
        counted.tokenSource = .events  // an event may hold many tokens
        #expect(Price(input: 1, output: 1).cost(of: counted) == nil)
    }

    @Test func `the worst case takes a token for each byte sent and all of the cap`() {
        #expect(Price(input: 1, output: 2).worstCase(bodyBytes: 1_000, outputTokens: 256) == 1_512_000)
        #expect(Price().worstCase(bodyBytes: 1_000, outputTokens: 256) == 0)
    }
}
