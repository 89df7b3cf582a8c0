public import Engine
public import Schedule
import Ticks
import Transport
import Wire

extension Program {
    /// Targets one after the other that go through these stages, a phase each.
    /// - Parameter rate: of single probes beside the load
    public static func of(
        _ stages: [[Stage]],
        windows: TimeWindows = TimeWindows(),
        probed rate: Double? = nil,
        shard: Shard = .whole
    ) -> Program {
        let targets = stages.enumerated().map { index, stages in
            var plan = RunPlan(
                seed: 1,
                workload: Workload(source: .synthetic(inputTokens: 8)),
                warmupRequests: 0,
                shapes: [],
                grace: .seconds(1)
            )
            plan.phases = [PhasePlan(name: "phase", kind: .ramp, stages: stages)]
            plan.phases[0].probeRate = rate
            plan.windows = windows
            return EngineTarget(
                id: index + 1,
                name: "target-\(index + 1)",
                endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1),
                basePath: "/v1",
                model: "m",
                provider: Provider(name: "test"),
                headers: [],
                plan: plan.part(of: shard)
            )
        }
        return Program(targets: targets, order: .sequential)
    }
}
