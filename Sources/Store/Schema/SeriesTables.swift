import Measurement

/// A histogram as its row holds it: the figures a person may ask for, and the cells.
struct StoredHistogram: Sendable {
    var record = HistogramRecord()
    var cells: [UInt8] = []
    var count: Int64 = 0
    var minimum: Int64?
    var maximum: Int64?

    init() {}

    init(_ record: HistogramRecord) {
        self.record = record
        cells = record.histogram.encoded()
        count = Int64(clamping: record.histogram.count)
        minimum = record.histogram.min
        maximum = record.histogram.max
    }
}

extension Schema {
    /// Bins count from t0 in units of their step's `bin_ns`.
    static let bins = Table<BinRecord>(
        "bins",
        empty: { BinRecord() },
        columns: [
            Column("step", \.step),
            Column("bin", \.bin),
            Column("loop", \.loop),
            Column("started", \.started),
            Column("first_tokens", \.firstTokens),
            Column("ended", \.ended),
            Column("failed", \.failed),
            Column("token_events", \.tokenEvents),
            Column("in_flight_area_ns", \.inFlightArea),
            Column("in_flight_max", \.inFlightMax),
            Column("unfilled_area_ns", \.unfilledArea),
        ]
    )

    static let histograms = Table<StoredHistogram>(
        "histograms",
        empty: { StoredHistogram() },
        columns: [
            Column("step", \.record.step),
            Column("second", \.record.second),
            Column("metric", \.record.metric),
            Column("loop", \.record.loop),
            Column("count", \.count),
            Column("min_ns", \.minimum),
            Column("max_ns", \.maximum),
            Column("cells", \.cells),
        ]
    )

    static let health = Table<HealthRecord>(
        "health",
        empty: { HealthRecord() },
        columns: [
            Column("at_ns", \.at),
            Column("loop", \.loop),
            Column("loop_cpu_ns", \.loopCPU),
            Column("process_cpu_ns", \.processCPU),
            Column("resident_bytes", \.residentBytes),
            Column("descriptors", \.descriptors),
            Column("in_flight", \.inFlight),
            Column("reads", \.reads),
            Column("kernel_stamps", \.kernelStamps),
            Column("discarded_stamps", \.discardedStamps),
            Column("connections_opened", \.connectionsOpened),
            Column("realtime_offset_ns", \.realtimeOffset),
            Column("boottime_offset_ns", \.boottimeOffset),
            Column("listen_overflows", \.listenOverflows),
            Column("stolen_ns", \.stolen),
            Column("load", \.load),
            Column("throttled_ns", \.throttled),
            Column("gathered_reads", \.gatheredReads),
        ]
    )

    static let incidents = Table<IncidentRecord>(
        "incidents",
        empty: { IncidentRecord() },
        columns: [
            Column("at_ns", \.at),
            Column("until_ns", \.ended),
            Column("kind", \.kind),
            Column("side", \.side),
            Column("streams", \.streams),
            Column("of_streams", \.of),
            Column("requests", \.requests),
            Column("attempts", \.attempts),
            Column("tokens_missing", \.tokensMissing),
            Column("target", \.target),
            Column("detail", \.detail),
        ]
    )
}
