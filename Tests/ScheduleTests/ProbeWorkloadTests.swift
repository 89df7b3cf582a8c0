import Schedule
import Testing

@Suite struct ProbeWorkloadTests {
    @Test func `probes ask what the load asks, alone and in short answers`() {
        var load = Workload(source: .synthetic(inputTokens: 300))
        load.inputLength = .uniform(100, 300)
        load.maxTokens = .uniform(64, 256)
        load.impatience = .init(share: 1, after: .constant(.seconds(1)))
        load.conversations = .init(turns: .fixed(5), think: .constant(.seconds(1)))
        load.expectation = AnswerExpectation()
        let probes = load.probing()
        #expect(probes.inputLength == load.inputLength && probes.source == load.source)
        #expect(probes.maxTokens == .fixed(16))
        #expect(probes.impatience == nil && probes.conversations == nil && probes.expectation == nil)
        load.maxTokens = .fixed(4)
        #expect(load.probing().maxTokens == .fixed(4))
    }

    @Test func `caps that prompts and parts of a mix bring are cut too`() {
        var list = Workload(
            source: .list([Prompt(messages: [.init(role: "user", content: "a")], maxTokens: 900), Prompt("b")])
        )
        guard case .list(let prompts) = list.probing().source else { return }
        #expect(prompts.map(\.maxTokens) == [16, nil])
        list.maxTokens = .fixed(700)
        var mixed = Workload(source: .synthetic(inputTokens: 1))
        mixed.mix = [.init(weight: 1, workload: list)]
        #expect(mixed.probing().mix[0].workload.maxTokens == .fixed(16))
    }

    @Test func `beside a replay their prompts are as long as the trace's`() {
        var trace = Trace()
        for (index, tokens) in [900, 20, 5000].enumerated() {
            trace.add(.init(offset: Int64(index) * 1_000_000_000, inputTokens: tokens, outputTokens: 5))
        }
        trace.finish()
        let replay = Replay(file: "t", format: .jsonl, trace: trace)
        let probes = Workload(source: .synthetic(inputTokens: 512)).probing(beside: replay)
        #expect(probes.inputLength == .list([900, 20, 5000]))
        #expect(probes.source == .synthetic(inputTokens: 5000))
    }
}
