/// Takes secrets out of text before it leaves the process, in whatever dress a server may echo them.
///
/// The text is looked at as it stands and with its escapes read (`\x`, `\u`, octal, `%`, `&#;`, up to three times), each
/// time in two ways: its visible ASCII characters, and its letters and digits alone, both in small letters. So neither
/// what stands between the letters (zero-width characters, colons, line ends, NUL) nor the case hides anything. What is
/// looked for are runs of eight characters of each dress: the secret itself, backwards, base64 (also of base64), base32,
/// and its bytes in hexadecimal, octal and decimal. Of a long secret a run that shows eight of its bytes is enough, of a
/// short one only the whole.
public struct Redactor: Sendable, Hashable {
    /// Bytes of a run that is looked up at once: they fill a word.
    private static let gram = 8
    /// Secrets of so many bytes may not be told in part.
    private static let longSecret = 16

    /// How long a run of grams must be, by gram. Those of the visible characters, and of letters and digits alone.
    private var visible: [UInt64: Int] = [:]
    private var squeezed: [UInt64: Int] = [:]
    /// Too short for a gram: found only as they stand, as a word of their own.
    private var words: [[UInt8]] = []

    /// - Parameter secrets: keys as they are sent; shorter than 4 characters are not looked for, since they would
    ///   blot out ordinary text.
    public init(secrets: [String]) {
        for secret in secrets where secret.utf8.count >= 4 {
            let bytes = Array(secret.utf8)
            guard bytes.count >= Self.gram else {
                words.append(bytes)
                continue
            }
            let isLong = bytes.count >= Self.longSecret
            func look(for dress: [UInt8], showing eightBytes: Int) {
                let plain = Self.visible(dress)
                Self.note(plain, least: isLong ? eightBytes : plain.count, in: &visible)
                let letters = Self.squeezed(dress)
                Self.note(letters, least: isLong ? eightBytes : letters.count, in: &squeezed)
            }
            look(for: bytes, showing: 8)
            look(for: bytes.reversed(), showing: 8)
            for alphabet in [Self.base64, Self.base64ForURLs] {
                for phase in 0..<3 {
                    let once = Self.digits(of: bytes, bits: 6, phase: phase, alphabet)
                    look(for: once, showing: 8)
                    for outer in 0..<3 {
                        look(for: Self.digits(of: once, bits: 6, phase: outer, alphabet), showing: 10)
                    }
                }
            }
            for phase in 0..<5 { look(for: Self.digits(of: bytes, bits: 5, phase: phase, Self.base32), showing: 11) }
            look(for: Self.numbers(bytes, radix: 16, width: 2), showing: 16)
            look(for: bytes.flatMap { Array("0x".utf8) + Self.numbers([$0], radix: 16, width: 2) }, showing: 32)
            look(for: Self.numbers(bytes, radix: 8, width: 3), showing: 24)
            look(for: Self.numbers(bytes, radix: 10, width: 0), showing: 16)
        }
    }

    public func redacted(_ text: String) -> String {
        if visible.isEmpty, words.isEmpty { return text }
        let bytes = Array(text.utf8)
        var hidden: [Range<Int>] = words.flatMap { Self.places(of: $0, in: bytes) }
        var view = View(bytes)
        for _ in 0...3 {
            view.search(visible, keeping: Self.isVisible, into: &hidden)
            view.search(squeezed, keeping: Self.isLetterOrDigit, into: &hidden)
            guard view.readEscapes() else { break }
        }
        guard !hidden.isEmpty else { return text }
        return Self.blotted(bytes, hidden)
    }

