/// How long to wait, as servers write it: seconds, an instant of the calendar, or a duration of parts.
///
/// A number above 10^9 is Unix time in seconds (DigitalOcean), above 10^11 in milliseconds (OpenRouter), else seconds from
/// now. `12ms`, `6m0s` is a duration (OpenAI), `2026-11-21T12:00:00Z` RFC 3339 (Anthropic), `Sat, 21 Nov 2026 12:00:00 GMT`
/// an HTTP date. What lies behind us is 0; garbage is nil, and so is what lies further ahead than `longest`.
enum WaitingTime {
    static let longest = 366 * 86_400.0  // seconds

    /// nil unless 0 to `longest`.
    static func believed(_ seconds: Double) -> Double? { (0...longest).contains(seconds) ? seconds : nil }

    static func seconds(_ text: String, unixSeconds: () -> Double) -> Double? {
        guard text.utf8.count <= 64 else { return nil }
        let found: Double?
        if let number = number(text) {
            guard number >= 0 else { return nil }
            found = number > 1e11 ? number / 1000 - unixSeconds() : number > 1e9 ? number - unixSeconds() : number
        } else if let parts = duration(text) {
            found = parts
        } else if let instant = rfc3339(text) ?? httpDate(text) {
            found = instant - unixSeconds()
        } else {
            found = nil
        }
        return found.flatMap { believed(max(0, $0)) }
    }

    /// A decimal number, without exponents, infinities and the other things that Swift reads.
    static func number(_ text: String) -> Double? {
        guard !text.isEmpty, text.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
        else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// `(\d+(\.\d+)?(ms|s|m|h|d))+`
    private static func duration(_ text: String) -> Double? {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        var rest = text[...]
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let value = Double(digits), value.isFinite else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let (unit, seconds) = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            rest = rest.dropFirst(unit.count)
            sum += value * seconds
        }
        return text.isEmpty ? nil : sum
    }

    /// `2026-11-21T12:00:00.5Z`, `2026-11-21T13:00:00+01:00`
    private static func rfc3339(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = integer(bytes[0..<4]), let month = integer(bytes[5..<7]), let day = integer(bytes[8..<10]),
            let hour = integer(bytes[11..<13]), let minute = integer(bytes[14..<16]),
            let second = integer(bytes[17..<19]), let days = days(year, month, day)
        else { return nil }
        var rest = bytes[19...]
        // Parts of a second do not matter.
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop(while: isDigit) }
        var offset = 0
        switch rest.first {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): guard rest.count == 1 else { return nil }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            let zone = Array(rest)
            guard zone.count == 6, let hours = integer(zone[1..<3]), let minutes = integer(zone[4..<6]) else {
                return nil
            }
            offset = (zone[0] == UInt8(ascii: "+") ? 1 : -1) * (hours * 3600 + minutes * 60)
        default: return nil
        }
        return Double(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
    }

    /// `Sat, 21 Nov 2026 12:00:00 GMT` (RFC 9110's preferred form)
    private static func httpDate(_ text: String) -> Double? {
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
            let month = months.firstIndex(of: words[2].lowercased()), let days = days(year, month + 1, day)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        return Double(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2])
    }

    /// Days from 1970-01-01 of the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
