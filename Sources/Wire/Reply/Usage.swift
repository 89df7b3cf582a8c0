import CSimdjson

/// Tokens of one reply as the server counted them; nil = it did not say.
public struct Usage: Sendable, Hashable {
    /// The most that is believed of a reply: sums over a long run stay far from what an integer holds.
    public static let mostTokens = Int64(sj_most_tokens)

    public var input: Int64?
    public var cachedInput: Int64?  // part of `input`
    public var written: Int64?  // to the cache; part of `input`
    public var writtenForHour: Int64?  // of them, those kept for an hour and not for minutes
    public var output: Int64?  // reasoning included
    public var reasoning: Int64?  // part of `output`
    public var total: Int64?  // as the server added it up

    public init(
        input: Int64? = nil,
        cachedInput: Int64? = nil,
        written: Int64? = nil,
        writtenForHour: Int64? = nil,
        output: Int64? = nil,
        reasoning: Int64? = nil,
        total: Int64? = nil
    ) {
        self.input = input
        self.cachedInput = cachedInput
        self.written = written
        self.writtenForHour = writtenForHour
        self.output = output
        self.reasoning = reasoning
        self.total = total
    }

    public var isEmpty: Bool { self == Usage() }

    /// As OpenAI's `usage` object. Without `total` it is input + output.
    func append(to buffer: inout [UInt8]) {
        JSONText.append("{\"prompt_tokens\":", to: &buffer)
        JSONText.append(input ?? 0, to: &buffer)
        JSONText.append(",\"completion_tokens\":", to: &buffer)
        JSONText.append(output ?? 0, to: &buffer)
        JSONText.append(",\"total_tokens\":", to: &buffer)
        JSONText.append(total ?? (input ?? 0) + (output ?? 0), to: &buffer)
        if cachedInput != nil || written != nil {
            JSONText.append(",\"prompt_tokens_details\":{\"cached_tokens\":", to: &buffer)
            JSONText.append(cachedInput ?? 0, to: &buffer)
            if let written {
                JSONText.append(",\"cache_write_tokens\":", to: &buffer)
                JSONText.append(written, to: &buffer)
            }
            JSONText.append("}", to: &buffer)
        }
        if let reasoning {
            JSONText.append(",\"completion_tokens_details\":{\"reasoning_tokens\":", to: &buffer)
            JSONText.append(reasoning, to: &buffer)
            JSONText.append("}", to: &buffer)
        }
        JSONText.append("}", to: &buffer)
    }
}

extension ReplyTally {
    /// A count of tokens. One that is not whole, below 0 or above `Usage.mostTokens` is none, which is noted.
    mutating func tokens(_ value: JSONValue) -> Int64? {
        guard value.kind == .number else { return nil }
        guard let count = value.int, (0...Usage.mostTokens).contains(count) else {
            note(.impossibleCount)
            return nil
        }
        return count
    }
}