    private static func blotted(_ bytes: [UInt8], _ hidden: [Range<Int>]) -> String {
        var result: [UInt8] = []
        var position = 0
        var ranges = hidden.sorted { $0.lowerBound < $1.lowerBound }[...]
        while let first = ranges.popFirst() {
            var end = first.upperBound
            // Two secrets side by side are told apart, what overlaps is one.
            while let next = ranges.first, next.lowerBound < end { end = max(end, ranges.removeFirst().upperBound) }
            result += bytes[position..<first.lowerBound]
            result += "[redacted]".utf8
            position = end
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }

    /// Where a short secret stands as a word of its own.
    private static func places(of word: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        guard bytes.count >= word.count else { return [] }
        return (0...(bytes.count - word.count)).compactMap { start in
            let end = start + word.count
            guard bytes[start..<end].elementsEqual(word) else { return nil }
            let isWithin = start > 0 && isLetterOrDigit(bytes[start - 1]) && isLetterOrDigit(word[0])
            let goesOn = end < bytes.count && isLetterOrDigit(bytes[end]) && isLetterOrDigit(word[word.count - 1])
            return isWithin || goesOn ? nil : start..<end
        }
    }

    // MARK: what is looked for

    private static func note(_ dress: [UInt8], least: Int, in grams: inout [UInt64: Int]) {
        guard dress.count >= gram, least >= gram else { return }
        var window: UInt64 = 0
        for (index, byte) in dress.enumerated() {
            window = window << 8 | UInt64(byte)
            if index >= gram - 1 { grams[window] = min(grams[window] ?? .max, least) }
        }
    }

    private static func visible(_ bytes: [UInt8]) -> [UInt8] { bytes.filter(isVisible).map(small) }
    private static func squeezed(_ bytes: [UInt8]) -> [UInt8] { bytes.filter(isLetterOrDigit).map(small) }

    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let base64ForURLs = Array(base64.dropLast(2)) + Array("-_".utf8)
    private static let base32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// The digits of so many bits that depend on the bytes alone, where `phase` bytes come before them.
    private static func digits(of bytes: [UInt8], bits: Int, phase: Int, _ alphabet: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var skipped = (bits - phase * 8 % bits) % bits  // they share a digit with what comes before
        var (buffer, held) = (0, 0)
        for byte in bytes {
            buffer = buffer << 8 | Int(byte)
            held += 8
            if skipped > 0 {
                let count = min(skipped, held)
                held -= count
                skipped -= count
            }
            while held >= bits {
                held -= bits
                result.append(alphabet[buffer >> held & (1 << bits - 1)])
            }
            buffer &= 1 << held - 1
        }
        return result
    }

    private static func numbers(_ bytes: [UInt8], radix: Int, width: Int) -> [UInt8] {
        bytes.flatMap { byte in
            let digits = Array(String(byte, radix: radix).utf8)
            return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
        }
    }

    // MARK: characters

    fileprivate static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }

    fileprivate static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }

    fileprivate static func small(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
}

/// A text with some of its escapes read: bytes, and where in the text each stands.
private struct View {
    private var bytes: [UInt8]
    private var starts: [Int]  // and, at its end, the text's length

    init(_ text: [UInt8]) {
        bytes = text
        starts = Array(0...text.count)
    }

    /// Adds the places of runs whose grams are all known.
    func search(_ grams: [UInt64: Int], keeping keeps: (UInt8) -> Bool, into hidden: inout [Range<Int>]) {
        guard !grams.isEmpty else { return }
        var window: UInt64 = 0
        var places: [Int] = []  // of the bytes kept so far, in `bytes`
        places.reserveCapacity(bytes.count)
        var run = 0  // bytes of the present run
        var least = Int.max
        func end() {
            guard run >= least, run > 0, let last = places.last else { return }
            // The run ended one byte ago, unless the text did.
            hidden.append(starts[places[places.count - run]]..<starts[last + 1])
        }
        for (index, byte) in bytes.enumerated() where keeps(byte) {
            window = window << 8 | UInt64(Redactor.small(byte))
            if places.count >= 7, let needed = grams[window] {
                if run == 0 { run = 7 }
                run += 1
                least = min(least, needed)
            } else if run > 0 {
                end()
                (run, least) = (0, .max)
            }
            places.append(index)
        }
        end()
    }

    /// Reads one layer of escapes; false when there is none.
    mutating func readEscapes() -> Bool {
        var read: [UInt8] = []
        var places: [Int] = []
        var position = 0
        var hasFound = false
        while position < bytes.count {
            places.append(starts[position])
            if let escape = Escape.read(bytes[position...]) {
                hasFound = true
                read.append(escape.byte)
                position += escape.length
            } else {
                read.append(bytes[position])
                position += 1
            }
        }
        places.append(starts[bytes.count])
        (bytes, starts) = (read, places)
        return hasFound
    }
}

