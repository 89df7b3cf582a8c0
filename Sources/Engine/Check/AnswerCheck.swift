internal import Schedule
internal import Wire
internal import _StringProcessing

/// Holds answers against what their prompts expect. Belongs to one loop, as its parser does.
struct AnswerCheck {
    private struct Condition {
        var expectation: AnswerExpectation
        var regex: Regex<AnyRegexOutput>?
    }

    private let common: Condition?
    private let own: [Int: Condition]  // by the prompt's place in the list
    private let prompts: Int  // of the list; 0 = there is none
    private let parser = JSONParser()

    /// nil when nothing is expected of any answer.
    init?(_ workload: Workload) {
        common = workload.expectation.map(Self.condition)
        var own: [Int: Condition] = [:]
        if case .list(let list) = workload.source {
            prompts = list.count
            for (index, prompt) in list.enumerated() {
                if let expectation = prompt.expectation { own[index] = Self.condition(expectation) }
            }
        } else {
            prompts = 0
        }
        self.own = own
        if common == nil, own.isEmpty { return nil }
    }

    /// What of the expectation an answer to the request with that index does not meet; nil when it meets all.
    func shortfall(of answer: String, index: Int) -> String? {
        guard let condition = (prompts > 0 ? own[index % prompts] : nil) ?? common else { return nil }
        let expectation = condition.expectation
        if let least = expectation.minChars, answer.count < least { return "fewer than \(least) characters" }
        if expectation.contains.contains(where: { !answer.contains($0) }) { return "does not contain what is expected" }
        if expectation.regex != nil {
            guard let regex = condition.regex, answer.firstMatch(of: regex) != nil else { return "does not match" }
        }
        if expectation.json, !parser.isDocument(answer) { return "no JSON" }
        return nil
    }

    private static func condition(_ expectation: AnswerExpectation) -> Condition {
        Condition(expectation: expectation, regex: expectation.regex.flatMap { try? Regex($0) })
    }
}
