import Schedule
import Testing

/// Lengths, prefixes, mixes and patience as functions of seed and index alone.
@Suite struct WorkloadDrawTests {
    private func prompts(_ change: (inout Workload) -> Void, seed: UInt64 = 5, salt: UInt64 = 0) -> Prompts {
        var workload = Workload(source: .synthetic(inputTokens: 100))
        change(&workload)
        return Prompts(workload: workload, seed: seed, salt: salt)
    }

    private func words(_ prompts: Prompts, _ index: Int) -> [Substring] {
        prompts.messages(at: index)[0].content.split { $0 == " " || $0 == "\n" || $0 == "." }
    }

    private func mean(_ values: [Int]) -> Double { Double(values.reduce(0, +)) / Double(values.count) }

    @Test(arguments: [
        (TokenLength.fixed(7), 7.0, 7, 7), (.uniform(10, 20), 15, 10, 20), (.list([1, 2, 9]), 4, 1, 9),
        (.normal(mean: 100, deviation: 10), 100, 60, 140),
        // median 100, σ 0.5: mean 100 e^0.125 = 113.3; cut at 100 e^±2 = 13.5 and 738.9
        (.logNormal(median: 100, sigma: 0.5), 113.3, 14, 739),
    ])
    func `lengths have the mean and the ends that their law says`(
        law: TokenLength,
        expected: Double,
        least: Int,
        greatest: Int
    ) {
        let prompts = self.prompts { $0.maxTokens = law }
        let draws = (0..<20_000).map { prompts.maxTokens(at: $0) }
        // Five standard errors of the widest of them (σ of the log-normal is 60).
        let error = abs(mean(draws) - expected)
        #expect(error < 2.2, "\(mean(draws))")
        #expect(law.least == least && law.greatest == greatest)
        let range = least...greatest
        #expect(draws.allSatisfy { range.contains($0) })
        let lawError = abs(law.mean - expected)
        #expect(lawError < 0.1)
        let again = self.prompts { $0.maxTokens = law }.maxTokens(at: 123)
        #expect(draws[123] == again, "the same for the same seed and index")
    }

    @Test func `a normal law's draws lie about its mean as they should`() {
        let prompts = self.prompts { $0.maxTokens = .normal(mean: 500, deviation: 50) }
        let draws = (0..<20_000).map { prompts.maxTokens(at: $0) }
        let inside = draws.count { abs($0 - 500) <= 50 }
        let share = Double(inside) / 20_000
        #expect(share > 0.672 && share < 0.702, "68.3 % within one deviation, and half a token each side")
    }

    @Test func `synthetic prompts have drawn lengths`() {
        let prompts = self.prompts {
            $0.source = .synthetic(inputTokens: 400)
            $0.inputLength = .uniform(100, 400)
        }
        let sizes = (0..<2000).map { words(prompts, $0).count }
        #expect(sizes.allSatisfy { $0 > 80 && $0 < 405 })
        #expect((sizes.max() ?? 0) > 340)
        // Of each prompt's tokens ten are the nonce, which is one word, and every thirteenth is a full stop.
        let expected: Double = 250 - 9 - 240 / 13
        let error = abs(mean(sizes) - expected)
        #expect(error < 12, "\(mean(sizes))")
    }

    @Test
    func `without a shared prefix two prompts differ from the first token on, with one they agree as far as it goes`() {
        let apart = self.prompts { _ in }
        #expect(words(apart, 0)[0] != words(apart, 1)[0])
        let shared = self.prompts {
            $0.source = .synthetic(inputTokens: 400)
            $0.sharedPrefix = 0.5
        }
        let (a, b) = (words(shared, 3), words(shared, 9))
        let common = zip(a, b).prefix { $0.0 == $0.1 }.count
        // 200 tokens: a nonce of ten, which is one word, 176 words and 14 stops; then each prompt's own nonce.
        #expect(common == 177)
        #expect(a.count > 350)
        let again = self.prompts(
            {
                $0.source = .synthetic(inputTokens: 400); $0.sharedPrefix = 0.5
            },
            salt: 1
        )
        #expect(words(again, 3)[0] != a[0], "another run does not find the first one's prefix")
        #expect(words(again, 3)[1..<177] == a[1..<177])
    }

    @Test func `a shorter prompt's prefix is the beginning of a longer one's`() {
        let prompts = self.prompts {
            $0.source = .synthetic(inputTokens: 400)
            $0.inputLength = .list([100, 400])
            $0.sharedPrefix = 0.5
        }
        let sizes = (0..<20).map { words(prompts, $0) }.sorted { $0.count < $1.count }
        let (short, long) = (sizes[0], sizes[19])
        #expect(zip(short, long).prefix { $0.0 == $0.1 }.count == 38, "50 tokens: the nonce, 37 words, 3 stops")
    }

    @Test func `a mix gives each part its share, the same for the same seed`() {
        func mix(_ seed: UInt64) -> Prompts {
            var short = Workload(source: .synthetic(inputTokens: 30))
            short.maxTokens = .fixed(5)
            var named = Workload(source: .list([Prompt("one"), Prompt("two")]))
            named.cache = .allow
            named.maxTokens = .fixed(9)
            return self.prompts(
                { $0.mix = [.init(weight: 3, workload: short), .init(weight: 1, workload: named)] },
                seed: seed
            )
        }
        let prompts = mix(5)
        let parts = (0..<4000).map { prompts.partIndex(at: $0) ?? -1 }
        let share = Double(parts.count { $0 == 0 }) / 4000
        #expect(share > 0.715 && share < 0.785)
        for index in 0..<50 {
            let isNamed = parts[index] == 1
            let cap = isNamed ? 9 : 5
            #expect(prompts.maxTokens(at: index) == cap)
            let text = prompts.messages(at: index)[0].content
            #expect((text == "one" || text == "two") == isNamed)
        }
        let (same, other) = (mix(5), mix(6))
        let first = (0..<50).map { prompts.partIndex(at: $0) }
        #expect((0..<50).map { same.partIndex(at: $0) } == first)
        #expect((0..<50).map { other.partIndex(at: $0) } != first)
    }

    @Test func `the asked share of users gives up, each at a time of its own`() {
        let prompts = self.prompts { $0.impatience = .init(share: 0.2, after: .uniform(.seconds(1), .seconds(3))) }
        let patience = (0..<5000).map { prompts.patience(at: $0) }
        let waits = patience.compactMap { $0 }
        #expect(waits.count > 850 && waits.count < 1150)
        #expect(waits.allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(3) })
        #expect(Set(waits).count > 800)
        #expect(self.prompts { _ in }.patience(at: 3) == nil)
    }

    @Test func `what is drawn is part of the plan's hash`() {
        func hash(_ change: (inout Workload) -> Void) -> String {
            var workload = Workload(source: .synthetic(inputTokens: 100))
            change(&workload)
            return RunPlan(seed: 1, workload: workload, warmupRequests: 0, shapes: [], grace: .seconds(1))
                .scheduleSHA256
        }
        let hashes = [
            hash { _ in }, hash { $0.inputLength = .uniform(1, 100) }, hash { $0.sharedPrefix = 0.5 },
            hash { $0.mix = [.init(weight: 1, workload: $0), .init(weight: 1, workload: $0)] },
            hash { $0.impatience = .init(share: 0.1, after: .constant(.seconds(1))) },
            hash { $0.maxTokens = .list([1, 2]) },
        ]
        #expect(Set(hashes).count == hashes.count)
    }
}
