import Measurement
import Synchronization
import Testing
import Transport

@testable import Engine

@Suite struct BudgetTests {
    private func claim(_ tokens: Int = 10, _ nanodollars: Int64 = 0) -> Budget.Claim {
        Budget.Claim(outputTokens: tokens, nanodollars: nanodollars)
    }

    @Test func `without caps everything fits`() {
        let budget = Budget(Budget.Caps())
        for _ in 0..<1_000 { #expect(budget.reserve(claim(1_000_000, 1_000_000)) == nil) }
    }

    @Test func `requests are counted to the last one, and ending gives none back`() {
        let budget = Budget(Budget.Caps(requests: 3))
        for _ in 0..<3 { #expect(budget.reserve(claim()) == nil) }
        #expect(budget.reserve(claim()) == "max_requests")
        budget.settle(claim(), outputTokens: 0, nanodollars: 0)
        #expect(budget.reserve(claim()) == "max_requests")
    }

    @Test func `a claim that would exceed the tokens is refused and costs nothing`() {
        let budget = Budget(Budget.Caps(outputTokens: 25))
        #expect(budget.reserve(claim(10)) == nil)
        #expect(budget.reserve(claim(10)) == nil)
        #expect(budget.reserve(claim(10)) == "max_output_tokens")
        #expect(budget.reserve(claim(5)) == nil)
        #expect(budget.reserve(claim(1)) == "max_output_tokens")
    }

    @Test func `what a request did not use comes back`() {
        let budget = Budget(Budget.Caps(outputTokens: 20))
        #expect(budget.reserve(claim(10)) == nil)
        #expect(budget.reserve(claim(10)) == nil)
        budget.settle(claim(10), outputTokens: 3, nanodollars: nil)
        #expect(budget.reserve(claim(8)) == "max_output_tokens")
        #expect(budget.reserve(claim(7)) == nil)
    }

    @Test func `the claim of a request whose usage is unknown stays`() {
        let budget = Budget(Budget.Caps(outputTokens: 20, nanodollars: 100))
        #expect(budget.reserve(claim(20, 100)) == nil)
        budget.settle(claim(20, 100), outputTokens: nil, nanodollars: nil)
        #expect(budget.reserve(claim(1, 0)) == "max_output_tokens")
        #expect(budget.reserve(claim(0, 1)) == "max_cost")
    }

    /// What it took by its ending, with a claim of 10 tokens and 100,000 billionths of a dollar.
    @Test(
        arguments: [
            ("refused", 429, 200, nil, 0, 0), ("the server failed", 502, 200, nil, 0, 0),
            ("a redirect", 302, 200, nil, 0, 0), ("no connection", nil, nil, nil, 0, 0),
            ("sent, then cut before an answer", nil, 200, nil, 10, 100_000),
            ("cut amid its answer", 200, 200, nil, 10, 100_000),
            ("answered", 200, 200, 4, 4, 12_000),
        ] as [(String, Int?, Int64?, Int64?, Int, Int64)]
    )
    func `an attempt that nobody charges for gives back its claim`(
        name: String,
        status: Int?,
        written: Int64?,
        output: Int64?,
        tokens: Int,
        nanodollars: Int64
    ) {
        var record = RequestRecord()
        record.httpStatus = status
        record.written = written
        if let output {
            (record.inputTokens, record.outputTokens, record.tokenSource) = (4, output, .usage)
        }
        let budget = Budget(Budget.Caps(outputTokens: 10, nanodollars: 100_000))
        #expect(budget.reserve(claim(10, 100_000)) == nil)
        budget.settle(claim(10, 100_000), by: record, price: Price(input: 1, output: 2))
        #expect(budget.reserve(claim(10 - tokens + 1, 0)) == "max_output_tokens", "\(name)")
        #expect(budget.reserve(claim(10 - tokens, 100_000 - nanodollars)) == nil, "\(name)")
    }

    @Test func `money is kept to the billionth of a dollar`() {
        let budget = Budget(Budget.Caps(nanodollars: 1_000_000_001))
        #expect(budget.reserve(claim(1, 1_000_000_000)) == nil)
        #expect(budget.reserve(claim(1, 2)) == "max_cost")
        #expect(budget.reserve(claim(1, 1)) == nil)
        budget.settle(claim(1, 1_000_000_000), outputTokens: nil, nanodollars: 400_000_000)
        #expect(budget.reserve(claim(1, 600_000_001)) == "max_cost")
        #expect(budget.reserve(claim(1, 600_000_000)) == nil)
    }

    /// Four threads reserve and settle as fast as they can. What is reserved or spent is counted outside of the budget.
    @Test func `threads that reserve at once never exceed a cap, and leave nothing unused`() {
        let cap = 40_000
        let budget = Budget(Budget.Caps(outputTokens: cap))
        let books = Mutex((spent: 0, reserved: 0, most: 0))
        let threads = (0..<4).map { number in
            LoopThread(name: "budget-\(number)") {
                let claim = Budget.Claim(outputTokens: 16, nanodollars: 0)
                var turn = number
                while budget.reserve(claim) == nil {
                    books.withLock { books in
                        books.reserved += 16
                        books.most = max(books.most, books.spent + books.reserved)
                    }
                    let used = turn % 17  // 0 ... 16
                    turn += 5
                    // The books give back first and take last, so that they never hold more than the budget does.
                    books.withLock { books in
                        books.reserved -= 16
                        books.spent += used
                    }
                    budget.settle(claim, outputTokens: used, nanodollars: nil)
                }
            }
        }
        for thread in threads { thread.join() }
        let (spent, reserved, most) = books.withLock { $0 }
        #expect(most <= cap)
        #expect(reserved == 0)
        #expect(spent <= cap)
        #expect(spent > cap - 16)  // the last to be refused found nobody else's claim in the way
    }
}
