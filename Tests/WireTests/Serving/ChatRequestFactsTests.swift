import Testing
import Wire

@Suite struct ChatRequestFactsTests {
    private func facts(_ json: String) throws(ChatRequestFacts.Refusal) -> ChatRequestFacts {
        try ChatRequestFacts(body: Array(json.utf8).span, parser: JSONParser())
    }

    @Test func `a minimal request has the defaults of the API`() throws {
        let facts = try facts(#"{"model":"m","messages":[{"role":"user","content":"Count"}]}"#)
        #expect(facts.model == "m")
        #expect(facts.messages == 1)
        #expect(facts.promptBytes == 5)
        #expect(facts.maxTokens == nil)
        #expect(!facts.streams)
        #expect(!facts.asksForUsage)
        #expect(!facts.ignoresEndOfSequence)
        #expect(facts.temperature == nil)
        #expect(facts.seed == nil)
        #expect(facts.choices == 1)
    }

    @Test func `every member that matters is read`() throws {
        let facts = try facts(
            """
            {"temperature": 0, "messages": [{"role": "system", "content": "é"},
             {"role": "user", "content": [{"type": "text", "text": "ab"}, {"type": "image_url", "image_url": {}}]},
             {"role": "assistant", "content": null}],
             "model": "m", "max_tokens": 5, "stream": true, "stream_options": {"include_usage": true}, "n": 2,
             "ignore_eos": true, "seed": 42, "unknown": {"max_tokens": 9}}
            """
        )
        #expect(facts.messages == 3)
        #expect(facts.promptBytes == 4)
        #expect(facts.maxTokens == 5)
        #expect(facts.streams)
        #expect(facts.asksForUsage)
        #expect(facts.ignoresEndOfSequence)
        #expect(facts.temperature == 0)
        #expect(facts.seed == 42)
        #expect(facts.choices == 2)
    }

    @Test(arguments: [
        (#""max_tokens":5"#, 5), (#""max_completion_tokens":6"#, 6),
        (#""max_tokens":5,"max_completion_tokens":6"#, 6), (#""max_tokens":5,"max_completion_tokens":null"#, 5),
        (#""max_tokens":5.0"#, 5),
    ])
    func `the cap comes from either field, the newer first`(members: String, expected: Int) throws {
        #expect(
            try facts(#"{"model":"m","messages":[{"role":"user","content":""}],\#(members)}"#).maxTokens == expected
        )
    }

    @Test(arguments: [
        ("", nil), ("[]", nil), ("{", nil), ("7", nil),
        (#"{"messages":[{"role":"user","content":"x"}]}"#, "model"),
        (#"{"model":"","messages":[{"role":"user","content":"x"}]}"#, "model"),
        (#"{"model":7,"messages":[{"role":"user","content":"x"}]}"#, "model"),
        (#"{"model":"m"}"#, "messages"), (#"{"model":"m","messages":[]}"#, "messages"),
        (#"{"model":"m","messages":"hello"}"#, "messages"), (#"{"model":"m","messages":["x"]}"#, "messages"),
        (#"{"model":"m","messages":[{"content":"x"}]}"#, "messages"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":-1}"#, "max_tokens"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":1e300}"#, "max_tokens"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":"9"}"#, "max_tokens"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":1}"#, "stream"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot"}"#, "temperature"),
    ])
    func `a bad body is refused with the member at fault`(json: String, parameter: String?) throws {
        let refusal = #expect(throws: ChatRequestFacts.Refusal.self) { try facts(json) }
        #expect(refusal?.parameter == parameter)
    }

    @Test func `what the client writes is what the server reads`() throws {
        let request = ChatRequest(
            model: "m/\"x\"",
            messages: [.init(role: "system", content: "be\nshort"), .init(role: "user", content: "tab\t\u{1}é🙂")],
            maxTokens: 64,
            maxTokensField: "max_completion_tokens",
            temperature: 0.5,
            seed: -7,
            ignoresEndOfSequence: true
        )
        let facts = try ChatRequestFacts(body: request.body().span, parser: JSONParser())
        #expect(facts.model == "m/\"x\"")
        #expect(facts.messages == 2)
        #expect(facts.promptBytes == 8 + 11)
        #expect(facts.maxTokens == 64)
        #expect(facts.streams)
        #expect(facts.asksForUsage)
        #expect(facts.temperature == 0.5)
        #expect(facts.ignoresEndOfSequence)
        #expect(facts.seed == -7)
    }
}
