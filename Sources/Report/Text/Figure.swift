import Measurement

/// Numbers as people read them: three figures, a unit, a no-break space between the two.
///
/// Renderers turn the no-break space into a plain one after they have broken the lines.
enum Figure {
    static let unknown = "–"
    static let space = "\u{A0}"

    /// A figure of the catalogue, by what it measures.
    static func text(_ value: Double?, _ dimension: FigureDimension) -> String {
        switch dimension {
        case .milliseconds: duration(milliseconds: value)
        case .seconds: duration(seconds: value)
        case .share: percent(share: value)
        case .percent: percent(value)
        case .perSecond, .bytesPerSecond: rate(value)
        case .dollars: dollars(value)
        case .megabytes, .plain: plain(value)
        }
    }

    // MARK: Times

    /// `6 µs`, `0.42 ms`, `210 ms`, `1.90 s`, `11.0 s`, `2 min 5 s`, `3 h 10 min`.
    static func duration(milliseconds: Double?) -> String {
        guard let milliseconds, milliseconds.isFinite else { return unknown }
        if milliseconds < 0 { return "-" + duration(milliseconds: -milliseconds) }
        if milliseconds == 0 { return "0\(space)ms" }
        if milliseconds < 0.001 { return "\(fixed(milliseconds * 1e6, 0))\(space)ns" }
        // The last value that still rounds into a unit decides, so that no "1000 ms" appears.
        if milliseconds < 0.0995 { return "\(threeFigures(milliseconds * 1000, maximumDecimals: 1))\(space)µs" }
        if milliseconds < 999.5 { return "\(threeFigures(milliseconds))\(space)ms" }
        if milliseconds < 59_950 { return "\(threeFigures(milliseconds / 1000))\(space)s" }
        return clock(seconds: milliseconds / 1000)
    }

    static func duration(seconds: Double?) -> String { duration(milliseconds: seconds.map { $0 * 1000 }) }

    /// Whole seconds and up: `45 s`, `2 min`, `2 min 5 s`, `3 h 10 min`, `2 d 4 h`.
    static func clock(seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, abs(seconds) < 1e12 else { return unknown }
        if seconds < 0 { return "-" + clock(seconds: -seconds) }
        let whole = Int64(seconds.rounded())
        let parts: [(Int64, String)] =
            switch whole {
            case ..<60: [(whole, "s")]
            case ..<3600: [(whole / 60, "min"), (whole % 60, "s")]
            case ..<86_400: [(whole / 3600, "h"), (whole % 3600 / 60, "min")]
            default: [(whole / 86_400, "d"), (whole % 86_400 / 3600, "h")]
            }
        let shown = parts.enumerated().filter { $0.offset == 0 || $0.element.0 > 0 }.map(\.element)
        return shown.map { "\($0.0)\(space)\($0.1)" }.joined(separator: space)
    }

    // MARK: Counts and rates

    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String { grouped(String(value)) }

    /// `0.42`, `8.04`, `802.9`, `12,345`: decimals below 1,000.
    static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        if value < 0 { return "-" + rate(-value) }
        if value < 0.995 { return value == 0 ? "0" : value < 0.005 ? "<0.01" : fixed(value, 2) }
        if value < 9.995 { return fixed(value, 2) }
        return value < 999.95 ? fixed(value, 1) : grouped(fixed(value, 0))
    }

    /// A figure without a unit of its own: `1.02`, `12.3`.
    static func plain(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        return value < 0 ? "-" + threeFigures(-value) : threeFigures(value)
    }

    /// A ratio, three decimals: `0.912`.
    static func fixed(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        return fixed(value, 3)
    }

    // MARK: Shares

    /// A share of 1: `0.42 %`, `5.3 %`, `52 %`, `99.5 %`. Only what is all says `100 %`, only what is nothing `0 %`.
    static func percent(share: Double?) -> String { percent(share.map { $0 * 100 }) }

    /// Already in percent.
    static func percent(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        if value < 0 { return "-" + percent(-value) }
        if value == 0 || value == 100 { return "\(fixed(value, 0))\(space)%" }
        if value < 0.005 { return "<0.01\(space)%" }
        if value >= 99.995, value < 100 { return ">99.99\(space)%" }
        let atAnEnd = value < 0.995 || (value >= 99.95 && value < 100)
        let nearAnEnd = value < 9.95 || (value >= 90.05 && value < 100)
        let decimals = atAnEnd ? 2 : nearAnEnd ? 1 : 0
        return "\(grouped(fixed(value, decimals)))\(space)%"
    }

    /// Whole percents of a share of 1, for columns: `6 %`, `104 %`; `<1 %` is not nothing.
    static func wholePercent(share: Double?) -> String { wholePercent(share.map { $0 * 100 }) }

    static func wholePercent(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        if value > 0, value < 0.5 { return "<1\(space)%" }
        return "\(grouped(fixed(value, 0)))\(space)%"
    }

    // MARK: Money

    /// `$0.000012`, `$0.12`, `$1,234.50`: two decimals, or two figures below a cent.
    static func dollars(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        if value < 0 { return "-" + dollars(-value) }
        if value == 0 || value >= 0.1 { return "$" + grouped(fixed(value, 2)) }
        var decimals = 3
        var scale = 0.01
        while value < scale * 0.995, decimals < 12 {
            decimals += 1
            scale /= 10
        }
        return "$" + fixed(value, decimals)
    }

    // MARK: Intervals

    /// `96 % to 98 %`, `96 % or more`, `98 % or less`; nil when neither end is known.
    static func interval(_ lower: Double?, _ upper: Double?, _ format: (Double?) -> String) -> String? {
        switch (lower, upper) {
        case (let lower?, let upper?): "\(format(lower)) to \(format(upper))"
        case (let lower?, nil): "\(format(lower)) or more"
        case (nil, let upper?): "\(format(upper)) or less"
        case (nil, nil): nil
        }
    }

    // MARK: Digits

    /// Rounded to so many decimals, half away from zero; no exponent below 10^18.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * scale).rounded()
        guard scaled.isFinite, abs(scaled) < 9e18 else { return "\(value)" }
        let whole = Int64(abs(scaled))
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(whole) }
        let digits = String(whole)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let split = padded.index(padded.endIndex, offsetBy: -decimals)
        return "\(sign)\(padded[..<split]).\(padded[split...])"
    }

    /// `1.23`, `12.3`, `123`, `1,234`.
    private static func threeFigures(_ value: Double, maximumDecimals: Int = 2) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return grouped(fixed(value, min(decimals, maximumDecimals)))
    }

    private static func grouped(_ digits: String) -> String {
        let sign = digits.hasPrefix("-") ? "-" : ""
        let parts = digits.dropFirst(sign.count).split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first else { return digits }
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return sign + ([result] + parts.dropFirst().map(String.init)).joined(separator: ".")
    }
}
