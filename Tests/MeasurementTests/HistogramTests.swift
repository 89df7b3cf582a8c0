import Measurement
import Testing
import Ticks

@Suite struct HistogramTests {
    /// Values over twelve octaves of scale, the same on every machine.
    static func series(_ count: Int, seed: UInt64) -> [Int64] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Int64(truncatingIfNeeded: random.next() >> (20 + random.next() % 40)) }
    }

    static func histogram(_ values: [Int64]) -> Histogram {
        var histogram = Histogram()
        for value in values { histogram.record(value) }
        return histogram
    }

    @Test func `count, sum, minimum and maximum are exact`() {
        let histogram = Self.histogram([7, 1_000_003, 0, 999_999_999_999])
        #expect(histogram.count == 4)
        #expect(histogram.sum == 1_000_001_000_009)
        #expect(histogram.min == 0)
        #expect(histogram.max == 999_999_999_999)
        #expect(histogram.mean == 250_000_250_002.25)
    }

    @Test func `an empty histogram has no figures`() {
        let empty = Histogram()
        #expect(empty.min == nil && empty.max == nil && empty.mean == nil)
        #expect(empty.quantile(.p50) == nil && empty.standardDeviation == nil)
        #expect(Histogram(decoding: empty.encoded()) == empty)
    }

    @Test func `values below 256 are kept exactly`() {
        let histogram = Self.histogram(Array(0...255))
        for p in 1...9999 {
            let quantile = Quantile(tenThousandths: p)
            #expect(histogram.quantile(quantile) == Int64(quantile.rank(of: 256)) - 1)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a quantile lies within 1 in 256 of the sample of nearest rank`(seed: UInt64) throws {
        let values = Self.series(5000, seed: seed)
        let sorted = values.sorted()
        let histogram = Self.histogram(values)
        for p in [1, 100, 2500, 5000, 7500, 9000, 9500, 9900, 9990, 9999] {
            let quantile = Quantile(tenThousandths: p)
            let exact = sorted[quantile.rank(of: values.count) - 1]
            let found = try #require(histogram.quantile(quantile))
            #expect(abs(Double(found - exact)) <= Double(exact) / 256, "p \(p): \(found) for \(exact)")
        }
    }

    @Test func `cells meet at every power of two without a gap`() throws {
        // One value at each border and one on each side: as many cells as values from 256 on.
        for exponent in 9..<46 {
            let border = Int64(1) << exponent
            let width = border >> 7
            let below = Self.histogram([border - 1, border])
            #expect(below.quantile(.p50) != below.quantile(.p99), "2^\(exponent)")
            let within = Self.histogram([border, border + width - 1, 1 << 45 + 1 << 44])
            #expect(within.count(upTo: border) == 2, "2^\(exponent)")
        }
    }

    @Test func `what lies outside the cells is counted, not dropped`() {
        let histogram = Self.histogram([-5, -1, 10, Histogram.limit, Histogram.limit + 77])
        #expect(histogram.count == 5)
        #expect(histogram.negative == 2)
        #expect(histogram.overflow == 2)
        #expect(histogram.min == -5)
        #expect(histogram.max == Histogram.limit + 77)
        #expect(histogram.quantile(Quantile(tenThousandths: 4000)) == -5)
        #expect(histogram.quantile(.p50) == 10)
        #expect(histogram.quantile(.p90) == Histogram.limit + 77)
        #expect(histogram.standardDeviation == nil)
        #expect(Histogram(decoding: histogram.encoded()) == histogram)
        #expect(Self.histogram([.min, .max]).count == 2)
        #expect(Self.histogram([.max, .max]).sum == .max)
    }

    @Test func `merging two halves gives the histogram of the whole`() {
        let values = Self.series(4000, seed: 9)
        let whole = Self.histogram(values)
        var open = Self.histogram(Array(values[..<1500]))
        open.merge(Self.histogram(Array(values[1500...])))
        #expect(open == whole)
        var packed = Self.histogram(Array(values[..<1500])).packed()
        packed.merge(Self.histogram(Array(values[1500...])).packed())
        #expect(packed == whole)
        #expect(packed.hashValue == whole.hashValue)
        var empty = Histogram()
        empty.merge(whole)
        #expect(empty == whole)
        empty.merge(Histogram())
        #expect(empty == whole)
    }

    @Test func `two shards merged have the p95 of all values, which no mean of p95s has`() throws {
        // 900 of 10 ms and 100 of 1000 ms, split unevenly: the 950th of 1000 is a slow one.
        let fast: Int64 = 10_000_000
        let slow: Int64 = 1_000_000_000
        var a = Self.histogram(Array(repeating: fast, count: 850) + Array(repeating: slow, count: 10))
        let b = Self.histogram(Array(repeating: fast, count: 50) + Array(repeating: slow, count: 90))
        let mean = try (#require(a.quantile(.p95)) + #require(b.quantile(.p95))) / 2
        a.merge(b)
        #expect(try abs(#require(a.quantile(.p95)) - slow) <= slow / 256)
        #expect(mean < slow * 6 / 10)
    }

    @Test func `recording after decoding goes on where it stopped`() throws {
        let values = Self.series(300, seed: 3)
        var histogram = try #require(Histogram(decoding: Self.histogram(Array(values[..<200])).encoded()))
        for value in values[200...] { histogram.record(value) }
        #expect(histogram == Self.histogram(values))
    }

    @Test func `a reset histogram is an empty one`() {
        var histogram = Self.histogram(Self.series(100, seed: 4) + [-3, .max])
        histogram.reset()
        #expect(histogram == Histogram())
        histogram.record(5)
        #expect(histogram == Self.histogram([5]))
        var packed = Self.histogram([1, 2, 3]).packed()
        packed.reset()
        packed.record(9)
        #expect(packed == Self.histogram([9]))
    }

    @Test func `the code of a second of gaps takes a few hundred bytes`() {
        // 2,000 gaps of 20 ms ± 25 %.
        var random = SplitMix64(seed: 5)
        let gaps = (0..<2000).map { _ in Int64(15e6 + 10e6 * random.unit()) }
        #expect(Self.histogram(gaps).encoded().count < 400)
    }

    @Test func `torn or foreign bytes are refused or read as something else, and never trap`() {
        let bytes = Self.histogram(Self.series(50, seed: 6) + [-1, .max]).encoded()
        #expect(Histogram(decoding: []) == nil)
        #expect(Histogram(decoding: [1, 0]) == nil)
        #expect(Histogram(decoding: bytes + [5]) == nil)
        #expect(Histogram(decoding: bytes + [0, 1]) == nil)
        #expect(Histogram(decoding: bytes + [0xff, 0xff, 0xff, 0xff, 0x7f, 1]) == nil)
        var random = SplitMix64(seed: 8)
        for _ in 0..<2000 {
            var torn = bytes
            torn.removeLast(Int(random.next() % UInt64(bytes.count)))
            for _ in 0..<3 where !torn.isEmpty {
                torn[Int(random.next() % UInt64(torn.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard var read = Histogram(decoding: torn) else { continue }
            _ = read.quantile(.p99)
            read.record(1)
            read.merge(Self.histogram([3]))
            #expect(Histogram(decoding: read.encoded()) == read)
        }
    }

    @Test func `the standard deviation follows the cells`() throws {
        // 100, 200: mean 150, deviations ±50, with n − 1: √5000.
        #expect(near(Self.histogram([100, 200]).standardDeviation, 5000.0.squareRoot()))
    }

    @Test func `what came since an earlier state is told, and all of it after a reset`() {
        var histogram = Histogram()
        for value in 1...100 as ClosedRange<Int64> { histogram.record(value * 1_000_000) }
        let earlier = histogram
        #expect(histogram.since(earlier).quantile(.p50) == nil)
        for _ in 0..<3 { histogram.record(7_000_000) }
        let recent = histogram.since(earlier)
        #expect(recent.count == 3 && recent.sum == 21_000_000)
        #expect(recent.quantile(.p95).map { abs($0 - 7_000_000) < 30_000 } == true)
        histogram.reset()
        for _ in 0..<200 { histogram.record(9_000_000) }
        #expect(histogram.since(earlier).count == 200)
        #expect(histogram.since(earlier.packed()) == histogram)
    }
}
