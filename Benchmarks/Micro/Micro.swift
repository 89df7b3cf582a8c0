import Benchmark

/// What a token costs in the pure targets. Each number is per operation: every iteration does a thousand of them.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = Benchmark.Configuration(
        metrics: [.cpuTotal, .wallClock],
        warmupIterations: 10,
        scalingFactor: .kilo,
        maxDuration: .milliseconds(1500),
        maxIterations: 2000
    )
    decoding()
    recording()
    scheduling()
}
