import Measurement
import Testing

@testable import Engine

@Suite struct BreakerTests {
    private func breaker(after outcomes: [Outcome]) -> Breaker {
        var breaker = Breaker()
        for outcome in outcomes { breaker.note(outcome) }
        return breaker
    }

    @Test func `twenty refusals in a row open it, nineteen do not`() throws {
        #expect(breaker(after: Array(repeating: .auth, count: 19)).reason == nil)
        let reason = try #require(breaker(after: Array(repeating: .auth, count: 20)).reason)
        #expect(reason.contains("401"))
    }

    @Test(arguments: [Outcome.ok, .rateLimited, .http5xx, .cancelled])
    func `anything between refusals breaks the row`(other: Outcome) {
        let nineteen = Array(repeating: Outcome.auth, count: 19)
        #expect(breaker(after: nineteen + [other] + nineteen).reason == nil)
        #expect(breaker(after: nineteen + [other] + nineteen + [.auth]).reason != nil)
    }

    @Test func `half of the last hundred open it, one less does not`() throws {
        let half = (0..<100).map { $0 < 50 ? Outcome.ok : .http5xx }
        let reason = try #require(breaker(after: half).reason)
        #expect(reason.contains("50 of the last 100"))
        #expect(breaker(after: (0..<100).map { $0 < 51 ? .ok : .http5xx }).reason == nil)
    }

    @Test func `it does not judge before a hundred requests have ended`() {
        #expect(breaker(after: Array(repeating: .http5xx, count: 99)).reason == nil)
        #expect(breaker(after: Array(repeating: .http5xx, count: 100)).reason != nil)
    }

    @Test func `failures that lie more than a hundred requests back are forgotten`() {
        let early = Array(repeating: Outcome.reset, count: 49) + Array(repeating: .ok, count: 100)
        let late = Array(repeating: Outcome.reset, count: 49)
        #expect(breaker(after: early + late).reason == nil)
        #expect(breaker(after: early + late + [.reset]).reason != nil)
    }

    @Test func `requests that were throttled or excluded count neither for nor against`() {
        let quiet: [Outcome] = [.rateLimited, .overloaded, .cancelled, .notSent, .clientResource]
        #expect(breaker(after: (0..<1_000).map { quiet[$0 % quiet.count] }).reason == nil)
        let mixed = (0..<100).flatMap { [$0 < 50 ? Outcome.ok : .truncated] + quiet }
        #expect(breaker(after: mixed).reason != nil)
    }

    @Test func `once open it stays open, with its first reason`() {
        var breaker = breaker(after: Array(repeating: .auth, count: 20))
        let first = breaker.reason
        for _ in 0..<200 { breaker.note(.ok) }
        for _ in 0..<100 { breaker.note(.http5xx) }
        #expect(first != nil)
        #expect(breaker.reason == first)
    }
}
