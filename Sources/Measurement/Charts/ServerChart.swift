/// What one target's server said, by bin of the time axis; nil where it said nothing.
public struct ServerChart: Sendable, Hashable {
    public struct Lines: Sendable, Hashable {
        public var name = ""
        public var running: [Double?] = []
        public var waiting: [Double?] = []
        public var kvCacheUsage: [Double?] = []
    }

    /// Replicas drawn one by one, at most; their sum holds all of them.
    public static let mostReplicas = 16

    public var all = Lines()
    public var replicasUp: [Double?] = []
    public var replicas: [Lines] = []  // empty where there is one

    init(_ series: ServerSeries, _ axis: TimeAxis) {
        func bins(_ points: [(at: Int64, value: Double?)]) -> [Double?] {
            var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: axis.bins)
            for point in points where point.at + series.tickWidth > 0 {
                guard let value = point.value else { continue }
                // A reading holds until the next one is due.
                let last = axis.bin(max(point.at, point.at + series.tickWidth - 1))
                for bin in axis.bin(point.at)...last {
                    sums[bin].sum += value
                    sums[bin].count += 1
                }
            }
            return sums.map { $0.count > 0 ? $0.sum / Double($0.count) : nil }
        }
        all.running = bins(series.ticks.map { ($0.start, $0.running) })
        all.waiting = bins(series.ticks.map { ($0.start, $0.waiting) })
        all.kvCacheUsage = bins(series.ticks.map { ($0.start, $0.kvMax) })
        replicasUp = bins(series.ticks.map { ($0.start, Double($0.replicasUp)) })
        let serving = series.replicas.filter {
            $0.readings.contains { $0[.running] != nil || $0[.kvCacheUsage] != nil }
        }
        guard serving.count > 1 else { return }
        replicas = serving.prefix(Self.mostReplicas).map { replica in
            func line(_ fact: ServerFact) -> [Double?] { bins(replica.readings.map { ($0.at, $0[fact]) }) }
            return Lines(
                name: replica.title(among: series.replicas),
                running: line(.running),
                waiting: line(.waiting),
                kvCacheUsage: line(.kvCacheUsage)
            )
        }
    }
}
