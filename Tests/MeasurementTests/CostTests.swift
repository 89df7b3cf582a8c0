import Measurement
import Testing
import Ticks

@Suite struct CostTests {
    /// A probe of 10 s with a request a second: `change` gets each and its place.
    private func probe(_ count: Int, change: (Int, inout RequestRecord) -> Void = { _, _ in }) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let phase = builder.phase(.probe, from: 0, to: 10_000)
        let step = builder.step(.probe, of: phase, 1, from: 0, settled: 0, windowEnded: 10_000, drained: 10_000)
        for place in 0..<count {
            builder.request(step, at: Int64(place) * 1000) { change(place, &$0) }
        }
        builder.recorded.targets[0].inputPrice = 1
        builder.recorded.targets[0].outputPrice = 4
        return builder
    }

    private func cost(_ builder: RunResultBuilder) throws -> RequestStatistics.Cost {
        try #require(builder.result.targets[0].totals.cost)
    }

    @Test func `a reasoning model that spends its budget thinking is paid for and gives nothing`() throws {
        // 1,000 in and 500 out each, $1 and $4 a million: $0.003. Two of five thought and did not answer.
        let builder = probe(5) { place, request in
            request.inputTokens = 1000
            request.outputTokens = 500
            guard place < 2 else { return }
            request.reasoningTokens = 500
            request.outcome = .reasoningOnly
            request.useful = false
        }
        let totals = builder.result.targets[0].totals
        let cost = try cost(builder)
        #expect(totals.requests.useful == 3 && totals.requests.failed == 2)
        #expect(isNear(cost.dollars, 0.015))
        #expect(isNear(cost.dollarsPerUsefulResult, 0.005))  // 5 x $0.003 over 3
        #expect(isNear(cost.dollarsNotUseful, 0.006))
        #expect(isNear(cost.dollarsPerRequest, 0.003))
        #expect(cost.requestsWithoutUsage == 0)
    }

    @Test func `attempts that were refused cost nothing and count as requests`() throws {
        var builder = probe(4)  // 10 in, 8 out: $42e-6
        builder.failure(1, at: 5000, .rateLimited)
        let cost = try cost(builder)
        #expect(isNear(cost.dollars, 4 * 42e-6))
        #expect(isNear(cost.dollarsPerRequest, 4 * 42e-6 / 5))
        #expect(isNear(cost.dollarsPerUsefulResult, 42e-6))
    }

    @Test func `an answer that broke off is priced by its events and named`() throws {
        let builder = probe(2) { place, request in
            request.httpStatus = 200
            guard place == 1 else { return }
            request.outcome = .truncated
            request.useful = false
            (request.inputTokens, request.outputTokens, request.tokenSource) = (nil, 5, .events)
        }
        let cost = try cost(builder)
        #expect(isNear(cost.dollars, 42e-6 + 5 * 4e-6))
        #expect(isNear(cost.dollarsNotUseful, 20e-6))
        #expect(cost.requestsWithoutUsage == 1)
    }

    @Test func `what is not known is not nothing`() {
        var builder = probe(3)
        builder.recorded.targets[0].outputPrice = nil
        var totals = builder.result.targets[0].totals
        #expect(totals.cost == nil && totals.costGap == .noPrice)

        builder = probe(3) { place, request in if place == 0 { request.tokenSource = .events } }
        totals = builder.result.targets[0].totals
        #expect(totals.cost == nil && totals.costGap == .noUsage)

        builder = probe(0)
        totals = builder.result.targets[0].totals
        #expect(totals.cost == nil && totals.costGap == nil)

        builder = probe(3)
        builder.recorded.targets[0].inputPrice = 0
        builder.recorded.targets[0].outputPrice = 0
        #expect(builder.result.targets[0].totals.cost?.dollars == 0)  // free is a price
    }

    @Test func `without a useful answer there is no price of one`() throws {
        let builder = probe(3) { _, request in
            request.outcome = .reasoningOnly
            request.useful = false
        }
        let cost = try cost(builder)
        #expect(cost.dollarsPerUsefulResult == nil && cost.dollarsPerUsefulInterval == nil)
        #expect(isNear(cost.dollars, 3 * 42e-6))
    }

    @Test func `ten useful answers of one price do not prove that the next is useful`() throws {
        // All alike, so the residuals are 0; Wilson's interval of 10/10 is 0.7225 to 1.
        let interval = try #require(try cost(probe(10)).dollarsPerUsefulInterval)
        #expect(isNear(interval.lower, 42e-6))
        #expect(isNear(interval.upper, 42e-6 / 0.722467))
    }

    @Test func `the interval is Cochran's where the useless answers are the dear ones`() throws {
        // Costs 1, 1, 1, 1, 12 (in $1e-6), the last useless: ratio 16/4 = 4, residuals -3 four times and 12, squares 180.
        let tokens: [Int64] = [1, 1, 1, 1, 12]
        let builder = probe(5) { place, request in
            request.inputTokens = tokens[place]
            request.outputTokens = 0
            request.useful = place < 4
            if place == 4 { request.outcome = .empty }
        }
        let interval = try #require(try cost(builder).dollarsPerUsefulInterval)
        // 1.96 x sqrt(180 x 5/4)/4 = 7.349865 on both sides of 4; Wilson of 4/5 would reach 3.2/0.3755 = 8.52 only.
        #expect(interval.lower == 0)
        #expect(isNear(interval.upper, 11.349865e-6))
    }

    @Test func `hours are those of the target's own phases, not of the turns of others`() throws {
        var builder = RunResultBuilder()
        builder.recorded.targets[0].dollarsPerHour = 3.6  // $0.001 a second
        let other = builder.target("other")
        for (start, target) in [(0, 1), (10_000, other), (20_000, 1)] as [(Int64, Int)] {
            let phase = builder.phase(.probe, from: start, to: start + 10_000, target: target)
            let step = builder.step(.probe, of: phase, 1, from: start, settled: start, windowEnded: start + 10_000)
            for second in 0..<10 as Range<Int64> { builder.request(step, at: start + second * 1000) }
        }
        let cost = try cost(builder)
        #expect(cost.basis == .hours)
        #expect(isNear(cost.dollars, 0.02))
        #expect(isNear(cost.dollarsPerRequest, 0.001))
        #expect(isNear(cost.dollarsPerUsefulResult, 0.001))
        #expect(isNear(cost.dollarsPerMillionOutputTokens, 0.02 / 160 * 1e6))
        #expect(cost.dollarsNotUseful == nil)
        let interval = try #require(cost.dollarsPerUsefulInterval)
        #expect(isNear(interval.lower, 0.001))
        #expect(isNear(interval.upper, 0.001 / 0.838875))  // Wilson of 20/20
    }

    @Test func `warm-up and preflight are paid for apart`() throws {
        var builder = probe(1)
        let phase = builder.phase(.warmup, from: 0, to: 1000)
        let step = builder.step(.warmup, of: phase, 1, from: 0)
        builder.request(step, at: 0)
        builder.recorded.targets[0].preflightRequests = 2
        builder.recorded.targets[0].preflightInputTokens = 100
        builder.recorded.targets[0].preflightOutputTokens = 10
        let target = builder.result.targets[0]
        #expect(isNear(target.totals.cost?.dollars, 42e-6))
        #expect(isNear(target.warmup.dollars, 42e-6))
        #expect(isNear(target.preflight.dollars, 140e-6))
    }

    private func isNear(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) <= 1e-5 * max(abs(expected), 1e-12) } ?? false
    }
}
