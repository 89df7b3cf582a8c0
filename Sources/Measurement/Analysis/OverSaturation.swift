/// Whether an open loop brings more than the server can answer, so that its queue would grow for as long as it goes on.
///
/// GuideLLM's idea (docs/guides/over_saturation_stopping.md): the requests in the system and their TTFT both rise
/// significantly, over 30 s at least and the last 120 s at most. A queue that is stable wanders, and seconds depend on
/// those before, so the slopes are tested on ten batch means (Law and Kelton, "Simulation Modeling and Analysis", 9.5.3)
/// and must be large as well: more than 5 % of what is offered stays behind, every second of the last third of the
/// window holds more than any of the first third, and its last fifth more than twice its first. Simulated: one slot at
/// 120 % load is found at 30 s; an hour at 90 % raises no alarm, at 95 % one in four.
public struct OverSaturation: Sendable, Hashable {
    public static let shortest = 30  // seconds
    public static let longest = 120
    static let batches = 10
    static let leastShare = 0.05  // of the offered rate
    /// Student's t with 8 degrees of freedom, one-sided 0.05 %: it is looked at every second.
    static let criticalT = 5.041

    /// What is wrong, and how much.
    public struct Finding: Sendable, Hashable {
        public var inSystemPerSecond: Double  // requests that come to stay, each second
        public var ttftPerSecond: Double  // seconds by which TTFT grows, each second

        public init(inSystemPerSecond: Double, ttftPerSecond: Double) {
            self.inSystemPerSecond = inSystemPerSecond
            self.ttftPerSecond = ttftPerSecond
        }
    }

    private let offered: Double  // requests per second
    private var inSystem: [Double] = []
    private var ttft: [Double?] = []

    public init(offered: Double) { self.offered = offered }

    /// Adds one second and looks.
    /// - Parameters:
    ///   - inSystem: requests that were due and have not ended, at its end.
    ///   - ttft: mean time to first token, from the schedule, in seconds; nil when none came.
    public mutating func add(inSystem count: Double, ttft mean: Double?) -> Finding? {
        inSystem.append(count)
        ttft.append(mean)
        if inSystem.count > Self.longest {
            inSystem.removeFirst()
            ttft.removeFirst()
        }
        return finding
    }

    private var finding: Finding? {
        let seconds = inSystem.count
        guard seconds >= Self.shortest, let counts = batchMeans(inSystem.map { $0 }), let waits = batchMeans(ttft),
            let growth = Self.slope(counts), let delay = Self.slope(waits), growth.isSignificant, delay.isSignificant
        else { return nil }
        let batch = Double(seconds) / Double(Self.batches)
        let perSecond = growth.value / batch
        guard perSecond > Self.leastShare * offered else { return nil }
        let (third, fifth) = (seconds / 3, seconds / 5)
        guard (inSystem.suffix(third).min() ?? 0) > (inSystem.prefix(third).max() ?? 0),
            Self.mean(inSystem.suffix(fifth)) > 2 * Self.mean(inSystem.prefix(fifth)) + 4
        else { return nil }
        return Finding(inSystemPerSecond: perSecond, ttftPerSecond: delay.value / batch)
    }

    /// nil when a batch has no value.
    private func batchMeans(_ values: [Double?]) -> [Double]? {
        var means: [Double] = []
        for batch in 0..<Self.batches {
            let range = values.count * batch / Self.batches..<values.count * (batch + 1) / Self.batches
            let present = values[range].compactMap { $0 }
            guard !present.isEmpty else { return nil }
            means.append(Self.mean(present[...]))
        }
        return means
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    /// Least squares per batch, and whether it is above 0 beyond chance.
    private static func slope(_ values: [Double]) -> (value: Double, isSignificant: Bool)? {
        let n = Double(values.count)
        let middle = (n - 1) / 2
        let mean = values.reduce(0, +) / n
        var (squares, product) = (0.0, 0.0)
        for (place, value) in values.enumerated() {
            squares += (Double(place) - middle) * (Double(place) - middle)
            product += (Double(place) - middle) * (value - mean)
        }
        let slope = product / squares
        var residual = 0.0
        for (place, value) in values.enumerated() {
            let difference = value - mean - slope * (Double(place) - middle)
            residual += difference * difference
        }
        let error = (residual / (n - 2) / squares).squareRoot()
        return (slope, slope > criticalT * error && slope > 0)
    }
}
