import Foundation
import Testing

@testable import Schedule

/// Prompts written by a calibration, counted by tokenizers that are nothing like a token a word.
@Suite struct CalibrationTests {
    /// A rule by which a server counts.
    struct Counter: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var template: Int
        var count: @Sendable (String) -> Int

        func tokens(_ text: String) -> Int { template + count(text) }
    }

    static let counters: [Counter] = [
        // A byte is a token, as in the tiny model that llama.cpp is tested with.
        Counter(testDescription: "bytes", template: 31) { $0.utf8.count },
        // Three bytes a token, rounded down.
        Counter(testDescription: "three bytes", template: 0) { $0.utf8.count / 3 },
        // Byte pairs: a word with its space is one, of more than four letters two; digits come in threes; stops are one.
        Counter(testDescription: "byte pairs", template: 74) { text in
            text.split(whereSeparator: { $0 == " " || $0 == "\n" }).reduce(0) { sum, word in
                let letters = word.filter { $0.isLetter }.count
                let digits = word.filter { $0.isNumber }.count
                let stops = word.count - letters - digits
                if digits > 0 { return sum + (letters + digits + 2) / 3 + stops }
                return sum + (letters > 4 ? 2 : 1) + stops
            }
        },
    ]

    private func plan(_ change: (inout Workload) -> Void = { _ in }) -> RunPlan {
        var workload = Workload(source: .synthetic(inputTokens: 512))
        change(&workload)
        return RunPlan(seed: 3, workload: workload, warmupRequests: 0, shapes: [], grace: .seconds(1))
    }

    private func costs(_ plan: RunPlan, _ counter: Counter) throws -> PromptCosts {
        var calibration = try #require(Calibration(plan))
        while let piece = calibration.upcoming { calibration.note(tokens: counter.tokens(calibration.text(of: piece))) }
        return try #require(calibration.costs)
    }

    /// Mean tokens of forty prompts of a plan, and those asked for.
    private func counted(_ plan: RunPlan, _ costs: PromptCosts, _ counter: Counter) -> (asked: Double, counted: Double)
    {
        let prompts = Prompts(workload: plan.workload, seed: plan.seed, salt: 9, costs: costs)
        let pairs = (0..<40).map { index in
            let text = prompts.messages(at: index).map(\.content).joined()
            return (Double(prompts.askedTokens(at: index) ?? 0), Double(counter.tokens(text)))
        }
        return (pairs.reduce(0) { $0 + $1.0 } / 40, pairs.reduce(0) { $0 + $1.1 } / 40)
    }

    @Test(arguments: counters, [128, 512, 4000])
    func `prompts have the tokens asked for, by the target's own count`(counter: Counter, tokens: Int) throws {
        let plan = plan { $0.source = .synthetic(inputTokens: tokens) }
        let found = try costs(plan, counter)
        let result = counted(plan, found, counter)
        #expect(result.asked == Double(tokens))
        // The closing request and the digits are known to a few tokens, which tell in short prompts only.
        let slack = max(0.03 * Double(tokens), 6)
        #expect(abs(result.counted - result.asked) < slack, "\(result.counted) of \(tokens): \(found)")
        // Without it they are far off: the test would see nothing.
        let guessed = counted(plan, .assumed, counter)
        #expect(abs(guessed.counted - guessed.asked) > 30, "\(guessed.counted) of \(tokens)")
    }

    @Test(arguments: counters)
    func `a shared beginning, drawn lengths and mixes come out as long as asked for, too`(counter: Counter) throws {
        let shapes: [(inout Workload) -> Void] = [
            { $0.sharedPrefix = 0.5 }, { $0.cache = .allow },
            {
                $0.source = .synthetic(inputTokens: 900)
                $0.inputLength = .uniform(300, 900)
            },
            { workload in
                let parts: [(Double, Int)] = [(1, 300), (2, 700)]
                workload.mix = parts.map { weight, tokens in
                    .init(weight: weight, workload: Workload(source: .synthetic(inputTokens: tokens)))
                }
            },
        ]
        for (place, shape) in shapes.enumerated() {
            let plan = plan(shape)
            let result = counted(plan, try costs(plan, counter), counter)
            #expect(abs(result.counted / result.asked - 1) < 0.04, "\(place): \(result)")
        }
    }

    @Test func `a token a word and nothing around it gives the text that is made without calibration`() {
        let plan = plan()
        let plain = Prompts(workload: plan.workload, seed: 1, salt: 2)
        let same = Prompts(workload: plan.workload, seed: 1, salt: 2, costs: PromptCosts())
        #expect((0..<5).map { plain.messages(at: $0) } == (0..<5).map { same.messages(at: $0) })
    }

    @Test func `the same seed and the same counts give the same text, and the plan's hash does not see them`() throws {
        var plan = plan()
        let hash = plan.scheduleSHA256
        let found = try costs(plan, Self.counters[2])
        #expect(found == (try costs(plan, Self.counters[2])))
        plan.costs = found
        #expect(plan.scheduleSHA256 == hash)
    }

    @Test func `probes are short where prompts are, and shrink when a target refuses them`() throws {
        var long = try #require(Calibration(plan()))
        let short = try #require(Calibration(plan { $0.source = .synthetic(inputTokens: 64) }))
        #expect(long.bytes > 4 * short.bytes)
        #expect(short.bytes < 700)
        var sizes = [long.bytes]
        while long.shrink() { sizes.append(long.bytes) }
        #expect(sizes.count == 3 && sizes == sizes.sorted(by: >))
        #expect(long.upcoming == .words)
        #expect(long.requests == 3)
    }

    @Test func `counts that make no sense together are not believed`() throws {
        for counts in [[500, 500, 30], [500, 400, 30], [10, 1000, 20], [1, 2, 3]] {
            var calibration = try #require(Calibration(plan()))
            for count in counts { calibration.note(tokens: count) }
            #expect(calibration.upcoming == nil && calibration.costs == nil, "\(counts)")
        }
    }

    @Test func `nothing is asked where no prompt is ours, or where it is not wanted`() {
        #expect(Calibration(plan { $0.source = .list([Prompt("x")]) }) == nil)
        #expect(Calibration(plan { $0.calibrates = false }) == nil)
    }

    @Test(arguments: counters)
    func `prompts of a trace have the trace's tokens`(counter: Counter) throws {
        var found = PromptCosts()
        let words = TracePrompts.sampleWords
        found.template = Double(counter.template)
        found.traceWord = Double(counter.count(TracePrompts.sample)) / Double(words)
        let prompts = TracePrompts(seed: 1, costs: found)
        for (tokens, blocks) in [(400, [Int64]()), (1500, [1, 2, 3])] {
            var text: [UInt8] = []
            let row = Trace.Row(offset: 0, inputTokens: tokens, outputTokens: 1, blocks: blocks[...])
            prompts.append(row, tokens: tokens, index: 0, blockTokens: 512, to: &text)
            #expect(text.count == prompts.bytes(tokens: tokens))
            let counted = counter.tokens(String(decoding: text, as: UTF8.self))
            #expect(abs(Double(counted) / Double(tokens) - 1) < 0.03, "\(counted) of \(tokens)")
        }
    }
}
