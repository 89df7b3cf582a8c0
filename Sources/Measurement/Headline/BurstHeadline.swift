/// What a burst pays after idle, cycle by cycle where the cycles differ, and how soon it is warm again.
struct BurstHeadline {
    private let phase: PhaseResult
    private let isEmbeddings: Bool

    /// Medians apart by less than this share are told as one; an edge above the warm one by less waits as long.
    static let alike = 0.1

    init(_ phase: PhaseResult) {
        self.phase = phase
        isEmbeddings = phase.bursts.contains { $0.stats.embeddings != nil }
    }

    var candidates: [Headline.Candidate] { [wait, recovery].compactMap(\.self) }

    private func figure(_ stats: RequestStatistics?) -> DistributionSummary? {
        isEmbeddings ? stats?.e2eScheduledMilliseconds : stats?.ttftScheduledMilliseconds
    }

    private var wait: Headline.Candidate? {
        let edges = phase.bursts.compactMap { burst in figure(burst.stats)?.p50.map { (burst: burst, edge: $0) } }
        guard let first = edges.first else { return nil }
        let waits = edges.map(\.edge)
        let warm = edges.compactMap { figure($0.burst.control)?.p50 }
        let idle = first.burst.idleSeconds.map { " after \(inTime(seconds: $0)) idle" } ?? ""
        let burst = "A burst of \(inWords(Double(first.burst.requests)))\(idle)"
        let what = isEmbeddings ? "answers after" : "TTFT"
        let text: String
        if waitsNoLonger {
            text =
                "\(burst) waits no longer than a warm one: \(what) \(Self.list(waits)) (warm: \(Self.list(warm)))."
        } else {
            let beside = warm.isEmpty ? "" : " (warm: \(Self.list(warm)))"
            text = "\(burst): \(what) \(Self.list(waits))\(beside)."
        }
        return candidate(1, text, ["\(phase.name).ttft_scheduled.p50", "\(phase.name).cold_penalty"])
    }

    /// Each edge against its warm control; empty where one has none.
    private var pairs: [(edge: Double, warm: Double)] {
        let all = phase.bursts.map { burst in
            figure(burst.stats)?.p50.flatMap { edge in figure(burst.control)?.p50.map { (edge: edge, warm: $0) } }
        }
        return all.contains { $0 == nil } ? [] : all.compactMap(\.self)
    }

    /// What waits as long as on the warm server has nothing to recover from.
    private var waitsNoLonger: Bool {
        !pairs.isEmpty && pairs.allSatisfy { $0.edge <= (1 + Self.alike) * $0.warm }
    }

    private var recovery: Headline.Candidate? {
        if waitsNoLonger { return nil }
        let times = phase.bursts.compactMap(\.timeToRecoverSeconds)
        let censored = phase.bursts.compactMap(\.censoredAtSeconds)
        guard !times.isEmpty || !censored.isEmpty else { return nil }
        if censored.isEmpty, times.allSatisfy({ $0 < 0.001 }) { return nil }  // never cold: the first sentence said so
        var parts: [String] = []
        // The first request of an edge leaves with it.
        let late = times.filter { $0 >= 0.001 }
        let soon = times.count - late.count
        let which = soon > 0 ? " in \(soon) of \(inCount(phase.bursts.count, "burst"))" : ""
        if !late.isEmpty {
            let besides = soon > 0 ? " (at once\(which))" : ""
            parts.append("It is warm again \(Self.list(late.map { 1000 * $0 })) after the edge\(besides)")
        } else if soon > 0 {
            parts.append("It is warm again at once\(which)")
        }
        if let longest = censored.max() {
            let others = times.isEmpty ? "" : " in \(censored.count) of \(phase.bursts.count) bursts"
            parts.append(
                (parts.isEmpty ? "It is not warm again" : "not") + " within \(inTime(seconds: longest))\(others)"
            )
        }
        return candidate(2, parts.joined(separator: ", ") + ".", ["\(phase.name).time_to_recover"])
    }

    /// The difference of two waits is judged by the errors of both against itself; a wave that did not leave at one
    /// instant was no burst.
    private func candidate(_ rank: Int, _ text: String, _ figures: [String]) -> Headline.Candidate? {
        let rows = phase.bursts.map { burst in
            var validity = RowValidity()
            validity.load = burst.validity.load
            validity.latencies = penaltyVerdict(burst)
            return NamedRow(name: "burst \(burst.index)", validity: validity)
        }
        return .resting(on: rows, rank, text, figures: figures)
            ?? (rank == 1
                ? Headline.Candidate(
                    1,
                    "No answer on what a burst pays after idle: the load generator disturbed it.",
                    trust: .disturbed
                ) : nil)
    }

    private func penaltyVerdict(_ burst: BurstResult) -> RowValidity.Verdict {
        guard let edge = figure(burst.stats), let warm = figure(burst.control), let cold = edge.p50,
            let usual = warm.p50
        else { return burst.validity.latencies }
        return RowValidity.verdict(
            ofDifference: cold - usual,
            edge.clientErrorMilliseconds?.p50,
            warm.clientErrorMilliseconds?.p50
        )
    }

    /// `1.13 s`, `1.13 and 1.85 s`, `900 ms and 1.85 s`, `1.13 s to 1.85 s (5 bursts)`.
    private static func list(_ milliseconds: [Double]) -> String {
        guard let least = milliseconds.min(), let most = milliseconds.max() else { return "?" }
        if milliseconds.count == 1 { return inTime(milliseconds: least) }
        if most <= (1 + alike) * least {
            let sum = milliseconds.reduce(0, +)
            return inTime(milliseconds: sum / Double(milliseconds.count))
        }
        if milliseconds.count > 3 {
            return "\(inTime(milliseconds: least)) to \(inTime(milliseconds: most)) (\(milliseconds.count) bursts)"
        }
        var shown = milliseconds.map { inTime(milliseconds: $0) }
        let units = Set(shown.map { $0.split(separator: " ").dropFirst().joined(separator: " ") })
        if units.count == 1, let unit = units.first, !unit.contains(" ") {
            for place in shown.indices.dropLast() { shown[place].removeLast(unit.count + 1) }
        }
        return inList(shown)
    }
}
