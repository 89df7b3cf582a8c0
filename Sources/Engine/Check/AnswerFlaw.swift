internal import Wire

/// What makes a successful answer's figures say less than they seem to: its `detail`.
///
/// In this order, the first that holds counts.
enum AnswerFlaw: String, CaseIterable {
    /// Other than one embedding for each input: the answer is of no use.
    case vectorCount = "vector_count"
    /// A stream was asked for, and all text came in one piece: the time to the first token is that to the last.
    case notStreaming = "not_streaming"
    /// The server counts many tokens, and the only event with text holds less than a byte for each: tokens without text.
    case littleText = "little_text"
    /// Many events came in one or two reads, and in time: something on the way gathers them, and their gaps say nothing.
    case buffered
    /// The server's count of output tokens does not fit the text that came.
    case usageMismatch = "usage_mismatch"
    /// The server gave no count; events were counted.
    case usageMissing = "usage_missing"
    /// Some events could not be read.
    case badJSON = "bad_json"

    static func first(in evidence: OutcomeRule.Evidence) -> AnswerFlaw? { allCases.first { $0.holds(evidence) } }

    private func holds(_ evidence: OutcomeRule.Evidence) -> Bool {
        let reply = evidence.reply
        switch self {
        case .vectorCount: return evidence.inputs.map { $0 != reply.vectors } ?? false
        case .notStreaming:
            guard evidence.streams else { return false }
            return reply.isNotStreamed || (Self.isOneOfMany(reply) && !Self.hasLittleText(reply))
        case .littleText: return evidence.streams && Self.isOneOfMany(reply) && Self.hasLittleText(reply)
        case .buffered:
            guard evidence.streams, let reads = evidence.tokenReads else { return false }
            return reads <= 2 && reply.tokenEvents >= 16 && !evidence.mayHaveMet
        case .usageMismatch:
            guard let tokens = Self.shownTokens(reply), reply.textBytes > 0 else { return false }
            return Self.disagree(tokens, bytes: reply.textBytes, events: Int64(reply.tokenEvents))
        case .usageMissing:
            if evidence.inputs != nil { return reply.usage.input == nil }
            return reply.usage.output == nil && reply.textBytes > 0
        case .badJSON: return reply.unparseable > 0
        }
    }

    /// One event for eight tokens and more.
    private static func isOneOfMany(_ reply: ReplyFacts) -> Bool {
        reply.tokenEvents == 1 && (shownTokens(reply) ?? 0) >= 8
    }

    private static func hasLittleText(_ reply: ReplyFacts) -> Bool { reply.textBytes < shownTokens(reply) ?? 0 }

    /// Output tokens whose text was to be seen.
    private static func shownTokens(_ reply: ReplyFacts) -> Int64? {
        reply.usage.output.map { $0 - (reply.reasoningBytes == 0 ? reply.usage.reasoning ?? 0 : 0) }
    }

    /// Wide of every tokenizer: an event holds a token at least (characters of several tokens may share one, so half is
    /// let pass), a token is rarely below a byte and never dozens of them on average.
    private static func disagree(_ tokens: Int64, bytes: Int64, events: Int64) -> Bool {
        2 * tokens + 2 < events || tokens > 2 * bytes + 16 || bytes > 40 * tokens + 160
    }
}
