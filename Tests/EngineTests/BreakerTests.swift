import Measurement
import Testing
import Ticks

@testable import Engine

@Suite struct BreakerTests {
    private static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    /// A breaker and what it told, driven by hand.
    private struct Driven {
        var breaker: Breaker
        var outages: [Breaker.Outage] = []

        init(after: Duration? = .seconds(30), loops: Int = 1) { breaker = Breaker(after: after, loops: loops) }

        /// One attempt that ended at that second, sent 10 ms before unless told.
        mutating func note(
            _ outcome: Outcome.Class,
            at seconds: Double,
            sent: Double? = nil,
            firstToken: Double? = nil,
            lastToken: Double? = nil,
            refusal: Breaker.Refusal? = nil,
            neverConnected: Bool = false,
            isAnswered: Bool = false
        ) {
            let attempt = Breaker.Attempt(
                outcome: outcome,
                sent: BreakerTests.at(sent ?? seconds - 0.01),
                firstToken: firstToken.map(BreakerTests.at),
                lastToken: lastToken.map(BreakerTests.at),
                refusal: refusal,
                neverConnected: neverConnected,
                isAnswered: isAnswered
            )
            if let outage = breaker.note(attempt, at: BreakerTests.at(seconds)) { outages.append(outage) }
        }

        mutating func fail(_ count: Int, from first: Double, to last: Double, neverConnected: Bool = false) {
            for place in 0..<count {
                let part = count > 1 ? Double(place) / Double(count - 1) : 0
                note(.failed, at: first + (last - first) * part, neverConnected: neverConnected)
            }
        }

        mutating func tell(loop: Int = 0, at seconds: Double, oldestOpen: Double? = nil, lastToken: Double? = nil) {
            let report = Breaker.Report(
                oldestOpen: oldestOpen.map(BreakerTests.at),
                lastToken: lastToken.map(BreakerTests.at)
            )
            if let outage = breaker.tell(loop: loop, report, at: BreakerTests.at(seconds)) { outages.append(outage) }
        }

        var isOpen: Bool { breaker.reason != nil }
    }

    // MARK: what is no outage

    /// Seen: "the target was down for 1.6 s" of a server that answered HTTP 400 to each prompt above its context.
    @Test func `a target that refuses each request is not out, and is given up all the same`() {
        var driven = Driven()
        for place in 0..<50 { driven.note(.failed, at: 100 + Double(place) * 31 / 49, isAnswered: true) }
        driven.tell(at: 131.5)
        driven.note(.success, at: 132, lastToken: 131.9)
        #expect(driven.outages.isEmpty && driven.isOpen)
    }

    @Test func `the first answer ends an outage, though it is a refusal`() {
        var driven = Driven()
        driven.fail(3, from: 10.01, to: 12, neverConnected: true)
        driven.note(.failed, at: 13, isAnswered: true)
        driven.note(.failed, at: 15, isAnswered: true)
        driven.note(.success, at: 16, lastToken: 15.9)
        #expect(driven.outages.map(\.start) == [Self.at(10)] && driven.outages.map(\.end) == [Self.at(13)])
        #expect(driven.outages.map(\.attempts) == [3])
    }

    /// Whether a server that fails so was there.
    @Test func `a failure is an answer where the server said so itself`() {
        let answers: Set<Outcome> = [.auth, .http4xx, .refusal, .filtered, .empty, .reasoningOnly]
        for outcome in Outcome.allCases where outcome.class == .failed {
            #expect(outcome.isAnswer == answers.contains(outcome), "\(outcome)")
        }
    }

    // MARK: when it opens

    @Test func `fifty failures over thirty seconds open it, with the number and the time`() throws {
        var driven = Driven()
        driven.fail(50, from: 100, to: 130)
        driven.tell(at: 130.05)
        #expect(driven.breaker.reason == "50 requests failed in 30.0 s without a success or a token")
    }

    @Test func `failures that come at once do not, however many`() {
        var driven = Driven()
        driven.fail(10_000, from: 100, to: 129.9)
        driven.tell(at: 129.9)
        #expect(!driven.isOpen)
    }

    @Test func `forty-nine failures do not, however long`() {
        var driven = Driven()
        driven.fail(49, from: 100, to: 4000)
        driven.tell(at: 4000)
        #expect(!driven.isOpen)
    }

    @Test func `a success begins the count anew`() {
        var driven = Driven()
        driven.fail(49, from: 100, to: 140)
        driven.note(.success, at: 141)
        driven.fail(49, from: 142, to: 180)
        driven.tell(at: 181)
        #expect(!driven.isOpen)
        driven.note(.failed, at: 182)
        #expect(!driven.isOpen, "an end may be the first that is heard of behind a standstill")
        driven.tell(at: 182.02)
        #expect(driven.isOpen)
    }

