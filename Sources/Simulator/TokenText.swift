internal import Wire

/// The words a simulated answer is made of, one token each, over and over.
enum TokenText {
    private static let words = ["the", " time", " of", " day", " and", " a", " small", " house", " by", " water"]
    private static let escaped = words.map { EscapedText($0) }

    /// The token at `index` of an answer.
    static func token(_ index: Int) -> EscapedText { escaped[index % escaped.count] }

    /// Tokens `index..<index + count`, for a server that gives several in one piece.
    static func tokens(_ index: Int, count: Int) -> EscapedText {
        count == 1 ? token(index) : EscapedText(text(index, count: count))
    }

    static func text(_ index: Int, count: Int) -> String {
        var text = ""
        for place in index..<(index + count) { text += words[place % words.count] }
        return text
    }
}
