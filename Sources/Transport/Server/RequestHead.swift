/// The head of a request, read strictly: what is odd is refused, not guessed.
struct RequestHead {
    enum Problem: Int, Error { case bad = 400, tooLarge = 431, notImplemented = 501, version = 505 }

    enum BodyLength: Equatable { case none, bytes(Int), chunked }

    var method: String
    var path: String
    var headers: [(name: String, value: String)] = []
    var isVersion1_1: Bool
    var keepsAlive: Bool
    var body: BodyLength
    var expectsContinue: Bool

    /// - Parameter bytes: up to and including the blank line; each line ends with CRLF.
    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        var lines = Self.lines(of: bytes)[...]
        while lines.first?.isEmpty == true { lines.removeFirst() }  // RFC 9112, 2.2: blank lines before a request
        guard let start = lines.popFirst() else { throw .bad }
        let words = start.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy({ (0x41...0x5a).contains($0) }) else {
            throw .bad
        }
        switch String(decoding: words[2], as: UTF8.self) {
        case "HTTP/1.1": isVersion1_1 = true
        case "HTTP/1.0": isVersion1_1 = false
        case let other where other.hasPrefix("HTTP/"): throw .version
        default: throw .bad
        }
        method = String(decoding: words[0], as: UTF8.self)
        path = try Self.path(ofTarget: words[1])
        keepsAlive = isVersion1_1
        expectsContinue = false
        body = .none
        var length: Int?
        var hosts = 0
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: 0x3a) else { throw .bad }
            let name = line[..<colon]
            guard !name.isEmpty, name.allSatisfy(Self.isToken) else { throw .bad }  // no folded lines either
            let value = Self.trimmed(line[line.index(after: colon)...])
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { throw .bad }
            let lowerName = String(decoding: name, as: UTF8.self).lowercased()
            let text = String(decoding: value, as: UTF8.self)
            headers.append((lowerName, text))
            switch lowerName {
            case "host": hosts += 1
            case "content-length":
                guard let number = Self.decimal(value), length == nil || length == number else { throw .bad }
                length = number
            case "transfer-encoding":
                guard text.lowercased() == "chunked" else { throw .notImplemented }
                body = .chunked
            case "connection":
                let options = text.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }
                if options.contains("keep-alive") { keepsAlive = true }
                if options.contains("close") { keepsAlive = false }
            case "expect": expectsContinue = text.lowercased() == "100-continue"
            default: break
            }
        }
        if isVersion1_1, hosts != 1 { throw .bad }  // RFC 9112, 3.2
        if body == .chunked, length != nil || !isVersion1_1 { throw .bad }  // RFC 9112, 6.1: a smuggling attempt
        if let length, length > 0 { body = .bytes(length) }
    }

    private static func lines(of bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { $0.last == 0x0d ? $0.dropLast() : $0 }
    }

    /// The path of an origin-form or absolute-form target (RFC 9112, 3.2), without the query.
    private static func path(ofTarget target: ArraySlice<UInt8>) throws(Problem) -> String {
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .bad }
        var text = String(decoding: target, as: UTF8.self)[...]
        if text.hasPrefix("http://") {
            text = text.dropFirst(7).drop { $0 != "/" }
            if text.isEmpty { return "/" }
        }
        guard text.hasPrefix("/") || text == "*" else { throw .bad }
        return String(text.prefix { $0 != "?" })
    }

    /// Digits only, at most 15 of them; `Int` would take a sign.
    static func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard (1...15).contains(bytes.count), bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true
        default: false
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }
}
