/// Takes secrets out of text before it leaves the process, in whatever dress a server may echo them.
public struct Redactor: Sendable, Hashable {
    private let needles: [String]  // longest first

    /// - Parameter secrets: keys as they are sent; shorter than 4 characters are not looked for, since they would
    ///   blot out ordinary text.
    public init(secrets: [String]) {
        var needles: Set<String> = []
        for secret in secrets where secret.utf8.count >= 4 {
            let bytes = Array(secret.utf8)
            needles.insert(secret)
            needles.insert(Self.percentEncoded(bytes))
            needles.insert(Self.percentEncoded(bytes).replacing("%20", with: "+"))
            for offset in 0..<3 {  // base64 of the secret within a longer text starts at one of three phases
                needles.insert(Self.base64Core(bytes, phase: offset))
            }
            needles.insert(
                secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("/", with: "\\/")
            )
            if bytes.count >= 16 { needles.insert(String(decoding: bytes.prefix(8), as: UTF8.self)) }
        }
        self.needles = needles.filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
    }

    public func redacted(_ text: String) -> String {
        var text = text
        for needle in needles where text.contains(needle) { text = text.replacing(needle, with: "[redacted]") }
        return text
    }

    private static func percentEncoded(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF")
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text.append("%")
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
        }
        return text
    }

    /// The base64 characters that depend on the secret alone, when `phase` bytes come before it.
    private static func base64Core(_ bytes: [UInt8], phase: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let skip = (3 - phase) % 3  // bytes of the secret that share a group with what comes before
        var text = ""
        var index = skip
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            for shift in [18, 12, 6, 0] { text.append(alphabet[Int(group >> UInt32(shift)) & 63]) }
            index += 3
        }
        return text.utf8.count >= 8 ? text : ""
    }
}
