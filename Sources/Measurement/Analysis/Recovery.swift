/// When latencies after a burst are back in the band of those before it, or of a warm control.
public struct Recovery: Sendable, Hashable {
    /// Median + 3 · 1.4826 · MAD of the reference.
    public let threshold: Double
    /// How many samples are looked at together, and how many of them may exceed. With 1 % exceeding by chance, two of ten
    /// happen once in 230.
    public static let window = 10
    public static let allowed = 1

    /// nil without reference samples.
    public init?(reference: SortedSamples) {
        guard let median = reference.median, let spread = reference.scaledMAD, (median + 3 * spread).isFinite else {
            return nil
        }
        threshold = median + 3 * spread
    }

    public init(threshold: Double) { self.threshold = threshold }

    public func exceeds(_ value: Double) -> Bool { value > threshold }

    /// The first index from which at most one of the next ten samples (itself included) exceeds the threshold; nil when
    /// there is none, also where fewer than ten samples are left: then recovery was not seen (censored).
    public func index(in samples: [Double], from start: Int = 0) -> Int? {
        guard start >= 0, samples.count - start >= Self.window else { return nil }
        var exceeding = samples[start..<(start + Self.window)].count { exceeds($0) }
        var index = start
        while true {
            if exceeding <= Self.allowed { return index }
            if index + Self.window >= samples.count { return nil }
            if exceeds(samples[index]) { exceeding -= 1 }
            if exceeds(samples[index + Self.window]) { exceeding += 1 }
            index += 1
        }
    }
}
