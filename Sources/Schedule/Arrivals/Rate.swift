/// Requests per second, in whole millionths: what a person writes with up to six decimals is then exact, and so is the
/// instant of the thousand millionth request.
public struct Rate: Sendable, Hashable, Comparable {
    /// Millionths of a request per second, 0 or more.
    public let micro: Int64

    public static let zero = Rate(micro: 0)
    /// 0.000001 to 10,000,000 requests/s.
    public static let range = 1e-6...1e7

    public init(micro: Int64) { self.micro = micro }

    /// Rounded to the nearest millionth.
    public init(_ perSecond: Double) { micro = Int64((perSecond * 1e6).rounded()) }

    public var perSecond: Double { Double(micro) / 1e6 }

    /// As a person writes it: 20, 0.5, 2.5667.
    public var text: String {
        var fraction = String(String(1_000_000 + micro % 1_000_000).dropFirst())
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? "\(micro / 1_000_000)" : "\(micro / 1_000_000).\(fraction)"
    }

    public static func < (a: Rate, b: Rate) -> Bool { a.micro < b.micro }
}
