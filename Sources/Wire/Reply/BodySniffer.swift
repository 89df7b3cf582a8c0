/// Tells from a body's first bytes, and from what its content type promised, how to read it.
enum BodySniffer {
    enum Promise { case eventStream, json, other }
    enum Verdict { case eventStream, json, opaque }

    /// By which compressed bodies begin (RFC 1952, RFC 8878, RFC 1950), whatever the headers say.
    private static let magic: [(name: String, bytes: [UInt8])] = [
        ("gzip", [0x1f, 0x8b]), ("zstd", [0x28, 0xb5, 0x2f, 0xfd]), ("zlib", [0x78, 0x9c]), ("zlib", [0x78, 0x01]),
        ("zlib", [0x78, 0xda]),
    ]

    /// How a body is compressed; nil where its first bytes are of none that is known.
    static func compression(of head: UnsafeRawBufferPointer) -> String? {
        magic.first { head.starts(with: $0.bytes) }?.name
    }

    /// The fields of an event stream, by which its lines begin.
    static let fields: [StaticString] = [":", "data:", "event:", "id:", "retry:", "error:"]

    /// Whether a line, cut off somewhere, may have been one of an event stream.
    static func mayBeField(_ line: UnsafeRawBufferPointer) -> Bool {
        fields.contains { field in
            UnsafeBufferPointer(start: field.utf8Start, count: field.utf8CodeUnitCount).starts(with: line)
        }
    }

    /// From a Content-Type header; its parameters and case do not matter.
    static func promise(of contentType: String?) -> Promise {
        let essence = (contentType ?? "").prefix { $0 != ";" && $0 != " " && $0 != "," }.lowercased()
        if essence == "text/event-stream" { return .eventStream }
        if essence == "application/json" || essence.hasSuffix("+json") { return .json }
        return .other
    }

    /// nil while the bytes do not yet tell.
    static func verdict(on head: UnsafeRawBufferPointer, promise: Promise) -> Verdict? {
        var rest = head[...]
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        if rest.first == mark[0] {
            if rest.count < 3, rest.elementsEqual(mark.prefix(rest.count)) { return nil }
            if rest.starts(with: mark) { rest = rest.dropFirst(3) }
        }
        rest = rest.drop { $0 == UInt8(ascii: " ") || (0x09...0x0d).contains($0) }
        guard let first = rest.first else { return nil }
        if compression(of: head) != nil { return .opaque }
        if magic.contains(where: { $0.bytes.starts(with: head) }) { return nil }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
        if first == UInt8(ascii: "<") { return .opaque }
        if promise == .eventStream { return .eventStream }
        for field in fields.dropLast() {
            let name = UnsafeBufferPointer(start: field.utf8Start, count: field.utf8CodeUnitCount)
            if rest.starts(with: name) { return .eventStream }
            if name.starts(with: rest) { return nil }
        }
        return .opaque
    }
}
