/// Takes secrets out of text before it leaves the process, in whatever dress a server may echo them.
///
/// Looked for, byte by byte: the secret itself, with any of its characters escaped for JSON (`\"`, `\u002b`) or for a
/// URL (`%2b`, `%252b`, `+`) or for HTML (`&#43;`, `&#x2b;`, `&amp;`); what base64 makes of it inside a longer text; its bytes in hexadecimal; and of a long one every beginning, since messages
/// show the first characters of a key or are cut amid it; and the secret backwards.
public struct Redactor: Sendable, Hashable {
    private struct Needle: Sendable, Hashable {
        var bytes: [UInt8]
        var least: Int  // so many of its bytes are enough
        var dress: Dress
    }

    private enum Dress: Sendable, Hashable { case plain, base64, hexadecimal }

    private let needles: [Needle]

    /// - Parameter secrets: keys as they are sent; shorter than 4 characters are not looked for, since they would
    ///   blot out ordinary text.
    public init(secrets: [String]) {
        var needles: Set<Needle> = []
        for secret in secrets where secret.utf8.count >= 4 {
            let bytes = Array(secret.utf8)
            let isLong = bytes.count >= 16
            let least = isLong ? 8 : bytes.count
            needles.insert(Needle(bytes: bytes, least: least, dress: .plain))
            needles.insert(Needle(bytes: bytes, least: least, dress: .hexadecimal))
            if isLong { needles.insert(Needle(bytes: bytes.reversed(), least: least, dress: .plain)) }
            for phase in 0..<3 {  // base64 of the secret within a longer text starts at one of three phases
                let core = Self.base64Core(bytes, phase: phase)
                guard core.count >= 8 else { continue }
                needles.insert(Needle(bytes: core, least: isLong ? 12 : core.count, dress: .base64))
            }
        }
        self.needles = Array(needles)
    }

    public func redacted(_ text: String) -> String {
        if needles.isEmpty { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        var hasFound = false
        while position < bytes.count {
            let length = needles.reduce(0) { max($0, Self.length(of: $1, in: bytes, at: position)) }
            if length > 0 {
                hasFound = true
                result.append(contentsOf: "[redacted]".utf8)
                position += length
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return hasFound ? String(decoding: result, as: UTF8.self) : text
    }

    // MARK: matching

    /// How many bytes of `text` from `start` show the needle, or enough of its beginning; 0 if none do.
    private static func length(of needle: Needle, in text: [UInt8], at start: Int) -> Int {
        var position = start
        var seen = 0
        while seen < needle.bytes.count {
            let step =
                switch needle.dress {
                case .plain: step(needle.bytes[seen], in: text, at: position)
                case .base64: base64Step(needle.bytes[seen], in: text, at: position)
                case .hexadecimal: hexadecimalStep(needle.bytes[seen], in: text, at: position)
                }
            if step == 0 { break }
            position += step
            seen += 1
        }
        return seen >= needle.least ? position - start : 0
    }

    /// How many bytes of `text` stand for `byte`, escaped or not; 0 if they do not.
    private static func step(_ byte: UInt8, in text: [UInt8], at position: Int) -> Int {
        guard position < text.count else { return 0 }
        let rest = text.count - position
        switch text[position] {
        case UInt8(ascii: "\\") where rest >= 2 && text[position + 1] == byte && !isLetterOrDigit(byte):
            return 2
        case UInt8(ascii: "\\") where rest >= 6 && text[position + 1] == UInt8(ascii: "u"):
            if hexadecimal(text[(position + 2)..<(position + 6)]) == UInt32(byte) { return 6 }
        case UInt8(ascii: "%") where rest >= 3:
            if hexadecimal(text[(position + 1)..<(position + 3)]) == UInt32(byte) { return 3 }
            if rest >= 5, text[(position + 1)..<(position + 3)].elementsEqual("25".utf8),
                hexadecimal(text[(position + 3)..<(position + 5)]) == UInt32(byte)
            {
                return 5
            }
        case UInt8(ascii: "&") where rest >= 4:
            let length = entity(of: byte, in: text, at: position)
            if length > 0 { return length }
        case UInt8(ascii: "+") where byte == UInt8(ascii: " "):
            return 1
        default: break
        }
        return text[position] == byte ? 1 : 0
    }

    /// The same for a character reference of HTML, by number or by name.
    private static func entity(of byte: UInt8, in text: [UInt8], at position: Int) -> Int {
        guard let end = text[position...].prefix(9).firstIndex(of: UInt8(ascii: ";")) else { return 0 }
        var body = text[(position + 1)..<end]
        let length = end - position + 1
        guard body.first == UInt8(ascii: "#") else {
            let named: [UInt8: StaticString] = [
                UInt8(ascii: "&"): "amp", UInt8(ascii: "<"): "lt", UInt8(ascii: ">"): "gt", UInt8(ascii: "\""): "quot",
                UInt8(ascii: "'"): "apos",
            ]
            guard let name = named[byte] else { return 0 }
            return body.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
                ? length : 0
        }
        body = body.dropFirst()
        if body.first == UInt8(ascii: "x") || body.first == UInt8(ascii: "X") {
            return !body.dropFirst().isEmpty && hexadecimal(body.dropFirst()) == UInt32(byte) ? length : 0
        }
        let digits = body.allSatisfy { (0x30...0x39).contains($0) } && !body.isEmpty
        let value = body.reduce(UInt32(0)) { $0 &* 10 &+ UInt32($1 &- 0x30) }
        return digits && value == UInt32(byte) ? length : 0
    }

    /// The same for a base64 character; the alphabet for URLs has - and _ in place of + and /.
    private static func base64Step(_ byte: UInt8, in text: [UInt8], at position: Int) -> Int {
        guard position < text.count else { return 0 }
        switch (byte, text[position]) {
        case (UInt8(ascii: "+"), UInt8(ascii: "-")), (UInt8(ascii: "/"), UInt8(ascii: "_")): return 1
        default: return step(byte, in: text, at: position)
        }
    }

    /// The same for a byte written as two hexadecimal digits.
    private static func hexadecimalStep(_ byte: UInt8, in text: [UInt8], at position: Int) -> Int {
        guard position + 2 <= text.count else { return 0 }
        return hexadecimal(text[position..<(position + 2)]) == UInt32(byte) ? 2 : 0
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// nil when there is a byte that is no hexadecimal digit.
    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    // MARK: base64

    /// The base64 characters that depend on the secret alone, when `phase` bytes come before it.
    private static func base64Core(_ bytes: [UInt8], phase: Int) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        var index = (3 - phase) % 3  // bytes of the secret that share a group with what comes before
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            for shift in [18, 12, 6, 0] { text.append(alphabet[Int(group >> UInt32(shift)) & 63]) }
            index += 3
        }
        return text
    }
}
