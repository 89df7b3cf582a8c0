import Testing
import Ticks

@testable import Measurement

@Suite struct RadixSortTests {
    @Test func `the order is that of comparing, whatever the sign and size`() {
        var random = SplitMix64(seed: 8)
        var values = (0..<5000).map { _ in Double(bitPattern: random.next()) }.filter { !$0.isNaN }
        values += [.infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1, 1, 1]
        #expect(RadixSort.sorted(values) == values.sorted())
        let milliseconds = (0..<3000).map { _ in 200 + random.unit() }
        #expect(RadixSort.sorted(milliseconds) == milliseconds.sorted())
        #expect(RadixSort.sorted([Double](repeating: 7, count: 3000)) == [Double](repeating: 7, count: 3000))
        let tied = (0..<3000).map { _ in (4 * random.unit()).rounded() - 2 }
        #expect(RadixSort.order(of: tied) == tied.indices.sorted { (tied[$0], $0) < (tied[$1], $1) })
        #expect(RadixSort.sorted([]).isEmpty && RadixSort.sorted([2, 1]) == [1, 2])
    }
}
