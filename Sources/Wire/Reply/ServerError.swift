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
    ///     {"base_resp":{"status_code","status_msg"}}    MiniMax
    ///     {"code","msg","success":false}                SiliconFlow, Zhipu, Alibaba with "message"
    ///     {"error_code","error_msg"}                    Baidu
    ///     {"Response":{"Error":{"Code","Message"}}}     Tencent
    ///     {"header":{"code","message"}}                 iFlytek
    init(_ root: JSONValue, parser: JSONParser) {
        let inner = root["error"]
        let source = inner.kind == .object ? inner : root
        let tencent = root["Response"]["Error"]
        let candidates = [
            inner.kind == .string ? inner : .absent, source["message"], source["error"], root["message"],
            root["detail"], source["msg"], root["x_groq"]["error"], root["base_resp"]["status_msg"],
            root["error_msg"], root["error_message"], root["errorMessage"], root["err_msg"], root["errmsg"],
            tencent["Message"], root["header"]["message"], root["fault"]["faultstring"], root["Message"],
            root["errors"], root["title"],
        ]
        let found =
            candidates.lazy.compactMap { $0.kind == .string ? $0.text(limit: Self.longest) : nil }.first
            ?? candidates.first { $0.kind == .object || $0.kind == .array }?.json(by: parser)
        message = (found ?? root.json(by: parser)).prefix(utf8: Self.longest)
        type = Self.scalar(source["type"]) ?? Self.scalar(source["status"]) ?? Self.scalar(root["error_type"])
        let codes = [
            source["code"], source["http_status_code"], root["status_code"], root["code"],
            root["base_resp"]["status_code"], root["error_code"], root["errorCode"], root["errcode"], tencent["Code"],
            root["header"]["code"], inner.isPresent ? .absent : root["id"],
        ]
        code = codes.lazy.compactMap { Self.scalar($0) }.first
        if code == nil, inner.kind == .number { code = Self.scalar(inner) }
        for detail in source["details"].elements {
            guard let delay = detail["retryDelay"].text(limit: 32) else { continue }
            retryDelaySeconds = WaitingTime.seconds(delay) { 0 }
        }
    }

    /// From an event or document of a success status that is not what the API sends, if it says in some vendor's own way
    /// that it is an error; a document with a message and nothing else is one.
    init?(vendorForm root: JSONValue, isDocument: Bool, parser: JSONParser) {
        guard root.kind == .object else { return nil }
        let hasMessage = ["message", "msg", "detail"].contains { (name: StaticString) in root[name].text != nil }
        let codes = [
            root["base_resp"]["status_code"], root["error_code"], root["errorCode"], root["errcode"],
            root["header"]["code"], root["Response"]["Error"]["Code"], hasMessage ? root["code"] : .absent,
            hasMessage ? root["status_code"] : .absent,
        ]
        let texts = ["error_msg", "error_message", "errorMessage", "err_msg", "Message"] as [StaticString]
        let saysFailure =
            codes.contains { Self.isFailure(code: $0) } || root["success"].bool == false || root["ok"].bool == false
            || ["error", "failed", "fail"].contains { root["status"].equals($0) }
            || texts.contains { root[$0].text != nil } || root["errors"].elements.contains { _ in true }
            || root["fault"].kind == .object
        guard saysFailure || (isDocument && hasMessage) else { return nil }
        self.init(root, parser: parser)
    }

    /// 0, 200 and words of success are codes of no error.
    private static func isFailure(code: JSONValue) -> Bool {
        if let number = code.int { return number != 0 && number != 20_000 && !(200..<300).contains(number) }
        guard let word = code.text(limit: 128)?.lowercased() else { return false }
        return !["0", "200", "20000", "ok", "success", "succeeded"].contains(word)
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
