/// A condition on a figure of the result, by the contract's grammar:
///
///     [target:][phase.]metric[.stat][selector] op value[unit]
///     mine:ramp.ttft.p95[concurrency=16] < 500ms
///
/// Reading one needs no run, so that a wrong one is found before the first request.
public struct Threshold: Sendable {
    public enum Comparison: String, Sendable, Hashable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case unequal = "!="

        func holds(_ value: Double, _ limit: Double) -> Bool {
            switch self {
            case .less: value < limit
            case .lessOrEqual: value <= limit
            case .greater: value > limit
            case .greaterOrEqual: value >= limit
            case .equal: value == limit
            case .unequal: value != limit
            }
        }
    }

    /// Which steps or bursts are meant; nil = all, and their phase.
    public enum Selector: Sendable, Hashable {
        case concurrency(Int)
        case rps(Double)
        case burst(Int)  // its index, from 0
        case served(ServedResult.Fact, String)  // which of those that answered; every place is meant
    }

    public let expression: String  // as written, trimmed
    public let target: String?
    public let phase: String?
    public let metric: String  // the summary's key, without its unit
    public let statistic: String?  // of a distribution
    public let selector: Selector?
    public let comparison: Comparison
    public let limit: Double  // in the figure's unit
    let figure: ThresholdMetric
    let unit: FigureUnit

    /// Reads an expression; the error says what is wrong with it and names the nearest that is known.
    public init(parsing expression: String) throws(ThresholdError) {
        let text = Substring(expression).trimmed
        self.expression = String(text)
        guard let (path, comparison, value) = Self.split(text) else {
            throw ThresholdError(expression, "no comparison; write e.g. ttft.p95 < 500ms")
        }
        self.comparison = comparison
        let (name, selector) = try Self.selector(of: path, expression)
        self.selector = selector
        var rest = name
        if let colon = name.lastIndex(of: ":") {
            let target = name[..<colon].trimmed
            if target.isEmpty { throw ThresholdError(expression, "no target before ':'") }
            self.target = String(target)
            rest = name[name.index(after: colon)...].trimmed
        } else {
            target = nil
        }
        let found = try ThresholdMetric.find(rest, expression)
        figure = found.metric
        metric = found.metric.name
        statistic = found.statistic
        phase = found.phase
        let dimension = found.metric.dimension(of: found.statistic)
        (limit, unit) = try dimension.read(value, expression, figure: String(rest))
        if let selector, !figure.accepts(selector) {
            throw ThresholdError(expression, "\(metric) has no value by [\(Self.name(of: selector))]")
        }
        if case .target = figure.source, let phase {
            throw ThresholdError(expression, "\(metric) is of a whole target; write it without '\(phase).'")
        }
        if case .served(let fact) = figure.source, selector == nil {
            throw ThresholdError(expression, "\(metric) of which one? write \(metric)[\(fact.rawValue)=NAME]")
        }
    }

    private static func split(_ text: Substring) -> (path: Substring, Comparison, value: Substring)? {
        let signs: Set<Character> = ["<", ">", "=", "!", "≤", "≥"]
        // A selector's own = stands inside brackets.
        var depth = 0
        for index in text.indices {
            let character = text[index]
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            guard depth == 0, signs.contains(character) else { continue }
            let rest = text[index...]
            let spellings: [(String, Comparison)] = [
                ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("==", .equal), ("!=", .unequal), ("≤", .lessOrEqual),
                ("≥", .greaterOrEqual), ("<", .less), (">", .greater),
            ]
            guard let (spelling, comparison) = spellings.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            return (text[..<index].trimmed, comparison, rest.dropFirst(spelling.count).trimmed)
        }
        return nil
    }

    private static func selector(
        of path: Substring,
        _ expression: String
    ) throws(ThresholdError) -> (Substring, Selector?) {
        guard let open = path.firstIndex(of: "[") else {
            if path.contains("]") { throw ThresholdError(expression, "a ']' without its '['") }
            return (path, nil)
        }
        guard path.last == "]" else { throw ThresholdError(expression, "a selector stands last: [concurrency=16]") }
        let inside = path[path.index(after: open)...].dropLast()
        let parts = inside.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(\.trimmed)
        guard parts.count == 2 else {
            throw ThresholdError(expression, "[\(inside)] is no selector; write [concurrency=16]")
        }
        let number = Double(parts[1])
        let whole = number.flatMap { Int(exactly: $0) }
        let name = path[..<open].trimmed
        if let fact = ServedResult.Fact(rawValue: String(parts[0])), !parts[1].isEmpty {
            return (name, .served(fact, String(parts[1])))
        }
        switch parts[0] {
        case "concurrency":
            guard let whole, whole > 0 else { break }
            return (name, .concurrency(whole))
        case "burst":
            guard let whole, whole >= 0 else { break }
            return (name, .burst(whole))
        case "rps":
            guard let number, number > 0, number.isFinite else { break }
            return (name, .rps(number))
        default:
            let known = ["concurrency", "rps", "burst"] + ServedResult.Fact.allCases.map(\.rawValue)
            let nearest = Spelling.nearest(to: String(parts[0]), among: known)
            throw ThresholdError(expression, "unknown selector '\(parts[0])'", nearest: nearest)
        }
        throw ThresholdError(expression, "'\(parts[1])' is no value for \(parts[0])")
    }

    private static func name(of selector: Selector) -> String {
        switch selector {
        case .concurrency(let level): "concurrency=\(level)"
        case .rps(let rate): "rps=\(inWords(rate))"
        case .burst(let index): "burst=\(index)"
        case .served(let fact, let name): "\(fact.rawValue)=\(name)"
        }
    }

    /// What is wrong with it for a run over these targets and phases; nil when it can apply.
    /// - Parameter measured: the targets whose servers' own metrics are read; nil = that is not known
    public func problem(targets: [String], phases: [String], measured: Set<String>? = nil) -> ThresholdError? {
        if metric.hasPrefix("server."), let measured,
            let unread = (target.map { [$0] } ?? targets).first(where: { !measured.contains($0) })
        {
            return ThresholdError(
                expression,
                "the metrics of \(unread) are not read; give its metrics: URL, or --metrics-url"
            )
        }
        if let target, !targets.contains(target) {
            let nearest = Spelling.nearest(to: target, among: targets)
            return ThresholdError(expression, "unknown target '\(target)'", nearest: nearest)
        }
        if let phase, !phases.contains(phase) {
            // What looks like a phase may be the beginning of a metric's name, misspelt.
            let words = [(phase, phases + ThresholdMetric.names), ("\(phase).\(metric)", ThresholdMetric.names)]
            let nearest = words.compactMap { word, known in
                Spelling.nearest(to: word, among: known).map { ($0, Spelling.distance(word, $0)) }
            }.min { $0.1 < $1.1 }
            return ThresholdError(expression, "unknown metric or phase '\(phase)'", nearest: nearest?.0)
        }
        return nil
    }
}

extension Threshold: Hashable {
    /// The expression decides all the rest.
    public static func == (a: Threshold, b: Threshold) -> Bool { a.expression == b.expression }

    public func hash(into hasher: inout Hasher) { hasher.combine(expression) }
}

/// Why an expression is no threshold.
public struct ThresholdError: Error, Sendable, Hashable, CustomStringConvertible {
    public var expression: String
    public var problem: String
    public var nearest: String?

    init(_ expression: String, _ problem: String, nearest: String? = nil) {
        self.expression = expression
        self.problem = problem
        self.nearest = nearest
    }

    public var description: String {
        "threshold '\(expression)': \(problem)" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    }
}

extension Substring {
    var trimmed: Substring {
        var rest = drop { $0.isWhitespace }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
