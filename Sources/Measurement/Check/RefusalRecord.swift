/// How a target answered a request that it should refuse, asked before the run.
public struct RefusalRecord: Sendable, Hashable, Codable {
    public var purpose: QuestionRecord.Purpose
    /// It was answered as if nothing were wrong with it.
    public var served = false
    public var status: Int?  // HTTP; nil = no answer came
    public var meaning: String?  // the class that status and words mean
    public var words: String?  // the server's, redacted

    public init(purpose: QuestionRecord.Purpose) { self.purpose = purpose }

    /// From what was seen of the request.
    public init(_ record: QuestionRecord) {
        self.init(purpose: record.purpose)
        served = record.succeeded
        status = record.request.httpStatus
        guard !served else { return }
        meaning = record.errorClass
        words = record.request.error
    }
}
