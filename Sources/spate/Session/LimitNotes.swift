import Engine
import Measurement
import Ticks

/// Writes what the servers say of their limits into the store while the run goes on, so that a killed run has it too.
struct LimitNotes {
    private static let interval: Int64 = 2_000_000_000

    /// As they were stored at the start.
    let rows: [TargetRecord]
    /// Of the parts of the run before this one, by target.
    let earlier: [Int: RateLimitRecord]
    private var told: [Int: RateLimitRecord] = [:]
    private var last: Instant?

    init(rows: [TargetRecord], earlier: [Int: RateLimitRecord]) {
        self.rows = rows
        self.earlier = earlier
    }

    /// - Parameter limits: by target; asked for and written every two seconds, where there is something new.
    mutating func tell(_ limits: @autoclosure () -> [Int: RateLimitRecord], _ store: any RecordSink, at now: Instant) {
        if let last, now.nanoseconds(since: last) < Self.interval { return }
        last = now
        let limits = limits()
        guard limits != told else { return }
        told = limits
        var batch = RecordBatch()
        for row in rows {
            guard let seen = limits[row.id] else { continue }
            var row = row
            row.note(earlier[row.id]?.merging(seen) ?? seen)
            batch.targets.append(row)
        }
        store.write(batch)
    }
}
