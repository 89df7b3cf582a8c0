import Testing

@testable import Schedule

@Suite struct PromptsTests {
    private func prompts(seed: UInt64 = 1, salt: UInt64 = 0, _ change: (inout Workload) -> Void = { _ in }) -> Prompts {
        var workload = Workload(source: .synthetic(inputTokens: 200))
        change(&workload)
        return Prompts(workload: workload, seed: seed, salt: salt)
    }

    private func text(_ prompts: Prompts, _ index: Int) -> String { prompts.messages(at: index)[0].content }

    @Test func `the same seed and index give the same prompt, others another`() {
        #expect(prompts().messages(at: 7) == prompts().messages(at: 7))
        #expect(prompts().messages(at: 7) != prompts().messages(at: 8))
        #expect(prompts(seed: 2).messages(at: 7) != prompts().messages(at: 7))
    }

    @Test func `no two of ten thousand prompts begin alike when the cache is to be avoided`() {
        let prompts = prompts { $0.source = .synthetic(inputTokens: 1) }
        let nonces = Set((0..<10_000).map { String(text(prompts, $0).prefix(16)) })
        #expect(nonces.count == 10_000)
    }

    @Test func `neighbouring prompts share no run of words`() {
        let prompts = prompts()
        func words(_ index: Int) -> [Substring] { text(prompts, index).split(separator: " ") }
        let (a, b) = (words(0), words(1))
        let runs = Set(zip(a, zip(a.dropFirst(), a.dropFirst(2))).map { "\($0) \($1.0) \($1.1)" })
        let others = zip(b, zip(b.dropFirst(), b.dropFirst(2))).map { "\($0) \($1.0) \($1.1)" }
        // The closing request is common to both: fifteen words, no more.
        #expect(others.count { runs.contains($0) } <= 15)
    }

    @Test func `another run's salt changes the nonce and not the words`() {
        let (a, b) = (text(prompts(salt: 1), 3), text(prompts(salt: 2), 3))
        #expect(a.prefix(16) != b.prefix(16))
        #expect(a.dropFirst(16) == b.dropFirst(16))
    }

    @Test func `with the cache allowed every synthetic prompt is the same, without a nonce`() {
        let prompts = prompts { $0.cache = .allow }
        #expect(prompts.messages(at: 0) == prompts.messages(at: 99))
        #expect(Words.common.contains { text(prompts, 0).hasPrefix($0 + " ") })
    }

    @Test(arguments: [1, 10, 50, 512, 8000])
    func `a prompt of n tokens has about n words, stops and nonce digits`(tokens: Int) {
        let text = text(prompts { $0.source = .synthetic(inputTokens: tokens) }, 0)
        let words = text.dropFirst(16).split { " \n".contains($0) }
        let stops = text.count { $0 == "." }
        let estimate = 10 + words.count + stops
        #expect(abs(estimate - max(tokens, 11)) <= 3, "\(estimate) for \(tokens)")
    }

    @Test(arguments: [256, 512, 4000])
    func `four bytes a token give the same length, to a few percent`(tokens: Int) {
        let bytes = (0..<50).reduce(0) {
            $0 + text(prompts { $0.source = .synthetic(inputTokens: tokens) }, $1).utf8.count
        }
        #expect(abs(Double(bytes) / 50 / 4 - Double(tokens)) < 0.04 * Double(tokens), "\(bytes / 200)")
    }

    @Test func `listed prompts come in order and from the start again`() {
        let prompts = prompts {
            $0.source = .list([Prompt("one"), Prompt("two")])
            $0.cache = .allow
        }
        #expect((0..<5).map { text(prompts, $0) } == ["one", "two", "one", "two", "one"])
    }

    @Test func `the nonce comes before the first message of a chat and leaves the rest alone`() {
        let chat = Prompt(messages: [.init(role: "system", content: "Be brief."), .init(role: "user", content: "Hi")])
        let messages = prompts { $0.source = .list([chat]) }.messages(at: 0)
        #expect(messages[0].content.hasSuffix("\n\nBe brief."))
        #expect(messages[0].content.prefix(16).allSatisfy { $0.isHexDigit })
        #expect(messages[1] == chat.messages[1])
    }

    @Test func `uniform caps reach both ends and their mean`() {
        let prompts = prompts { $0.maxTokens = .uniform(64, 67) }
        let caps = (0..<4000).map { prompts.maxTokens(at: $0) }
        // Each of four values about 1,000 times: five standard deviations are 137.
        for value in 64...67 { #expect(abs(caps.count { $0 == value } - 1000) < 137) }
        #expect(caps.min() == 64 && caps.max() == 67)
        #expect(caps == (0..<4000).map { prompts.maxTokens(at: $0) })
    }

    @Test func `a prompt's own cap goes before the workload's`() {
        let prompts = prompts {
            $0.source = .list([Prompt(messages: [.init(role: "user", content: "x")], maxTokens: 9), Prompt("y")])
        }
        #expect(prompts.maxTokens(at: 0) == 9)
        #expect(prompts.maxTokens(at: 1) == 256)
    }
}
