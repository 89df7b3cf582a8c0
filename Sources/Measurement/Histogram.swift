/// Placeholder face; see the full type.
public struct Histogram: Sendable, Hashable {
    public init() {}
    public private(set) var count: UInt64 = 0
    public mutating func record(_ nanoseconds: Int64) { count += 1 }
    public mutating func reset() { count = 0 }
}
