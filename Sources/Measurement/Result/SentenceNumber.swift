/// A number as sentences show it: three significant digits, no exponent, thousands in groups.
func inWords(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let size = abs(value)
    guard size < 1e15 else { return "more than 10^15" }
    if size >= 1000 { return grouped(Int64(value.rounded())) }
    var decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
    if size > 0, size < 0.1 { decimals = 4 }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((size * scale).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    var digits = String(scaled)
    while digits.count <= decimals { digits = "0" + digits }
    if decimals == 0 { return sign + digits }
    var fraction = String(digits.suffix(decimals))
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return sign + digits.dropLast(decimals) + (fraction.isEmpty ? "" : "." + fraction)
}

/// A share of 1 in percent.
func inPercent(_ share: Double) -> String { inWords(100 * share) + " %" }

/// A time as sentences show it: `24.4 ms`, `1.13 s`, `2 min 5 s`, `3 h 10 min`.
func inTime(milliseconds: Double) -> String {
    guard milliseconds.isFinite else { return "?" }
    if milliseconds < 0 { return "-" + inTime(milliseconds: -milliseconds) }
    if milliseconds < 999.5 { return inWords(milliseconds) + " ms" }
    if milliseconds < 59_950 { return inWords(milliseconds / 1000) + " s" }
    let seconds = Int64(min(milliseconds / 1000, 1e15).rounded())
    let parts =
        seconds < 3600
        ? [(seconds / 60, "min"), (seconds % 60, "s")] : [(seconds / 3600, "h"), (seconds % 3600 / 60, "min")]
    return parts.enumerated().filter { $0.offset == 0 || $0.element.0 > 0 }
        .map { "\(grouped($0.element.0)) \($0.element.1)" }.joined(separator: " ")
}

func inTime(seconds: Double) -> String { inTime(milliseconds: seconds * 1000) }

/// The time of the day: `12:31:40 UTC`.
func inClock(unixNanoseconds: Int64) -> String {
    let second = (unixNanoseconds / 1_000_000_000 % 86_400 + 86_400) % 86_400
    let parts = [second / 3600, second % 3600 / 60, second % 60]
    return parts.map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":") + " UTC"
}

/// `a`, `a and b`, `a, b and c`.
func inList(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
}

/// `1 stream`, `16 streams`, `1,024 streams`.
func inCount(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(inWords(Double(count))) \(count == 1 ? singular : plural ?? singular + "s")"
}

private func grouped(_ value: Int64) -> String {
    var digits = Array(String(value.magnitude).reversed())
    var place = 3
    while place < digits.count {
        digits.insert(",", at: place)
        place += 4
    }
    return (value < 0 ? "-" : "") + String(digits.reversed())
}
