import Measurement
import Schedule
import Testing
import Ticks
import Wire

@testable import Engine

@Suite struct RetryRuleTests {
    private let rule = RetryRule(retries: 3, seed: 1)

    private func attempt(
        _ outcome: Outcome = .rateLimited,
        number: Int = 0,
        sequence: Int64 = 0,
        change: (inout RateLimits) -> Void = { _ in }
    ) -> RetryRule.Attempt {
        var advice = RateLimits()
        change(&advice)
        return RetryRule.Attempt(sequence: sequence, number: number, outcome: outcome, advice: advice)
    }

    private func seconds(_ attempt: RetryRule.Attempt) -> Double? { rule.wait(after: attempt).map { Double($0) / 1e9 } }

    @Test func `a server's wait is kept, and stretched by up to a quarter`() throws {
        var seen: Set<Int64> = []
        for sequence in 0..<200 as Range<Int64> {
            let wait = try #require(rule.wait(after: attempt(sequence: sequence) { $0.retryAfterSeconds = 8 }))
            #expect((8_000_000_000...10_000_000_000).contains(wait))
            seen.insert(wait)
        }
        #expect(seen.count > 190)  // they do not come back together
    }

    @Test(arguments: [61.0, 86_400, 1e12])
    func `however long a server asks to wait, it is a minute`(asked: Double) throws {
        let wait = try #require(seconds(attempt { $0.retryAfterSeconds = asked }))
        #expect((60...75).contains(wait))
    }

    @Test func `the same seed, request and attempt wait alike`() {
        #expect(rule.wait(after: attempt(sequence: 7)) == rule.wait(after: attempt(sequence: 7)))
        #expect(rule.wait(after: attempt(sequence: 7)) != rule.wait(after: attempt(sequence: 8)))
        #expect(rule.wait(after: attempt(sequence: 7)) != rule.wait(after: attempt(number: 1, sequence: 7)))
        #expect(rule.wait(after: attempt()) != RetryRule(retries: 3, seed: 2).wait(after: attempt()))
    }

    @Test func `without advice the wait doubles from half a second, and is never longer`() throws {
        let patient = RetryRule(retries: 20, seed: 1)
        for (number, most) in [(0, 0.5), (1, 1), (2, 2), (6, 32), (7, 60), (19, 60)] {
            let wait = try #require(patient.wait(after: attempt(number: number)))
            #expect(Double(wait) / 1e9 <= most && Double(wait) / 1e9 >= most / 2, "attempt \(number)")
        }
    }

    @Test func `advice comes in the order of how sure it is`() throws {
        var told = attempt {
            $0.limits = [
                .init(name: "requests", limit: 10, remaining: 0, resetSeconds: 20),
                .init(name: "tokens", limit: 10, remaining: 5, resetSeconds: 50),
            ]
        }
        #expect((20...25).contains(try #require(seconds(told))))  // only a limit that is used up says when
        told.bodyDelaySeconds = 12
        #expect((12...15).contains(try #require(seconds(told))))
        told.advice?.retryAfterSeconds = 4
        #expect((4...5).contains(try #require(seconds(told))))
    }

    @Test func `a request is sent so often and no more, and not against the server's advice`() {
        #expect(rule.wait(after: attempt(number: 2)) != nil)
        #expect(rule.wait(after: attempt(number: 3)) == nil)
        #expect(RetryRule(retries: 0, seed: 1).wait(after: attempt()) == nil)
        #expect(rule.wait(after: attempt { $0.shouldRetry = false }) == nil)
    }

    @Test func `what may have been answered and paid for is not sent again`() {
        let again: Set<Outcome> = [.rateLimited, .overloaded, .http5xx, .dns, .connect, .timeoutConnect, .reset]
        for outcome in Outcome.allCases {
            #expect((rule.wait(after: attempt(outcome)) != nil) == again.contains(outcome), "\(outcome)")
        }
        var cut = attempt(.reset)
        cut.hasAnswer = true
        #expect(rule.wait(after: cut) == nil)
    }
}
