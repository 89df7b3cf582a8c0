internal import Wire

/// The words a simulated answer is made of, one token each, over and over.
enum TokenText {
    private static let words = [" the", " time", " of", " day", " and", " a", " small", " house", " by", " water"]
    private static let escaped = words.map { EscapedText($0) }
    private static let opening = EscapedText("The")

    /// Tokens `index..<index + count` of an answer, as one piece.
    static func tokens(_ index: Int, count: Int) -> EscapedText {
        if count > 1 { return EscapedText(text(index, count: count)) }
        return index == 0 ? opening : escaped[index % escaped.count]
    }

    static func text(_ index: Int, count: Int) -> String {
        var text = ""
        for place in index..<(index + count) { text += place == 0 ? "The" : words[place % words.count] }
        return text
    }
}
