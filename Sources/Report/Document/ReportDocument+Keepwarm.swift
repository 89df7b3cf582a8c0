import Measurement

extension ReportDocument {
    /// How long the server stays warm without traffic.
    static func keepwarm(_ phase: PhaseResult) -> [Block] {
        guard let result = phase.keepwarm else { return single(phase) }
        var blocks: [Block] = [
            .heading("\(heading(phase)): \(Figure.count(result.probes)) probes after pauses"),
            .sentence(
                "After each pause one request, which also warms the server again; the pauses came in random order. "
                    + (result.isInferred
                        ? "Cold: it waited longer for its first token than warm answers do, and the next one did not."
                        : "Cold: the server itself said that the request waited for a start."),
                .dim
            ),
            .sentence(finding(result), .strong),
            .table(curve(result)),
        ]
        blocks.append(.sentence(median(result)))
        if let penalty = result.coldPenaltyMilliseconds {
            blocks.append(
                .sentence(
                    "A cold answer's first token came \(Figure.duration(milliseconds: penalty)) later than a warm one's."
                )
            )
        }
        if result.failed + result.unknown > 0 {
            let text =
                "\(Figure.count(result.failed)) probes failed and \(Figure.count(result.unknown)) could not be told (too few "
                + "warm answers, or the next one was slow as well): they are not in the curve."
            blocks.append(.sentence(text, .caution))
        }
        return blocks
    }

    private static func finding(_ result: KeepwarmResult) -> String {
        switch (result.warmUpToSeconds, result.coldFromSeconds) {
        case (let warm?, let cold?):
            "Warm up to \(pause(warm)) without a request\(proof(result)), cold from "
                + "\(pause(cold)) on at times: it is let go in between."
        case (let warm?, nil):
            "Never cold, up to \(pause(warm)) without a request\(proof(result)): it is let go later, or never."
        case (nil, let cold?):
            "Cold at times after \(pause(cold)) already, the shortest pause that was tried."
        case (nil, nil): "It cannot be told when the server goes cold."
        }
    }

    /// Short ones come from --fast.
    private static func pause(_ seconds: Double?) -> String {
        (seconds ?? 0) < 10 ? Figure.duration(seconds: seconds) : Figure.clock(seconds: seconds)
    }

    private static func proof(_ result: KeepwarmResult) -> String {
        guard let upper = result.warmUpper95, let warm = result.warmUpToSeconds,
            let gap = result.curve.first(where: { $0.gapSeconds == warm })
        else { return "" }
        return " (0 of \(Figure.count(gap.probes)) cold there: at most \(Figure.wholePercent(share: upper)) are)"
    }

    private static func median(_ result: KeepwarmResult) -> String {
        let bounds = Figure.interval(result.interval?.lower, result.interval?.upper, pause)
        let shown = bounds.map { "95\(Figure.space)% interval \($0)" }
        if let median = result.medianSeconds {
            return "Half of the probes are cold after \(pause(median))\(shown.map { " (\($0))" } ?? "")."
        }
        return "After which pause half of the probes are cold was not bracketed\(shown.map { " (\($0))" } ?? "")."
    }

    private static func curve(_ result: KeepwarmResult) -> TextTable {
        let columns: [TextTable.Column] = [
            .init("pause", alignment: .left), .init("probes"), .init("cold"), .init("fitted"), .init("95 % interval"),
        ]
        return TextTable(
            columns: columns,
            rows: result.curve.map { gap in
                TextTable.Row([
                    Span(pause(gap.gapSeconds), .strong), Span(Figure.count(gap.probes)),
                    Span(Figure.count(gap.cold), gap.cold > 0 ? .caution : .plain),
                    Span(Figure.wholePercent(share: gap.probability)),
                    Span(
                        Figure.interval(gap.interval?.lower, gap.interval?.upper, Figure.wholePercent(share:))
                            ?? Figure.unknown
                    ),
                ])
            }
        )
    }
}
