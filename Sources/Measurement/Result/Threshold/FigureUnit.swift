/// A spelling of a unit in a threshold and its size in the figure's own unit.
struct FigureUnit: Sendable, Hashable {
    var name: String
    var size: Double
}

/// What kind of quantity a figure is: which units a threshold on it may use.
public enum FigureDimension: Sendable, Hashable {
    case milliseconds  // the figure's own unit
    case seconds
    case share  // of 1
    case percent
    case perSecond
    case bytesPerSecond
    case dollars
    case megabytes
    case plain  // counts and ratios

    /// That of a statistic of a distribution.
    func of(_ statistic: String?) -> FigureDimension {
        switch statistic {
        case "count": .plain
        case "cv_percent", "cv", "cv_without_top2": .percent
        default: self
        }
    }

    private var units: [FigureUnit] {
        switch self {
        case .milliseconds: Self.times.map { FigureUnit(name: $0.name, size: $0.seconds * 1000) }
        case .seconds: Self.times.map { FigureUnit(name: $0.name, size: $0.seconds) }
        case .share: [FigureUnit(name: "", size: 1), FigureUnit(name: "%", size: 0.01)]
        case .percent: [FigureUnit(name: "", size: 1), FigureUnit(name: "%", size: 1)]
        case .perSecond:
            ["", "/s", "tok/s", "tokens/s", "req/s", "rps", "tps"].map { FigureUnit(name: $0, size: 1) }
        case .bytesPerSecond:
            [("", 1.0), ("B/s", 1), ("kB/s", 1e3), ("MB/s", 1e6)].map { FigureUnit(name: $0.0, size: $0.1) }
        case .dollars: ["", "$", "usd"].map { FigureUnit(name: $0, size: 1) }
        case .megabytes: [("", 1.0), ("MB", 1), ("GB", 1e3)].map { FigureUnit(name: $0.0, size: $0.1) }
        case .plain: [FigureUnit(name: "", size: 1)]
        }
    }

    private static let times: [(name: String, seconds: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600),
    ]

    /// A number with its unit, in the figure's own unit. Times must say theirs: a bare 5 could be either.
    func read(
        _ text: Substring,
        _ expression: String,
        figure: String
    ) throws(ThresholdError) -> (Double, FigureUnit) {
        var rest = text
        var name = ""
        if rest.first == "$" {
            name = "$"
            rest = rest.dropFirst().trimmed
        }
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_" || $0 == "-" || $0 == "+") }
        guard let number = Double(digits.filter { $0 != "_" }), number.isFinite else {
            throw ThresholdError(expression, text.isEmpty ? "no value to compare with" : "'\(text)' is no number")
        }
        let suffix = rest.dropFirst(digits.count).trimmed
        if !suffix.isEmpty {
            if !name.isEmpty { throw ThresholdError(expression, "'\(text)' has two units") }
            name = String(suffix)
        }
        guard let unit = units.first(where: { $0.name == name }) else {
            let allowed = units.map { $0.name.isEmpty ? "none" : $0.name }.joined(separator: ", ")
            let read = name.isEmpty ? "'\(text)' has no unit" : "unit '\(name)' does not fit \(figure)"
            throw ThresholdError(expression, "\(read); allowed: \(allowed)")
        }
        return (number * unit.size, unit)
    }
}

/// Finding what somebody meant to write.
enum Spelling {
    /// The known word that takes the fewest single-character edits (Levenshtein 1966); nil without any.
    static func nearest(to word: String, among known: [String]) -> String? {
        known.min { distance(word, $0) < distance(word, $1) }
    }

    static func distance(_ a: String, _ b: String) -> Int {
        let columns = Array(b.prefix(200))
        var row = Array(0...columns.count)
        for character in a.prefix(200) {
            var diagonal = row[0]
            row[0] += 1
            for (index, other) in columns.enumerated() {
                let above = row[index + 1]
                row[index + 1] = min(min(above, row[index]) + 1, diagonal + (character == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[columns.count]
    }
}
