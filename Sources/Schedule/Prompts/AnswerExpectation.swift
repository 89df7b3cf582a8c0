/// What an answer must be for it to be of use: every condition that is given must hold of its visible text.
public struct AnswerExpectation: Sendable, Hashable {
    public var contains: [String] = []  // each somewhere in the text
    public var regex: String?  // with a match somewhere in the text
    public var json = false  // the whole text is one JSON document
    public var minChars: Int?  // characters at least

    public init() {}

    public var isEmpty: Bool { self == AnswerExpectation() }
}
