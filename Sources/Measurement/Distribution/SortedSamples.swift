import Glibc

/// Samples in ascending order. NaN is no sample and is left out; +infinity is one (a request that never answered).
public struct SortedSamples: Sendable, Hashable {
    public let values: [Double]

    public init(_ values: [Double]) {
        self.values = RadixSort.sorted(values.contains(where: \.isNaN) ? values.filter { !$0.isNaN } : values)
    }

    /// Takes values that are ascending already and without NaN.
    init(ascending values: [Double]) { self.values = values }

    public var count: Int { values.count }
    public var isEmpty: Bool { values.isEmpty }
    public var min: Double? { values.first }
    public var max: Double? { values.last }

    /// Nearest rank, x₍⌈np⌉₎ (Hyndman and Fan 1996, type 1): spate's percentiles. nil when empty.
    public func nearestRank(_ quantile: Quantile) -> Double? {
        values.isEmpty ? nil : values[quantile.rank(of: values.count) - 1]
    }

    /// Linear between order statistics, position (n − 1)p + 1 (type 7): numpy's, vLLM's and AIPerf's percentiles.
    public func linear(_ fraction: Double) -> Double? {
        at(position: Double(values.count - 1) * fraction + 1)
    }

    /// The middle value, or the mean of the two middle ones.
    public var median: Double? {
        if values.isEmpty { return nil }
        let half = values.count / 2
        return values.count % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2
    }

    /// Between the two order statistics around a position that counts from 1; clamped to the sample.
    private func at(position: Double) -> Double? {
        if values.isEmpty { return nil }
        let clamped = Swift.max(1, Swift.min(Double(values.count), position))
        let below = Int(clamped)
        let weight = clamped - Double(below)
        let low = values[below - 1]
        if weight == 0 || below == values.count || low == values[below] { return low }
        // Between a finite value and an infinite one lies nothing: the nearer of the two.
        guard low.isFinite, values[below].isFinite else { return weight < 0.5 ? low : values[below] }
        return low + weight * (values[below] - low)
    }
}

extension SortedSamples {
    public var mean: Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// With n − 1; nil with fewer than two samples.
    public var standardDeviation: Double? {
        guard values.count > 1, let mean else { return nil }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// The median distance from the median, times 1.4826: the standard deviation if the samples were normal.
    public var scaledMAD: Double? {
        guard let median else { return nil }
        return SortedSamples(values.map { abs($0 - median) }).median.map { $0 * Self.normalScale }
    }

    /// 1 / Φ⁻¹(3/4), to the four places in common use.
    public static let normalScale = 1.4826
}
