import Ticks

/// Instants of CLOCK_REALTIME as a person writes them.
public enum WallInstant {
    public static let form = "an instant such as 2026-11-29T09:30:00Z, a fraction of a second and +01:00 allowed"

    /// Nanoseconds since 1970 of an instant by RFC 3339, between 1970 and 2200; nil for anything else.
    public static func unixNanoseconds(_ text: String) -> Int64? {
        var rest = text.utf8[...]
        func digits(_ count: Int) -> Int64? {
            let piece = rest.prefix(count)
            guard piece.count == count, piece.allSatisfy({ (48...57).contains($0) }) else { return nil }
            rest = rest.dropFirst(count)
            return piece.reduce(0) { 10 * $0 + Int64($1 - 48) }
        }
        func takes(_ letters: String) -> UInt8? {
            guard let next = rest.first, letters.utf8.contains(next) else { return nil }
            rest = rest.dropFirst()
            return next
        }
        guard let year = digits(4), takes("-") != nil, let month = digits(2), takes("-") != nil, let day = digits(2),
            takes("Tt ") != nil, let hour = digits(2), takes(":") != nil, let minute = digits(2), takes(":") != nil,
            let second = digits(2), (1970..<2200).contains(year), (1...12).contains(month), hour < 24, minute < 60,
            second < 60, day >= 1, day <= CivilDay.count(inMonth: month, of: year)
        else { return nil }
        var fraction: Int64 = 0
        if takes(".") != nil {
            let places = rest.prefix { (48...57).contains($0) }
            guard (1...9).contains(places.count) else { return nil }
            fraction = places.reduce(0) { 10 * $0 + Int64($1 - 48) }
            for _ in places.count..<9 { fraction *= 10 }
            rest = rest.dropFirst(places.count)
        }
        var offset: Int64 = 0
        if takes("Zz") == nil {
            guard let sign = takes("+-"), let hours = digits(2), takes(":") != nil, let minutes = digits(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -60 : 60)
        }
        guard rest.isEmpty else { return nil }
        let seconds = (CivilDay.number(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + fraction
    }
}
