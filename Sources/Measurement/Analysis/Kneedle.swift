/// The point of greatest curvature on a normalised curve.
///
/// Satopää, Albrecht, Irwin and Raghavan, "Finding a Kneedle in a Haystack" (2011), offline, as in the `kneed` package.
/// It answers with one of the points given, so it is never the headline.
public enum Kneedle {
    public enum Shape: Sendable, Hashable {
        case concaveIncreasing  // throughput over concurrency
        case convexIncreasing  // latency over concurrency
    }

    /// The x of the first knee; nil without one, or with fewer than three points or no spread. `x` ascends.
    public static func knee(_ x: [Double], _ y: [Double], shape: Shape, sensitivity: Double = 1) -> Double? {
        let n = x.count
        guard n >= 3, y.count == n, x[n - 1] > x[0], let low = y.min(), let high = y.max(), high > low else {
            return nil
        }
        var across = x.map { ($0 - x[0]) / (x[n - 1] - x[0]) }
        var up = y.map { ($0 - low) / (high - low) }
        if shape == .convexIncreasing {
            // Turned by half a turn, a convex curve is concave.
            across = across.reversed().map { 1 - $0 }
            up = up.reversed().map { 1 - $0 }
        }
        let difference = zip(up, across).map { $0 - $1 }
        let spacing = sensitivity * (across[n - 1] - across[0]) / Double(n - 1)
        var knee: Int?
        var threshold = 0.0
        for i in 0..<(n - 1) {
            let before = difference[max(0, i - 1)]
            let after = difference[i + 1]
            if difference[i] >= before, difference[i] >= after {
                knee = i
                threshold = difference[i] - spacing
            }
            if difference[i] <= before, difference[i] <= after { threshold = 0 }
            if let knee, after < threshold {
                return shape == .concaveIncreasing ? x[knee] : x[n - 1 - knee]
            }
        }
        return nil
    }
}
