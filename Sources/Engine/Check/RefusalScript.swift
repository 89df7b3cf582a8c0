public import Measurement

/// What a target makes of requests that it should refuse: a model that is not there, and a body that is no JSON. Each twice,
/// to see which words are new each time.
public struct RefusalScript: Questionnaire, Sendable {
    public static let name = "refusal"
    private static let purposes: [QuestionRecord.Purpose] = [.wrongModel, .wrongModel, .brokenBody, .brokenBody]
    /// That it sends.
    public static let requests = purposes.count

    private let dialect: Dialect
    private var asked = 0

    public init(dialect: Dialect) { self.dialect = dialect }

    public var upcoming: Question? {
        guard asked < Self.requests else { return nil }
        return Question(
            purpose: Self.purposes[asked],
            dialect: dialect,
            cap: 1,
            prompts: [CheckQuestions.prompt]
        )
    }

    public mutating func note(_ record: QuestionRecord) { asked += 1 }
}
