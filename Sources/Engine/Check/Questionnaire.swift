public import Measurement
public import Wire

/// What to ask a target next, given its answers so far, and when it is over. Pure: the same answers, the same questions.
public protocol Questionnaire {
    /// In its requests' X-Request-Id.
    static var name: String { get }
    /// The next request; nil when it is over.
    var upcoming: Question? { get }
    /// What came of the last question.
    mutating func note(_ record: QuestionRecord)
}

/// One request of a script.
public struct Question: Sendable, Hashable {
    public var purpose: QuestionRecord.Purpose
    public var dialect: Dialect
    public var extra: [JSONMember] = []
    public var cap: Int
    /// One; of a request for embeddings as many as vectors are asked for.
    public var prompts: [String]
}
