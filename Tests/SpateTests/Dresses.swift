import Foundation

/// Every dress in which a server may echo a key. One table, held against every output.
struct Dresses {
    let key: String

    /// By name; what a message would hold.
    var all: [(name: String, text: String)] {
        let bytes = Array(key.utf8)
        let base64 = Data(bytes).base64EncodedString()
        let percent = each { "%" + hex($0) }
        let half = key.index(key.startIndex, offsetBy: key.count / 2)
        return [
            ("as it is", key), ("capitals", key.uppercased()), ("small letters", key.lowercased()),
            ("backwards", String(key.reversed())),
            ("zero-width spaces between", key.map(String.init).joined(separator: "\u{200b}")),
            ("soft hyphens between", key.map(String.init).joined(separator: "\u{ad}")),
            ("spaces between", key.map(String.init).joined(separator: " ")),
            ("its first 8", String(key.prefix(8))), ("its last 8", String(key.suffix(8))),
            ("its middle 16", String(key.dropFirst(4).prefix(16))),
            ("cut by a line end", "\(key[..<half])\n\(key[half...])"),
            ("cut by NUL", "\(key[..<half])\0\(key[half...])"),
            ("masked", "\(key.prefix(8))****\(key.suffix(8))"),
            ("base64", base64), ("base64 with more before", Data("user:\(key)".utf8).base64EncodedString()),
            ("base64 with a word before", Data("Bearer \(key)".utf8).base64EncodedString()),
            ("base64 for URLs", Self.forURLs(base64)), ("base64 in small letters", base64.lowercased()),
            ("base64 twice", Data(base64.utf8).base64EncodedString()),
            ("base64 twice with more before", Data("x: \(base64)".utf8).base64EncodedString()),
            ("base64 of its last 12", Data(bytes.suffix(12)).base64EncodedString()),
            ("base32", Self.base32(bytes)), ("base32 with more before", Self.base32(Array("ab".utf8) + bytes)),
            ("hexadecimal", each(hex)), ("hexadecimal in capitals", each(hex).uppercased()),
            ("hexadecimal with colons", bytes.map(hex).joined(separator: ":")),
            ("hexadecimal with 0x", bytes.map { "0x" + hex($0) }.joined(separator: ", ")),
            ("\\x", each { "\\x" + hex($0) }), ("\\u", each { "\\u00" + hex($0) }),
            ("octal", each { "\\" + String(String(0o1000 + Int($0), radix: 8).dropFirst()) }),
            ("decimal", bytes.map { String($0) }.joined(separator: ", ")),
            ("percent", percent), ("percent twice", percent.replacingOccurrences(of: "%", with: "%25")),
            ("percent where needed", key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key),
            ("character references", each { "&#\($0);" }), ("hexadecimal references", each { "&#x" + hex($0) + ";" }),
            ("references twice", each { "&amp;#\($0);" }),
            ("slashes escaped", key.replacingOccurrences(of: "/", with: "\\/")),
            ("quoted-printable", each { "=" + hex($0).uppercased() }),
        ]
    }

    /// What of it a text shows: dresses, or eight characters of the key in any case with what is not visible left out.
    func shown(in text: String) -> [String] {
        let visible = String(text.unicodeScalars.filter { (0x21...0x7e).contains($0.value) }.map(Character.init))
            .lowercased()
        let pieces = (0...(key.count - 8)).map { String(key.lowercased().dropFirst($0).prefix(8)) }
        let dresses = all.filter {
            !$0.name.contains("first 8") && !$0.name.contains("last 8") && text.contains($0.text)
        }
        return dresses.map(\.name) + pieces.filter(visible.contains)
    }

    private func each(_ dress: (UInt8) -> String) -> String { key.utf8.map(dress).joined() }

    private func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func forURLs(_ text: String) -> String {
        text.replacingOccurrences(of: "=", with: "").replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
    }

    /// RFC 4648, section 6; without padding.
    private static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        return String(
            stride(from: 0, to: bits.count, by: 5).map { start in
                let group = bits[start..<min(start + 5, bits.count)]
                return alphabet[group.reduce(0) { $0 << 1 | Int($1) } << (5 - group.count)]
            }
        )
    }
}
