import Measurement

/// Bursts after an idle time, as the report says them.
enum BurstSection {
    static func blocks(_ phase: PhaseResult) -> [Block] {
        var blocks: [Block] = [
            .heading("\(PhaseSection.heading(phase)): \(shape(phase))"),
            .detail(
                .sentence(
                    "Many requests at one instant after an idle time: a server that stopped its machines must start "
                        + "them first (cold). TTFT, the wait for the first token, counts from that instant; warm is the "
                        + "same burst again right after it, and the cold penalty compares the two place by place in the "
                        + "queue. Send lag: from that instant to the last request's sending.",
                    .dim
                )
            ),
        ]
        guard !phase.bursts.isEmpty else { return blocks }
        blocks.append(.table(table(phase)))
        let said = [poolSentence(phase), coldOnlySentence(phase), waveSentence(phase)].compactMap(\.self)
        blocks += said.map { .detail(.sentence($0)) }
        let beside = [connectionSentence(phase), evidenceSentence(phase)].compactMap(\.self)
        blocks += beside.map { .detail(.sentence($0, .dim)) }
        return blocks
    }

    private static func shape(_ phase: PhaseResult) -> String {
        guard let first = phase.bursts.first else { return "no burst was sent" }
        var text = "TTFT of \(Figure.count(first.requests)) requests at once"
        if let idle = first.idleSeconds {
            let isWhole = abs(idle - idle.rounded()) < 0.0005
            text += " after \(isWhole ? Figure.clock(seconds: idle) : KeepwarmSection.pause(idle)) idle"
        }
        if phase.bursts.count > 1 { text += ", \(phase.bursts.count) times" }
        return text
    }

    private static func table(_ phase: PhaseResult) -> TextTable {
        let hasControl = phase.bursts.contains { $0.control != nil }
        let columns: [TableColumn<BurstResult>] = [
            TableColumn("burst", tone: .strong) { Figure.count($0.index) },
            TableColumn("edge", "p50", of: .ttftScheduled, at: "p50").of(\.stats),
            TableColumn("edge", "p95", dropRank: 3, of: .ttftScheduled, at: "p95").of(\.stats),
            TableColumn("warm", "p50", when: hasControl) {
                Figure.duration(milliseconds: $0.control?.ttftScheduledMilliseconds?.p50)
            },
            TableColumn("warm", "p95", dropRank: 4, when: hasControl) {
                Figure.duration(milliseconds: $0.control?.ttftScheduledMilliseconds?.p95)
            },
            TableColumn("cold", "share") { coldShare($0.coldShare) }, TableColumn("cold", "penalty", text: penalty),
            TableColumn("warm", "after", text: recovery),
            TableColumn("send", "lag", dropRank: 2) { Figure.duration(milliseconds: $0.sendLagMilliseconds) },
            LoadColumns.failed.of(\.stats),
            TableColumn("throttled", dropRank: 1, when: phase.bursts.contains { $0.stats.requests.throttled > 0 }) {
                Span(Figure.count($0.stats.requests.throttled), .caution)
            },
        ]
        return TextTable(columns, phase.bursts, isDisturbed: { $0.validity.isDisturbed })
    }

    /// A share above 0 is not shown as 0.
    private static func coldShare(_ share: Double?) -> String {
        guard let share, share > 0, share < 0.005 else { return Figure.wholePercent(share: share) }
        return "<\(Figure.space)1\(Figure.space)%"
    }

    private static func penalty(_ burst: BurstResult) -> String {
        guard burst.coldShare != 0 else { return Figure.unknown }
        return Figure.duration(milliseconds: burst.coldPenaltyMilliseconds)
    }

    /// `19.0 s`, or `> 30.0 s` where the burst ended before it was warm.
    private static func recovery(_ burst: BurstResult) -> String {
        if let seconds = burst.timeToRecoverSeconds {
            return seconds < 0.001 ? "at once" : Figure.duration(seconds: seconds)
        }
        if let seconds = burst.censoredAtSeconds { return ">\(Figure.space)\(Figure.duration(seconds: seconds))" }
        return Figure.unknown
    }

