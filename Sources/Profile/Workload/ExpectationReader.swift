import Schedule
import _StringProcessing

/// Reads `expect`: what an answer must be to be of use.
struct ExpectationReader {
    static let form = "a map of contains, regex, json and min_chars"

    let log: ProblemLog

    func read(_ value: YAMLValue, path: String) -> AnswerExpectation? {
        var keys = MapReader(value, path: path, log: log, allowed: Self.form)
        var expectation = AnswerExpectation()
        expectation.contains = keys.take("contains").map { $0.texts(keys.path(of: "contains"), log) } ?? []
        expectation.regex = keys.text("regex")
        expectation.json = keys.flag("json") ?? false
        expectation.minChars = keys.count("min_chars", 1...10_000_000)
        keys.finish()
        if let regex = expectation.regex, !Self.isRegularExpression(regex) {
            keys.report("regex", value["regex"] ?? value, allowed: "a regular expression")
        }
        if expectation.isEmpty {
            log.report(value.place, path, "expects nothing; allowed: \(Self.form)")
            return nil
        }
        return expectation
    }

    static func isRegularExpression(_ text: String) -> Bool { (try? Regex(text)) != nil }
}
