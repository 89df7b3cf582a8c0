import Measurement
import Testing

@Suite struct RecoveryTests {
    @Test func `recovery is found where the reference finds it`() throws {
        let values = try Oracles.data("recovery210")
        let baseline = Int(try Oracles.main.number("recovery", "baseline_n"))
        let start = Int(try Oracles.main.number("recovery", "burst_start"))
        let recovery = try #require(Recovery(reference: SortedSamples(Array(values[..<baseline]))))
        // 1.4826 unrounded there.
        let threshold = try Oracles.main.number("recovery", "threshold=med+3*1.4826*MAD")
        #expect(near(recovery.threshold, threshold, relative: 1e-6))
        let index = recovery.index(in: values, from: start).map { Double($0) }
        #expect(index == (try Oracles.main.number("recovery", "recovered_index")))
        let last = values.indices.last { $0 >= start && recovery.exceeds(values[$0]) }
        #expect(last.map { Double($0) } == (try Oracles.main.number("recovery", "last_exceed_index")))
    }

    @Test func `two of ten exceeding by a chance of 1 % happen once in 230`() throws {
        let note = try Oracles.main.string("recovery", "binom_note")
        let chance = BinomialDistribution.survival(1, 10, 0.01)
        #expect(near(chance, 0.00427, absolute: 5e-6) && note.hasSuffix("= 0.00427"))
    }

    @Test func `the threshold is the median and three scaled deviations`() throws {
        // Median 4, deviations 3 2 1 0 1 2 3, MAD 2.
        let recovery = try #require(Recovery(reference: SortedSamples([1, 2, 3, 4, 5, 6, 7])))
        #expect(near(recovery.threshold, 4 + 3 * 1.4826 * 2))
        #expect(Recovery(reference: SortedSamples([])) == nil)
        #expect(Recovery(reference: SortedSamples([.infinity])) == nil)
    }

    @Test func `at most one of ten may exceed, itself included`() {
        let recovery = Recovery(threshold: 1)
        let calm = [Double](repeating: 0, count: 9)
        #expect(recovery.index(in: [2] + calm) == 0)
        #expect(recovery.index(in: [2, 2] + calm) == 1)
        #expect(recovery.index(in: [2, 2, 0, 2] + calm) == 2)
        // The eleventh spoils the second window, not the first.
        #expect(recovery.index(in: [2] + calm + [2, 2]) == 0)
    }

    @Test func `what was not seen is not recovery`() {
        let recovery = Recovery(threshold: 1)
        #expect(recovery.index(in: [Double](repeating: 0, count: 9)) == nil)
        #expect(recovery.index(in: [Double](repeating: 2, count: 30)) == nil)
        #expect(recovery.index(in: [2, 2] + [Double](repeating: 0, count: 8)) == nil)
        #expect(recovery.index(in: [], from: 3) == nil)
        #expect(recovery.index(in: [.infinity, .infinity] + [Double](repeating: 0, count: 9)) == 1)
    }
}
