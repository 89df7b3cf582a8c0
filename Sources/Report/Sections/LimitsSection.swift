import Measurement

/// Rate limits and what was sent again, as the report says them.
enum LimitsSection {
    /// What the server said of its limits, and what sending again brought.
    static func blocks(_ target: TargetResult) -> [Block] {
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
        let columns: [TableColumn<RateLimitRecord.Limit>] = [
            TableColumn("limit of", alignment: .left, tone: .strong) { SafeText.line($0.name, limit: 40) },
            TableColumn("allowed") { count($0.limit) },
            TableColumn("least", "left") { limit in
                let isTight = limit.leastRemaining.flatMap { left in limit.limit.map { left < $0 / 10 } } ?? false
                return Span(count(limit.leastRemaining), isTight ? .caution : .plain)
            },
            TableColumn("left", "at last") { count($0.remaining) },
            TableColumn("whole", "again in", dropRank: 1) { Figure.duration(seconds: $0.resetSeconds) },
        ]
        return [
            .heading("Rate limits"), .sentence(sentence + "."), .table(TextTable(columns, record.limits)),
        ]
    }

    private static func retries(_ retries: RequestStatistics.Retries) -> [Block] {
        let columns: [TableColumn<(name: String, view: RequestStatistics.Retries.View)>] = [
            TableColumn("", alignment: .left, tone: .strong) { $0.name },
            TableColumn("n") { _ in Figure.count(retries.requests) },
            TableColumn("available") { Figure.percent(share: $0.view.availability?.value) },
            TableColumn("TTFT", "p50") { Figure.duration(milliseconds: $0.view.ttftMilliseconds?.p50) },
            TableColumn("TTFT", "p95") { Figure.duration(milliseconds: $0.view.ttftMilliseconds?.p95) },
            TableColumn("e2e", "p50") { Figure.duration(milliseconds: $0.view.e2eMilliseconds?.p50) },
            TableColumn("e2e", "p95", dropRank: 1) { Figure.duration(milliseconds: $0.view.e2eMilliseconds?.p95) },
        ]
        let views = [("first attempt", retries.firstAttempt), ("as users see it", retries.perceived)]
        let sentence =
            "\(Figure.count(retries.retried)) of \(Figure.count(retries.requests)) requests were sent again "
            + "(\(Figure.count(retries.attempts)) attempts in all), \(Figure.count(retries.recovered)) of them were answered "
            + "in the end. All other figures count each attempt by itself; users wait from the first to the last."
        return [
            .heading("Retries"), .sentence(sentence), .table(TextTable(columns, views)),
        ]
    }

    private static func count(_ value: Int64?) -> String { value.map { Figure.count($0) } ?? Figure.unknown }
}
