import Testing
import Ticks

@testable import Schedule

/// What prompts are said to repeat, held against their texts.
@Suite struct RepetitionTests {
    private func workload(_ tokens: Int = 400, _ change: (inout Workload) -> Void = { _ in }) -> Workload {
        var workload = Workload(source: .synthetic(inputTokens: tokens))
        change(&workload)
        return workload
    }

    private func prompts(_ workload: Workload, seed: UInt64 = 3) -> Prompts {
        Prompts(workload: workload, seed: seed, salt: 9, beginnings: ListBeginnings(workload))
    }

    private func whole(_ text: PromptText) -> [UInt8] { text.messages.flatMap { Array($0.content.utf8) } }

    private func common(_ a: PromptText, _ b: PromptText) -> Int {
        zip(whole(a), whole(b)).prefix { $0 == $1 }.count
    }

    private func repeatedBytes(_ text: PromptText) -> Double { text.repetition.share * Double(whole(text).count) }

    @Test func `prompts that begin with a nonce repeat nothing`() {
        let prompts = prompts(workload())
        for index in 0..<20 { #expect(prompts.text(at: index).repetition == .none) }
    }

    @Test(arguments: [TokenLength.fixed(400), .uniform(100, 400)])
    func `a shared prefix is what two prompts have in common, as far as the shorter one goes`(length: TokenLength) {
        let prompts = prompts(
            workload {
                $0.sharedPrefix = 0.6
                $0.inputLength = length
            }
        )
        let texts = (0..<30).map { prompts.text(at: $0) }
        for (one, other) in zip(texts, texts.dropFirst()) {
            #expect(one.repetition.prefix == 0 && one.repetition.prompt == nil)
            let shorter = min(repeatedBytes(one), repeatedBytes(other))
            // The empty line behind the shorter piece stands where the longer one goes on.
            #expect(abs(Double(common(one, other)) - shorter) <= 3, "\(common(one, other)) against \(shorter)")
        }
    }

    @Test func `without a nonce prompts of one length are one text, and others begin alike`() {
        let prompts = prompts(
            workload {
                $0.cache = .allow
                $0.inputLength = .list([100, 200, 300])
            }
        )
        let texts = (0..<40).map { prompts.text(at: $0) }
        for one in texts {
            for other in texts where one.repetition.prompt == other.repetition.prompt { #expect(one == other) }
            for other in texts where one.repetition.prompt != other.repetition.prompt {
                let shorter = min(repeatedBytes(one), repeatedBytes(other))
                #expect(Double(common(one, other)) >= shorter - 1 && Double(common(one, other)) <= shorter + 3)
            }
        }
        #expect(Set(texts.compactMap(\.repetition.prompt)).count == 3)
    }

    @Test func `a prompt of a list repeats the longest beginning of one before it`() {
        let system = Prompt.Message(role: "system", content: "0123456789")
        func prompt(_ question: String) -> Prompt {
            Prompt(messages: [system, Prompt.Message(role: "user", content: question)])
        }
        let list = [
            prompt("abcdefghij"), prompt("abcdeXXXXX"), Prompt("0123456789abcdefghij"), prompt("abcdeXXYYY"),
            Prompt("zz"),
            prompt("abcdefghij"),
        ]
        let prompts = prompts(
            workload {
                $0.source = .list(list)
                $0.cache = .allow
            }
        )
        // A user's message is no system's, whatever they say.
        let shares = (0..<6).map { prompts.text(at: $0).repetition.share }
        let expected = [0, 15.0 / 20, 0, 17.0 / 20, 0, 1]
        for (share, value) in zip(shares, expected) { #expect(abs(share - value) < 1e-6, "\(shares)") }
        #expect((0..<8).map { prompts.text(at: $0).repetition.prompt } == [0, 1, 2, 3, 4, 5, 0, 1])
        #expect(prompts.text(at: 6).messages == list[0].messages)
    }

    @Test func `in lists at random the share is that of the longest common beginning of all before`() {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<50 {
            let list = (0..<12).map { _ in
                Prompt(String((0..<6).map { _ in generator.unit() < 0.7 ? "a" : "b" } as [Character]))
            }
            let prompts = prompts(
                workload {
                    $0.source = .list(list)
                    $0.cache = .allow
                }
            )
            for place in list.indices {
                let longest = (0..<place).map { common(prompts.text(at: place), prompts.text(at: $0)) }.max() ?? 0
                #expect(abs(prompts.text(at: place).repetition.share - Double(longest) / 6) < 1e-6)
            }
        }
    }

    @Test func `parts of a mix have beginnings of their own`() {
        let part = workload(100) { $0.sharedPrefix = 0.5 }
        let prompts = prompts(
            workload { $0.mix = [.init(weight: 1, workload: part), .init(weight: 1, workload: part)] }
        )
        let texts = (0..<20).map { prompts.text(at: $0) }
        #expect(Set(texts.compactMap(\.repetition.prefix)).count == 2)
        for (one, other) in zip(texts, texts.dropFirst()) {
            #expect((one.repetition.prefix == other.repetition.prefix) == (common(one, other) > 100))
        }
    }

    @Test func `a later question repeats all that was said before it, the first what its kind shares`() throws {
        let prompts = prompts(
            workload(100) {
                $0.conversations = .init(turns: .fixed(3), think: .constant(.zero))
                $0.sharedPrefix = 0.5
            }
        )
        let first = try #require(prompts.conversation(4))
        #expect(prompts.text(of: first).repetition.prefix == 0 && prompts.text(of: first).repetition.share > 0.3)
        let second = first.answered(prompts.question(of: first), with: "an answer")
        let text = prompts.text(of: second)
        let before = prompts.question(of: first)[0].content.utf8.count + "an answer".utf8.count
        #expect(text.repetition.prefix == nil)
        #expect(abs(repeatedBytes(text) - Double(before)) < 1e-6)
    }

    @Test func `a trace's row repeats the blocks at its head that a row before it begins with`() {
        var trace = Trace(blockTokens: 10)
        let rows: [([Int64], Int)] = [([1, 2, 3], 30), ([1, 2, 4], 25), ([2, 3], 20), ([1, 2, 4, 5], 40), ([], 50)]
        for (blocks, tokens) in rows {
            trace.add(.init(offset: 0, inputTokens: tokens, outputTokens: 1, blocks: blocks[...]))
        }
        trace.finish()
        var replay = Replay(file: "t", format: .mooncake, trace: trace)
        replay.blockTokens = 10
        replay.choose()
        let shares = (0..<5).map { replay.repetition(at: $0).share }
        // The second row's third block is cut after five tokens.
        for (share, value) in zip(shares, [0, 0.8, 0, 0.625, 0]) { #expect(abs(share - value) < 1e-6, "\(shares)") }
    }

    // MARK: What is sent ahead

    @Test func `a primer is what every prompt of its kind begins with`() throws {
        let kinds: [Workload] = [
            workload { $0.sharedPrefix = 0.5 },
            workload {
                $0.sharedPrefix = 0.5
                $0.inputLength = .uniform(100, 400)
            },
            workload { $0.cache = .allow },
            workload {
                $0.cache = .allow
                $0.source = .list(
                    (0..<5).map {
                        Prompt("Answer as a pirate would, in one short sentence, and say nothing else: question \($0)")
                    }
                )
            },
        ]
        for workload in kinds {
            #expect(workload.sharedBeginnings == 1)
            let prompts = prompts(workload)
            let primer = try #require(prompts.primer(0))
            #expect(prompts.primer(1) == nil)
            for index in 0..<10 {
                let text = prompts.text(at: index)
                let shared = workload.cache == .allow ? whole(primer).count : Int(repeatedBytes(text))
                #expect(common(text, primer) >= shared - 3)
            }
        }
    }

    @Test func `of a list each opening that several prompts have is sent once, and a mix has those of its parts`() {
        let (long, other) = (String(repeating: "You help. ", count: 10), String(repeating: "You do not. ", count: 10))
        func prompt(_ system: String, _ question: String) -> Prompt {
            Prompt(messages: [.init(role: "system", content: system), .init(role: "user", content: question)])
        }
        let listed = workload {
            $0.cache = .allow
            $0.source = .list([
                prompt(long, "Tell me a"), prompt(other, "x"), prompt(long, "Tell me b"), prompt("short", "c"),
                prompt("short", "d"), prompt(other, "y"), Prompt("alone"),
            ])
        }
        #expect(
            listed.listedBeginnings == [
                [.init(role: "system", content: long), .init(role: "user", content: "Tell me ")],
                [.init(role: "system", content: other), .init(role: "user", content: "Hello.")],
            ]
        )
        let mixed = workload {
            $0.mix = [
                .init(weight: 1, workload: listed), .init(weight: 1, workload: workload()),
                .init(weight: 2, workload: workload { $0.sharedPrefix = 0.2 }),
            ]
        }
        #expect(mixed.sharedBeginnings == 3)
        let kinds = (0..<3).compactMap { prompts(mixed).primer($0)?.messages.first?.role }
        #expect(kinds == ["system", "system", "user"] && prompts(mixed).primer(3) == nil)
    }

    @Test func `what primes is the first phase, unmeasured, and begins each time window and no block`() {
        var workload = workload { $0.sharedPrefix = 0.5 }
        workload.primes = true
        let ramp = PhaseShape.Ramp(concurrency: [1, 2])
        let plan = RunPlan(seed: 1, workload: workload, warmupRequests: 2, shapes: [.ramp(ramp)], grace: .seconds(1))
        #expect(plan.phases.map(\.name) == ["prime", "warmup", "ramp"])
        #expect(plan.phases[0].stages[0].closed?.budget == 1 && !plan.phases[0].stages[0].hasWindow)
        let blocks = plan.inBlocks()
        #expect(blocks.phases.map(\.name) == ["prime", "ramp"])
        #expect(blocks.phases[0].blocks == 1 && !blocks.phases[1].stages.contains(where: \.primes))
        #expect(blocks.phases[1].stages.count { $0.kind == .warmup } == 2)
        // Its requests are in the plan's bounds: one, of the beginning's length and 16 tokens.
        var without = workload
        without.primes = false
        let other = RunPlan(seed: 1, workload: without, warmupRequests: 2, shapes: [.ramp(ramp)], grace: .seconds(1))
        let (with, alone) = (plan.estimate(answer: .seconds(1)), other.estimate(answer: .seconds(1)))
        #expect(with.requests == alone.requests + 1 && with.requestsLeast == alone.requestsLeast + 1)
        #expect(with.outputTokens == alone.outputTokens + 16 && with.inputTokens == alone.inputTokens + 400)
        // Split over three machines, each sends it; the parts add up to that.
        var split = plan
        split.machines = 3
        let whole = split.estimate(answer: .seconds(1))
        #expect(whole.requestsLeast == with.requestsLeast + 2 && whole.outputTokens == with.outputTokens + 32)
        let parts = (0..<3).map { split.part(of: Shard($0, of: 3)) }
        let primers = parts.map { $0.phases[0].stages[0].closed?.budget }
        #expect(primers == [1, 1, 1] && parts.allSatisfy { $0.machines == 1 })
        #expect(split.scheduleSHA256 == plan.scheduleSHA256)
        #expect(plan.scheduleSHA256 != other.scheduleSHA256)
        // Every machine primes: its prompts have beginnings of their own.
        for index in 0..<3 { #expect(plan.part(of: Shard(index, of: 3)).phases[0].stages[0].closed?.budget == 1) }
    }
}
