import Measurement

/// What is compared, as the report says it.
enum ComparisonSection {
    static func banners(_ comparison: ComparisonResult) -> [Block] {
        let text = "no figure here is of a real service: the built-in simulated provider answered"
        return comparison.sides.allSatisfy(\.simulated)
            ? [.banner(word: "SIMULATED", tone: .caution, text: text)] : []
    }

    /// What a comparison found, for the head of its page.
    static func answer(_ comparison: ComparisonResult) -> [Block] {
        let base = SafeText.line(comparison.base, limit: 40)
        let found = comparison.sides.dropFirst().compactMap { side -> Span? in
            let rows = comparison.rows.filter { $0.target == side.name }
            return rows.isEmpty ? nil : Span(headline(rows, SafeText.line(side.name, limit: 40), base))
        }
        return banners(comparison) + (found.isEmpty ? [] : [.findings(found)])
    }

    static func blocks(_ comparison: ComparisonResult) -> [Block] {
        var blocks = legend(comparison) + comparison.gateways.flatMap(GatewaySection.blocks)
        for side in comparison.sides.dropFirst() { blocks += against(side.name, comparison) }
        blocks += meanings(comparison)
        blocks += comparison.frontiers.flatMap { frontier($0) }
        blocks += apart(comparison)
        blocks += windows(comparison)
        if !comparison.notes.isEmpty {
            blocks.append(.heading("Read this with the comparison"))
            blocks.append(.list(comparison.notes.map { SafeText.line($0, limit: 400) }))
        }
        return blocks
    }

    /// Sides are letters in tables, where their names would be cut to twins.
    private static func letter(_ place: Int) -> String {
        place < 26
            ? String(UnicodeScalar(UInt8(ascii: "A") + UInt8(place)))
            : letter(place / 26 - 1) + letter(place % 26)
    }

    private static func letter(_ name: String, _ comparison: ComparisonResult) -> String {
        comparison.sides.firstIndex { $0.name == name }.map(letter) ?? name
    }

    private static func legend(_ comparison: ComparisonResult) -> [Block] {
        let lines = comparison.sides.enumerated().map { place, side in
            var parts = ["\(letter(place)) is \(SafeText.line(side.name, limit: 60))"]
            if let model = side.model { parts.append("model \(SafeText.line(model, limit: 40))") }
            if !side.url.isEmpty { parts.append(SafeText.line(side.url, limit: 60)) }
            if let folder = side.folders.first, folder != side.name {
                let others = side.folders.count - 1
                let more = others > 0 ? " and \(others) more" : ""
                parts.append("run \(SafeText.line(folder, limit: 60))\(more)")
            }
            return parts.joined(separator: ", ") + "."
        }
        return [.heading("What is compared"), .list(lines)]
    }

    // MARK: One target against the base

    private static func against(_ target: String, _ comparison: ComparisonResult) -> [Block] {
        let rows = comparison.rows.filter { $0.target == target }
        let (name, base) = (SafeText.line(target, limit: 40), SafeText.line(comparison.base, limit: 40))
        let (own, other) = (letter(target, comparison), letter(comparison.base, comparison))
        let heading = Block.heading("\(own) against \(other): \(name) against \(base)")
        let missing = comparison.missingPhases.filter { $0.side == target || comparison.sides.count == 2 }
        guard !rows.isEmpty else {
            return [
                heading,
                .sentence("No phase was run on both sides at the same concurrency: there is nothing to compare."),
            ]
        }
        let phases = rows.map(\.phase).uniqued
        let columns: [TableColumn<ComparisonResult.Row>] = [
            TableColumn("figure", alignment: .left) { row in
                let title = ComparedFigure(row.figure).title
                let name = phases.count > 1 ? "\(SafeText.line(row.phase, limit: 20)): \(title)" : title
                return Span(name, row.isPrimary ? .strong : .plain)
            },
            TableColumn(other) { ComparedFigure($0.figure).text($0.baseValue) },
            TableColumn(own) { ComparedFigure($0.figure).text($0.value) },
            TableColumn("ratio") { Span(Figure.fixed($0.ratio), tone($0.finding)) },
            TableColumn("verdict", alignment: .left, dropRank: 1, flexible: true) {
                Span(verdict($0), tone($0.finding))
            },
        ]
        let blocks: [Block] = [
            heading,
            .sentence(headline(rows, name, base), .strong),
            .table(TextTable(columns, rows)),
        ]
        let gaps =
            gaps(rows)
            + missing.map { "\(SafeText.line($0.side, limit: 40)) has no phase \(SafeText.line($0.phase, limit: 40))." }
        return blocks + (gaps.isEmpty ? [] : [.list(gaps)]) + primary(rows, comparison)
    }

