/// What was left of a limit, by bin of the time axis.
public struct RateLimitChart: Sendable, Hashable {
    /// Of a target, at most: those of which the smallest share was left.
    public static let most = 8

    public var name: String
    public var allowed: Int64?  // as last told; nil = never
    /// The least in each bin; nil where no response told it.
    public var left: [Int64?]

    /// In the order in which the target spoke of them.
    static func all(of record: RateLimitRecord?, _ axis: TimeAxis) -> [RateLimitChart] {
        let told = (record?.limits ?? []).compactMap { RateLimitChart($0, axis) }
        let tightest = Set(told.sorted { $0.leastShare < $1.leastShare }.prefix(most).map(\.name))
        return told.filter { tightest.contains($0.name) }
    }

    /// nil where no response said what was left.
    init?(_ limit: RateLimitRecord.Limit, _ axis: TimeAxis) {
        guard let course = limit.course, course.left.contains(where: { $0 != nil }) else { return nil }
        (name, allowed) = (limit.name, limit.limit)
        left = [Int64?](repeating: nil, count: axis.bins)
        for (place, remaining) in course.left.enumerated() {
            let start = Int64(place) * course.width
            guard let remaining, start < axis.nanoseconds else { continue }
            for bin in axis.bin(start)...axis.bin(start + course.width - 1) {
                left[bin] = min(left[bin] ?? .max, remaining)
            }
        }
    }

    private var leastShare: Double {
        let told = left.compactMap(\.self)
        return Double(told.min() ?? 0) / Double(max(1, allowed ?? told.max() ?? 1))
    }
}
