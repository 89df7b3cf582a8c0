import Benchmark
import Measurement

/// Gaps around 50 ms, from 40 to 60, in an order without pattern.
private let gaps: [Int64] = (0..<1024).map { 40_000_000 + Int64($0 &* 7919 % 1024) * 20_000 }

@Sendable func recording() {
    Benchmark("record token: gap, lag and arrival, per token") { benchmark in
        var itl = Histogram()
        var readLag = Histogram()
        var arrivals = ArrivalLog()
        arrivals.reserve(bytes: 512)
        itl.record(0)  // opens them
        readLag.record(0)
        benchmark.startMeasurement()
        for index in benchmark.scaledIterations {
            itl.record(gaps[index & 1023])
            readLag.record(Int64(index & 0xffff))
            arrivals.add(bin: Int64(index & 255) / 20, events: 1, textBytes: 6)
            if index % 256 == 255 { blackHole(arrivals.take()) }  // a reply of 256 tokens ends
        }
        benchmark.stopMeasurement()
        precondition(itl.count == UInt64(benchmark.scaledIterations.count) + 1)
    }

    Benchmark("histogram: record, per value") { benchmark in
        var histogram = Histogram()
        histogram.record(0)
        benchmark.startMeasurement()
        for index in benchmark.scaledIterations { histogram.record(gaps[index & 1023]) }
        benchmark.stopMeasurement()
        blackHole(histogram)
    }

    /// One second of a run: some hundred cells in use.
    let second = {
        var histogram = Histogram()
        for gap in gaps { histogram.record(gap) }
        return histogram
    }()
    Benchmark("histogram: merge a packed second, per merge") { benchmark in
        let packed = second.packed()
        var sum = second
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { sum.merge(packed) }
        benchmark.stopMeasurement()
        blackHole(sum)
    }

    Benchmark("histogram: p99, per call") { benchmark in
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(second.quantile(.p99)) }
        benchmark.stopMeasurement()
    }

    Benchmark("histogram: encode a second, per call") { benchmark in
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(second.encoded()) }
        benchmark.stopMeasurement()
    }
}
