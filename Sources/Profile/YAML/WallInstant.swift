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
            second < 60, day >= 1, day <= days(in: month, of: year)
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
        let seconds = (daysSince1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + fraction
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil; years from 1970 on.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
