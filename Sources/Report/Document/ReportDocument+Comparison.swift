import Measurement

extension ReportDocument {
    /// `spate compare`: nothing but the comparison.
    init(
        _ comparison: ComparisonResult,
        regressions: [ThresholdResult],
        matrix: ProviderMatrix = ProviderMatrix()
    ) {
        let text = "no figure here is of a real service: the built-in simulated provider answered"
        let banners: [Block] =
            comparison.sides.allSatisfy(\.simulated) ? [.banner(word: "SIMULATED", tone: .caution, text: text)] : []
        self.init(
            blocks: banners + Self.comparison(comparison) + Self.matrix(matrix)
                + (regressions.isEmpty ? [] : Self.thresholds(regressions, called: "Regressions"))
        )
    }

    static func comparison(_ comparison: ComparisonResult) -> [Block] {
        var blocks: [Block] = []
        for side in comparison.sides.dropFirst() { blocks += against(side.name, comparison) }
        blocks += comparison.frontiers.flatMap { frontier($0) }
        blocks += apart(comparison)
        blocks += windows(comparison)
        if !comparison.notes.isEmpty {
            blocks.append(.heading("Read this with the comparison"))
            blocks.append(.list(comparison.notes.map { SafeText.line($0, limit: 400) }))
        }
        return blocks
    }

    // MARK: One target against the base

    private static func against(_ target: String, _ comparison: ComparisonResult) -> [Block] {
        let rows = comparison.rows.filter { $0.target == target }
        let (name, base) = (SafeText.line(target, limit: 30), SafeText.line(comparison.base, limit: 30))
        guard !rows.isEmpty else {
            return [
                .heading("\(name) against \(base)"),
                .sentence("They have no phase in common at one concurrency: there is nothing to compare."),
            ]
        }
        let phases = rows.map(\.phase).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let columns: [TextTable.Column] = [
            .init("figure", alignment: .left), .init(base), .init(name), .init("ratio", dropRank: 1),
            .init("verdict", alignment: .left, flexible: true),
        ]
        let table = TextTable(
            columns: columns,
            rows: rows.map { row in
                let figure = ComparedFigure(row.figure)
                let title = phases.count > 1 ? "\(SafeText.line(row.phase, limit: 20)): \(figure.title)" : figure.title
                return TextTable.Row([
                    Span(title, row.isPrimary ? .strong : .plain), Span(figure.text(row.baseValue)),
                    Span(figure.text(row.value)),
                    Span(ratio(row)), Span(row.verdict, tone(row.finding)),
                ])
            }
        )
        let meanings = rows.map(\.figure).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            .map { ComparedFigure($0) }.map { "\($0.title): \($0.meaning)." }
        let blocks: [Block] = [
            .heading("\(name) against \(base)"),
            .sentence(verdict(rows, name, base), .strong),
            .sentence(
                "A verdict is given only where the difference is larger than chance would make it over so many figures "
                    + "(Holm's correction) and larger than 5 %, for shares 1 %; in brackets each figure's own 95 % interval. "
                    + "A value over several levels or blocks is their geometric mean.",
                .dim
            ),
            .table(table),
        ]
        return blocks + primary(rows, comparison) + [.list(meanings)]
    }

    private static func primary(_ rows: [ComparisonResult.Row], _ comparison: ComparisonResult) -> [Block] {
        guard let kind = comparison.workload else { return [] }
        let names = rows.filter(\.isPrimary).map { ComparedFigure($0.figure).title }.reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        guard !names.isEmpty else { return [] }
        return [.sentence("For \(kind.words) the first rows decide: \(names.joined(separator: ", ")).")]
    }

    /// The table in one sentence.
    private static func verdict(_ rows: [ComparisonResult.Row], _ name: String, _ base: String) -> String {
        let better = rows.filter { $0.finding == .better }
        let worse = rows.filter { $0.finding == .worse }
        let open = rows.count { $0.finding == .undetermined }
        func list(_ rows: [ComparisonResult.Row]) -> String {
            rows.map { ComparedFigure($0.figure).title }.reduce(into: [String]()) {
                if !$0.contains($1) { $0.append($1) }
            }.joined(separator: ", ")
        }
        var parts: [String] = []
        if !better.isEmpty { parts.append("better in \(list(better))") }
        if !worse.isEmpty { parts.append("worse in \(list(worse))") }
        let rest = rows.count - better.count - worse.count - open
        var sentence =
            parts.isEmpty
            ? "No difference between \(name) and \(base) was shown"
            : "\(name) is \(parts.joined(separator: ", and ")) than \(base)"
        if !parts.isEmpty, rest > 0 { sentence += "; in \(rest) of \(rows.count) figures no difference was shown" }
        if open > 0 { sentence += "; \(open) of \(rows.count) figures cannot be told from so few looks" }
        return sentence + "."
    }

