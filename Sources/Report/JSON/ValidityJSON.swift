import Measurement

/// How far the generator may be trusted.
enum ValidityJSON {
    static func value(_ validity: ValidityResult) -> JSONValue {
        .object([
            .init("verdict", .string(validity.verdict.rawValue)),
            .init("latencies", .string(validity.latencies.rawValue)),
            .init("load", .string(validity.load.rawValue)),
            .init("reasons", JSONValue(validity.reasons)),
            .init("remedy", JSONValue(validity.remedy)),
            .init("loop_lag_ms", StatisticsJSON.distribution(validity.loopLagMilliseconds)),
            .init("dispatch_lag_ms", StatisticsJSON.distribution(validity.dispatchLagMilliseconds)),
            .init("read_lag_ms", StatisticsJSON.distribution(validity.readLagMilliseconds)),
            .init("wake_lag_ms", StatisticsJSON.distribution(validity.wakeLagMilliseconds)),
            .init("held_up_share", JSONValue(validity.heldUpShare)),
            .init("short_stop_share", JSONValue(validity.shortStopShare)),
            .init("stopped_share", JSONValue(validity.stoppedShare)),
            .init("stolen_share", JSONValue(validity.stolenShare)),
            .init("cpu_percent", JSONValue(validity.cpuPercent)),
            .init("process_cpu_percent", JSONValue(validity.processCPUPercent)),
            .init("loops", JSONValue(validity.loops)),
            .init("max_in_flight", JSONValue(validity.maxInFlight)),
            .init("rss_mb", JSONValue(validity.rssMB)),
            .init("reader", JSONValue(validity.reader)),
            .init("kernel_stamp_share", JSONValue(validity.kernelStampShare)),
        ])
    }

    /// Of one row: a level, a burst.
    static func value(_ row: RowValidity) -> JSONValue {
        .object([
            .init("verdict", .string(row.verdict.rawValue)), .init("latencies", .string(row.latencies.rawValue)),
            .init("load", .string(row.load.rawValue)), .init("reasons", JSONValue(row.reasons)),
        ])
    }
}
