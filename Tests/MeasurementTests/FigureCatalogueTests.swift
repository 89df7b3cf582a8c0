import Testing

@testable import Measurement

@Suite struct FigureCatalogueTests {
    @Test func `a key stands for one figure`() {
        let keys = FigureCatalogue.all.map(\.key)
        #expect(Set(keys).count == keys.count)
    }

    @Test func `every figure can be a threshold, under its key without the unit`() throws {
        for figure in FigureCatalogue.all {
            let name = figure.key.hasSuffix("_ms") ? String(figure.key.dropLast(3)) : figure.key
            let isDistribution = if case .distribution = figure.source { true } else { false }
            let limit = figure.dimension == .milliseconds ? "5ms" : "5"
            _ = try Threshold(parsing: "\(name)\(isDistribution ? ".p95" : "") < \(limit)")
        }
    }

    @Test func `what failures make infinite has percentiles that say so, and nothing else has`() throws {
        let adjusted = ["ttft", "ttft_scheduled", "e2e", "e2e_scheduled"]
        for name in adjusted { _ = try Threshold(parsing: "\(name).adj_p95 < 5s") }
        for name in ["wait", "ttfv", "tpot", "itl"] {
            #expect(throws: ThresholdError.self) { try Threshold(parsing: "\(name).adj_p95 < 5s") }
        }
    }

    @Test func `a tally counts what has a token, and of two parts the sum`() {
        var tally = LongGaps()
        for (outcome, reads, gap) in [
            (Outcome.ok, 3, 1_000_000_001), (.ok, 3, 1_000_000_000), (.timeoutIdle, 1, 5_000_000_000), (.ok, 0, 0),
            (.cancelled, 4, 9_000_000_000),
        ] {
            var request = RequestRecord()
            (request.outcome, request.tokenReads, request.maxGap) = (outcome, reads, Int64(gap))
            tally.add(request)
        }
        #expect(tally.result == TallyResult(part: 2, whole: 3))
        #expect((tally.result + TallyResult(part: 1, whole: 1)).share == 0.75)
        #expect(TallyResult(part: 0, whole: 0).share == nil)
    }

    @Test func `of the requests with a connection those that opened it are counted`() throws {
        var tally = NewConnections()
        let seen: [(Outcome, RequestRecord.Connection?)] = [
            (.ok, .new), (.timeoutFirstToken, .new), (.ok, .reused), (.ok, .preopened), (.dns, nil), (.cancelled, .new),
        ]
        for (outcome, connection) in seen {
            var request = RequestRecord()
            (request.outcome, request.connection) = (outcome, connection)
            tally.add(request)
        }
        #expect(tally.result == TallyResult(part: 2, whole: 4))
        _ = try Threshold(parsing: "new_connection_share < 5%")
    }
}