    @Test func `a token of any stream begins the count anew`() {
        var driven = Driven()
        driven.fail(49, from: 100, to: 140)
        driven.tell(at: 141, oldestOpen: 139, lastToken: 140.9)
        driven.fail(49, from: 142, to: 180)
        driven.tell(at: 180, oldestOpen: 139)
        #expect(!driven.isOpen)
    }

    @Test func `two hundred failures without a success open it though tokens come`() {
        var driven = Driven()
        for place in 0..<200 {
            let now = 100 + Double(place) / 4
            driven.note(.failed, at: now, sent: now - 2, lastToken: now - 1)
        }
        driven.tell(at: 149.76)
        #expect(driven.breaker.reason == "200 requests failed in 49.7 s without a success")
    }

    @Test func `a request that was sent before the first failure and is open yet holds it back`() {
        var driven = Driven()
        driven.fail(60, from: 100, to: 140)
        driven.tell(at: 140, oldestOpen: 90)
        #expect(!driven.isOpen)
        driven.tell(at: 141, oldestOpen: 139)
        #expect(driven.isOpen)
    }

    @Test func `every loop is asked`() {
        var driven = Driven(loops: 2)
        driven.fail(60, from: 100, to: 140)
        driven.tell(loop: 0, at: 140)
        #expect(!driven.isOpen)
        driven.tell(loop: 1, at: 140, oldestOpen: 95)
        #expect(!driven.isOpen)
        driven.tell(loop: 1, at: 141)
        #expect(driven.isOpen)
    }

    @Test func `planned pauses do not count as time`() {
        var driven = Driven()
        driven.fail(25, from: 100, to: 101)
        driven.breaker.pause(60_000_000_000)
        driven.fail(25, from: 161, to: 162)
        driven.tell(at: 162)
        #expect(!driven.isOpen)
        driven.tell(at: 190.1)
        #expect(driven.isOpen)
    }

    /// Targets that are asked block by block.
    @Test func `the turns of other targets, and pauses, do not count`() {
        var driven = Driven()
        driven.fail(60, from: 10.01, to: 12)
        driven.breaker.leave(at: Self.at(12))
        driven.tell(at: 100)  // nor while they last
        #expect(!driven.isOpen)
        driven.breaker.enter(at: Self.at(300))
        driven.tell(at: 300.5)
        driven.note(.failed, at: 301)
        #expect(!driven.isOpen)
        driven.fail(60, from: 302, to: 329)
        driven.tell(at: 329)
        #expect(driven.isOpen)
    }

    /// Each of two loops tells of a stop, the one that judges first before it does.
    @Test func `time in which the generator stood still does not count, and counts once`() {
        var driven = Driven()
        driven.fail(50, from: 10.01, to: 20)
        driven.breaker.stoodStill(Self.at(20)..<Self.at(60))
        driven.tell(at: 60)
        driven.breaker.stoodStill(Self.at(20.5)..<Self.at(61))
        driven.tell(at: 61)
        #expect(!driven.isOpen)
        driven.tell(at: 80.9)
        #expect(!driven.isOpen)
        driven.tell(at: 81.1)
        #expect(driven.isOpen)
    }

    @Test(arguments: [Outcome.Class.throttled, .excluded])
    func `what was throttled or excluded counts as neither`(other: Outcome.Class) {
        var driven = Driven()
        for place in 0..<1_000 { driven.note(other, at: 100 + Double(place)) }
        #expect(!driven.isOpen)
        driven.fail(25, from: 1200, to: 1201)
        driven.note(other, at: 1202)
        driven.fail(25, from: 1203, to: 1240)
        driven.tell(at: 1240)
        #expect(driven.isOpen)
    }

    @Test func `off means off`() {
        var driven = Driven(after: nil)
        driven.fail(1_000, from: 0, to: 100_000)
        driven.tell(at: 100_000)
        #expect(!driven.isOpen)
    }

    // MARK: refusals

    @Test func `twenty refusals of the key in a row open it at once, nineteen do not`() {
        var driven = Driven()
        for place in 0..<19 { driven.note(.failed, at: 100 + Double(place) / 100, refusal: .authorisation("no")) }
        #expect(!driven.isOpen)
        driven.note(.failed, at: 101, refusal: .authorisation("no"))
        #expect(driven.breaker.reason == "20 requests in a row were refused: no")
    }

