import Measurement

/// How long a server stays warm, as the report says it.
enum KeepwarmSection {
    /// How long the server stays warm without traffic.
    static func blocks(_ phase: PhaseResult) -> [Block] {
        guard let result = phase.keepwarm else { return SingleLoadSection.blocks(phase) }
        var blocks: [Block] = [
            .heading("\(PhaseSection.heading(phase)): \(Figure.count(result.probes)) probes after pauses"),
            .detail(
                .sentence(
                    "After each pause one request, which also warms the server again; the pauses came in random order. "
                        + (result.isInferred
                            ? "Cold: it waited longer for its first token than warm answers do, and the next one did not."
                            : "Cold: the server itself said that the request waited for a start."),
                    .dim
                )
            ),
            .detail(
                .sentence(
                    (result.isTold
                        ? result.finding + proof(result)
                        : "The load generator disturbed the probes: nothing can be called cold or warm."),
                    .strong
                )
            ),
            .table(curve(result)),
        ]
        blocks.append(.detail(.sentence(median(result))))
        if let penalty = result.coldPenaltyMilliseconds {
            let text =
                "A cold answer's first token came \(Figure.duration(milliseconds: penalty)) later than a warm one's."
            blocks.append(.detail(.sentence(text)))
        }
        if result.failed + result.unknown > 0 {
            let text =
                "\(Figure.count(result.failed)) probes failed and \(Figure.count(result.unknown)) could not be told (too few "
                + "warm answers, or the next one was slow as well): they are not in the curve."
            blocks.append(.sentence(text, .caution))
        }
        return blocks
    }

    /// Short ones come from --fast.
    static func pause(_ seconds: Double?) -> String {
        (seconds ?? 0) < 10 ? Figure.duration(seconds: seconds) : Figure.clock(seconds: seconds)
    }

    private static func proof(_ result: KeepwarmResult) -> String {
        guard let upper = result.warmUpper95, let warm = result.warmUpToSeconds,
            let gap = result.curve.first(where: { $0.gapSeconds == warm })
        else { return "" }
        return
            " 0 of \(Figure.count(gap.probes)) were cold after \(pause(warm)): at most \(Figure.wholePercent(share: upper)) are."
    }

    private static func median(_ result: KeepwarmResult) -> String {
        let bounds = Figure.interval(result.interval?.lower, result.interval?.upper, pause)
        let shown = bounds.map { "95\(Figure.space)% interval \($0)" }
        if let median = result.medianSeconds {
            return "Half of the probes are cold after \(pause(median))\(shown.map { " (\($0))" } ?? "")."
        }
        return "No pause that was tried tells when half of the probes are cold\(shown.map { " (\($0))" } ?? "")."
    }

    private static func curve(_ result: KeepwarmResult) -> TextTable {
        TextTable(
            [
                TableColumn("pause", alignment: .left, tone: .strong) { pause($0.gapSeconds) },
                TableColumn("probes") { Figure.count($0.probes) },
                TableColumn("cold") { Span(Figure.count($0.cold), $0.cold > 0 ? .caution : .plain) },
                TableColumn("fitted") { Figure.wholePercent(share: $0.probability) },
                TableColumn("95 % interval") {
                    Figure.interval($0.interval?.lower, $0.interval?.upper, Figure.wholePercent(share:))
                        ?? Figure.unknown
                },
            ],
            result.curve
        )
    }
}
