import Glibc
import Testing
import Ticks

@testable import Measurement

@Suite struct GatewayResultTests {
    private func result(_ simulated: SimulatedComparison, seed: UInt64 = 1) -> RunResult {
        var builder = simulated.recorded(seed: seed)
        builder.recorded.targets[1].gatewayTo = "a"
        return builder.result
    }

    private func gateway(_ simulated: SimulatedComparison, seed: UInt64 = 1) throws -> GatewayResult {
        try #require(result(simulated, seed: seed).comparison?.gateways.first)
    }

    @Test func `what a gateway adds is found with its interval, and its gaps are not taken for it`() throws {
        let found = try (1...10).map { try gateway(SimulatedComparison(added: 20), seed: $0) }
        for gateway in found {
            #expect(gateway.target == "b" && gateway.direct == "a" && gateway.looks == 6)
            let ttft = try #require(gateway.ttft)
            #expect(abs(ttft.value - 20) < 10, "\(ttft)")
            #expect(abs(ttft.direct - 200) < 10 && abs(ttft.through - 220) < 10)
            #expect(abs(try #require(gateway.gap).value) < 2)
            #expect(gateway.failures?.added == 0)
        }
        // A 95 % interval misses now and then; three in ten would be one chance in ninety.
        #expect(found.count { $0.ttft?.interval?.contains(20) == true } >= 8, "\(found.map(\.ttft))")
        #expect(found.count { $0.gap?.interval?.contains(0) == true } >= 8, "\(found.map(\.gap))")
    }

    @Test func `one that adds nothing is not said to add anything`() throws {
        let found = try (1...10).map { try gateway(SimulatedComparison(), seed: $0) }
        #expect(found.count { $0.ttft?.interval?.contains(0) == true } >= 8, "\(found.map(\.ttft))")
        let sentence = try #require(result(SimulatedComparison(), seed: 1).headline.first?.text)
        let form =
            /b adds no TTFT that could be shown \([^ ]+ ms, [^ ]+ to [^ ]+\), [^ ]+ ms per gap; it passes on usage and stream unchanged\./
        #expect(sentence.wholeMatch(of: form) != nil, "\(sentence)")
    }

    @Test func `a drift of the hour is not taken for the gateway's doing`() throws {
        let slowing: (Double) -> Double = { 1 - 0.3 * $0 / 96 }
        let found = try (1...10).map { try gateway(SimulatedComparison(speed: slowing, added: 20), seed: $0) }
        #expect(found.count { $0.ttft?.interval?.contains(20) == true } >= 8, "\(found.map(\.ttft))")
    }

    @Test func `a gateway that fails more often is said to, by how much`() throws {
        let simulated = SimulatedComparison(failureShare: 0.2, added: 20)
        let failures = try #require(try gateway(simulated).failures)
        #expect(failures.direct.successes == 0 && failures.interval.contains(failures.added))
        #expect(failures.added == failures.through.value)
        #expect((failures.interval.lower ?? 0) > 0.1)
        let sentence = try #require(result(simulated).headline.map(\.text).first { $0.contains("per gap") })
        #expect(sentence.contains(" % more of its requests fail ("), "\(sentence)")
    }

    @Test func `under five blocks there is no interval, and it is said`() throws {
        let few = SimulatedComparison(blocks: 3, added: 20)
        let ttft = try #require(try gateway(few).ttft)
        #expect(ttft.interval == nil && abs(ttft.value - 20) < 15)
        let sentence = try #require(result(few).headline.map(\.text).first { $0.contains("per gap") })
        #expect(sentence.contains(" ms to TTFT (no interval: 3 blocks, 5 are needed)"), "\(sentence)")
    }

    @Test func `what it drops is in the first sentence`() throws {
        let drops = SimulatedComparison(added: 30) {
            ($0.outputTokens, $0.tokenSource) = (16, .events)
            $0.inputTokens = nil
        }
        let sentence = try #require(result(drops).headline.map(\.text).first { $0.contains("per gap") })
        #expect(sentence.hasSuffix("; it drops usage on 100 % of requests."), "\(sentence)")
    }

    @Test func `a gateway whose target is not there is compared as any other`() throws {
        var builder = SimulatedComparison().recorded(seed: 1)
        builder.recorded.targets[1].gatewayTo = "c"
        let comparison = try #require(builder.result.comparison)
        #expect(comparison.gateways.isEmpty && !comparison.rows.isEmpty)
    }

    /// Direct in the one, its gateway in the other.
    @Test func `two stored runs are held against each other as well`() throws {
        let whole = SimulatedComparison(added: 20).recorded(seed: 3)
        func part(_ target: Int, name: String) -> RunDigest {
            var recorded = whole.recorded
            recorded.targets = recorded.targets.filter { $0.id == target }
            recorded.targets[0].gatewayTo = target == 2 ? "a" : nil
            recorded.phases = recorded.phases.filter { $0.target == target }
            let phases = Set(recorded.phases.map(\.id))
            recorded.steps = recorded.steps.filter { phases.contains($0.phase) }
            let steps = Set(recorded.steps.map(\.id))
            recorded.requests = recorded.requests.filter { steps.contains($0.step) }
            recorded.run.id = name
            return RunDigest(StoredRun(name: name, recorded: recorded))
        }
        let comparison = try ComparisonResult(of: [part(1, name: "x"), part(2, name: "y")], by: .window, base: nil)
        let gateway = try #require(comparison.gateways.first)
        #expect(gateway.looks == 6 && abs((gateway.ttft?.value ?? 0) - 20) < 10)
        #expect(gateway[.usage]?.verdict == .passedOn && gateway[.errors]?.verdict == .notKnown)
    }

