import Testing
import Wire

@Suite struct ServerErrorTests {
    /// The variants of error bodies, as the servers named send them.
    static let bodies: [(name: String, json: String, message: String, type: String?, code: String?)] = [
        ("OpenAI", #"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#, "m", "t", "c"),
        ("vLLM", #"{"error":{"message":"m","type":"t","param":null,"code":400}}"#, "m", "t", "400"),
        ("SGLang", #"{"object":"error","message":"m","type":"t","param":null,"code":400}"#, "m", "t", "400"),
        ("SGLang in a stream", #"{"error":{"object":"error","message":"m","type":"t","code":400}}"#, "m", "t", "400"),
        ("OpenRouter", #"{"error":{"code":502,"message":"m","metadata":{"provider":"x"}}}"#, "m", nil, "502"),
        ("Cerebras", #"{"error":{"message":"m","type":"t"},"status_code":429}"#, "m", "t", "429"),
        ("TGI", #"{"error":"m","error_type":"overloaded"}"#, "m", "overloaded", nil),
        ("TGI as OpenAI", #"{"error":{"message":"m","http_status_code":422}}"#, "m", nil, "422"),
        ("Ollama", #"{"error":"m"}"#, "m", nil, nil),
        (
            "Google", #"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#, "m", "RESOURCE_EXHAUSTED",
            "429"
        ),
        ("Google, an array", #"[{"error":{"code":429,"message":"m","status":"S"}}]"#, "m", "S", "429"),
        (
            "Anthropic", #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "m",
            "overloaded_error", nil
        ),
        ("no message", #"{"error":{"reason":"x"}}"#, #"{"error":{"reason":"x"}}"#, nil, nil),
        ("a message that is an object", #"{"error":{"message":{"a":1}}}"#, #"{"a":1}"#, nil, nil),
    ]

    static let flatBodies: [(name: String, json: String, message: String, type: String?, code: String?)] = [
        ("Cerebras, flat", #"{"message":"m","type":"t","param":"p","code":"c"}"#, "m", "t", "c"),
        ("DigitalOcean", #"{"id":"too_many_requests","message":"m"}"#, "m", nil, "too_many_requests"),
        ("FastAPI", #"{"detail":"m"}"#, "m", nil, nil),
        ("FastAPI, validation", #"{"detail":[{"msg":"m"}]}"#, #"[{"msg":"m"}]"#, nil, nil),
        ("unknown", #"{"x":1}"#, #"{"x":1}"#, nil, nil), ("a string", #""no""#, #""no""#, nil, nil),
    ]

    @Test(arguments: bodies + flatBodies)
    func `the body of an error status is read in every variant`(
        name: String,
        json: String,
        message: String,
        type: String?,
        code: String?
    ) {
        let bytes = Array(json.utf8)
        for sizes in splits("every", of: bytes) {
            let reply = decode(bytes, sizes: sizes, status: 429, contentType: "application/json").reply
            #expect(reply.error == ServerError(message: message, type: type, code: code), "\(name), \(sizes)")
        }
    }

    @Test(arguments: bodies)
    func `an error inside a stream is read in every variant`(
        name: String,
        json: String,
        message: String,
        type: String?,
        code: String?
    ) {
        let reply = decode("data: \(json)\n\ndata: [DONE]\n\n").reply
        #expect(reply.error == ServerError(message: message, type: type, code: code), "\(name)")
        #expect(reply.unparseable == 0)
        #expect(reply.events == 1)
        #expect(reply.tokenEvents == 0)
    }

    @Test(arguments: [
        "event: error\ndata: {\"message\":\"m\"}\n\n", "error: {\"message\":\"m\"}\n\n", "event: error\ndata: m\n\n",
        "data: {\"x_groq\":{\"error\":\"m\"},\"choices\":[]}\n\n", "{\"error\":\"m\"}",
        "data: {\"choices\":[]}\n\n{\"error\":\"m\"}\n", ": x\n\n{\"error\":\"m\"}", "data: {\"error\":\"m\"}",
        ": x\n[{\"error\":{\"message\":\"m\"}}]",
    ])
    func `an error in any dress of a stream with status 200 is found`(text: String) {
        let bytes = Array(text.utf8)
        for sizes in splits("every", of: bytes) {
            #expect(decode(bytes, sizes: sizes).reply.error?.message == "m", "reads of \(sizes)")
        }
    }

    @Test(arguments: ["null", "\"\"", "false", "0", "{}", "[]"])
    func `an error member that says nothing is no error`(value: String) {
        #expect(decode("data: {\"choices\":[],\"error\":\(value)}\n\n").reply.error == nil)
    }

    @Test(arguments: [("true", nil), ("404", "404")] as [(String, String?)])
    func `an error member that is a flag or a number takes its message from beside`(value: String, code: String?) {
        let reply = decode("data: {\"error\":\(value),\"message\":\"m\"}\n\n").reply
        #expect(reply.error == ServerError(message: "m", code: code))
    }

    @Test func `the first error is the one that counts`() {
        #expect(decode("data: {\"error\":\"a\"}\n\ndata: {\"error\":\"b\"}\n\n").reply.error?.message == "a")
    }

    @Test func `an event stream under an error status is read for its error`() {
        let reply = decode("data: {\"error\":{\"message\":\"m\"}}\n\n", status: 503).reply
        #expect(reply.error?.message == "m")
        #expect(reply.status == 503)
    }

    @Test func `long messages are cut at a character's border`() {
        let long = String(repeating: "é", count: 5000)
        let message = decode("data: {\"error\":\"x\(long)\"}\n\n").reply.error?.message
        #expect(message == "x" + String(repeating: "é", count: 1023))
        let page = decode("<html>" + long, status: 502, contentType: "text/html").reply
        #expect(page.error?.message == "<html>" + String(repeating: "é", count: 1021))
        #expect(page.excerpt == page.error?.message)
    }
}
