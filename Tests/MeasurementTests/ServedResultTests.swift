import Testing
import Ticks

@testable import Measurement

/// Within a billionth; two absent ones are near.
private func isNear(_ value: Double?, _ expected: Double?) -> Bool {
    guard let value, let expected else { return value == nil && expected == nil }
    return abs(value - expected) <= 1e-9 * max(1e-6, abs(expected))
}

@Suite struct ServedResultTests {
    /// A probe of a request a second; `change` gets each and its place.
    private func probe(_ count: Int, tier: AskedTier? = nil, change: (Int, inout RequestRecord) -> Void)
        -> RunResultBuilder
    {
        var builder = RunResultBuilder()
        let phase = builder.phase(.probe, from: 0, to: 10_000)
        let step = builder.step(.probe, of: phase, 1, from: 0, settled: 0, windowEnded: 100_000, drained: 100_000)
        for place in 0..<count {
            // The fast ones take 100 ms to the first token and 50 ms a token, the others twice that.
            let isFast = place % 10 != 0
            let (ttft, gap): (Int64, Int64) = isFast ? (100, 50) : (200, 100)
            builder.request(step, at: Int64(place) * 100, ttft: ttft, tokens: 11, gap: gap) { change(place, &$0) }
        }
        builder.recorded.targets[0].tier = tier
        return builder
    }

    private let fast = AskedTier(name: "fast", words: ["fast", "priority"])

    @Test func `shares and speeds are those of what was served, under the name that was asked for`() throws {
        let builder = probe(40, tier: fast) { place, request in
            request.servedTier = place % 10 == 0 ? "default" : place % 2 == 0 ? "fast" : "priority"
            request.servedModel = "m"
        }
        let served = try #require(builder.result.targets[0].totals.served)
        let tiers = try #require(served.groups[.tier])
        #expect(tiers.map(\.name) == ["fast", "default"] && tiers.map(\.requests) == [36, 4])
        #expect(tiers[0].share?.value == 0.9)
        #expect(tiers[0].ttftMilliseconds?.p50 == 100 && tiers[1].ttftMilliseconds?.p50 == 200)
        #expect(isNear(tiers[0].decodeTPS?.p50, 20) && isNear(tiers[1].decodeTPS?.p50, 10))
        #expect(tiers.map(\.outputTokens) == [396, 44])
        #expect(served.groups[.model]?.map(\.requests) == [40])
        #expect(served.groups[.model]?[0].ttftMilliseconds == nil, "of one alone the row's own figures tell")
        #expect(served.groups[.by] == nil)
        #expect(
            builder.result.warnings.contains("Asked for tier fast, served default in 10 % of 40 requests."),
            "\(builder.result.warnings)"
        )
    }

    @Test func `a cost is that of what was served, all together and each`() throws {
        var builder = probe(40, tier: fast) { place, request in
            request.servedTier = place % 10 == 0 ? "default" : "fast"
        }
        let rows: [PriceList.Row] = [
            .init(prices: .init(input: 1, output: 4)),
            .init(tiers: ["fast", "priority"], prices: .init(input: 2, output: 8)),
        ]
        builder.recorded.targets[0].prices = PriceList(rows)
        let totals = builder.result.targets[0].totals
        // 10 in and 11 out each: 54 millionths in the standard tier, twice as many in the fast one.
        #expect(isNear(totals.cost?.dollars, 4104e-6))
        let tiers = try #require(totals.served?.groups[.tier])
        #expect(isNear(tiers[0].cost?.dollars, 36 * 108e-6) && isNear(tiers[1].cost?.dollars, 4 * 54e-6))

        builder.recorded.targets[0].prices = PriceList([rows[1]])
        let unknown = builder.result.targets[0].totals
        #expect(unknown.cost == nil && unknown.costGap == .noPrice(ofTier: "default"))
        #expect(isNear(unknown.served?.groups[.tier]?[0].cost?.dollars, 36 * 108e-6), "what is known stays known")
        #expect(unknown.served?.groups[.tier]?[1].costGap == .noPrice(ofTier: "default"))
    }

    @Test(
        arguments: [
            ("served_tier.share[tier=fast] > 95 %", false, 90.0), ("served_tier.share[tier=fast] > 85 %", true, 90),
            ("probe.served_tier.share[tier=default] < 11 %", true, 10), ("served_tier.share[tier=flex] < 1 %", true, 0),
            ("served_model.share[model=gpt-5/a=b] > 30 %", true, 50), ("served_by.share[by=r1] > 1 %", false, nil),
        ] as [(String, Bool, Double?)]
    )
    func `a threshold on what was served`(text: String, passed: Bool, value: Double?) throws {
        let builder = probe(40, tier: fast) { place, request in
            request.servedTier = place % 10 == 0 ? "default" : "fast"
            request.servedModel = place % 2 == 0 ? "gpt-5/a=b" : "other"
        }
        let result = try Threshold(parsing: text).result(on: builder.result)
        #expect(result.passed == passed && isNear(result.value, value), "\(result)")
        if value == nil { #expect(result.note?.contains("no answer told its server") == true) }
    }

    @Test(arguments: [
        ("served_tier.share > 95 %", "of which one? write served_tier.share[tier=NAME]"),
        ("served_tier.share[model=m] > 95 %", "served_tier.share has no value by [model=m]"),
        ("ttft.p50[tier=fast] < 1s", "ttft has no value by [tier=fast]"),
        ("served_tier.share[tier=] > 1 %", "did you mean"), ("served_tire.share[tier=x] > 1 %", "served_tier.share"),
    ]) func `a threshold that names nothing is an error before the run`(text: String, words: String) {
        do throws(ThresholdError) {
            _ = try Threshold(parsing: text)
            Issue.record("\(text) was read")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
        }
    }

    @Test func `nothing told is no share, and is said where a tier was asked for`() {
        let told = probe(5) { _, _ in }.result
        #expect(told.targets[0].totals.served == nil)
        let asked = probe(5, tier: fast) { _, _ in }.result
        #expect(
            asked.warnings.contains("Asked for tier fast: no answer told its tier, so nobody knows what was served."),
            "\(asked.warnings)"
        )
    }

    @Test func `a tier that nobody asked for, and a router's models, are told`() {
        let result = probe(20) { place, request in
            request.servedTier = place % 4 == 0 ? "priority" : "default"
            request.servedModel = place % 4 == 0 ? "big" : "small"
        }.result
        #expect(
            result.warnings.contains {
                $0.hasPrefix("No tier was asked for, and the server served priority in 25 % of 20 requests")
            }
        )
        #expect(
            result.warnings.contains { $0.hasPrefix("Two models answered: small in 75 %, big in 25 % of 20 requests.") }
        )
    }

    @Test func `a server that tells a new name each time fills no memory`() throws {
        let served = try #require(
            probe(100) { place, request in request.servedModel = "m\(place)" }.result.targets[0].totals.served
        )
        let models = try #require(served.groups[.model])
        #expect(models.count == ServedResult.mostGroups + 1)
        #expect(models[0].name == ServedResult.others && models[0].requests == 100 - ServedResult.mostGroups)
        #expect(served.told(.model) == 100)
    }

    @Test func `failures told nothing and are in no share`() throws {
        var builder = probe(10, tier: fast) { _, request in request.servedTier = "fast" }
        builder.failure(1, at: 5000, .rateLimited)
        #expect(builder.result.targets[0].totals.served?.share(.tier, "fast")?.value == 1)
        #expect(!builder.result.warnings.contains { $0.contains("tier") })
    }
}
