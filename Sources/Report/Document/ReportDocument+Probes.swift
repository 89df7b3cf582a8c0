import Measurement

extension ReportDocument {
    /// What a client that was not loaded saw meanwhile.
    static func probes(_ phase: PhaseResult) -> [Block] {
        guard let probes = phase.probes else { return [] }
        let count = Figure.count(probes.stats.requests.scheduled)
        let figures =
            "TTFT p50 \(Figure.duration(milliseconds: probes.probeMilliseconds)) against "
            + "\(Figure.duration(milliseconds: probes.loadedMilliseconds)) of the load, both from sending"
        let failed = probes.stats.requests.failed + probes.stats.requests.throttled
        let trouble = failed > 0 ? " \(Figure.count(failed)) of them failed or were throttled." : ""
        let meaning =
            switch probes.verdict {
            case .same:
                "A client with nothing else to do waits as long: what is slow is the server or the way to it, not this client."
            case .faster:
                "A client with nothing else to do is answered sooner: part of the load's wait is made on this side (its "
                    + "connections, this client), or the server treats these prompts differently."
            case .slower:
                "The probes waited longer than the load: their prompts differ, or the server serves them differently."
            case .undetermined: "Too few requests to tell a slow server from a slow client."
            }
        return [
            .sentence(
                "Beside it \(count) single probes on a thread and a connection of their own: \(figures).\(trouble)"
            ),
            .sentence(meaning, probes.verdict == .faster ? .caution : .plain),
        ]
    }
}
