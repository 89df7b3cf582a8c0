/// A level between 0 and 1, exact: 0.95 is 9500 ten-thousandths.
///
/// In binary floating point ⌈0.95 · 20⌉ is 20 on some paths and 19 on others; with whole numbers it is 19.
public struct Quantile: Sendable, Hashable, Comparable {
    /// 1...9999.
    public let tenThousandths: Int

    public init(tenThousandths: Int) {
        precondition((1...9999).contains(tenThousandths), "a quantile lies strictly between 0 and 1")
        self.tenThousandths = tenThousandths
    }

    public static let p50 = Quantile(tenThousandths: 5000)
    public static let p75 = Quantile(tenThousandths: 7500)
    public static let p90 = Quantile(tenThousandths: 9000)
    public static let p95 = Quantile(tenThousandths: 9500)
    public static let p99 = Quantile(tenThousandths: 9900)
    public static let p999 = Quantile(tenThousandths: 9990)

    public var fraction: Double { Double(tenThousandths) / 10_000 }

    /// The nearest rank ⌈p·n⌉ among `count` ascending samples, from 1; 0 when there are none.
    public func rank(of count: Int) -> Int {
        let (whole, rest) = count.quotientAndRemainder(dividingBy: 10_000)
        return whole * tenThousandths + (rest * tenThousandths + 9_999) / 10_000
    }

    public static func < (a: Quantile, b: Quantile) -> Bool { a.tenThousandths < b.tenThousandths }
}
