/// What the terminal can show.
public struct TerminalStyle: Sendable, Hashable {
    /// Columns; lines keep within them.
    public var width: Int
    /// Whether escape sequences for colours may be written (a terminal, and no NO_COLOR).
    public var colour: Bool
    /// Whether anything but ASCII may be written (the locale's encoding is UTF-8).
    public var unicode: Bool

    public init(width: Int = 100, colour: Bool = false, unicode: Bool = true) {
        self.width = width
        self.colour = colour
        self.unicode = unicode
    }

    /// The text as this terminal can show it: nothing that moves the cursor, and ASCII where it knows no more.
    func shown(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars where !SafeText.isHarmful(scalar) {
            if unicode || scalar.isASCII || scalar == "\u{A0}" {
                result.unicodeScalars.append(scalar)
            } else {
                result += Self.ascii[scalar] ?? "?"
            }
        }
        return result
    }

    private static let ascii: [Unicode.Scalar: String] = [
        "–": "-", "—": "-", "µ": "u", "·": "-", "←": "<-", "…": "...", "×": "x", "≤": "<=", "≥": ">=",
    ]

    /// Select Graphic Rendition, ECMA-48 8.3.117.
    func painted(_ text: String, _ tone: Tone) -> String {
        guard colour, !text.isEmpty else { return text }
        let code =
            switch tone {
            case .plain: ""
            case .strong: "1"
            case .dim: "2"
            case .good: "32"
            case .caution: "33"
            case .bad: "31"
            }
        return code.isEmpty ? text : "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    /// A word on a coloured ground.
    func badge(_ word: String, _ tone: Tone) -> String {
        guard colour else { return word }
        let code =
            switch tone {
            case .plain, .strong, .dim: "1;7"
            case .good: "1;30;42"
            case .caution: "1;30;43"
            case .bad: "1;37;41"
            }
        return "\u{1b}[\(code)m \(word) \u{1b}[0m"
    }
}
