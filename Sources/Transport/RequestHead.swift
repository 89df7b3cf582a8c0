/// The head of a request, read strictly: what is odd is refused, not guessed.
struct RequestHead {
    enum Problem: Int, Error { case bad = 400, notImplemented = 501, tooLarge = 431 }

    enum BodyLength: Equatable { case none, bytes(Int), chunked }

    var method: String
    var path: String
    var headers: [(name: String, value: String)] = []
    var keepsAlive: Bool
    var body: BodyLength
    var expectsContinue: Bool

    /// - Parameter bytes: up to and including the blank line.
    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        while lines.first?.isEmpty == true { lines.removeFirst() }  // RFC 9112, 2.2: blank lines before a request
        guard let start = lines.popFirst() else { throw .bad }
        let words = start.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy({ $0.isASCII && $0.isUppercase }),
            words[1].hasPrefix("/"), words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0"
        else { throw .bad }
        method = String(words[0])
        path = String(words[1].prefix { $0 != "?" })
        var keep = words[2] == "HTTP/1.1"
        var length: Int?
        var isChunked = false
        var expects = false
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                !line[..<colon].contains(where: { $0 == " " || $0 == "\t" })
            else { throw .bad }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].trimmed
            headers.append((name, value))
            switch name {
            case "content-length":
                guard let number = Int(value), number >= 0, length == nil || length == number else { throw .bad }
                length = number
            case "transfer-encoding":
                guard value.lowercased() == "chunked" else { throw .notImplemented }
                isChunked = true
            case "connection":
                let lower = value.lowercased()
                if lower == "close" { keep = false }
                if lower == "keep-alive" { keep = true }
            case "expect": expects = value.lowercased() == "100-continue"
            default: break
            }
        }
        if isChunked, length != nil { throw .bad }  // RFC 9112, 6.3: a smuggling attempt
        keepsAlive = keep
        expectsContinue = expects
        body = isChunked ? .chunked : length.map { $0 == 0 ? .none : .bytes($0) } ?? .none
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

/// A chunked body put together again (RFC 9112, 7.1).
struct ChunkedBody {
    private(set) var bytes: [UInt8] = []
    private var state = State.size
    private var line: [UInt8] = []

    private enum State: Equatable { case size, data(Int), dataEnd, trailer, done }

    var isComplete: Bool { state == .done }

    /// Takes what it can from the front of `input`; false when it is no chunked body or grows beyond `limit`.
    mutating func take(_ input: inout ArraySlice<UInt8>, limit: Int) -> Bool {
        while state != .done, let byte = input.first {
            if case .data(let left) = state {
                let count = min(left, input.count)
                bytes += input.prefix(count)
                input = input.dropFirst(count)
                state = left == count ? .dataEnd : .data(left - count)
                continue
            }
            input = input.dropFirst()
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                if line.count > 256 { return false }
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            defer { line.removeAll(keepingCapacity: true) }
            switch state {
            case .size:
                let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
                guard !digits.isEmpty, digits.count <= 8,
                    let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), bytes.count + size <= limit
                else { return false }
                state = size == 0 ? .trailer : .data(size)
            case .dataEnd:
                guard line.isEmpty else { return false }
                state = .size
            case .trailer: if line.isEmpty { state = .done }
            case .data, .done: break
            }
        }
        return true
    }
}
