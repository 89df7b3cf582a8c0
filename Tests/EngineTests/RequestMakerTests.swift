import Foundation
import Schedule
import Testing
import Transport
import Wire

@testable import Engine

/// Bodies are read back with Foundation's parser.
@Suite struct RequestMakerTests {
    private struct Body {
        var object: [String: Any]
        var cap: Int

        var messages: [[String: String]] { object["messages"] as? [[String: String]] ?? [] }
        var prompt: String { messages.last?["content"] ?? "" }
    }

    private func maker(
        _ workload: Workload,
        provider: Provider = Provider(name: "p"),
        model: String = "m",
        salt: UInt64 = 1
    )
        -> RequestMaker
    {
        let plan = RunPlan(seed: 42, workload: workload, warmupRequests: 0, shapes: [], grace: .seconds(1))
        let target = EngineTarget(
            id: 1,
            name: "t",
            endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1),
            basePath: "/v1",
            model: model,
            provider: provider,
            headers: [],
            plan: plan
        )
        return RequestMaker(target: target, salt: salt)
    }

    private func body(_ maker: RequestMaker, index: Int64 = 0) throws -> Body {
        let made = maker.body(index: index)
        let (bytes, cap) = (made.bytes, made.maxTokens)
        let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        return Body(object: object, cap: cap)
    }

    private func synthetic(tokens: Int = 64) -> Workload {
        var workload = Workload(source: .synthetic(inputTokens: tokens))
        workload.maxTokens = .fixed(17)
        return workload
    }

    @Test func `a synthetic prompt is one user message in a stream with usage, greedy and capped`() throws {
        let body = try body(maker(synthetic()))
        #expect(
            Set(body.object.keys) == ["model", "messages", "stream", "stream_options", "temperature", "max_tokens"]
        )
        #expect(body.object["model"] as? String == "m")
        #expect(body.object["stream"] as? Bool == true)
        #expect((body.object["stream_options"] as? [String: Bool]) == ["include_usage": true])
        #expect(body.object["temperature"] as? Double == 0)
        #expect(body.object["max_tokens"] as? Int == 17)
        #expect(body.cap == 17)
        #expect(body.messages.count == 1)
        #expect(body.messages[0]["role"] == "user")
        #expect(body.prompt.split(separator: " ").count > 32)
    }

    @Test func `prompts differ from their first word on, and come out equal for equal seeds`() throws {
        let maker = maker(synthetic())
        let prompts = try (0..<50).map { try body(maker, index: $0).prompt }
        #expect(Set(prompts.map { $0.prefix(16) }).count == 50)
        let again = self.maker(synthetic())
        #expect(try (0..<50).map { try body(again, index: $0).prompt } == prompts)
    }

    @Test func `another salt changes the nonce and nothing else`() throws {
        let one = try body(maker(synthetic(), salt: 1)).prompt
        let two = try body(maker(synthetic(), salt: 2)).prompt
        #expect(one.prefix(16) != two.prefix(16))
        #expect(one.dropFirst(16) == two.dropFirst(16))
    }

    @Test func `the cap is drawn per request and sent as drawn`() throws {
        var workload = synthetic()
        workload.maxTokens = .uniform(10, 12)
        let maker = maker(workload)
        let bodies = try (0..<60).map { try body(maker, index: $0) }
        for body in bodies { #expect(body.object["max_tokens"] as? Int == body.cap) }
        #expect(Set(bodies.map(\.cap)) == [10, 11, 12])
    }

    @Test func `a provider's own names and members are used`() throws {
        let provider = Provider(
            name: "p",
            maxTokensField: "max_completion_tokens",
            usageRequest: .unasked,
            extraMembers: [JSONMember(name: "top_k", json: "1")]
        )
        let body = try body(maker(synthetic(), provider: provider))
        #expect(body.object["max_completion_tokens"] as? Int == 17)
        #expect(body.object["max_tokens"] == nil)
        #expect(body.object["stream_options"] == nil)
        #expect(body.object["top_k"] as? Int == 1)
    }

    @Test func `a model that rejects a temperature gets none, even if the plan has one`() throws {
        let rule = Provider.ModelRule(pattern: "^o[0-9]", sampling: .omit)
        let provider = Provider(name: "p", modelRules: [rule])
        var workload = synthetic()
        workload.temperature = 0.7
        #expect(try body(maker(workload, provider: provider, model: "o3")).object["temperature"] == nil)
        let other = try body(maker(workload, provider: provider, model: "gpt"))
        #expect(other.object["temperature"] as? Double == 0.7)
        workload.temperature = nil
        #expect(try body(maker(workload, provider: provider, model: "gpt")).object["temperature"] == nil)
    }

    @Test func `a fixed length is asked for where the plan wants it`() throws {
        var workload = synthetic()
        workload.ignoreEOS = true
        #expect(try body(maker(workload)).object["ignore_eos"] as? Bool == true)
    }

    @Test func `listed prompts are sent in order, whole, with their own caps`() throws {
        let talk = [
            Prompt.Message(role: "system", content: "be \"brief\"\n"), Prompt.Message(role: "user", content: "a ü 🙂"),
        ]
        var workload = Workload(source: .list([Prompt("one"), Prompt(messages: talk, maxTokens: 5)]))
        workload.cache = .allow
        workload.maxTokens = .fixed(9)
        let maker = maker(workload)
        let first = try body(maker, index: 0)
        #expect(first.messages == [["role": "user", "content": "one"]])
        #expect(first.object["max_tokens"] as? Int == 9)
        let second = try body(maker, index: 1)
        #expect(
            second.messages == [
                ["role": "system", "content": "be \"brief\"\n"], ["role": "user", "content": "a ü 🙂"],
            ]
        )
        #expect(second.object["max_tokens"] as? Int == 5)
        #expect(second.cap == 5)
        #expect(try body(maker, index: 2).messages == first.messages)
        #expect(Set(second.object.keys) == Set(first.object.keys))
    }

    @Test func `to avoid the cache a nonce comes before a listed prompt`() throws {
        var workload = Workload(source: .list([Prompt("one")]))
        workload.cache = .avoid
        let maker = maker(workload)
        let prompts = try (0..<3).map { try body(maker, index: $0).prompt }
        #expect(Set(prompts).count == 3)
        #expect(prompts.allSatisfy { $0.hasSuffix("\n\none") })
    }

    @Test func `a request for embeddings takes its stretch of the prompts, and no cap`() throws {
        var workload = Workload(source: .list([Prompt("one"), Prompt("two"), Prompt("three")]))
        workload.cache = .allow
        workload.inputsPerRequest = 2
        let maker = maker(workload, provider: Provider(name: "p", api: .openAIEmbeddings))
        #expect(maker.inputs == 2)
        let inputs = try (0..<3).map { try body(maker, index: $0).object["input"] as? [String] }
        #expect(inputs == [["one", "two"], ["three", "one"], ["two", "three"]])
        let first = try body(maker)
        #expect(first.cap == 0 && Set(first.object.keys) == ["model", "input", "encoding_format"])
        workload.cache = .avoid
        let avoiding = self.maker(workload, provider: Provider(name: "p", api: .openAIEmbeddings))
        let texts = try (0..<50).flatMap { try body(avoiding, index: $0).object["input"] as? [String] ?? [] }
        #expect(Set(texts).count == 100)
        #expect(self.maker(workload).inputs == nil)
    }

    @Test func `the user's own members go into every body and replace ours`() throws {
        var workload = synthetic()
        workload.extraBody = #"{"top_p": 0.5, "temperature": 0.3, "nested": {"a": {"b": 7}}}"#
        let single = try body(maker(workload))
        #expect(single.object["top_p"] as? Double == 0.5)
        #expect(single.object["temperature"] as? Double == 0.3)
        #expect((single.object["nested"] as? [String: [String: Int]]) == ["a": ["b": 7]])
        let talk = [Prompt.Message(role: "system", content: "s"), Prompt.Message(role: "user", content: "u")]
        workload.source = .list([Prompt(messages: talk)])
        #expect(try body(maker(workload)).object["top_p"] as? Double == 0.5)
    }
}
