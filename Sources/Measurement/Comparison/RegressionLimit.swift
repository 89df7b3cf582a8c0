/// How much worse a figure may be than the base's before a comparison fails: `ttft.p95 > +10%`.
///
///     [phase.]figure (> | >= | < | <=) (+ | -) number %
public struct RegressionLimit: Sendable, Hashable {
    public let expression: String
    let phase: String?
    let metric: ComparisonMetric
    let isAbove: Bool
    let includesLimit: Bool
    let percent: Double

    public init(parsing expression: String) throws(ComparisonError) {
        self.expression = expression
        func wrong(_ what: String) -> ComparisonError {
            ComparisonError(description: "'\(expression)': \(what); write for example 'ttft.p95 > +10%'")
        }
        guard let place = expression.firstIndex(where: { $0 == "<" || $0 == ">" }) else {
            throw wrong("neither > nor < is in it")
        }
        isAbove = expression[place] == ">"
        var rest = expression[expression.index(after: place)...]
        includesLimit = rest.first == "="
        if includesLimit { rest = rest.dropFirst() }
        let value = rest.trimmed
        guard value.hasSuffix("%"), let sign = value.first, sign == "+" || sign == "-" else {
            throw wrong("a change is a percentage with its sign, such as +10% or -5%")
        }
        guard let number = Double(value.dropLast().trimmed), number.isFinite, number > -100 else {
            throw wrong("'\(value)' is no percentage")
        }
        percent = number
        let path = expression[..<place].trimmed
        let names = ComparisonMetric.allCases.map(\.rawValue)
        guard
            let found = ComparisonMetric.allCases.first(where: {
                path == $0.rawValue || path.hasSuffix("." + $0.rawValue)
            })
        else {
            let last = path.split(separator: ".").suffix(2).joined(separator: ".")
            let near = Spelling.nearest(to: last, among: names).map { "; did you mean \($0)?" } ?? ""
            throw wrong("'\(path)' is no figure of a comparison (\(names.joined(separator: ", ")))\(near)")
        }
        metric = found
        phase = path == found.rawValue ? nil : String(path.dropLast(found.rawValue.count + 1))
    }

    /// Against every row it names; one result for each, failed where the change is beyond the limit and the row's interval
    /// holds no "no change". Where there is no interval the change alone decides; a row without a ratio has failed.
    public func results(on comparison: ComparisonResult) -> [ThresholdResult] {
        let rows = comparison.rows.filter { $0.figure == metric.rawValue && (phase == nil || $0.phase == phase) }
        guard !rows.isEmpty else {
            var result = ThresholdResult()
            (result.expression, result.unit) = (expression, "%")
            result.note = "undetermined: nothing in this comparison matches"
            return [result]
        }
        return rows.map { row in
            var result = ThresholdResult()
            (result.expression, result.unit) = (expression, "%")
            let place = "\(row.target), \(row.metric) against \(comparison.base)"
            guard let ratio = row.ratio else {
                result.note = "undetermined: \(place) has no ratio"
                return result
            }
            let change = 100 * (ratio - 1)
            result.value = change
            let limit = 1 + percent / 100  // of the ratio: 20 % more is 1.2 exactly
            let isBeyond = includesLimit && ratio == limit || (isAbove ? ratio > limit : ratio < limit)
            guard isBeyond else {
                (result.passed, result.note) = (true, place)
                return result
            }
            if let interval = row.interval, interval.isBounded {
                result.passed = interval.contains(1)
                result.note = result.passed ? "\(place): not beyond chance" : place
            } else {
                result.note = "\(place), without an interval: too few looks"
            }
            return result
        }
    }
}
