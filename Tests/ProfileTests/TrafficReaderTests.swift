import Foundation
import Profile
import Schedule
import Testing

/// Lengths, mixes, impatience and kinds of traffic in a profile.
@Suite struct TrafficReaderTests {
    private func profile(_ yaml: String) throws -> Profile { try read(ramp + "workload: \(yaml)\n") }

    @Test func `lengths are numbers or laws, for prompts and for answers`() throws {
        let workload = try profile(
            "{prompts: {synthetic: {input_tokens: {log_normal: {median: 300, sigma: 0.5}}, shared_prefix: 0.25}}, max_tokens: {list: [8, 16]}}"
        ).workload
        #expect(workload.inputLength == .logNormal(median: 300, sigma: 0.5))
        #expect(workload.source == .synthetic(inputTokens: 2217), "300 e^2: the most it may be")
        #expect(workload.sharedPrefix == 0.25)
        #expect(workload.maxTokens == .list([8, 16]))
        #expect(
            try profile("{max_tokens: {normal: {mean: 100, stddev: 5}}}").workload.maxTokens
                == .normal(mean: 100, deviation: 5)
        )
    }

    @Test func `a mix has parts with weights, and caps of their own or the workload's`() throws {
        let read = try profile(
            "{kind: production, max_tokens: 50, cancel: {share: 0.1, after: {uniform: [1s, 2s]}}, prompts: {cache: allow, mix: [{weight: 3, synthetic: {input_tokens: 20}}, {weight: 1, list: [Hello], max_tokens: 7}]}}"
        )
        let workload = read.workload
        #expect(workload.kind == .production)
        #expect(workload.mix.map(\.weight) == [3, 1])
        #expect(workload.mix.map(\.workload.maxTokens) == [.fixed(50), .fixed(7)])
        #expect(workload.mix[0].workload.source == .synthetic(inputTokens: 20))
        #expect(workload.mix[1].workload.source == .list([Prompt("Hello")]))
        #expect(workload.mix.allSatisfy { $0.workload.cache == .allow })
        #expect(workload.impatience == .init(share: 0.1, after: .uniform(.seconds(1), .seconds(2))))
        let again = try ProfileDocument(text: read.resolvedYAML(), file: "again.yaml")
            .profile(catalogue: try ProviderCatalogue.builtIn())
        #expect(again.workload == read.workload)
    }

    static let refused = [
        ("{kind: chatty}", "workload.kind: read \"chatty\"; allowed: chat, batch, rag, production; did you mean chat?"),
        ("{max_tokens: {normal: {mean: 5}}}", "workload.max_tokens.normal.stddev: missing; tokens, e.g. 64"),
        ("{max_tokens: {list: []}}", "workload.max_tokens.list: read an empty list; allowed: at least one number"),
        (
            "{prompts: {mix: [{weight: 1, list: [a]}]}}",
            "workload.prompts.mix: read a list of 1; allowed: a list of two parts or more, each with a weight"
        ),
        (
            "{prompts: {mix: [{weight: 1, list: [a]}, {list: [b]}]}}",
            "workload.prompts.mix.1.weight: missing; how often it comes, against the others, e.g. 3"
        ),
        ("{cancel: {share: 2, after: 1s}}", "workload.cancel.share: read \"2\"; allowed: a number from 0.0 to 1.0"),
    ]

    @Test(arguments: refused)
    func `what cannot be is refused with what is allowed`(yaml: String, message: String) {
        #expect(problems(ramp + "workload: \(yaml)\n") == ["p.yaml:2: " + message])
    }

    @Test func `users who give up are refused for a job`() {
        #expect(
            problems("phases: [batch: {requests: 5, concurrency: 1}]\nworkload: {cancel: {share: 0.1, after: 1s}}\n")
                == [
                    "p.yaml:2: workload.cancel: users who give up leave a job unfinished; allowed: without a batch phase"
                ]
        )
    }

    @Test func `ShareGPT's conversations give what the human said first`() throws {
        let path = NSTemporaryDirectory() + "/spate-sharegpt-\(UUID().uuidString).json"
        let text = """
            [{"id": "a", "conversations": [{"from": "human", "value": "1 &lt; 2 &amp;amp; so on"}, {"from": "gpt", "value": "yes"}]},
             {"id": "b", "conversations": [{"from": "gpt", "value": "I begin"}, {"from": "human", "value": "second"}]},
             {"id": "c", "conversations": [{"from": "gpt", "value": "alone"}, {"from": "human", "value": "  "}]},
             {"id": "d", "conversations": []}]
            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let source = try profile("{prompts: {file: \"\(path)\"}}").workload.source
        #expect(source == .list([Prompt("1 < 2 &amp; so on"), Prompt("second")]))
        // Where users ask again, all that a human says is one conversation.
        let more = """
            [{"conversations": [{"from": "human", "value": "one"}, {"from": "gpt", "value": "x"}, {"from": "human", "value": "two"}]}]
            """
        try more.write(toFile: path, atomically: true, encoding: .utf8)
        let talk = try profile("{prompts: {file: \"\(path)\"}, conversation: {turns: 9}}").workload.source
        #expect(talk == .list([Prompt(messages: ["one", "two"].map { .init(role: "user", content: $0) })]))
        #expect(try profile("{prompts: {file: \"\(path)\"}}").workload.source == .list([Prompt("one")]))
        try "[1, 2]".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(
            problems(ramp + "workload: {prompts: {file: \"\(path)\"}}\n").first?.contains("not of conversations")
                == true
        )
    }

    @Test func `a keep-warm search without a target finds a provider that cools down`() throws {
        func scenario(_ phases: String) throws -> String? {
            guard case .simulated(let scenario) = try read("phases: [\(phases)]\n").targets[0].location else {
                return nil
            }
            return scenario.name
        }
        #expect(try scenario("{keepwarm: {gaps: [30s, 2m]}}") == "keepwarm")
        #expect(try scenario("{rate: {rps: 1, for: 5s}}") == "steady")
    }
}
