import Measurement

extension ReportDocument {
    /// What the server said of its limits, and what sending again brought.
    static func limits(_ target: TargetResult) -> [Block] {
        (rateLimits(target) + (target.totals.retries.map(retries) ?? [])).map { .detail($0) }
    }

    private static func rateLimits(_ target: TargetResult) -> [Block] {
        guard let record = target.rateLimits else { return [] }
        var sentence = "\(Figure.count(record.responses)) responses reported the limits of this account"
        if record.retryAfters > 0 {
            let longest = record.longestRetryAfterSeconds.map { ", at most \(Figure.duration(seconds: $0))" } ?? ""
            sentence += "; \(Figure.count(record.retryAfters)) asked to wait (Retry-After\(longest))"
        }
        guard !record.limits.isEmpty else { return [.sentence(sentence + ".", .dim)] }
        let columns: [TextTable.Column] = [
            .init("limit of", alignment: .left), .init("allowed"), .init("least", "left"), .init("left", "at last"),
            .init("whole", "again in", dropRank: 1),
        ]
        let rows = record.limits.map { limit in
            let isTight = limit.leastRemaining.flatMap { left in limit.limit.map { left < $0 / 10 } } ?? false
            return TextTable.Row([
                Span(SafeText.line(limit.name, limit: 40), .strong), Span(count(limit.limit)),
                Span(count(limit.leastRemaining), isTight ? .caution : .plain), Span(count(limit.remaining)),
                Span(Figure.duration(seconds: limit.resetSeconds)),
            ])
        }
        return [
            .heading("Rate limits"), .sentence(sentence + "."), .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    private static func retries(_ retries: RequestStatistics.Retries) -> [Block] {
        let columns: [TextTable.Column] = [
            .init("", alignment: .left), .init("n"), .init("available"), .init("TTFT", "p50"), .init("TTFT", "p95"),
            .init("e2e", "p50"), .init("e2e", "p95", dropRank: 1),
        ]
        let rows = [("first attempt", retries.firstAttempt), ("as users see it", retries.perceived)].map { name, view in
            TextTable.Row([
                Span(name, .strong), Span(Figure.count(retries.requests)),
                Span(Figure.percent(share: view.availability?.value)),
                Span(Figure.duration(milliseconds: view.ttftMilliseconds?.p50)),
                Span(Figure.duration(milliseconds: view.ttftMilliseconds?.p95)),
                Span(Figure.duration(milliseconds: view.e2eMilliseconds?.p50)),
                Span(Figure.duration(milliseconds: view.e2eMilliseconds?.p95)),
            ])
        }
        let sentence =
            "\(Figure.count(retries.retried)) of \(Figure.count(retries.requests)) requests were sent again "
            + "(\(Figure.count(retries.attempts)) attempts in all), \(Figure.count(retries.recovered)) of them were answered "
            + "in the end. All other figures count each attempt by itself; users wait from the first to the last."
        return [
            .heading("Retries"), .sentence(sentence), .table(TextTable(columns: columns, rows: rows)),
        ]
    }

    private static func count(_ value: Int64?) -> String { value.map { Figure.count($0) } ?? Figure.unknown }
}
