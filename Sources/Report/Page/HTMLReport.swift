public import Measurement
import Ticks

/// The report as one HTML file that needs nothing else: no network, no library, no other file.
///
/// What is said in words and tables is that of the other renderings (`ReportDocument`); the charts are drawn by the page's
/// script from the numbers embedded in it. Without a script the page is still the whole report.
public enum HTMLReport {
    /// - Parameters:
    ///   - profile: the profile as it was resolved; nil = not known.
    ///   - isLive: whether the run goes on, and the page asks the server that it came from for its next state.
    public static func render(
        _ result: RunResult,
        charts: RunCharts,
        profile: String?,
        isLive: Bool = false
    ) -> String {
        let data = JSONValue.object([
            .init("summary", SummaryJSON.document(result)),
            .init("charts", ChartsJSON.document(charts)),
            .init("compared", result.comparison.map(compared) ?? .array([])),
        ])
        var body = PageBody()
        body.opening(result)
        if !result.thresholds.isEmpty {
            body.section("thresholds", "Thresholds", HTMLText.blocks(ReportDocument.thresholds(result.thresholds)))
        }
        if let workload = result.workload {
            let words = WorkloadSection.blocks(workload, targets: result.targets.count)
            body.section("workload", "For this kind of traffic", HTMLText.blocks(words))
        }
        if let comparison = result.comparison {
            let words = ComparisonSection.blocks(comparison)
            body.section(
                "comparison",
                "Comparison",
                PageBody.slot("forest") + PageBody.slot("frontier") + HTMLText.blocks(words)
            )
        }
        body.phases(result) { $0 == .ramp }
        body.section(
            "time",
            "The run over time",
            PageBody.slot("time") + PageBody.slot("requests")
        )
        body.phases(result) { $0 != .ramp }
        body.section("outcomes", "Outcomes", PageBody.slot("outcomes") + body.targets(result, PageBody.outcomes))
        body.section("server", "Against the server's own counters", body.targets(result, PageBody.server))
        body.section("limits", "Rate limits and retries", body.targets(result, PageBody.limits))
        let cost = body.targets(result, PageBody.cost)
        body.section("cost", "Cost", cost.isEmpty ? "" : PageBody.slot("cost") + cost)
        body.generator(result)
        body.closing(profile: profile)
        return Page.text(title: PageBody.title(result.run), data: data, body: body.text, isLive: isLive)
    }

    /// `spate compare`.
    public static func render(
        _ comparison: ComparisonResult,
        regressions: [RegressionResult],
        matrix: ProviderMatrix = ProviderMatrix()
    ) -> String {
        let data = JSONValue.object([
            .init("comparison", ComparisonJSON.value(comparison)), .init("compared", compared(comparison)),
        ])
        var body = PageBody()
        let names = comparison.sides.map { SafeText.line($0.name) }.joined(separator: ", ")
        body.text += "<header><p class=\"kind\">spate comparison</p><h1>\(HTMLText.escaped(names))</h1>\n"
        body.text += HTMLText.blocks(ComparisonSection.answer(comparison)) + "</header>\n"
        body.section("comparison", "Side by side", PageBody.slot("forest") + PageBody.slot("frontier"))
        let words = ReportDocument(comparison, regressions: regressions, matrix: matrix).blocks.filter {
            if case .banner = $0 { false } else { true }
        }
        body.section("words", "In words and tables", HTMLText.blocks(words))
        body.closing(profile: nil)
        return Page.text(title: "spate compare: \(names)", data: data, body: body.text)
    }
}

extension HTMLReport {
    /// What each row of a comparison is called and shows, for a chart's labels.
    private static func compared(_ comparison: ComparisonResult) -> JSONValue {
        let phases = Set(comparison.rows.map(\.phase)).count
        return .array(
            comparison.rows.map { row in
                let figure = ComparedFigure(row.figure)
                let phase = phases > 1 ? SafeText.line(row.phase, limit: 20) + ": " : ""
                return .object([
                    .init("name", .string(phase + figure.title)),
                    .init("base", .string(figure.text(row.baseValue))),
                    .init("value", .string(figure.text(row.value))),
                ])
            }
        )
    }
}

/// The frame of a page: what is the same in each.
enum Page {
    static func text(title: String, data: JSONValue, body: String, isLive: Bool = false) -> String {
        let (style, script) = (PageAssets.style, isLive ? PageAssets.liveScript : PageAssets.script)
        let policy =
            "default-src 'none'; script-src '\(PageAssets.hash(script))'; style-src '\(PageAssets.hash(style))'; "
            + (isLive ? "connect-src 'self'; " : "") + "img-src 'none'; base-uri 'none'; form-action 'none'"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>\(HTMLText.escaped(title))</title>
            <style>\(style)</style>
            </head>
            <body>
            <main>
            \(body)
            </main>
            <script type="application/json" id="page-data">\(data.embedded)</script>
            <script>\(script)</script>
            </body>
            </html>

            """
    }
}