    @Test func `Student's interval over blocks covers the truth in 95 of 100`() throws {
        var random = SplitMix64(seed: 19, stream: "coverage")
        var covered = 0
        for _ in 0..<2000 {
            let first = (0..<8).map { $0 % 2 == 0 }
            let values = first.map { targetFirst -> Double in
                let normal = (-2 * log(1 - random.unit())).squareRoot() * cos(2 * Double.pi * random.unit())
                return 3 + normal + (targetFirst ? 5 : -5)  // what the hour does
            }
            let found = try #require(MeanDifference(values, targetFirst: first))
            if found.interval.contains(3) { covered += 1 }
        }
        #expect((1870...1930).contains(covered), "\(covered) of 2000")
    }

    /// Newcombe, Stat. Med. 17 (1998), table II, method 10.
    @Test(arguments: [
        (48, 80, 56, 70, 0.0524, 0.3339), (3, 10, 9, 10, 0.1705, 0.8090), (0, 29, 5, 56, -0.0381, 0.1926),
        (0, 20, 10, 10, 0.6791, 1.0), (0, 10, 0, 10, -0.2775, 0.2775),
    ]) func `a difference of shares has Newcombe's interval`(
        a: Int,
        n: Int,
        b: Int,
        m: Int,
        lower: Double,
        upper: Double
    ) throws {
        let found = try #require(Proportion(a, of: n).difference(to: Proportion(b, of: m)))
        #expect(abs(found.value - (Double(b) / Double(m) - Double(a) / Double(n))) < 1e-12)
        #expect(abs(try #require(found.interval.lower) - lower) < 5e-5)
        #expect(abs(try #require(found.interval.upper) - upper) < 5e-5)
    }

    @Test func `a shift is the median of all differences`() {
        #expect(HodgesLehmann.shift([1, 2, 4], [11, 12, 14]) == 10)
        #expect(HodgesLehmann.shift([0], [-3, 5]) == 1)
        #expect(HodgesLehmann.shift([], [1]) == nil)
        #expect(HodgesLehmann.shift([1], [.nan]) == nil)
    }
}

@Suite struct AddedTests {
    @Test(arguments: [
        (3.12, 2.93, 3.41, "3.1", "2.9", "3.4"), (0.29, 0.271, 0.309, "0.29", "0.27", "0.31"),
        (0.08, 0.0468, 0.11, "0.08", "0.05", "0.11"), (20.104, 20.101, 20.108, "20.10", "20.10", "20.11"),
        (5, 4.9991, 5.0004, "5.000", "4.999", "5.000"),
        (-0.0004, -0.01, 0.009, "0.00", "\u{2212}0.01", "0.01"), (105.2, 101.4, 109, "105.2", "101.4", "109.0"),
    ]) func `an added time has as many digits as tell its ends apart`(
        value: Double,
        low: Double,
        high: Double,
        shown: String,
        lower: String,
        upper: String
    ) {
        let added = GatewayResult.Added(
            direct: 1,
            through: 1,
            value: value,
            interval: ConfidenceInterval(lower: low, upper: high)
        )
        #expect(added.words.value == shown)
        #expect(added.words.ends?.lower == lower && added.words.ends?.upper == upper)
    }

    /// Whatever is said of two sides, a difference of any kind or none, says what else is in it.
    @Test(arguments: ["difference", "none", "gateway", "tier"])
    func `the first lines say when sides were asked apart, and when they were disturbed`(kind: String) throws {
        func said(_ order: SimulatedComparison.Order, isDisturbed: Bool) throws -> [HeadlineSentence] {
            let slowness = kind == "none" ? 1 : 1.5
            var builder = SimulatedComparison(order: order, slowness: slowness).recorded(seed: 1)
            if kind == "gateway" { builder.recorded.targets[1].gatewayTo = "a" }
            var result = builder.result
            if kind == "tier" { (result.targets[0].tier, result.targets[1].tier) = ("default", "fast") }
            if isDisturbed { result.comparison?.sides[1].validity = .suspect }
            return ComparisonHeadline.candidates(result).map(\.sentence)
        }
        let firm = try #require(try said(.interleaved, isDisturbed: false).first)
        #expect(firm.trust == .good && !firm.text.contains("asked at") && !firm.text.contains("with care"), "\(firm)")
        let blurred = try #require(try said(.sequential, isDisturbed: true).first)
        let end =
            " (asked at different times: what changed meanwhile is in it; with care: the load generator was disturbed)."
        #expect(blurred.trust == .disturbed && blurred.text.hasSuffix(end), "\(blurred)")
    }
}
