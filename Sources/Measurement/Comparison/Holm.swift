/// Holm's step-down correction for several tests at once (Scandinavian J. Statistics 6, 1979).
public enum Holm {
    /// Adjusted p values in the order given: the chance of any false finding stays below the level they are held against.
    public static func adjusted(_ p: [Double]) -> [Double] {
        let order = p.indices.sorted { p[$0] < p[$1] }
        var result = p
        var floor = 0.0
        for (place, index) in order.enumerated() {
            floor = max(floor, min(1, p[index] * Double(p.count - place)))
            result[index] = floor
        }
        return result
    }
}
