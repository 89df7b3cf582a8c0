import Testing
import Ticks

@testable import Measurement

/// Planned and told shares of the input, by hand.
@Suite struct PrefixCacheResultTests {
    /// A request a second of 100 input tokens, its first token after 200 ms; `change` gets each and its place.
    private func probe(_ count: Int, every gap: Int64 = 1000, change: (Int, inout RequestRecord) -> Void)
        -> RunResultBuilder
    {
        var builder = RunResultBuilder()
        let phase = builder.phase(.probe, from: 0, to: 200_000)
        let step = builder.step(.probe, of: phase, 1, from: 0, settled: 0, windowEnded: 200_000, drained: 200_000)
        for place in 0..<count {
            builder.request(step, at: Int64(place) * gap) {
                $0.inputTokens = 100
                change(place, &$0)
            }
        }
        return builder
    }

    private func cache(_ builder: RunResultBuilder) throws -> PrefixCacheResult {
        try #require(builder.result.targets[0].cache)
    }

    private func warnings(_ builder: RunResultBuilder) -> [String] {
        builder.result.warnings.filter { $0.contains("prefix cache") }
    }

    @Test func `a prompt is repeated once another had it, and all of it`() throws {
        // Five prompts in turn, forty times: the first five are new.
        let builder = probe(40) { place, request in
            request.prompt = place % 5
            request.cachedInputTokens = place < 5 ? 0 : 100
        }
        let cache = try cache(builder)
        #expect(cache.requests == 40 && cache.untold == 0)
        #expect(cache.plannedShare == 35.0 / 40 && cache.readyShare == 35.0 / 40 && cache.toldShare == 35.0 / 40)
        #expect(warnings(builder).isEmpty)
    }

    @Test func `a shared beginning is repeated as far as one before it went`() throws {
        // 60 tokens of 100 in common; every other prompt has 200 and 120 of them.
        let builder = probe(4) { place, request in
            request.prefix = 0
            request.repeatedShare = 0.6
            if place % 2 == 1 { request.inputTokens = 200 }
        }
        // 0, then 60 of what the first had, then 60 of its own 60, then all 120.
        #expect(try cache(builder).plannedTokens == 0 + 60 + 60 + 120)
    }

    @Test func `what a conversation said before is planned, and what its question before was sent with is ready`()
        throws
    {
        // Two conversations of three questions: 100 tokens, then 250 of which 150 were said before, then 400 and 300.
        let builder = probe(6) { place, request in
            (request.conversation, request.turn) = (place % 2, place / 2)
            request.inputTokens = [100, 250, 400][place / 2]
            request.repeatedShare = [nil, 0.6, 0.75][place / 2]
        }
        let cache = try cache(builder)
        #expect(cache.plannedTokens == 2 * (150 + 300) && cache.readyTokens == 2 * (100 + 250))
        #expect(cache.inputTokens == 1500 && cache.toldShare == nil)
    }

    @Test func `what was sent at the same time is planned, and not ready`() throws {
        let builder = probe(30, every: 0) { place, request in
            request.prompt = 0
            request.cachedInputTokens = 0
        }
        let cache = try cache(builder)
        #expect(cache.plannedShare == 29.0 / 30 && cache.readyShare == 0)
        #expect(warnings(builder).isEmpty, "no server has read what comes at one instant")
    }

    @Test func `warm-ups are read, and counted in no share; a refused request is read by nobody`() throws {
        var builder = RunResultBuilder()
        let warmup = builder.phase(.warmup, from: 0, to: 1000)
        let first = builder.step(.warmup, of: warmup, 1, from: 0)
        let phase = builder.phase(.probe, from: 1000, to: 9000)
        let step = builder.step(.probe, of: phase, 1, from: 1000, settled: 1000, windowEnded: 9000, drained: 9000)
        builder.failure(first, at: 0, .overloaded)
        builder.recorded.requests[0].prompt = 1
        builder.request(first, at: 100) { $0.prompt = 0 }
        for place in 0..<2 as Range<Int> { builder.request(step, at: 2000 + 1000 * Int64(place)) { $0.prompt = place } }
        let cache = try cache(builder)
        #expect(cache.requests == 2 && cache.plannedShare == 0.5)
    }