    @Test func `anything between refusals breaks the row, but what is ours`() {
        var driven = Driven()
        for _ in 0..<19 { driven.note(.failed, at: 100, refusal: .purse("empty")) }
        #expect(driven.isOpen)  // before the first success one empty purse is enough

        driven = Driven()
        driven.note(.success, at: 99)
        for _ in 0..<19 { driven.note(.failed, at: 100, refusal: .purse("empty")) }
        driven.note(.throttled, at: 100)
        for _ in 0..<19 { driven.note(.failed, at: 100, refusal: .model("gone")) }
        #expect(!driven.isOpen)
        driven.note(.excluded, at: 100)
        driven.note(.failed, at: 100, refusal: .model("gone"))
        #expect(driven.isOpen)
    }

    @Test func `an unknown model opens it at once before the first success`() {
        var driven = Driven()
        driven.note(.failed, at: 1, refusal: .model("unknown"))
        #expect(driven.breaker.reason == "unknown")
    }

    @Test func `once open it stays open, with its first reason`() {
        var driven = Driven()
        driven.note(.failed, at: 1, refusal: .model("first"))
        for _ in 0..<30 { driven.note(.failed, at: 2, refusal: .authorisation("second")) }
        driven.note(.success, at: 3)
        #expect(driven.breaker.reason == "first")
    }

    // MARK: outages

    @Test func `an outage is from the first failure's sending to the next token`() {
        var driven = Driven()
        driven.note(.success, at: 9, lastToken: 9)
        driven.fail(6, from: 10.01, to: 12, neverConnected: true)
        driven.note(.success, at: 14.5, sent: 13, lastToken: 14.4)
        #expect(driven.outages == [Breaker.Outage(start: Self.at(10), end: Self.at(14.4), attempts: 6)])
        driven.note(.success, at: 15, lastToken: 15)
        #expect(driven.outages.count == 1)
    }

    @Test func `a token ends it before its request does`() {
        var driven = Driven()
        driven.fail(12, from: 10.01, to: 12)
        driven.tell(at: 13, oldestOpen: 12.5, lastToken: 12.9)
        #expect(driven.outages == [Breaker.Outage(start: Self.at(10), end: Self.at(12.9), attempts: 12)])
    }

    @Test func `it begins with the last token, where a stream died that was sent long before`() {
        var driven = Driven()
        driven.tell(at: 9, lastToken: 9)
        driven.note(.success, at: 20, lastToken: 19.9)
        driven.note(.failed, at: 21, sent: 5, lastToken: 20.5)
        driven.fail(5, from: 21.01, to: 24, neverConnected: true)
        driven.note(.success, at: 25, lastToken: 25)
        #expect(driven.outages.map(\.start) == [Self.at(21)])
    }

    /// Connections hang for ten seconds while streams that are open go on: the target is there.
    @Test func `it begins with the last token of any stream, where the first failure took long`() {
        var driven = Driven()
        driven.note(.failed, at: 20, sent: 10, neverConnected: true)
        driven.tell(at: 20.05, oldestOpen: 9, lastToken: 19)
        driven.fail(5, from: 21.01, to: 24, neverConnected: true)
        driven.note(.success, at: 25, lastToken: 25)
        #expect(driven.outages == [Breaker.Outage(start: Self.at(19), end: Self.at(25), attempts: 6)])
    }

    /// What a probe beside the load was answered: the target is there, and may be given up all the same.
    @Test func `an answer to somebody else ends an outage, and no count of failures`() {
        var driven = Driven(after: .seconds(30))
        driven.fail(50, from: 10.01, to: 39)
        #expect(
            driven.breaker.sign(at: Self.at(39.5))
                == Breaker.Outage(start: Self.at(10), end: Self.at(39.5), attempts: 50)
        )
        driven.tell(at: 41)
        #expect(driven.isOpen)
    }

    @Test func `the first token behind it ends it, however long its answer goes on`() {
        var driven = Driven()
        driven.fail(12, from: 10.01, to: 12)
        driven.note(.success, at: 20, sent: 12.5, firstToken: 13, lastToken: 19.9)
        #expect(driven.outages == [Breaker.Outage(start: Self.at(10), end: Self.at(13), attempts: 12)])
    }

    @Test func `a failure or two between answers are no outage`() {
        var driven = Driven()
        for place in 0..<100 {
            driven.note(.failed, at: Double(2 * place) + 1.01)
            driven.note(.success, at: Double(2 * place) + 2.5, lastToken: Double(2 * place) + 2.5)
        }
        #expect(driven.outages.isEmpty)
    }

    @Test func `an outage that goes on at the end has none`() {
        var driven = Driven()
        driven.fail(5, from: 10.01, to: 14, neverConnected: true)
        #expect(driven.breaker.finish(at: Self.at(15)) == Breaker.Outage(start: Self.at(10), end: nil, attempts: 5))
        #expect(driven.breaker.finish(at: Self.at(15)) == nil)
    }
}
