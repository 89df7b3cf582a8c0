import Profile
import Schedule
import Transport

/// Whether this machine can hold what a job asks for, said before anything is sent.
enum Capacity {
    /// Descriptors that are not connections: loops, timers, store, standard streams.
    private static let reserve = 128

    static func check(_ job: Job) throws(Failure) {
        let files = ProcessResources.raiseOpenFiles()
        // Connections of a target stay open while others have their turn.
        let own = peakInFlight(job.plan.part(of: job.split.shard))
        let peak = job.targets.count * own
        guard peak + reserve <= files else {
            throw Failure(
                .badInput,
                "the plan needs \(peak) connections, and this process may open \(files) files (ulimit -Hn), of which spate keeps \(reserve) "
                    + "for itself; lower the concurrency or raise the limit to \(peak + reserve)"
            )
        }
        ProcessResources.prepareOpenFiles(peak + reserve)
        let ports = ProcessResources.ephemeralPorts()
        guard ports > 0 else { return }
        for target in job.targets {
            let sources = max(
                1,
                target.connection.sourceAddresses.count,
                loopbackSources(for: target, peak: own).count
            )
            guard own * 2 > ports * sources, target.connection.http == .one else { continue }
            Console.error(
                "warning: \(target.name): the plan needs \(own) of this machine's \(ports * sources) outgoing ports to one "
                    + "address; each of source_addresses has as many again\n"
            )
        }
    }

    /// Every address of 127.0.0.0/8 is this machine's own: where one runs short of ports, eight are used.
    static func loopbackSources(for target: Target, peak: Int) -> [String] {
        let isLoopback =
            switch target.location {
            case .simulated: true
            case .remote(let address): address.host.hasPrefix("127.")
            }
        guard isLoopback, target.connection.sourceAddresses.isEmpty, peak * 4 > ProcessResources.ephemeralPorts() else {
            return []
        }
        return (1...8).map { "127.0.0.\($0)" }
    }

    /// Most requests that the plan keeps in flight by itself.
    static func peakInFlight(_ plan: RunPlan) -> Int {
        plan.phases.flatMap(\.stages).map(\.peakInFlight).max() ?? 0
    }
}