    /// What the tables of all sides mean, once.
    private static func meanings(_ comparison: ComparisonResult) -> [Block] {
        guard !comparison.rows.isEmpty else { return [] }
        let figures = comparison.rows.map(\.figure).uniqued.map { ComparedFigure($0) }
        return [
            .sentence(
                "A verdict is given only where the difference is larger than chance would make it over so many figures "
                    + "(Holm's correction) and larger than 5 %, for shares 1 %, and where each side had 25 requests; in "
                    + "brackets each figure's own 95 % interval. A value over several levels or blocks is their geometric "
                    + "mean, and there is a ratio only where both sides have the figure at all of them.",
                .dim
            ), .list(figures.map { "\($0.title): \($0.meaning)." }),
        ]
    }

    /// Short, for a cell: what is missing where stands below the table.
    private static func verdict(_ row: ComparisonResult.Row) -> String {
        if !row.absent.isEmpty { return "figures at \(row.compared) of \(row.of) \(row.lookUnit)" }
        if !row.gaps.isEmpty, row.compared > 0 {
            return "\(row.gaps.contains { $0.side == row.target } ? "fell to nothing" : "from nothing") at "
                + "\(row.gaps.reduce(0) { $0 + $1.looks.count }) of \(row.of) \(row.lookUnit)"
        }
        // The counts follow below the table, where there is room for them.
        if !row.gaps.isEmpty { return SafeText.line(String(row.verdict.prefix { $0 != "(" }), limit: 200) }
        if row.finding == .none, let low = row.interval?.lower, let high = row.interval?.upper, low != high {
            return "\(row.verdict) [\(Figure.plain(low)), \(Figure.plain(high))]"
        }
        return SafeText.line(row.verdict, limit: 200)
    }

    /// What is missing, each sentence once with the figures it is of.
    private static func gaps(_ rows: [ComparisonResult.Row]) -> [String] {
        let rows = rows.filter { !$0.gaps.isEmpty && SafeText.line(verdict($0), limit: 400) != $0.verdict }
        return rows.map(\.verdict).uniqued.map { words in
            "\(titles(rows.filter { $0.verdict == words })): \(SafeText.line(words, limit: 400))."
        }
    }

    private static func primary(_ rows: [ComparisonResult.Row], _ comparison: ComparisonResult) -> [Block] {
        guard let kind = comparison.workload else { return [] }
        let names = rows.filter(\.isPrimary)
        guard !names.isEmpty else { return [] }
        return [.sentence("For \(kind.words) the first rows decide: \(titles(names)).")]
    }

    private static func titles(_ rows: [ComparisonResult.Row]) -> String {
        rows.map { ComparedFigure($0.figure).title }.uniqued.joined(separator: ", ")
    }

    /// The table in a few sentences: what differs, what is missing on one side, what cannot be told.
    private static func headline(_ rows: [ComparisonResult.Row], _ name: String, _ base: String) -> String {
        let better = rows.filter { $0.finding == .better }
        let worse = rows.filter { $0.finding == .worse }
        let missing = rows.filter { !$0.absent.isEmpty }
        let few = rows.filter { $0.finding == .undetermined && $0.absent.isEmpty }
        let none = rows.count { $0.finding == .none }
        var parts: [String] = []
        if !better.isEmpty { parts.append("better in \(titles(better))") }
        if !worse.isEmpty { parts.append("worse in \(titles(worse))") }
        var sentences: [String] = []
        if !parts.isEmpty {
            // The base first where the list is long.
            let words = parts.joined(separator: ", and ")
            sentences.append(
                parts.count > 1 ? "Against \(base), \(name) is \(words)." : "\(name) is \(words) than \(base)."
            )
        }
        if none > 0 {
            sentences.append(
                none == rows.count
                    ? "No difference between \(name) and \(base) was shown."
                    : "In \(none) of \(rows.count) figures no difference was shown."
            )
        }
        for side in [base, name] {
            let own = missing.filter { row in row.absent.contains { SafeText.line($0.side, limit: 40) == side } }
            if !own.isEmpty { sentences.append("\(side) has no figure, at some or all places, of \(titles(own)).") }
        }
        if !few.isEmpty {
            sentences.append("\(few.count) of \(rows.count) figures are undecided: too few requests or measurements.")
        }
        return sentences.joined(separator: " ")
    }

    // MARK: Limits

    /// What was seen at each place a limit is of, and why it passed, failed or cannot be told.
    static func regressions(_ results: [RegressionResult]) -> [Block] {
        guard !results.isEmpty else { return [] }
        let failed = results.count { !$0.passed }
        let open = results.count { $0.outcome == .notShown }
        let besides = open > 0 ? ", \(open) not shown" : ""
        let found =
            failed > 0
            ? "\(failed) of \(results.count) failed\(besides)" : open > 0 ? "none failed\(besides)" : "all passed"
        return [.heading("Regressions: \(found)")]
            + results.map { result in
                let (word, tone): (String, Tone) =
                    switch result.outcome {
                    case .passed: ("passed", .good)
                    case .failed: ("FAILED", .bad)
                    case .notShown: ("not shown", .caution)
                    case .undetermined: ("FAILED, cannot tell", .bad)
                    }
                return .paragraph([
                    Span(word, tone), Span("\(SafeText.line(result.expression, limit: 60)):", .strong),
                    Span(seen(result)),
                ])
            }
    }