    /// With its interval where the verdict has none: a ratio of 1.8 that is no difference needs one to be understood.
    private static func ratio(_ row: ComparisonResult.Row) -> String {
        let ratio = Figure.fixed(row.ratio)
        guard row.finding == .none, let low = row.interval?.lower, let high = row.interval?.upper, low != high else {
            return ratio
        }
        return "\(ratio) [\(Figure.plain(low)), \(Figure.plain(high))]"
    }

    private static func tone(_ finding: ComparisonResult.Finding) -> Tone {
        switch finding {
        case .better: .good
        case .worse: .bad
        case .none: .plain
        case .undetermined: .dim
        }
    }

    // MARK: The frontier

    private static func frontier(_ frontier: FrontierResult) -> [Block] {
        let unit = frontier.countsBytes ? "bytes/s" : "tokens/s"
        let levels = Set(frontier.curves.flatMap { $0.points.map(\.concurrency) }).sorted()
        var columns: [TextTable.Column] = [.init("streams")]
        for (place, curve) in frontier.curves.enumerated() {
            let name = SafeText.line(curve.target, limit: 16)
            columns += [
                .init(name, unit), .init(name, "per user"), .init(name, "TTFT p95", dropRank: 2 * place + 2),
            ]
            if curve.points.contains(where: { $0.dollarsPerMillion != nil }) {
                columns.append(.init(name, "$ per M", dropRank: 2 * place + 3))
            }
        }
        let rows = levels.map { level in
            var cells = [Span(Figure.count(level), .strong)]
            for curve in frontier.curves {
                let point = curve.points.first { $0.concurrency == level }
                cells += [
                    Span(Figure.rate(point?.aggregate)), Span(Figure.rate(point?.perUser)),
                    Span(Figure.duration(milliseconds: point?.ttftP95Milliseconds)),
                ]
                if curve.points.contains(where: { $0.dollarsPerMillion != nil }) {
                    cells.append(Span(Figure.dollars(point?.dollarsPerMillion)))
                }
            }
            return TextTable.Row(cells)
        }
        return [
            .heading("All users together against each user alone (\(SafeText.line(frontier.phase, limit: 30)))"),
            .sentence(
                "More streams give more \(unit) in all and fewer to each user; what counts is how much a provider gives "
                    + "while its users still get the speed, or the wait, that they need.",
                .dim
            ),
            .table(TextTable(columns: columns, rows: rows)),
            .list(
                frontier.readings.map { reading($0, unit) }
                    + [FrontierResult.Reading.Axis.perUser, .ttftP95].compactMap { apart(frontier, $0, unit) }
            ),
        ]
    }

    /// Why nothing is read along an axis: the targets were never seen at the same place of it.
    private static func apart(_ frontier: FrontierResult, _ axis: FrontierResult.Reading.Axis, _ unit: String)
        -> String?
    {
        guard !frontier.readings.contains(where: { $0.axis == axis }) else { return nil }
        let ranges = frontier.curves.map { curve in
            let values = curve.points.compactMap { axis == .perUser ? $0.perUser : $0.ttftP95Milliseconds }
            let ends = [values.min(), values.max()].map { value in
                axis == .perUser ? Figure.rate(value) : Figure.duration(milliseconds: value)
            }
            return "\(SafeText.line(curve.target, limit: 30)) \(ends[0]) to \(ends[1])"
        }
        let name = axis == .perUser ? "speed per user (\(unit))" : "TTFT p95"
        return "They share no \(name) over the levels tested, so they cannot be read at the same one: "
            + "\(ranges.joined(separator: "; "))."
    }

    private static func reading(_ reading: FrontierResult.Reading, _ unit: String) -> String {
        let place =
            switch reading.axis {
            case .perUser: "At \(Figure.rate(reading.at))\(Figure.space)\(unit) per user"
            case .ttftP95: "At a TTFT p95 of \(Figure.duration(milliseconds: reading.at))"
            }
        let values = reading.values.map { value in
            let interval = value.interval.flatMap { interval -> String? in
                guard let low = interval.lower, let high = interval.upper else { return nil }
                return " [\(Figure.rate(low)), \(Figure.rate(high))]"
            }
            let cost = value.dollarsPerMillion.map { " at \(Figure.dollars($0)) per million" } ?? ""
            let name = SafeText.line(value.target, limit: 30)
            return "\(name) \(Figure.rate(value.aggregate))\(interval ?? "") \(unit) in all\(cost)"
        }
        return "\(place): \(values.joined(separator: "; "))."
    }

    // MARK: Beside the figures

