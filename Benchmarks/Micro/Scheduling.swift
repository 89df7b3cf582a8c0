import Benchmark
import Schedule
import Ticks

@Sendable func scheduling() {
    Benchmark("stage decision, per completed request of a level of 1,000") { benchmark in
        let window = ClosedLoad.Window(hold: .seconds(3600), minRequests: 25)
        let stage = Stage(.level, .closed(ClosedLoad(1000, .time(window))), grace: .seconds(30))
        var shaper = StageShaper(stage: stage, start: .zero, carriedInFlight: 0)
        var now = Instant.zero
        var started = 0
        func pump() {
            while case .start(let count, _, _, _) = shaper.next(at: now) { started += count }
        }
        pump()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            now = now.advanced(byNanoseconds: 1000)
            shaper.requestEnded(.measured, failedFast: false, at: now)
            pump()
        }
        benchmark.stopMeasurement()
        precondition(started == 1000 + benchmark.scaledIterations.count, "\(started) started")
    }

    Benchmark("synthetic prompt of 256 tokens, per prompt", configuration: .init(scalingFactor: .kilo)) { benchmark in
        let prompts = Prompts(workload: Workload(source: .synthetic(inputTokens: 256)), seed: 1)
        benchmark.startMeasurement()
        for index in benchmark.scaledIterations { blackHole(prompts.messages(at: index)) }
        benchmark.stopMeasurement()
    }
}