    @Test func `a retry is no plan`() throws {
        let builder = probe(2) { place, request in
            request.prompt = 0
            request.attempt = place
        }
        #expect(try cache(builder).requests == 1 && cache(builder).plannedShare == 0)
    }

    @Test func `both shares are over the requests that told, and the others are counted`() throws {
        let builder = probe(40) { place, request in
            request.prompt = 0
            if place >= 10 { request.cachedInputTokens = 50 }
        }
        let cache = try cache(builder)
        #expect(cache.requests == 30 && cache.untold == 10)
        #expect(cache.plannedShare == 1 && cache.toldShare == 0.5)
    }

    @Test func `a cache that serves more than the plan repeats is told, with what may have warmed it`() {
        let warm = probe(25) { _, request in request.cachedInputTokens = 62 }
        #expect(
            warnings(warm) == [
                "The server says that it took 62 % of the input tokens from its prefix cache, and this plan repeats 0 % (25 "
                    + "requests). An earlier run, other clients or a chat template before every prompt may have warmed it, or it "
                    + "counts otherwise; the counts do not tell which. Where it was warm, TTFT and throughput are better than for "
                    + "prompts that are new to the server."
            ]
        )
        #expect(warnings(probe(24) { _, request in request.cachedInputTokens = 62 }).isEmpty, "too few")
        #expect(warnings(probe(40) { _, request in request.cachedInputTokens = 5 }).isEmpty, "token borders")
    }

    @Test func `a template that is known is nobody's warmth`() {
        var builder = probe(30) { _, request in request.cachedInputTokens = 12 }
        #expect(warnings(builder).count == 1)
        var calibration = CalibrationRecord()
        calibration.templateTokens = 10
        builder.recorded.run.calibration = calibration
        #expect(warnings(builder).isEmpty)
    }

    @Test func `a cache that lost what was repeated is told, and no culprit named`() {
        let lost = probe(40) { _, request in
            request.prompt = 0
            request.cachedInputTokens = 10
        }
        #expect(
            warnings(lost) == [
                "This plan repeats 97.5 % of the input tokens after they had been read once, and the server says that it took "
                    + "10 % from its prefix cache (40 requests). It may have dropped them, sent the requests to replicas that had not read "
                    + "them, or not cache prompts like these; the counts do not tell which."
            ]
        )
    }

    @Test func `parts of a run are joined by their tokens, and what told nothing is counted apart`() {
        var (one, other, silent) = (PrefixCacheResult(), PrefixCacheResult(), PrefixCacheResult())
        (one.requests, one.inputTokens, one.plannedTokens, one.toldTokens) = (10, 1000, 500, 400)
        (other.requests, other.inputTokens, other.plannedTokens, other.toldTokens) = (30, 3000, 300, 0)
        (silent.requests, silent.inputTokens, silent.plannedTokens) = (5, 500, 500)
        let both = one.joined(with: other)
        #expect(both.requests == 40 && both.plannedShare == 0.2 && both.toldShare == 0.1)
        for joined in [one.joined(with: silent), silent.joined(with: one)] {
            #expect(joined.requests == 10 && joined.untold == 5 && joined.toldShare == 0.4)
        }
    }

    // MARK: Thresholds

    @Test func `a threshold may be on the shares, of a target alone`() throws {
        let builder = probe(40) { _, request in
            request.prompt = 0
            request.cachedInputTokens = 50
        }
        func judge(_ text: String) throws -> ThresholdResult { try Threshold(parsing: text).result(on: builder.result) }
        #expect(try judge("cache.told_share > 40%").passed && judge("cache.told_share > 40%").value == 50)
        #expect(try !judge("cache.planned_share < 90%").passed)
        #expect(try judge("cache.server_share > 1%").note == "undetermined: the server's metrics tell no hits (in all)")
        #expect(throws: ThresholdError.self) { try Threshold(parsing: "probe.cache.told_share > 40%") }
    }
}
