/// Durations, money and numbers as a person writes them in a profile or a flag.
public enum Units {
    public static let durationForm = "a duration such as 250ms, 10s, 5m or 2h"
    public static let moneyForm = "an amount of dollars such as $5 or 0.25"

    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
        ("ns", 1),
    ]

    /// `250ms`, `1.5s`, `1h30m`; a bare 0 too. nil for anything else: no unit, a sign, a unit twice, over 292 years.
    public static func duration(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var total: Int64 = 0
        var coarsest = 0  // units must become finer
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let index = units.firstIndex(where: { $0.name == unit }), index >= coarsest,
                let value = self.number(String(number))
            else { return nil }
            coarsest = index + 1
            let nanoseconds = (value * Double(units[index].nanoseconds)).rounded()
            guard nanoseconds < 9e18 else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(Int64(nanoseconds))
            guard !overflow else { return nil }
            total = sum
        }
        return text.isEmpty ? nil : .nanoseconds(total)
    }

    /// In the coarsest unit that holds it whole; `duration` reads it back exactly.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        if nanoseconds == 0 { return "0s" }
        let unit = units.first { nanoseconds % $0.nanoseconds == 0 } ?? ("ns", 1)
        return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }

    /// For a person to read: `250ms`, `9.6s`, `45s`, `6m48s`, `2h46m`. `duration` reads it.
    public static func rounded(_ duration: Duration) -> String {
        let (whole, attoseconds) = duration.components
        let exact = Double(whole) + Double(attoseconds) / 1e18
        if exact < 1 { return "\(Int64((exact * 1000).rounded()))ms" }
        if exact < 10 {
            let tenths = Int64((exact * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
        }
        let seconds = Int64(exact.rounded())
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds >= 3600 ? 0 : seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    /// Dollars, 0 or more.
    public static func money(_ text: String) -> Double? {
        number(String(text.hasPrefix("$") ? text.dropFirst() : text[...]))
    }

    /// A decimal number of 0 or more; `_` between digits is allowed.
    public static func number(_ text: String) -> Double? {
        guard let first = text.first, first.isASCII && first.isNumber else { return nil }
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-_".contains($0)) }) else { return nil }
        guard let plain = withoutSeparators(text), let value = Double(plain), value.isFinite else { return nil }
        return value
    }

    /// A whole number; `_` between digits is allowed.
    public static func integer(_ text: String) -> Int? { withoutSeparators(text).flatMap { Int($0) } }

    private static func withoutSeparators(_ text: String) -> String? {
        guard text.contains("_") else { return text }
        let groups = text.split(separator: "_", omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty }) else { return nil }
        return groups.joined()
    }
}
