import Measurement
import Ticks

/// Single requests beside a load, as the report says them.
enum ProbeSection {
    /// What a client that was not loaded saw meanwhile.
    static func blocks(_ phase: PhaseResult) -> [Block] {
        guard let probes = phase.probes else { return [] }
        let count = Figure.count(probes.stats.requests.scheduled)
        let figures =
            "TTFT p50 \(Figure.duration(milliseconds: probes.probeMilliseconds)) against "
            + "\(Figure.duration(milliseconds: probes.loadedMilliseconds)) of the load"
            + (phase.conversations == nil ? ", both from sending" : "'s first turns, both from sending")
        let failed = probes.stats.requests.failed + probes.stats.requests.throttled
        let trouble = failed > 0 ? " \(Figure.count(failed)) of them failed or were throttled." : ""
        return [
            .detail(
                .sentence(
                    "Beside it \(count) single probes on a thread and a connection of their own: \(figures).\(trouble)"
                )
            ),
            .sentence(
                conclusion(probes, of: phase),
                probes.verdict == .faster || probes.isClientLate ? .caution : .plain
            ),
        ]
    }

    private static func conclusion(_ probes: ProbesResult, of phase: PhaseResult) -> String {
        let prompts =
            phase.kind == .replay
            ? " Their prompts have the trace's lengths, and none of the shared beginnings that some traces have." : ""
        let least = Figure.wholePercent(share: probes.clientShareAtLeast)
        switch probes.verdict {
        case .same where phase.rows.contains(where: { $0.validity.latencies != .valid }):
            return
                "That cannot tell a slow server from a slow client: the machine of both the load and the probes was disturbed.\(prompts)"
        case .same:
            let most =
                probes.clientShareAtMost.map { ", at most \(Figure.wholePercent(share: $0)) of that is" } ?? ", that is"
            return
                "The wait is the server's, or the way's to it: a client with nothing else to do waits as long\(most) "
                + "this client's.\(late(probes))\(prompts)"
        case .faster:
            return
                "A client with nothing else to do is answered sooner by the same server at the same time, by \(least) of the "
                + "load's wait or more. Either this client is slow, or its connections are, or the server holds back connections "
                + "that bring more.\(late(probes))\(prompts)"
        case .slower:
            return "The probes waited longer than the load: the server serves them differently, or what they ask "
                + "differs.\(prompts)"
        case .undetermined:
            return
                "That cannot tell a slow server from a slow client: too few answers, or too scattered ones.\(prompts)"
        }
    }

    /// Times from sending do not hold what requests waited here before.
    private static func late(_ probes: ProbesResult) -> String {
        guard probes.isClientLate else { return "" }
        let late = Figure.duration(milliseconds: probes.lateMilliseconds)
        return " But this client is slow too: its requests left \(late) after they were due (median)."
    }

    /// All of a target's: they are in no figure of its load, and cost as much.
    static func tally(_ target: TargetResult) -> TargetResult.Tally {
        let stats = target.phases.compactMap(\.probes?.stats)
        var tally = TargetResult.Tally(
            requests: stats.reduce(0) { $0 + $1.requests.scheduled },
            outputTokens: stats.reduce(0) { $0.saturatingAdd($1.outputTokens) }
        )
        if !stats.isEmpty, stats.allSatisfy({ $0.cost != nil }) {
            tally.dollars = stats.reduce(0) { $0 + ($1.cost?.dollars ?? 0) }
        }
        return tally
    }
}
