/// How many cells of a terminal a text takes.
enum DisplayWidth {
    /// Wide East Asian characters and emoji take two, combining marks none (Unicode Standard Annex 11, wide and
    /// fullwidth; ambiguous ones count one).
    static func of(_ text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

    /// The longest beginning that takes at most `width` cells.
    static func prefix(_ text: String, width limit: Int) -> Substring {
        var used = 0
        var end = text.startIndex
        for index in text.indices {
            used += width(of: text[index])
            if used > limit { break }
            end = text.index(after: index)
        }
        return text[..<end]
    }

    private static func width(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        let mark = scalar.properties.generalCategory
        if mark == .nonspacingMark || mark == .enclosingMark { return 0 }
        return isWide(scalar.value) ? 2 : 1
    }

    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x231a...0x231b, 0x2329...0x232a, 0x23e9...0x23ec, 0x2e80...0x303e, 0x3041...0x33ff,
            0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff,
            0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1b000...0x1b2ff, 0x1f004...0x1f004,
            0x1f0cf...0x1f0cf, 0x1f18e...0x1f18e, 0x1f191...0x1f19a, 0x1f200...0x1f320, 0x1f32d...0x1f64f,
            0x1f680...0x1f6fc, 0x1f7e0...0x1f7eb, 0x1f90c...0x1f9ff, 0x1fa70...0x1faff, 0x20000...0x3fffd:
            true
        default: false
        }
    }
}