    /// The network's part, and what a token is.
    private static func apart(_ comparison: ComparisonResult) -> [Block] {
        let columns: [TextTable.Column] = [
            .init("target", alignment: .left), .init("connect"), .init("wait"), .init("tokens", "per answer"),
            .init("bytes", "per token"), .init("model", alignment: .left, dropRank: 1, flexible: true),
        ]
        let rows = comparison.sides.map { side in
            TextTable.Row([
                Span(SafeText.line(side.name, limit: 30), .strong),
                Span(Figure.duration(milliseconds: side.connectMilliseconds)),
                Span(Figure.duration(milliseconds: side.waitMilliseconds)),
                Span(Figure.rate(side.outputTokensPerRequest)), Span(Figure.rate(side.bytesPerVisibleToken)),
                Span(side.model.map { SafeText.line($0, limit: 40) } ?? ""),
            ])
        }
        return [
            .heading("The network's part"),
            .sentence(
                "Connect is the median time to open a connection, which grows with the distance; wait the median time from "
                    + "the sent request to the first token, the server's part with one way there and back.",
                .dim
            ),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    private static func windows(_ comparison: ComparisonResult) -> [Block] {
        let several = comparison.sides.filter { $0.windows.count > 1 }
        guard !several.isEmpty else { return [] }
        let metrics = comparison.rows.map { ($0.metric, $0.phase, $0.figure) }.reduce(
            into: [(String, String, String)]()
        ) {
            list,
            row in if !list.contains(where: { $0.0 == row.0 }) { list.append(row) }
        }.prefix(3)
        var columns: [TextTable.Column] = [.init("target", alignment: .left), .init("began", alignment: .left)]
        columns += metrics.map { .init("\(SafeText.line($0.1, limit: 20))", ComparedFigure($0.2).title) }
        columns.append(.init("windows", alignment: .left))
        let rows = several.flatMap { side in
            side.windows.enumerated().map { place, window in
                let agree = side.windowsAgree.map { $0 ? "tell the same" : "differ" } ?? ""
                return TextTable.Row(
                    [
                        Span(place == 0 ? SafeText.line(side.name, limit: 30) : "", .strong),
                        Span(UTCTime.readable(unixNanoseconds: window.startedAtUnixNanoseconds)),
                    ] + metrics.map { Span(ComparedFigure($0.2).text(window.figures[$0.0])) }
                        + [Span(place == 0 ? agree : "", side.windowsAgree == false ? .caution : .plain)]
                )
            }
        }
        return [
            .heading("Time windows"),
            .sentence("Each line is the same load at another time; where they differ, the hour matters.", .dim),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }
}

/// How a figure of a comparison is called, shown and explained.
struct ComparedFigure {
    var title: String
    var meaning: String
    var text: (Double?) -> String

    init(_ figure: String) {
        switch figure {
        case "output_tokens_per_second":
            self.init("tokens/s", "text that all streams together get, in tokens a second", Figure.rate)
        case "output_bytes_per_second":
            self.init("bytes/s", "text that all streams together get, in bytes a second", Figure.rate)
        case "makespan":
            self.init(
                "makespan",
                "time from the first request of the job to its last answer",
                Figure.duration(seconds:)
            )
        case "steady_tps":
            self.init("while all busy", "tokens a second while all slots of the job were busy", Figure.rate)
        case "tail_share":
            self.init("tail", "slots' time lost while the last answers were waited for", Figure.percent(share:))
        case "usd": self.init("$ of the job", "dollars for all of its requests", Figure.dollars)
        case "ttft.p50":
            self.init("TTFT p50", "wait for the first token that half of the requests stay below", Self.milliseconds)
        case "ttft.p95":
            self.init("TTFT p95", "wait for the first token that 95 of 100 requests stay below", Self.milliseconds)
        case "ttft.cv_percent":
            self.init("TTFT CV", "how unevenly that wait comes, in percent of its mean", Figure.percent(_:))
        case "e2e.p95":
            self.init("e2e p95", "wait for the last token that 95 of 100 requests stay below", Self.milliseconds)
        case "request_tps.p50":
            self.init("per user", "tokens a second that a single request gets, waiting included", Figure.rate)
        case "request_bytes_per_second.p50":
            self.init("per user", "bytes a second that a single request gets, waiting included", Figure.rate)
        case "availability":
            self.init("available", "share of requests that were answered", Figure.percent(share:))
        case "useful_share":
            self.init("useful", "share of requests whose answer can be used", Figure.percent(share:))
        case "usd_per_useful_result":
            self.init("$ per useful", "dollars for each answer that can be used, failed ones paid too", Figure.dollars)
        case "cold_penalty":
            self.init(
                "cold penalty",
                "what a burst after idle waits longer than one on the warm server",
                Self.milliseconds
            )
        case "time_to_recover":
            self.init(
                "recovery",
                "time from the burst until answers come as on the warm server",
                Figure.duration(seconds:)
            )
        default: self.init(SafeText.line(figure, limit: 30), "", Figure.plain)
        }
    }

    private init(_ title: String, _ meaning: String, _ text: @escaping (Double?) -> String) {
        (self.title, self.meaning, self.text) = (title, meaning, text)
    }

    private static func milliseconds(_ value: Double?) -> String { Figure.duration(milliseconds: value) }
}
