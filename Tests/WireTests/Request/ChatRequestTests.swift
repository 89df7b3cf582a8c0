import Testing
import Wire

@Suite struct ChatRequestTests {
    private func text(_ request: ChatRequest) -> String { String(decoding: request.body(), as: UTF8.self) }

    @Test func `a body has the members that were asked for, in one order`() {
        let request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi")],
            maxTokens: 8,
            temperature: 0,
            seed: 1,
            ignoresEndOfSequence: true
        )
        #expect(
            text(request) == #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"#
                + #""stream_options":{"include_usage":true},"temperature":0,"seed":1,"ignore_eos":true,"max_tokens":8}"#
        )
    }

    @Test func `what was not asked for is not sent`() {
        let request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi")],
            streams: false,
            asksForUsage: true
        )
        #expect(text(request) == #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false}"#)
    }

    @Test(arguments: [
        ("plain", "plain"), ("\"", #"\""#), ("\\", #"\\"#), ("a\nb", #"a\nb"#), ("\r\t\u{8}\u{c}", #"\r\t\b\f"#),
        ("\u{0}\u{1f}", #"\u0000\u001f"#), ("é中🙂", "é中🙂"), ("\u{7f}/", "\u{7f}/"), ("", ""),
    ])
    func `a prompt is escaped as RFC 8259 asks`(prompt: String, escaped: String) {
        let request = ChatRequest(model: "m", messages: [.init(role: "user", content: prompt)], streams: false)
        #expect(text(request) == #"{"model":"m","messages":[{"role":"user","content":"\#(escaped)"}],"stream":false}"#)
    }

    @Test(arguments: [(0.0, "0"), (1.0, "1"), (0.7, "0.7"), (-0.5, "-0.5"), (1e-5, "1e-05")])
    func `a temperature is written as a JSON number`(value: Double, written: String) {
        let request = ChatRequest(model: "m", temperature: value, streams: false)
        #expect(text(request) == #"{"model":"m","messages":[],"stream":false,"temperature":\#(written)}"#)
    }

    @Test func `an extra member replaces ours, and a later one an earlier one`() {
        let request = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi")],
            maxTokens: 8,
            temperature: 0,
            streams: false,
            extra: [
                JSONMember(name: "top_k", json: "1"), JSONMember(name: "temperature", json: "1"),
                JSONMember(name: "max_tokens", json: "9"), JSONMember(name: "top_k", json: "2"),
            ]
        )
        #expect(
            text(request) == #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false,"#
                + #""temperature":1,"max_tokens":9,"top_k":2}"#
        )
    }

    @Test func `a template's bodies equal the requests they stand for`() {
        let messages = [ChatRequest.Message(role: "system", content: "be \"brief\""), .init(role: "user", content: "")]
        let template = BodyTemplate(ChatRequest(model: "m", messages: messages, temperature: 0))
        for (prompt, cap) in [("one", 1), ("two \"quoted\"", 20), ("", nil)] as [(String, Int?)] {
            var request = ChatRequest(model: "m", messages: messages, maxTokens: cap, temperature: 0)
            request.messages[1].content = prompt
            var body: [UInt8] = []
            template.append(prompt: prompt, maxTokens: cap, to: &body)
            #expect(body == request.body())
        }
    }

    @Test func `a provider shapes the request`() {
        let provider = Provider(
            name: "p",
            maxTokensField: "max_completion_tokens",
            usageRequest: .unasked,
            modelRules: [.init(pattern: "^kimi", sampling: .omit)],
            extraMembers: [JSONMember(name: "top_k", json: "1")]
        )
        let kimi = ChatRequest(model: "kimi-k2.6", maxTokens: 4, provider: provider)
        #expect(
            text(kimi) == #"{"model":"kimi-k2.6","messages":[],"stream":true,"top_k":1,"max_completion_tokens":4}"#
        )
        let other = ChatRequest(model: "glm", maxTokens: 4, provider: provider)
        #expect(other.temperature == 0)
    }

    @Test func `members of a JSON text keep their order and their values`() {
        let parser = JSONParser()
        #expect(
            parser.members(of: #" {"a": {"b": [1, 2.5, null]}, "c\"d": "x\n", "e": true} "#) == [
                JSONMember(name: "a", json: #"{"b":[1,2.5,null]}"#), JSONMember(name: "c\"d", json: #""x\n""#),
                JSONMember(name: "e", json: "true"),
            ]
        )
        #expect(parser.members(of: "{}") == [])
        #expect(parser.members(of: "[1]") == nil)
        #expect(parser.members(of: "{") == nil)
    }
}