    private static func poolSentence(_ phase: PhaseResult) -> String? {
        guard let pool = phase.transition, pool.bursts > 0 else { return nil }
        var parts: [String] = []
        if let share = pool.coldShare {
            let interval = pool.coldShareInterval
            let bounds = Figure.interval(interval?.lower, interval?.upper) { Figure.wholePercent(share: $0) }
            let shown = bounds.map { " (95\(Figure.space)% interval \($0))" } ?? ""
            let isReported = phase.bursts.contains { $0.coldBy == .reported }
            let what = isReported ? "met a cold server" : "waited longer than the warm burst's range"
            parts.append("\(coldShare(share)) of the edge requests \(what)\(shown)")
        }
        let penalties = phase.bursts.compactMap(\.coldPenaltyMilliseconds)
        if penalties.count > 1, pool.coldShare != 0, let median = pool.coldPenaltyMilliseconds?.p50 {
            let each =
                penalties.count <= 5
                ? penalties.map { Figure.duration(milliseconds: $0) }.joined(separator: ", ")
                : "\(Figure.duration(milliseconds: penalties.min())) to \(Figure.duration(milliseconds: penalties.max()))"
            parts.append(
                "cold penalty \(Figure.duration(milliseconds: median)) (median of \(penalties.count) bursts: \(each))"
            )
        }
        let recoveries = phase.bursts.compactMap(\.timeToRecoverSeconds)
        let late = recoveries.filter { $0 >= 0.001 }
        let soon = recoveries.count - late.count
        if pool.bursts > 1, let range = range(late.map { 1000 * $0 }) {
            parts.append("recovered after \(range)" + (soon > 0 ? " (\(soon) at once)" : ""))
        } else if pool.bursts > 1, soon > 0 {
            parts.append("never slower than the warm server")
        }
        if pool.bursts > 1, pool.censored > 0 {
            parts.append("not recovered before they ended: \(pool.censored) of \(pool.bursts) bursts")
        }
        guard !parts.isEmpty else { return nil }
        let start = pool.bursts == 1 ? "" : "Over \(pool.bursts) bursts: "
        let sentence = start + parts.joined(separator: "; ") + "."
        return sentence.prefix(1).uppercased() + sentence.dropFirst()
    }

    /// `1.12 s to 1.85 s`; one figure where they are alike.
    private static func range(_ milliseconds: [Double]) -> String? {
        guard let least = milliseconds.min(), let most = milliseconds.max() else { return nil }
        let (low, high) = (Figure.duration(milliseconds: least), Figure.duration(milliseconds: most))
        return low == high ? low : "\(low) to \(high)"
    }

    /// The penalty's median is over all places: where few were cold it says little of those that were.
    private static func coldOnlySentence(_ phase: PhaseResult) -> String? {
        let isShared = phase.bursts.contains { ($0.coldShare ?? 1) < 1 }
        guard isShared, let range = range(phase.bursts.compactMap(\.coldOnlyPenaltyMilliseconds)) else { return nil }
        return "The cold requests alone waited \(range) longer than the same places of the warm burst (median)."
    }

    /// Waves are of one burst: those of at least two bursts, each in several waves, and not where the warm server has them
    /// too. Why the others came later is not known from here.
    private static func waveSentence(_ phase: PhaseResult) -> String? {
        let valid = phase.bursts.filter { $0.validity.latencies != .invalid && $0.validity.load != .invalid }
        let waved = valid.filter { $0.waves.count > 1 && $0.controlWaves.count == 1 }
        guard waved.count >= 2, !valid.contains(where: { $0.controlWaves.count > 1 }) else { return nil }
        let shown = waved.prefix(3).map { burst in
            let list = burst.waves.prefix(4).map {
                "\(Figure.count($0.requests)) at \(Figure.duration(seconds: $0.atSeconds))"
            }
            let more = burst.waves.count > 4 ? ", and \(burst.waves.count - 4) more" : ""
            return "burst \(burst.index): \(list.joined(separator: ", "))\(more)"
        }
        return
            "First tokens came in waves in \(waved.count) of \(phase.bursts.count) bursts, and in one from the warm server "
            + "(\(shown.joined(separator: "; ")))."
    }

    private static func connectionSentence(_ phase: PhaseResult) -> String? {
        guard let first = phase.bursts.first, let kind = first.connections else { return nil }
        let meaning =
            switch kind {
            case "cold": "opened at the edge, so TTFT includes their set-up"
            case "preopened": "opened before the edge, unused"
            case "warm": "opened and used before the edge"
            default: "as the plan said"
            }
        let reused = phase.bursts.reduce(0) { $0 + $1.reusedConnections }
        let edge = phase.bursts.reduce(0) { $0 + $1.stats.requests.scheduled }
        let reuse = edge > 0 ? "; \(Figure.count(reused)) of \(Figure.count(edge)) edge requests reused one" : ""
        return "Connections: \(SafeText.line(kind)), \(meaning)\(reuse)."
    }

    private static func evidenceSentence(_ phase: PhaseResult) -> String? {
        switch phase.bursts.compactMap(\.coldBy).first {
        case .reported: "Cold: reported by the server."
        case .control: "Cold: inferred, slower than the warm burst's range."
        case nil: nil
        }
    }
}
