import Testing

@testable import Measurement

@Suite struct ComparisonTests {
    private func comparison(_ simulated: SimulatedComparison, seed: UInt64) throws -> ComparisonResult {
        try #require(simulated.recorded(seed: seed).result.comparison)
    }

    private func ten(_ simulated: SimulatedComparison) throws -> [ComparisonResult] {
        try (1...10).map { try comparison(simulated, seed: $0) }
    }

    private func rows(_ results: [ComparisonResult], _ figure: String) throws -> [ComparisonResult.Row] {
        try results.map { result in try #require(result.rows.first { $0.figure == figure }) }
    }

    @Test func `two targets that differ by 10 percent are told apart in 9 of 10`() throws {
        let results = try ten(SimulatedComparison(slowness: 1.1))
        for figure in ["output_tokens_per_second", "ttft.p50", "request_tps.p50"] {
            let rows = try rows(results, figure)
            #expect(rows.count { $0.finding == .worse } >= 9, "\(figure): \(rows.map(\.verdict))")
            #expect(rows.count { $0.finding == .better } == 0)
            let truth = figure == "ttft.p50" ? 1.1 : 1 / 1.1
            // A 95 % interval misses now and then; three in ten would be one chance in ninety.
            #expect(rows.count { $0.interval?.contains(truth) == true } >= 8, "\(figure): \(rows.map(\.interval))")
            #expect(rows.allSatisfy { $0.method == .pairedRounds && $0.looks == 6 })
        }
    }

    @Test func `between two equal ones no difference is shown in 9 of 10, whatever the figure`() throws {
        let all = try ten(SimulatedComparison())
        let quiet = all.count { $0.rows.allSatisfy { $0.finding == .none } }
        #expect(quiet >= 9, "\(all.map { $0.rows.map(\.verdict) })")
    }

    /// Both are at 70 % of their speed at the end.
    private func drifting(_ order: SimulatedComparison.Order, slowness: Double = 1) -> SimulatedComparison {
        let length = 96.0
        return SimulatedComparison(order: order, slowness: slowness, speed: { 1 - 0.3 * $0 / length })
    }

    @Test func `a drift of the hour shows no difference when interleaved, and a false one when sequential`() throws {
        let interleaved = try rows(ten(drifting(.interleaved)), "output_tokens_per_second")
        #expect(interleaved.count { $0.finding == .none } >= 9, "\(interleaved.map(\.verdict))")
        let results = try ten(drifting(.sequential))
        let sequential = try rows(results, "output_tokens_per_second")
        #expect(sequential.count { $0.finding == .worse } >= 9, "\(sequential.map(\.verdict))")
        #expect(results[0].notes.contains { $0.hasPrefix("The targets were asked one after the other") })
    }

    @Test func `a drift does not hide a difference when interleaved`() throws {
        let rows = try rows(ten(drifting(.interleaved, slowness: 1.1)), "output_tokens_per_second")
        #expect(rows.count { $0.finding == .worse } >= 9, "\(rows.map(\.verdict))")
        #expect(rows.count { $0.interval?.contains(1 / 1.1) == true } >= 8, "\(rows.map(\.interval))")
    }

    @Test func `shares are compared over all requests`() throws {
        var simulated = SimulatedComparison()
        simulated.failureShare = 0.1
        let row = try #require(comparison(simulated, seed: 3).rows.first { $0.figure == "availability" })
        #expect(row.finding == .worse)
        #expect(row.verdict.hasPrefix("less available by"))
        #expect(row.method == .counts)
        #expect(row.baseValue == 1)
    }

    @Test func `tokens of different sizes are not compared, bytes are`() throws {
        var simulated = SimulatedComparison()
        simulated.blocks = 3
        simulated.blockSeconds = 6
        simulated.bytesPerToken = 5
        let different = try comparison(simulated, seed: 1)
        #expect(different.notes.contains { $0.hasPrefix("token counts are not comparable: one model, yet") })
        let figures = Set(different.rows.map(\.figure))
        #expect(figures.isSuperset(of: ["output_bytes_per_second", "request_bytes_per_second.p50"]))
        #expect(figures.isDisjoint(with: ["output_tokens_per_second", "request_tps.p50"]))
        // 3 % is still the same.
        var builder = simulated.recorded(seed: 1)
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].visibleBytes = 64 }
        let same = try #require(builder.result.comparison)
        #expect(same.rows.contains { $0.figure == "output_tokens_per_second" })
        #expect(same.sides.map(\.bytesPerVisibleToken) == [4, 4])
        // Two models have two tokenizers: said, but no reason against tokens.
        var models = simulated.recorded(seed: 1)
        models.recorded.targets[1].model = "other"
        let others = try #require(models.result.comparison)
        #expect(others.rows.contains { $0.figure == "output_tokens_per_second" })
        #expect(others.notes.contains { $0.hasPrefix("Different models cut text into tokens") })
    }

    @Test func `answers of different lengths and tokens of different sources are said`() throws {
        var builder = SimulatedComparison(blocks: 3, blockSeconds: 6).recorded(seed: 1)
        let steps = Set(builder.recorded.steps.filter { $0.phase == 2 }.map(\.id))
        for place in builder.recorded.requests.indices where steps.contains(builder.recorded.requests[place].step) {
            builder.recorded.requests[place].outputTokens = 20
        }
        // More tokens for the same bytes: they are cut otherwise, and the answers are as long.
        var notes = try #require(builder.result.comparison).notes
        #expect(notes.contains { $0.hasPrefix("token counts are not comparable") })
        #expect(!notes.contains { $0.hasPrefix("Answers differ in length") }, "\(notes)")
        for place in builder.recorded.requests.indices where steps.contains(builder.recorded.requests[place].step) {
            builder.recorded.requests[place].visibleBytes = 80
            builder.recorded.requests[place].textBytes = 80
        }
        notes = try #require(builder.result.comparison).notes
        #expect(notes.contains { $0.hasPrefix("Answers differ in length: 16 tokens from a, 20 from b") }, "\(notes)")
        for place in builder.recorded.requests.indices where steps.contains(builder.recorded.requests[place].step) {
            builder.recorded.requests[place].tokenSource = .events
        }
        notes = try #require(builder.result.comparison).notes
        #expect(notes.contains { $0.hasPrefix("Tokens of b are counted events") }, "\(notes)")
    }

    @Test func `Holm's correction is over all rows of a target`() throws {
        let result = try comparison(SimulatedComparison(blocks: 5, blockSeconds: 6, slowness: 1.1), seed: 2)
        let tested = result.rows.filter { $0.p != nil }
        #expect(tested.count >= 5)
        #expect(tested.map { $0.pHolm ?? -1 } == Holm.adjusted(tested.compactMap(\.p)))
    }

    @Test func `one block each says what its requests say`() throws {
        let result = try comparison(SimulatedComparison(blocks: 1, blockSeconds: 60, slowness: 1.2), seed: 5)
        let row = try #require(result.rows.first { $0.figure == "ttft.p50" })
        #expect(row.method == .requests)
        #expect(row.finding == .worse)
        #expect((row.interval?.lower ?? 0) > 1.1 && (row.interval?.upper ?? 9) < 1.3)
    }
}
