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

    /// Against every row it names, one result for each; and against every phase that only one side has.
    public func results(on comparison: ComparisonResult) -> [RegressionResult] {
        let rows = comparison.rows.filter { $0.figure == metric.rawValue && (phase == nil || $0.phase == phase) }
        let missing = comparison.missingPhases.filter {
            $0.figures.contains(metric.rawValue) && (phase == nil || $0.phase == phase)
        }.map { RegressionResult(self, why: "\($0.side) has no phase \($0.phase)") }
        let results = rows.map(result) + missing
        return results.isEmpty ? [RegressionResult(self, why: "nothing in this comparison is called that")] : results
    }

    private func result(_ row: ComparisonResult.Row) -> RegressionResult {
        var result = RegressionResult(self, why: "")
        (result.side, result.base, result.metric) = (row.target, row.base, row.metric)
        guard row.absent.isEmpty else {
            result.why = row.verdict
            return result
        }
        guard row.gaps.isEmpty else { return onNothing(row, result) }
        guard let ratio = row.ratio else {
            result.why = "there is no ratio: \(row.verdict)"
            return result
        }
        result.change = 100 * (ratio - 1)
        if let low = row.interval?.lower, let high = row.interval?.upper {
            result.interval = ConfidenceInterval(lower: 100 * (low - 1), upper: 100 * (high - 1))
        }
        guard isBeyond(ratio) else {
            (result.outcome, result.why) = (.passed, "within the limit")
            return result
        }
        guard let interval = row.interval, interval.isBounded else {
            (result.outcome, result.why) = (
                .failed, "beyond the limit; too few measurements for an interval, so the change itself decides"
            )
            return result
        }
        if interval.contains(1) {
            (result.outcome, result.why) = (.notShown, "too few requests to fail on")
        } else {
            (result.outcome, result.why) = (.failed, "beyond the limit, and beyond chance")
        }
        return result
    }

    /// A rate or share that is 0 on one side: −100 % where it fell, wherever that was; from nothing there is no ratio.
    private func onNothing(_ row: ComparisonResult.Row, _ plain: RegressionResult) -> RegressionResult {
        var result = plain
        result.why = row.verdict
        let risen = row.gaps.contains { $0.side == row.base }
        let fallen = row.gaps.contains { $0.side == row.target }
        if fallen {
            result.change = -100
            if isBeyond(0) { result.outcome = .failed }
            // A fall everywhere is no rise; a fall somewhere says nothing of the rest.
            if !isBeyond(0), !risen, row.compared == 0 { result.outcome = .passed }
        } else if risen, isAbove {
            result.outcome = .failed
        } else if risen, row.compared == 0 {
            result.outcome = .passed
        }
        return result
    }

    private func isBeyond(_ ratio: Double) -> Bool {
        let limit = 1 + percent / 100  // 20 % more is 1.2 exactly
        return includesLimit && ratio == limit || (isAbove ? ratio > limit : ratio < limit)
    }
}

/// What became of a limit at one row of a comparison.
public struct RegressionResult: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        case passed  // within the limit
        case failed  // beyond it
        case notShown = "not_shown"  // beyond it, and chance would do as much: passes
        case undetermined  // a figure is missing: fails
    }

    public var expression: String
    public var outcome = Outcome.undetermined
    /// Whose figure, against whose, and which: `phase.figure`; empty where nothing matched.
    public var side = ""
    public var base = ""
    public var metric = ""
    public var change: Double?  // percent
    public var interval: ConfidenceInterval?  // 95 %, percent
    public var why: String

    init(_ limit: RegressionLimit, why: String) { (expression, self.why) = (limit.expression, why) }

    public var passed: Bool { outcome == .passed || outcome == .notShown }
}
