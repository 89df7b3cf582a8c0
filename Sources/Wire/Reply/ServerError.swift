/// An error in a server's own words: from the body of an error status, or from inside a stream that began well.
public struct ServerError: Error, Sendable, Hashable {
    public static let longest = 2048  // bytes of a message; other parts at most 128

    public var message: String
    public var type: String?
    public var code: String?  // numbers in decimal
    public var retryDelaySeconds: Double?  // Google's RetryInfo

    public init(message: String, type: String? = nil, code: String? = nil) {
        self.message = message
        self.type = type
        self.code = code
    }

    /// From a JSON value that says error, or is the body of an error status. Never fails: without a message in a known
    /// place the message is the value itself.
    ///
    ///     {"error":{"message","type","code"}}           OpenAI and most others
    ///     {"error":{"code","message","status"}}         Google
    ///     {"error":"text","error_type"}                 TGI; Ollama without the type
    ///     {"object":"error","message","type","code"}    SGLang
    ///     {"message","id"}                              DigitalOcean
    ///     {"detail":"text" or [...]}                    FastAPI
    init(_ root: JSONValue, parser: JSONParser) {
        let inner = root["error"]
        let source = inner.kind == .object ? inner : root
        let candidates = [
            inner.kind == .string ? inner : .absent, source["message"], source["error"], root["message"],
            root["detail"], source["msg"], root["x_groq"]["error"], root["errors"], root["title"],
        ]
        let found =
            candidates.lazy.compactMap { $0.kind == .string ? $0.text(limit: Self.longest) : nil }.first
            ?? candidates.first { $0.kind == .object || $0.kind == .array }?.json(by: parser)
        message = (found ?? root.json(by: parser)).prefix(utf8: Self.longest)
        type = Self.scalar(source["type"]) ?? Self.scalar(source["status"]) ?? Self.scalar(root["error_type"])
        code =
            Self.scalar(source["code"]) ?? Self.scalar(source["http_status_code"])
            ?? Self.scalar(root["status_code"]) ?? Self.scalar(root["code"])
            ?? (inner.isPresent ? nil : Self.scalar(root["id"]))
        if code == nil, inner.kind == .number { code = Self.scalar(inner) }
        for detail in source["details"].elements {
            guard let delay = detail["retryDelay"].text(limit: 32) else { continue }
            retryDelaySeconds = WaitingTime.seconds(delay) { 0 }
        }
    }

    private static func scalar(_ value: JSONValue) -> String? {
        value.text(limit: 128) ?? value.int.map { String($0) }
    }
}

extension JSONValue {
    /// nil unless a string with at least one byte; cut to `limit` bytes at a character's border.
    func text(limit: Int) -> String? {
        guard let utf8, utf8.count > 0 else { return nil }
        return String(decoding: utf8.prefix(limit + 4), as: UTF8.self).prefix(utf8: limit)
    }
}

extension String {
    /// The longest beginning of at most `count` UTF-8 bytes that cuts no scalar.
    func prefix(utf8 count: Int) -> String {
        if utf8.count <= count { return self }
        var end = utf8.index(startIndex, offsetBy: count)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
