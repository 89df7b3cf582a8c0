extension ThresholdMetric {
    /// First attempts, and what users see with retries. Where nothing was sent again the two are the same, and what the
    /// figures around them say.
    static let retries: [ThresholdMetric] =
        [
            ThresholdMetric("retries.requests", .plain, .statistic { FigureValue($0.retries?.requests ?? $0.sent) }),
            ThresholdMetric("retries.attempts", .plain, .statistic { FigureValue($0.retries?.attempts ?? $0.sent) }),
            ThresholdMetric("retries.retried", .plain, .statistic { FigureValue($0.retries?.retried ?? 0) }),
            ThresholdMetric("retries.recovered", .plain, .statistic { FigureValue($0.retries?.recovered ?? 0) }),
        ]
        + view("first_attempt", \.firstAttempt) + view("perceived", \.perceived)

    private static func view(
        _ name: String,
        _ view: @escaping @Sendable (RequestStatistics.Retries) -> RequestStatistics.Retries.View
    ) -> [ThresholdMetric] {
        [
            ThresholdMetric(
                "retries.\(name).availability",
                .share,
                .statistic { stats in
                    let share = stats.retries.map { view($0).availability } ?? stats.availability
                    return FigureValue(share?.value, interval: share?.interval, missing: "no request counts")
                }
            ),
            ThresholdMetric(
                "retries.\(name).ttft",
                .milliseconds,
                .viewed { stats, fromSchedule in
                    stats.retries.map { view($0).ttftMilliseconds } ?? stats.ttft(fromSchedule: fromSchedule)
                }
            ),
            ThresholdMetric(
                "retries.\(name).e2e",
                .milliseconds,
                .distribution { stats in stats.retries.map { view($0).e2eMilliseconds } ?? stats.e2eMilliseconds }
            ),
        ]
    }
}

extension RequestStatistics {
    func ttft(fromSchedule: Bool) -> DistributionSummary? {
        fromSchedule ? ttftScheduledMilliseconds : ttftMilliseconds
    }

    fileprivate var sent: Int { requests.scheduled - (outcomes[.notSent] ?? 0) }
}
