/// Text of others (servers, profiles, file names) made harmless for a terminal: CWE-150.
public enum SafeText {
    /// One line without control characters: C0, DEL, C1 (an 8-bit ESC among them), line and paragraph separators, and
    /// the marks that reorder text (bidi) or hide it. Runs of white space become one space; beyond `limit` characters
    /// it ends in an ellipsis.
    public static func line(_ text: String, limit: Int = 200) -> String {
        var result = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in text.unicodeScalars {
            if isBlank(scalar) {
                pendingSpace = !result.isEmpty
            } else if !isHarmful(scalar) {
                if pendingSpace { result.append(" ") }
                pendingSpace = false
                result.append(scalar)
            }
        }
        let line = String(result)
        guard line.count > limit else { return line }
        return line.prefix(max(0, limit - 1)) + "…"
    }

    /// The same for a message of several lines, whose line ends and tabs stay.
    public static func lines(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0 == "\n" || $0 == "\t" || !isHarmful($0) })
        )
    }

    static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f...0x9f: true  // C0, DEL, C1
        case 0x00ad, 0x061c, 0x180e: true  // soft hyphen, Arabic letter mark, Mongolian separator
        case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f: true  // zero width, separators, bidi
        case 0xfeff, 0xfff9...0xfffb: true  // byte order mark, annotation
        case 0xe0000...0xe007f: true  // tags
        default: false
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\n", "\r", "\u{0b}", "\u{0c}", "\u{85}", "\u{a0}", "\u{2028}", "\u{2029}", "\u{3000}": true
        default: false
        }
    }
}
