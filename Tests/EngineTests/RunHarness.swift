import Glibc
import Measurement
import Schedule
import Ticks
import Transport
import Wire

@testable import Engine

/// Drives shapes against a port of this machine and gives what was recorded.
func drive(
    _ shapes: [PhaseShape],
    port: Int,
    warmup: Int = 0,
    inputTokens: Int = 16,
    maxTokens: Int = 8,
    loops: Int = 1,
    grace: Duration = .seconds(5),
    timeouts: Timeouts = Timeouts(),
    caps: Limits = Limits(),
    interruptAfter: Duration? = nil
) -> (run: RecordedRun, outcome: Run.Outcome) {
    var workload = Workload(source: .synthetic(inputTokens: inputTokens))
    workload.maxTokens = .fixed(maxTokens)
    let plan = RunPlan(
        seed: 7,
        workload: workload,
        warmupRequests: warmup,
        shapes: shapes,
        grace: grace,
        timeouts: timeouts
    )
    let provider = Provider(name: "test", authentication: .none)
    let target = EngineTarget(
        id: 1,
        name: "test",
        endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: port),
        basePath: "/v1",
        model: "m",
        provider: provider,
        headers: provider.api.headers,
        plan: plan
    )
    let sink = MemorySink()
    var options = Run.Options(id: "t", prices: [Price()])
    options.loops = loops
    options.caps = caps
    let run = Run(program: Program(targets: [target]), options: options, t0: MonotonicClock.now(), sink: sink)
    if let interruptAfter {
        let conductor = run.conductor
        let thread = LoopThread(name: "interrupt") {
            var pause = timespec(tv_sec: 0, tv_nsec: Int(interruptAfter.nanoseconds))
            nanosleep(&pause, nil)
            conductor.stop(.interrupt)
        }
        let outcome = run.join()
        thread.join()
        return (sink.run, outcome)
    }
    let outcome = run.join()
    return (sink.run, outcome)
}
