/// How much of a limit was left over a run: the least in each of so many equal stretches of time, which double as the run goes
/// on, so that it never takes more room.
public struct RateLimitCourse: Sendable, Hashable, Codable {
    /// Stretches at most.
    public static let most = 256
    /// Nanoseconds of a stretch at first.
    public static let narrowest: Int64 = 125_000_000
    /// To stretches of a year: the last still begins at an instant that fits an integer.
    private static let mostDoublings = 28

    /// How often the stretches have doubled.
    private var doublings = 0
    /// From t0 on; nil = no response spoke of it in that stretch.
    public private(set) var left: [Int64?] = []

    public init() {}

    /// A file may hold anything: what is no course is an empty one.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let stored = (try values.decode(Int.self, forKey: .doublings), try values.decode([Int64?].self, forKey: .left))
        guard (0...Self.mostDoublings).contains(stored.0), stored.1.count <= Self.most else { return }
        (doublings, left) = stored
    }

    private enum CodingKeys: CodingKey { case doublings, left }

    /// Nanoseconds of a stretch.
    public var width: Int64 { Self.narrowest << doublings }

    /// - Parameter instant: nanoseconds since t0.
    public mutating func note(_ remaining: Int64, at instant: Int64) {
        while instant / width >= Int64(Self.most), doublings < Self.mostDoublings { coarsen() }
        let place = Int(min(max(0, instant) / width, Int64(Self.most - 1)))
        if place >= left.count { left += [Int64?](repeating: nil, count: place + 1 - left.count) }
        left[place] = min(left[place] ?? .max, remaining)
    }

    /// What another loop, or an earlier part of the run, saw of the same limit.
    public mutating func merge(_ other: RateLimitCourse) {
        var other = other
        while doublings < other.doublings { coarsen() }
        while other.doublings < doublings { other.coarsen() }
        left += [Int64?](repeating: nil, count: max(0, other.left.count - left.count))
        for (place, value) in other.left.enumerated() { left[place] = Self.least(left[place], value) }
    }

    private mutating func coarsen() {
        left = stride(from: 0, to: left.count, by: 2).map { place in
            Self.least(left[place], place + 1 < left.count ? left[place + 1] : nil)
        }
        doublings += 1
    }

    private static func least(_ one: Int64?, _ other: Int64?) -> Int64? { [one, other].compactMap(\.self).min() }
}
