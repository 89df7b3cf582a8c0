/// Tells from a body's first bytes, and from what its content type promised, how to read it.
enum BodySniffer {
    enum Promise { case eventStream, json, other }
    enum Verdict { case eventStream, json, opaque }

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
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
        if first == UInt8(ascii: "<") { return .opaque }
        if promise == .eventStream { return .eventStream }
        for field in [":", "data:", "event:", "id:", "retry:"] as [StaticString] {
            let name = UnsafeBufferPointer(start: field.utf8Start, count: field.utf8CodeUnitCount)
            if rest.starts(with: name) { return .eventStream }
            if name.starts(with: rest) { return nil }
        }
        return .opaque
    }
}
