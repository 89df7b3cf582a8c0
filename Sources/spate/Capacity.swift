import Schedule
import Transport

/// Whether this machine can hold what a job asks for, said before anything is sent.
enum Capacity {
    /// Descriptors that are not connections: loops, timers, store, standard streams.
    private static let reserve = 128

    static func check(_ job: Job) throws(Failure) {
        let files = ProcessResources.raiseOpenFiles()
        // Connections of a target stay open while others have their turn.
        let peak = job.targets.reduce(0) { $0 + peakInFlight($1.plan) }
        guard peak + reserve <= files else {
            throw Failure(
                .badInput,
                "the plan needs \(peak) connections, and this process may open \(files) files (ulimit -Hn); lower the concurrency or raise the limit"
            )
        }
        let ports = ProcessResources.ephemeralPorts()
        if ports > 0, peak * 2 > ports {
            Console.error("warning: the plan needs \(peak) of this machine's \(ports) outgoing ports to one address\n")
        }
    }

    /// Most requests that the plan keeps in flight by itself.
    static func peakInFlight(_ plan: RunPlan) -> Int {
        plan.phases.flatMap(\.stages).map(\.peakInFlight).max() ?? 0
    }
}
