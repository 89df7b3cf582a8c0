extension DistributionSummary.ClientError {
    /// Each percentile of a figure less the same percentile over the samples less their lateness; nil where no request has
    /// a lateness (a result stored before it was). One that has none in such a set counts as in time.
    ///
    /// - Parameter summary: of that figure of the same requests
    @inline(__always) init?(
        of requests: RequestSet,
        _ summary: DistributionSummary?,
        _ figure: (RequestRecord) -> Double?,
        lateness: (RequestRecord) -> Double?
    ) {
        guard let summary else { return nil }
        var told: [Double] = []
        told.reserveCapacity(requests.count)
        var isKnown = false
        requests.forEach { request in
            guard let value = figure(request), value.isFinite else { return }
            let late = lateness(request)
            if late != nil { isKnown = true }
            told.append(max(0, value - (late ?? 0)))
        }
        guard isKnown else { return nil }
        let onTime = SortedSamples(told)
        let error = { (seen: Double?, quantile: Quantile) in (seen ?? 0) - (onTime.nearestRank(quantile) ?? 0) }
        self.init(p50: error(summary.p50, .p50), p95: error(summary.p95, .p95), p99: error(summary.p99, .p99))
    }
}

extension DistributionSummary {
    /// The same percentiles with the load generator's own part taken off; what has none stays.
    var withoutClientError: DistributionSummary {
        guard let error = clientErrorMilliseconds else { return self }
        var summary = self
        (summary.p50, summary.p50Interval) = Self.less(error.p50, p50, p50Interval)
        (summary.p95, summary.p95Interval) = Self.less(error.p95, p95, p95Interval)
        (summary.p99, summary.p99Interval) = Self.less(error.p99, p99, p99Interval)
        summary.adjustedP95 = adjustedP95.map { $0 - error.p95 }
        summary.adjustedP99 = adjustedP99.map { $0 - error.p99 }
        return summary
    }

    private static func less(
        _ error: Double,
        _ value: Double?,
        _ interval: ConfidenceInterval?
    ) -> (Double?, ConfidenceInterval?) {
        (
            value.map { $0 - error },
            interval.map { ConfidenceInterval(lower: $0.lower.map { $0 - error }, upper: $0.upper.map { $0 - error }) }
        )
    }
}

extension RequestRecord {
    /// The same request as a generator that is never late would have seen it.
    var withoutLateness: RequestRecord {
        guard lateSend != nil || lateFirst != nil || lateLast != nil else { return self }
        var record = self
        // An edge's sending is judged by itself, and its times are left as the wave was sent.
        let sending = rank == nil ? max(0, lateSend ?? 0) : 0
        if rank == nil { record.dispatchLag = dispatchLag.map { min($0, queued ?? 0) } }
        let less = { (instant: Int64?, stamping: Int64?) in
            instant.map { max(0, $0 - sending - max(0, stamping ?? 0)) }
        }
        record.written = less(written, 0)
        record.firstToken = less(firstToken, lateFirst)
        record.firstVisible = less(firstVisible, firstVisible == firstToken ? lateFirst : lateLast)
        record.lastToken = less(lastToken, lateLast)
        return record
    }
}
