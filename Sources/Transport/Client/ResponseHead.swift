/// The head of a response, line by line as libcurl hands it over.
struct ResponseHead {
    /// Why the head is refused.
    enum Flaw: Sendable, Hashable {
        /// More than `limit` bytes, those of interim responses (1xx) included.
        case tooLong
        /// Content-Length fields that differ: nobody can tell where the body ends (RFC 9112, 6.3).
        case contentLengths
    }

    /// libcurl has limits of its own (100 KB a line, 300 KB in all), with less telling errors.
    static let limit = 256 * 1024
    private static let kept = 64 * 1024

    /// As they came, with their ends; at most 64 KiB.
    private(set) var lines: [UInt8] = []
    /// Whether the blank line behind it has come.
    private(set) var isComplete = false
    private(set) var flaw: Flaw?
    private var seen = 0  // bytes, of interim responses too
    private var contentLength: [UInt8]?

    mutating func reset() {
        lines.removeAll(keepingCapacity: true)
        (isComplete, flaw, seen, contentLength) = (false, nil, 0, nil)
    }

    /// Takes the next line with its end. false when the head has a flaw.
    mutating func add(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        seen += line.count
        // After a 1xx, the real one.
        if line.starts(with: "HTTP/".utf8) {
            lines.removeAll(keepingCapacity: true)
            contentLength = nil
        }
        isComplete = line.count <= 2
        if lines.count + line.count <= Self.kept { lines.append(contentsOf: line) }
        if let values = Self.value(of: "content-length", in: line) { note(contentLengths: values) }
        if seen > Self.limit { flaw = .tooLong }
        return flaw == nil
    }

    /// One field may hold several values: `5, 5`.
    private mutating func note(contentLengths values: Slice<UnsafeBufferPointer<UInt8>>) {
        for value in values.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let digits = Array(Self.trimmed(value).drop { $0 == UInt8(ascii: "0") })
            if let contentLength, contentLength != digits { flaw = .contentLengths }
            contentLength = digits
        }
    }

    /// Value of the first field of that name (lower case), or nil.
    func value(of name: String) -> String? {
        lines.withUnsafeBufferPointer { bytes in
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                guard let value = Self.value(of: name, in: UnsafeBufferPointer(rebasing: line)) else { continue }
                return String(decoding: value, as: UTF8.self)
            }
            return nil
        }
    }

    private static func value(
        of name: String,
        in line: UnsafeBufferPointer<UInt8>
    ) -> Slice<UnsafeBufferPointer<UInt8>>? {
        let length = name.utf8.count
        guard line.count > length, line[length] == UInt8(ascii: ":"),
            zip(line, name.utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 && $1 >= UInt8(ascii: "a") })
        else { return nil }
        return trimmed(line[(length + 1)...])
    }

    private static func trimmed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, [0x20, 0x09, 0x0d, 0x0a].contains(last) { bytes.removeLast() }
        return bytes
    }
}

extension Transfer {
    /// Where a redirect, which is never followed, points, in the server's words; nil for other answers.
    public var redirection: String? {
        guard (300..<400).contains(status), let place = responseHeader("location") else { return nil }
        return "redirected to \(place.prefix(500))"
    }

    /// Its lines as they came, with their ends; at most 64 KiB. Empty before the response.
    public var responseHead: [UInt8] { head.lines }

    /// Whether the blank line behind it has come.
    public var headIsComplete: Bool { head.isComplete }

    /// Value of the first response header of that name (lower case), or nil.
    public func responseHeader(_ name: String) -> String? { head.value(of: name) }
}
