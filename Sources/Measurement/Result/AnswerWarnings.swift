/// What successful answers' details say about their figures, in sentences.
enum AnswerWarnings {
    static func about(_ requests: RequestSet, variety: AnswerVariety?) -> [String] {
        let successes = requests.successes
        let total = successes.count
        guard total > 0 else { return [] }
        var counts: [String: Int] = [:]
        var inOnePiece = 0
        successes.forEach { request in
            if let detail = request.detail { counts[detail, default: 0] += 1 }
            if request.firstToken == nil, request.lastToken != nil, request.vectors == nil,
                request.detail != "not_streaming"
            {
                inOnePiece += 1
            }
        }
        var warnings: [String] = []
        for (detail, words) in sentences {
            if let count = counts[detail] { warnings.append("\(part(count, of: total)) \(words)") }
        }
        let silent = successes.only { $0.vectors != nil && $0.tokenSource == nil }.count
        if silent > 0 {
            warnings.append(
                "\(part(silent, of: total)) reported no count of their input: its tokens and cost are unknown."
            )
        }
        if inOnePiece > 0 {
            warnings.append(
                "\(part(inOnePiece, of: total)) were asked for in one piece: they have an end-to-end time, and no time to "
                    + "first token, per output token or between tokens."
            )
        }
        if let variety, variety.distinct > variety.prompts {
            warnings.append(
                "At temperature 0 the same prompt did not always get the same answer: \(variety.distinct) different ones to "
                    + "\(variety.prompts) prompts asked \(variety.answers) times."
            )
        }
        return warnings
    }

    private static func part(_ count: Int, of total: Int) -> String {
        "\(inWords(Double(count))) of \(inCount(total, "answer"))"
    }

    /// Why not one answer was of use; nil where some were. A share of 0 % looks like a broken server, and is mostly a cap.
    static func aboutUselessness(of requests: RequestSet) -> String? {
        let judged = requests.only { $0.outcomeClass != .excluded }
        let successes = judged.successes
        guard !judged.isEmpty, judged.only({ $0.useful }).isEmpty else { return nil }
        let begin = "0 of \(judged.count) useful: "
        let cut = successes.only { $0.outcome == .okLength }.count
        let unexpected = successes.only { $0.detail == "unexpected" && $0.outcome != .okLength }.count
        let rest = successes.count - cut - unexpected
        func count(_ class: Outcome.Class) -> Int { judged.only { $0.outcomeClass == `class` }.count }
        let causes: [(count: Int, was: Bool, words: String)] = [
            (cut, true, "cut at max_tokens (length_is_useful: true counts them)"),
            (unexpected, true, "not what `expect` asks for"), (rest, true, "without visible text or a tool call"),
            (count(.failed), false, "failed"), (count(.throttled), true, "throttled"),
        ]
        let told = causes.filter { $0.count > 0 }.map { count, was, words in
            let who = count == judged.count && count > 1 ? "all" : "\(count)"
            return who + (was ? count == 1 ? " was " : " were " : " ") + words
        }
        return begin + told.joined(separator: ", ") + "."
    }

    private static let sentences: [(detail: String, words: String)] = [
        (
            "not_streaming",
            "came in one piece although a stream was asked for: they have no speed, and their time to first token is that "
                + "to the last."
        ),
        (
            "little_text",
            "had many tokens and almost no text, all in one event: they have no speed."
        ),
        (
            "buffered",
            "came in one or two reads with many events: gaps between their tokens say nothing."
        ),
        (
            RequestRecord.cutShort,
            "were cut by max_tokens before a word of the answer came: their times count, but none is useful. Raise "
                + "--max-tokens, or switch reasoning off (workload.reasoning: off)."
        ),
        ("usage_mismatch", "came with a token count that does not fit their text: figures in tokens are doubtful."),
        ("vector_count", "held other than one vector for each input: they are successes, but not useful."),
        ("bad_json", "had events that could not be read."),
        ("unexpected", "were not what their prompts expect: they are successes, but not useful."),
    ]
}
