import Glibc
import Measurement
import Testing

@Suite struct TwoSampleTests {
    private func pair(_ key: String) throws -> (x: [Double], y: [Double]) {
        switch key {
        case "A40_B40": (try Oracles.data("A40"), try Oracles.data("B40"))
        case "A8_B8": (try Oracles.data("A8"), try Oracles.data("B8"))
        default: (try Oracles.main.numbers("two_sample", key, "x"), try Oracles.main.numbers("two_sample", key, "y"))
        }
    }

    private func oracle(_ path: String...) throws -> Double {
        try #require(try Oracles.main.value(["two_sample"] + path).number)
    }

    @Test(arguments: [
        ("A40_B40", "mwu_asymptotic_cc", false), ("A8_B8", "mwu_exact", true), ("ties", "mwu_asymptotic_cc", false),
    ])
    func `Mann-Whitney matches the reference`(key: String, method: String, exact: Bool) throws {
        let (x, y) = try pair(key)
        let test = try #require(MannWhitney(x, y))
        #expect(test.isExact == exact)
        #expect(test.u == (try oracle(key, method, "statistic")))
        #expect(near(test.p, try oracle(key, method, "p"), relative: 1e-11))
    }

    @Test func `U of two separate samples has the chance of one arrangement`() throws {
        // C(40, 20) = 137846528820 arrangements, two of which are as extreme.
        let test = try #require(MannWhitney((0..<20).map { Double($0) }, (20..<40).map { Double($0) }))
        #expect(test.u == 0 && test.isExact)
        #expect(near(test.p, 2.0 / 137_846_528_820, relative: 1e-10, absolute: 0))
        #expect(MannWhitney([], [1]) == nil)
        #expect(MannWhitney([3, 3], [3, 3]) == nil)
        #expect(MannWhitney([1], [2])?.p == 1)
    }

    @Test func `Holm's correction steps down and never falls`() {
        // 0.01·4, 0.02·3, then 0.03·2 = 0.06 and 0.04·1 = 0.04, which may not fall below.
        let adjusted = Holm.adjusted([0.03, 0.01, 0.04, 0.02])
        for (actual, expected) in zip(adjusted, [0.06, 0.04, 0.06, 0.06]) { #expect(near(actual, expected)) }
        #expect(Holm.adjusted([0.6, 0.7]) == [1, 1])
        #expect(Holm.adjusted([]).isEmpty)
    }
}
