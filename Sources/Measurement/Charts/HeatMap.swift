import Glibc
import Ticks

/// How many first tokens took how long, over the time of a phase: drift, stalls that come again, two populations.
public struct HeatMap: Sendable, Hashable {
    public static let fewestRequests = 200
    public static let mostColumns = 120
    public static let rows = 32

    public struct Cell: Sendable, Hashable {
        public var column: Int
        public var row: Int  // the lowest times first
        public var count: Int
    }

    public var phase: Int  // `PhaseRecord.id`
    public var start: Double  // seconds since the run's start
    public var secondsPerColumn: Double
    public var columns: Int
    /// Row r holds the times from low·(high/low)^(r/rows), milliseconds.
    public var low: Double
    public var high: Double
    public var cells: [Cell] = []  // those that are not empty, by column, then row

    /// nil for a phase whose load changes by plan, or with too few requests to make a picture.
    init?(of phase: PhaseRecord, _ timeline: TargetTimeline) {
        switch phase.kind {
        case .steady, .rate, .replay, .batch, .probe: break
        case .warmup, .ramp, .idle, .burst, .keepwarm, .trickle: return nil
        }
        guard let span = timeline.index.span(of: phase) else { return nil }
        let scope = timeline.scope(for: phase)
        var samples: [(at: Double, milliseconds: Double)] = []
        for request in timeline.counted(in: phase).successes {
            guard let dispatched = request.dispatched, let ttft = scope.ttft(of: request), ttft > 0 else { continue }
            samples.append((Double(dispatched) / 1e9, ttft))
        }
        guard samples.count >= Self.fewestRequests else { return nil }
        let values = samples.map(\.milliseconds)
        guard let least = values.min(), let most = values.max() else { return nil }
        self.phase = phase.id
        start = Double(span.start) / 1e9
        columns = min(Self.mostColumns, max(10, samples.count / 20))
        secondsPerColumn = span.seconds / Double(columns)
        low = least
        high = max(most, least * 1.01)
        let scale = Double(Self.rows) / log(high / low)
        var counts = [Int](repeating: 0, count: columns * Self.rows)
        for sample in samples {
            let column = min(columns - 1, max(0, Int((sample.at - start) / secondsPerColumn)))
            let row = min(Self.rows - 1, max(0, Int(log(sample.milliseconds / low) * scale)))
            counts[column * Self.rows + row] += 1
        }
        for (place, count) in counts.enumerated() where count > 0 {
            cells.append(Cell(column: place / Self.rows, row: place % Self.rows, count: count))
        }
    }
}