/// A character written in another way: for a string literal, JSON, a URL, HTML or a mail.
private struct Escape {
    var byte: UInt8
    var length: Int

    private static let names: [String: UInt8] = [
        "amp": 0x26, "lt": 0x3c, "gt": 0x3e, "quot": 0x22, "apos": 0x27, "plus": 0x2b, "sol": 0x2f, "bsol": 0x5c,
        "equals": 0x3d, "colon": 0x3a, "lowbar": 0x5f, "hyphen": 0x2d, "dash": 0x2d, "period": 0x2e, "num": 0x23,
        "dollar": 0x24, "percnt": 0x25, "excl": 0x21, "ast": 0x2a, "commat": 0x40, "nbsp": 0x20,
    ]

    /// nil when `text` does not begin with one.
    static func read(_ text: ArraySlice<UInt8>) -> Escape? {
        let rest = text.dropFirst().prefix(12)
        switch text.first {
        case UInt8(ascii: "\\"): return afterBackslash(rest)
        case UInt8(ascii: "&"): return reference(rest)
        case UInt8(ascii: "%") where rest.first.map { $0 | 0x20 } == UInt8(ascii: "u"):
            return digits(rest.dropFirst().prefix(4), radix: 16, exactly: 4, before: 2)
        case UInt8(ascii: "%"), UInt8(ascii: "="):  // a URL's, quoted-printable
            return digits(rest.prefix(2), radix: 16, exactly: 2, before: 1)
        default: return nil
        }
    }

    private static func afterBackslash(_ rest: ArraySlice<UInt8>) -> Escape? {
        guard let kind = rest.first else { return nil }
        let tail = rest.dropFirst()
        switch kind {
        case UInt8(ascii: "x"): return digits(tail.prefix(2), radix: 16, exactly: 2, before: 2)
        case UInt8(ascii: "u") where tail.first == UInt8(ascii: "{"):
            let inside = tail.dropFirst().prefix { $0 != UInt8(ascii: "}") }
            guard rest.count > inside.count + 2 else { return nil }
            return digits(inside, radix: 16, exactly: inside.count, before: 3, after: 1)
        case UInt8(ascii: "u"): return digits(tail.prefix(4), radix: 16, exactly: 4, before: 2)
        case UInt8(ascii: "U"): return digits(tail.prefix(8), radix: 16, exactly: 8, before: 2)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            let octal = rest.prefix(3).prefix { (0x30...0x37).contains($0) }
            return digits(octal, radix: 8, exactly: octal.count, before: 1)
        default:
            if Redactor.isLetterOrDigit(kind) || !Redactor.isVisible(kind) { return nil }
            return Escape(byte: kind, length: 2)
        }
    }

    /// `&#43;`, `&#x2b;`, `&plus;`.
    private static func reference(_ rest: ArraySlice<UInt8>) -> Escape? {
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let body = rest[..<end]
        guard body.first == UInt8(ascii: "#") else {
            return names[String(decoding: body, as: UTF8.self)].map { Escape(byte: $0, length: body.count + 2) }
        }
        let isHexadecimal = body.dropFirst().first.map { $0 | 0x20 } == UInt8(ascii: "x")
        let number = body.dropFirst(isHexadecimal ? 2 : 1)
        return digits(
            number,
            radix: isHexadecimal ? 16 : 10,
            exactly: number.count,
            before: isHexadecimal ? 3 : 2,
            after: 1
        )
    }

    /// - Parameters:
    ///   - before: bytes before the digits.
    ///   - after: bytes behind them.
    private static func digits(
        _ digits: ArraySlice<UInt8>,
        radix: Int,
        exactly count: Int,
        before: Int,
        after: Int = 0
    ) -> Escape? {
        guard count > 0, digits.count == count, digits.allSatisfy(Redactor.isLetterOrDigit),
            let value = Int(String(decoding: digits, as: UTF8.self), radix: radix), (0...0x7f).contains(value)
        else { return nil }
        return Escape(byte: UInt8(value), length: before + count + after)
    }
}
