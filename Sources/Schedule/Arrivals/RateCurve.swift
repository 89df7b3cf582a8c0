import Ticks

/// Requests per second over the time of an open loop's stretch.
///
/// A shape of its own is one file: a type that is a `RateCurveShape`, and its case here; a reader in Profile lets people
/// write it.
public enum RateCurve: Sendable, Hashable {
    /// From one rate to another in a line; one rate where the two are equal.
    case line(RateLine)
    case sine(RateSine)
    case spike(RateSpike)

    private var shape: any RateCurveShape {
        switch self {
        case .line(let line): line
        case .sine(let sine): sine
        case .spike(let spike): spike
        }
    }

    public static func constant(_ rate: Rate) -> RateCurve { .line(RateLine(from: rate, to: rate, over: .seconds(1))) }

    /// Whether it is the same all the time.
    public var isConstant: Bool { shape.isConstant }

    /// So long after its beginning, requests per second.
    public func rate(at elapsed: Duration) -> Double { shape.rate(at: elapsed.nanoseconds) }

    /// The mean over a stretch of it, requests per second.
    public func mean(from begin: Duration, for duration: Duration) -> Double {
        guard duration > .zero else { return rate(at: begin) }
        let area = shape.area(to: (begin + duration).nanoseconds) - shape.area(to: begin.nanoseconds)
        return Double(area) / Double(Self.request) / (duration / .seconds(1))
    }

    /// The greatest rate over a stretch of it, requests per second.
    public func peak(from begin: Duration, for duration: Duration) -> Double {
        shape.peak(begin.nanoseconds, (begin + duration).nanoseconds)
    }

    /// As a person reads it: "20", "5 to 50", "20 ± 10 (sine of 60 s)".
    public var words: String { shape.words }

    /// As a profile writes it: the members of a stretch.
    public var members: [(name: String, value: String)] { shape.members }

    /// In the plan's hash.
    var canonical: String { shape.canonical }

    /// Rates so many times as high, times so many times as short.
    func fast(by factor: Int) -> RateCurve {
        switch self {
        case .line(let line): .line(line.fast(by: factor))
        case .sine(let sine): .sine(sine.fast(by: factor))
        case .spike(let spike): .spike(spike.fast(by: factor))
        }
    }

    // MARK: Area under the rate, in half units of (millionths of requests/s × nanoseconds): whole numbers

    static let request: Int128 = 2_000_000_000_000_000

    func area(to nanoseconds: Int64) -> Int128 { shape.area(to: nanoseconds) }

    /// The nanosecond, rounded, at which the area from the curve's beginning reaches `target`; nil when that is not
    /// before `end`.
    func instant(ofArea target: Int128, before end: Int64) -> Int64? {
        guard target < area(to: end) else { return nil }
        return min(shape.instant(ofArea: target, before: end), end - 1)  // rounding must not carry it over the end
    }
}

/// What a rate over time must say of itself. Times are nanoseconds from its beginning, areas as in `RateCurve`.
protocol RateCurveShape: Sendable, Hashable {
    var isConstant: Bool { get }
    func rate(at elapsed: Int64) -> Double  // requests per second
    func peak(_ begin: Int64, _ end: Int64) -> Double
    func area(to elapsed: Int64) -> Int128
    /// - Parameter end: the area there is more than `target`.
    func instant(ofArea target: Int128, before end: Int64) -> Int64
    var words: String { get }
    var members: [(name: String, value: String)] { get }
    var canonical: String { get }
    func fast(by factor: Int) -> Self
}

/// A rate that goes in a line from one to another; beyond its length it stays at the second.
public struct RateLine: RateCurveShape {
    public var from: Rate
    public var to: Rate
    public var length: Duration

    public init(from: Rate, to: Rate, over length: Duration) {
        precondition(from.micro >= 0 && to.micro >= 0 && length > .zero, "rates and durations are not negative")
        (self.from, self.to) = (from, to)
        self.length = from == to ? .seconds(1) : length  // that of one rate is of no account
    }

    var isConstant: Bool { from == to }

    func rate(at elapsed: Int64) -> Double {
        if isConstant { return from.perSecond }
        let share = min(1, Double(elapsed) / Double(length.nanoseconds))
        return from.perSecond + (to.perSecond - from.perSecond) * share
    }

    func peak(_ begin: Int64, _ end: Int64) -> Double { max(rate(at: begin), rate(at: end)) }

    func area(to elapsed: Int64) -> Int128 {
        if isConstant { return 2 * Int128(from.micro) * Int128(elapsed) }
        let whole = Int128(length.nanoseconds)
        let inside = min(Int128(elapsed), whole)
        // 2 r₀ t + (r₁ − r₀) t²/D, whole numbers but for the last division.
        let rise = Int128(to.micro - from.micro) * inside * inside / whole
        return 2 * Int128(from.micro) * inside + rise + 2 * Int128(to.micro) * (Int128(elapsed) - inside)
    }

    func instant(ofArea target: Int128, before end: Int64) -> Int64 {
        guard target > 0 else { return 0 }
        if isConstant {
            let twice = 2 * Int128(from.micro)
            return Int64((target + twice / 2) / twice)
        }
        let ramp = area(to: length.nanoseconds)
        if target >= ramp {
            let twice = 2 * Int128(to.micro)
            return length.nanoseconds + Int64((target - ramp + twice / 2) / twice)
        }
        // 2 r₀ t + (r₁ − r₀) t²/D = target, solved so that nothing cancels.
        let (start, slope) = (Double(from.micro), Double(to.micro - from.micro))
        let wanted = Double(target)
        let root = max(0, start * start + slope * wanted / Double(length.nanoseconds)).squareRoot()
        return Int64((wanted / (start + root)).rounded())
    }

    var words: String { isConstant ? from.text : "\(from.text) to \(to.text)" }

    var members: [(name: String, value: String)] {
        isConstant ? [("rps", from.text)] : [("from", from.text), ("to", to.text)]
    }

    var canonical: String { "from=\(from.micro) to=\(to.micro)" }

    func fast(by factor: Int) -> RateLine {
        RateLine(
            from: Rate(micro: from.micro * Int64(factor)),
            to: Rate(micro: to.micro * Int64(factor)),
            over: length / factor
        )
    }
}
