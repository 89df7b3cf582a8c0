/// What the model wrote in answer to one request: one line of an OpenAI batch's output file, redacted.
public struct AnswerRecord: Sendable, Hashable {
    public var sequence: Int64 = 0  // of the request
    public var line = ""

    public init() {}

    public init(sequence: Int64, line: String) {
        self.sequence = sequence
        self.line = line
    }
}
