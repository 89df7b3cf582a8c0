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

private func grouped(_ value: Int64) -> String {
    var digits = Array(String(value.magnitude).reversed())
    var place = 3
    while place < digits.count {
        digits.insert(",", at: place)
        place += 4
    }
    return (value < 0 ? "-" : "") + String(digits.reversed())
}
