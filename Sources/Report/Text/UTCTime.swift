/// Instants of CLOCK_REALTIME as text, without a calendar library.
enum UTCTime {
    /// `2026-11-21T01:36:00.123Z` (RFC 3339).
    static func rfc3339(unixNanoseconds: Int64) -> String {
        let (date, time, nanoseconds) = parts(unixNanoseconds)
        return "\(date)T\(time).\(padded(nanoseconds / 1_000_000, 3))Z"
    }

    /// `2026-11-21 01:36:00 UTC`.
    static func readable(unixNanoseconds: Int64) -> String {
        let (date, time, _) = parts(unixNanoseconds)
        return "\(date) \(time) UTC"
    }

    private static func parts(_ unix: Int64) -> (date: String, time: String, nanoseconds: Int64) {
        let (seconds, nanoseconds) = floorDivide(unix, 1_000_000_000)
        let (days, second) = floorDivide(seconds, 86_400)
        let time = [second / 3600, second % 3600 / 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return (civil(days), time, nanoseconds)
    }

    /// Days since 1970-01-01 to a date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    private static func civil(_ days: Int64) -> String {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153  // from March
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month < 10 ? month + 3 : month - 9, 2))-\(padded(day, 2))"
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
