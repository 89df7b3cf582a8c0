import Measurement

/// How long prompts came out, as the report says it.
enum PromptSection {
    /// How long synthetic prompts were to be, and how long the server says they were.
    static func length(_ length: InputLengthResult) -> Block {
        var sentence =
            "Prompt length: \(whole(length.asked)) tokens asked, \(whole(length.counted)) counted by the server (\(signed(length.error)), \(Figure.count(length.requests)) answers)."
        if length.offShare > 0 {
            sentence +=
                " Off by more than \(Figure.wholePercent(100 * InputLengthResult.limit)): "
                + "\(Figure.percent(share: length.offShare)) of them."
        }
        return .sentence(sentence, length.isOff ? .caution : .plain)
    }

    private static func whole(_ tokens: Double) -> String { Figure.count(Int64(min(tokens.rounded(), 1e15))) }

    private static func signed(_ share: Double) -> String {
        let tenths = (share * 1000).rounded() / 10
        return "\(tenths < 0 ? "−" : "+")\(Figure.percent(abs(tenths)))"
    }

    /// By what the length of prompts was made; nothing where all are the user's.
    static func calibration(_ result: RunResult) -> [Block] {
        guard result.targets.contains(where: { $0.inputLength != nil }) else { return [] }
        guard let record = result.calibration else {
            return [.sentence("Prompt lengths are estimates: one word was taken for one token.", .dim)]
        }
        guard record.isApplied else { return [] }  // a warning says why
        let facts = [
            record.tokensPerWord.map { "\(Figure.plain($0)) tokens a word" },
            record.templateTokens.map { "\(Figure.plain($0)) around each prompt" },
            record.nonceTokens.map { "\(Figure.plain($0)) for the digits that make it new" },
        ].compactMap(\.self).joined(separator: ", ")
        let cost = record.dollars.flatMap { $0 > 0 ? ", \(Figure.dollars($0))" : nil } ?? ""
        let shared = result.targets.count > 1 ? "; the same text went to all targets" : ""
        return [
            .sentence(
                "Prompts were sized beforehand by \(SafeText.line(record.target))'s own count: \(facts) "
                    + "(\(Figure.count(record.requests)) requests, \(Figure.count(record.inputTokens)) input tokens\(cost))\(shared).",
                .dim
            )
        ]
    }
}
