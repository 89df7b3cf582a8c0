import Glibc
import Testing
import Ticks

@testable import Measurement

@Suite struct ComparisonPowerTests {
    /// Standard normal, by Box and Muller.
    private func normal(_ random: inout SplitMix64) -> Double {
        (-2 * log(max(1e-300, random.unit()))).squareRoot() * cos(2 * .pi * random.unit())
    }

    /// TTFT of servers of several kinds, in milliseconds.
    enum Kind: String, CaseIterable { case logNormal, exponential, warmAndCold }

    private func draw(_ kind: Kind, _ count: Int, times factor: Double = 1, _ random: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in
            let value =
                switch kind {
                case .logNormal: 200 * exp(0.4 * normal(&random))
                case .exponential: 50 - 100 * log(max(1e-300, random.unit()))
                case .warmAndCold: (random.unit() < 0.15 ? 900 : 200) * exp(0.15 * normal(&random))
                }
            return value * factor
        }
    }

    /// How many of 200 simulated comparisons show the difference: an interval that leaves out 1.
    private func found(_ kind: Kind, _ requests: Int, factor: Double, seed: UInt64) -> Int {
        var random = SplitMix64(seed: seed, stream: "comparisons")
        return (0..<200).count { _ in
            let (x, y) = (draw(kind, requests, &random), draw(kind, requests, times: factor, &random))
            guard let ratio = HodgesLehmann(x, y, exact: false) else { return false }
            return !ratio.interval.contains(1)
        }
    }

    @Test(arguments: [(0.12, 0.8), (0.15, 0.8), (0.15, 0.5), (0.2, 0.9)])
    func `an assumed scatter's promise is kept within 5 points over 200 comparisons`(difference: Double, power: Double)
    {
        let cv = (exp(0.16) - 1).squareRoot()  // of a log-normal with a deviation of 0.4
        let plan = ComparisonPower(assumingCV: cv)
        guard let needed = plan.requests(toFind: difference, power: power) else {
            Issue.record("no size")
            return
        }
        #expect(needed.range == ConfidenceInterval(lower: nil, upper: nil))
        let share = Double(found(.logNormal, Int(needed.value), factor: 1 + difference, seed: 17)) / 200
        #expect(abs(share - power) <= 0.05, "\(needed.value) requests found \(share)")
    }

    /// 2 (1.95996 + 0.84162)² / (3 a²), a = 2 Φ(ln 1.1 / (0.4 √2)) − 1 = 0.133803.
    @Test func `the size is Noether's`() throws {
        let plan = ComparisonPower(assumingCV: (exp(0.16) - 1).squareRoot())
        let needed = try #require(plan.requests(toFind: 0.1))
        #expect(abs(needed.value - 293) <= 1, "\(needed.value)")
        let difference = try #require(plan.difference(foundWith: Int(needed.value)))
        #expect(abs(difference.value - 0.1) < 0.001)
        #expect(plan.requests(toFind: 5)?.value == 25, "a verdict needs 25")
        #expect(plan.requests(toFind: 0) == nil)
        #expect(plan.difference(foundWith: 1) == nil)
    }

    @Test(arguments: Kind.allCases)
    func `a pilot's promise is kept within 5 points whatever the shape of the scatter`(kind: Kind) throws {
        var random = SplitMix64(seed: 5, stream: "pilot")
        // A pilot so large that what is judged is the rule, not the pilot's luck.
        let plan = try #require(ComparisonPower(pilot: draw(kind, 2_000, &random)))
        let difference = kind == .warmAndCold ? 0.06 : 0.15
        let needed = try #require(plan.requests(toFind: difference))
        let share = Double(found(kind, Int(needed.value), factor: 1 + difference, seed: 23)) / 200
        #expect(abs(share - ComparisonPower.usualPower) <= 0.05, "\(needed.value) requests found \(share)")
    }

    @Test(arguments: Kind.allCases)
    func `the range of a small pilot's estimate holds the truth in nine of ten pilots`(kind: Kind) throws {
        var random = SplitMix64(seed: 9, stream: "range")
        let truth = try #require(ComparisonPower(pilot: draw(kind, 2_000, &random))?.requests(toFind: 0.1)).value
        var held = 0
        for _ in 0..<200 {
            let plan = try #require(ComparisonPower(pilot: draw(kind, 75, &random)))
            let estimate = try #require(plan.requests(toFind: 0.1))
            #expect(estimate.range.contains(estimate.value))
            if estimate.range.contains(truth) { held += 1 }
        }
        #expect(held >= 180, "\(held) of 200 held \(truth)")
    }

    @Test func `requests that follow each other closely need more of them`() throws {
        var random = SplitMix64(seed: 3, stream: "walk")
        var level = 0.0
        let linked = (0..<2_000).map { _ in
            level = 0.8 * level + 0.6 * normal(&random)
            return 200 * exp(0.4 * level)
        }
        let alone = draw(.logNormal, 2_000, &random)
        let (a, b) = (try #require(ComparisonPower(pilot: linked)), try #require(ComparisonPower(pilot: alone)))
        #expect(a.requestsPerSample > 1 && b.requestsPerSample == 1)
        let (many, few) = (try #require(a.requests(toFind: 0.1)), try #require(b.requests(toFind: 0.1)))
        #expect(many.value > 2 * few.value)
    }

    @Test func `few requests, or times of nothing, tell no scatter`() {
        #expect(ComparisonPower(pilot: Array(repeating: 1, count: 19)) == nil)
        #expect(ComparisonPower(pilot: Array(repeating: 0, count: 30)) == nil)
        // Without any scatter every difference is found.
        #expect(ComparisonPower(pilot: Array(repeating: 7, count: 30))?.requests(toFind: 0.01)?.value == 25)
    }
}