    /// "after ramp.ttft.p95 +36 % (interval −95 % to +3,280 %): too few requests to fail on".
    private static func seen(_ result: RegressionResult) -> String {
        let place = [result.side, result.metric].filter { !$0.isEmpty }.map { SafeText.line($0, limit: 60) }
        var text = place.joined(separator: " ")
        if let change = result.change { text += " \(signed(change))" }
        if let low = result.interval?.lower, let high = result.interval?.upper {
            text += " (interval \(signed(low)) to \(signed(high)))"
        }
        return (text.isEmpty ? "" : text + ": ") + SafeText.line(result.why, limit: 400) + "."
    }

    private static func signed(_ percent: Double) -> String { (percent < 0 ? "" : "+") + Figure.percent(percent) }

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
        var columns: [TableColumn<Int>] = [TableColumn("streams", tone: .strong) { Figure.count($0) }]
        for (place, curve) in frontier.curves.enumerated() {
            let name = letter(place)
            func point(_ level: Int) -> FrontierResult.Point? { curve.points.first { $0.concurrency == level } }
            columns += [
                TableColumn(name, unit) { Figure.rate(point($0)?.aggregate) },
                TableColumn(name, "per user") { Figure.rate(point($0)?.perUser) },
                TableColumn(name, "TTFT p95", dropRank: 2 * place + 2) {
                    Figure.duration(milliseconds: point($0)?.ttftP95Milliseconds)
                },
                TableColumn(
                    name,
                    "$ per M",
                    dropRank: 2 * place + 3,
                    when: curve.points.contains { $0.dollarsPerMillion != nil }
                ) { Figure.dollars(point($0)?.dollarsPerMillion) },
            ]
        }
        return [
            .heading("All users together against each user alone (\(SafeText.line(frontier.phase, limit: 30)))"),
            .sentence(
                "More streams give more \(unit) in all and fewer to each user; what counts is how much a provider gives "
                    + "while its users still get the speed, or the wait, that they need.",
                .dim
            ),
            .table(TextTable(columns, levels)),
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
        return "No common \(name) was measured, so there is no comparison at an equal one: "
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
        let columns: [TableColumn<(place: Int, side: ComparisonResult.Side)>] = [
            TableColumn("side", alignment: .left, tone: .strong) { letter($0.place) },
            TableColumn("connect") { Figure.duration(milliseconds: $0.side.connectMilliseconds) },
            TableColumn("wait") { Figure.duration(milliseconds: $0.side.waitMilliseconds) },
            TableColumn("tokens", "per answer") { Figure.rate($0.side.outputTokensPerRequest) },
            TableColumn("bytes", "per token") { Figure.rate($0.side.bytesPerVisibleToken) },
            TableColumn("model", alignment: .left, dropRank: 1, flexible: true) {
                $0.side.model.map { SafeText.line($0, limit: 40) } ?? ""
            },
        ]
        let sides = comparison.sides.enumerated().map { (place: $0.offset, side: $0.element) }
        return [
            .heading("The network's part"),
            .sentence(
                "Connect is the median time to open a connection, which grows with the distance; wait the median time from "
                    + "the sent request to the first token, the server's part with one way there and back.",
                .dim
            ),
            .table(TextTable(columns, sides)),
        ]
    }

    private static func windows(_ comparison: ComparisonResult) -> [Block] {
        let several = comparison.sides.filter { $0.windows.count > 1 }
        guard !several.isEmpty else { return [] }
        let metrics = comparison.rows.map { [$0.metric, $0.phase, $0.figure] }.uniqued.prefix(3)
            .map { ($0[0], $0[1], $0[2]) }
        typealias Look = (place: Int, side: ComparisonResult.Side, window: ComparisonResult.Window)
        let columns: [TableColumn<Look>] =
            [
                TableColumn("side", alignment: .left, tone: .strong) {
                    $0.place == 0 ? letter($0.side.name, comparison) : ""
                },
                TableColumn("began", alignment: .left) {
                    UTCTime.readable(unixNanoseconds: $0.window.startedAtUnixNanoseconds)
                },
            ]
            + metrics.map { metric, phase, figure in
                let compared = ComparedFigure(figure)
                return TableColumn(SafeText.line(phase, limit: 20), compared.title) {
                    compared.text($0.window.figures[metric])
                }
            } + [
                TableColumn("windows", alignment: .left) { look in
                    let agree = look.side.windowsAgree.map { $0 ? "tell the same" : "differ" } ?? ""
                    return Span(look.place == 0 ? agree : "", look.side.windowsAgree == false ? .caution : .plain)
                }
            ]
        let looks: [Look] = several.flatMap { side in
            side.windows.enumerated().map { (place: $0.offset, side: side, window: $0.element) }
        }
        return [
            .heading("Time windows"),
            .sentence("Each line is the same load at another time; where they differ, the hour matters.", .dim),
            .table(TextTable(columns, looks)),
        ]
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it first came.
    fileprivate var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
