import Benchmark

/// What a token costs in the pure targets. Each number is per operation: every iteration does a million of them, since
/// the system counts CPU time in steps of 10 ms.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = Benchmark.Configuration(
        metrics: [.cpuTotal, .wallClock],
        warmupIterations: 1,
        scalingFactor: .mega,
        maxDuration: .milliseconds(3000),
        maxIterations: 100
    )
    decoding()
    recording()
    scheduling()
}
