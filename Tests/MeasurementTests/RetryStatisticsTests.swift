import Measurement
import Testing
import Ticks

@Suite struct RetryStatisticsTests {
    /// Three requests: one answered at once (TTFT 200 ms, e2e 900 ms), one after two refusals, one refused three times.
    private func built() -> RunResultBuilder {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 20_000)
        let step = builder.step(.level, of: phase, 3, from: 0, settled: 0, windowEnded: 20_000, drained: 20_000)
        builder.request(step, at: 1000) { $0.sequence = 10 }
        for (attempt, at) in [(0, 1000), (1, 2500)] as [(Int, Int64)] {
            builder.failure(step, at: at, .rateLimited)
            builder.recorded.requests[builder.recorded.requests.count - 1].sequence = 11
            builder.recorded.requests[builder.recorded.requests.count - 1].attempt = attempt
        }
        builder.request(step, at: 5000) {
            $0.sequence = 11
            $0.attempt = 2
        }
        for (attempt, at) in [(0, 1000), (1, 2000), (2, 4000)] as [(Int, Int64)] {
            builder.failure(step, at: at, .overloaded)
            builder.recorded.requests[builder.recorded.requests.count - 1].sequence = 12
            builder.recorded.requests[builder.recorded.requests.count - 1].attempt = attempt
        }
        return builder
    }

    @Test func `first attempts and what users see are told apart`() throws {
        let totals = built().result.targets[0].totals
        // Every attempt is a request of the figures around it.
        #expect(totals.requests.scheduled == 7 && totals.requests.success == 2 && totals.requests.throttled == 5)
        let retries = try #require(totals.retries)
        #expect(retries.requests == 3 && retries.attempts == 7)
        #expect(retries.retried == 2 && retries.recovered == 1)
        #expect(retries.firstAttempt.availability?.value == 1.0 / 3)
        #expect(retries.perceived.availability?.value == 2.0 / 3)
        #expect(retries.firstAttempt.ttftMilliseconds?.count == 1)
        #expect(retries.firstAttempt.ttftMilliseconds?.maximum == 200)
        // The second's user began at 1 s, and the attempt that was answered at 5 s.
        #expect(retries.perceived.ttftMilliseconds?.minimum == 200)
        #expect(retries.perceived.ttftMilliseconds?.maximum == 4200)
        #expect(retries.perceived.e2eMilliseconds?.maximum == 4900)
        #expect(totals.ttftMilliseconds?.maximum == 200)
    }

    @Test func `where nothing was sent again there is nothing to say`() {
        var builder = built()
        builder.recorded.requests.removeAll { $0.attempt > 0 }
        #expect(builder.result.targets[0].totals.retries == nil)
    }

    @Test func `all attempts are paid for by the useful answers`() throws {
        var builder = built()
        builder.recorded.targets[0].inputPrice = 1
        builder.recorded.targets[0].outputPrice = 4
        // An attempt that broke off after it was billed: 10 in, 8 out.
        builder.recorded.requests[1].inputTokens = 10
        builder.recorded.requests[1].outputTokens = 8
        builder.recorded.requests[1].tokenSource = .usage
        let cost = try #require(builder.result.targets[0].totals.cost)
        #expect(abs(cost.dollars - 3 * 42e-6) < 1e-12)
        #expect(abs((cost.dollarsPerUsefulResult ?? 0) - 63e-6) < 1e-12)
    }

    @Test func `a level whose users wait to send again is not called unheld`() {
        var builder = built()
        builder.inFlight(1, 1, from: 0, to: 20_000)  // of 3 asked
        // Stored before lateness was: judged by requests in flight.
        for place in builder.recorded.requests.indices { builder.recorded.requests[place].lateSend = nil }
        #expect(builder.result.targets[0].phases[0].validity.load == .valid)
        builder.recorded.requests.removeAll { $0.attempt > 0 }
        #expect(builder.result.targets[0].phases[0].validity.load == .invalid)
    }

    @Test func `of limits the last word counts, and the least that was left`() {
        func limit(_ remaining: Int64?, reset: Double? = nil) -> RateLimitRecord.Limit {
            var limit = RateLimitRecord.Limit(name: "requests", resource: "requests")
            (limit.limit, limit.remaining, limit.leastRemaining, limit.resetSeconds) = (
                100, remaining, remaining, reset
            )
            return limit
        }
        var one = RateLimitRecord()
        one.lastSeen = 5
        one.responses = 2
        one.merge(limit(40), isLater: true)
        one.merge(limit(7, reset: 3), isLater: true)
        one.merge(limit(90), isLater: true)
        #expect(one.limits[0].remaining == 90 && one.limits[0].leastRemaining == 7 && one.limits[0].resetSeconds == 3)
        var earlier = RateLimitRecord()
        earlier.lastSeen = 1
        earlier.responses = 1
        earlier.retryAfters = 1
        earlier.longestRetryAfterSeconds = 2.5
        earlier.merge(limit(3), isLater: true)
        one.merge(earlier)
        #expect(one.limits[0].remaining == 90 && one.limits[0].leastRemaining == 3)
        #expect(one.responses == 3 && one.retryAfters == 1 && one.longestRetryAfterSeconds == 2.5)
    }
}
