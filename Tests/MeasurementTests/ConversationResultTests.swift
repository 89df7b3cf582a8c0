import Testing
import Ticks

@testable import Measurement

@Suite struct ConversationResultTests {
    /// Two users for 20 s: an answer takes 1 s, thinking 3 s; a conversation has three turns.
    private func twoUsers(_ change: (inout RunResultBuilder, Int) -> Void = { _, _ in }) -> RunResultBuilder {
        var builder = RunResultBuilder()
        let phase = builder.phase(.steady, from: 0, to: 21_000)
        let step = builder.step(.level, of: phase, 2, from: 0, settled: 0, windowEnded: 20_000, drained: 21_000)
        for user in 0..<2 {
            // 0, 4, 8 and, at once after the last answer, 9, 13, 17.
            for (place, at) in ([0, 4000, 8000, 9000, 13_000, 17_000] as [Int64]).enumerated() {
                builder.request(step, at: at, ttft: 300 + 100 * Int64(place % 3), tokens: 8, gap: 0) { request in
                    request.conversation = user + 2 * (place / 3)
                    request.turn = place % 3
                    request.think = place % 3 < 2 ? 3_000_000_000 : nil
                    request.inputTokens = 100 + 50 * Int64(place % 3)
                    request.cachedInputTokens = place % 3 == 0 ? 0 : 80
                    request.visibleBytes = 32
                    request.lastToken = 1_000_000_000
                    request.ended = 1_000_000_000
                }
            }
        }
        builder.inFlight(step, 0.6, from: 0, to: 20_000)
        change(&builder, step)
        return builder
    }

    @Test func `figures are told turn by turn`() throws {
        let step = try #require(twoUsers().result.targets[0].phases[0].steps.first)
        #expect(step.turns.map(\.turn) == [1, 2, 3])
        #expect(step.turns.map(\.requests) == [4, 4, 4])
        #expect(step.turns.map { $0.ttftMilliseconds?.p50 } == [300, 400, 500])
        #expect(step.turns.map { $0.inputTokensPerRequest?.p50 } == [100, 150, 200])
        #expect(step.turns.map(\.cachedShare) == [0, 80.0 / 150, 80.0 / 200])
    }

    @Test func `a share of cached tokens that nobody told is none`() throws {
        let builder = twoUsers { builder, _ in
            for place in builder.recorded.requests.indices { builder.recorded.requests[place].cachedInputTokens = nil }
        }
        let step = try #require(builder.result.targets[0].phases[0].steps.first)
        #expect(step.turns.allSatisfy { $0.cachedShare == nil })
    }

    @Test func `users who think hold their places of the level`() throws {
        let phase = twoUsers().result.targets[0].phases[0]
        // Each user answers 1 s and thinks 3 s: from 0 to 9 s two pauses, from 9 to 18 two, and 2 s without anything.
        #expect(try #require(phase.steps[0].meanThinking) == 2 * 12.0 / 20)
        // Stored before lateness was, it is judged by requests in flight: 0.6 of 2, and 1.2 who think.
        func judged(_ inFlight: Double?) -> ValidityResult.Verdict {
            twoUsers { builder, step in
                for place in builder.recorded.requests.indices { builder.recorded.requests[place].lateSend = nil }
                guard let inFlight else { return }
                builder.recorded.bins = []
                builder.inFlight(step, inFlight, from: 0, to: 20_000)
            }.result.targets[0].phases[0].validity.load
        }
        #expect(judged(nil) == .invalid)
        #expect(judged(0.8) == .valid)
    }

    @Test func `who never asked again thought until the load was over`() throws {
        let builder = twoUsers { builder, _ in
            // The last turn of the second conversations was none: they would have thought a minute longer.
            for place in builder.recorded.requests.indices
            where builder.recorded.requests[place].turn == 2 && (builder.recorded.requests[place].conversation ?? 0) > 1
            {
                builder.recorded.requests[place].think = 60_000_000_000
            }
        }
        #expect(try #require(builder.result.targets[0].phases[0].steps[0].meanThinking) == 2 * (12.0 + 2) / 20)
    }

    @Test func `every conversation has one end`() throws {
        let whole = try #require(twoUsers().result.targets[0].phases[0].conversations)
        #expect(whole.begun == 4 && whole.finished == 4 && whole.broken == 0 && whole.left == 0)
        let builder = twoUsers { builder, step in
            builder.request(step, at: 19_000) { ($0.conversation, $0.turn, $0.think) = (8, 0, 1_000_000_000) }
            builder.failure(step, at: 19_000, .reset)
            builder.recorded.requests[builder.recorded.requests.count - 1].conversation = 9
            builder.recorded.requests[builder.recorded.requests.count - 1].turn = 1
            builder.request(step, at: 19_500) {
                ($0.conversation, $0.turn, $0.outcome) = (10, 0, .cancelled)
            }
        }
        let mixed = try #require(builder.result.targets[0].phases[0].conversations)
        #expect(mixed.begun == 7 && mixed.finished == 4 && mixed.broken == 1 && mixed.left == 2)
        #expect(rampOfTwoLevels().result.targets[0].phases[0].conversations == nil)
    }

    @Test func `of an open loop the plan is held against first turns`() throws {
        var builder = RunResultBuilder()
        let phase = builder.phase(.rate, from: 0, to: 10_000)
        builder.recorded.phases[0].loop = .open
        let step = builder.step(.arrivals, of: phase, 0, from: 0, settled: 0, windowEnded: 10_000, drained: 11_000) {
            ($0.rps, $0.arrivals, $0.planned) = (1, "constant", 10_000_000_000)
        }
        for second in 0..<10 as Range<Int64> {
            for turn in 0..<2 {
                builder.request(step, at: second * 1000 + Int64(turn) * 137, ttft: 100, tokens: 2, gap: 1) {
                    ($0.conversation, $0.turn, $0.visibleBytes) = (Int(second), turn, 8)
                    $0.think = turn == 0 ? 36_000_000 : nil
                }
            }
        }
        let result = builder.result.targets[0].phases[0]
        let open = try #require(result.steps[0].openLoop)
        #expect(open.offeredRPS == 1 && open.sentRPS == 1 && open.achievedRPS == 1)
        // One in every other half second: 20 x 0.25 / 19 / 0.5.
        #expect(abs((open.plannedDispersion ?? 0) - 10.0 / 19) < 1e-9)
        #expect(result.steps[0].stats.requests.scheduled == 20)
    }
}

@Suite struct ProbesResultTests {
    private func probes(_ own: [Double], against loaded: [Double], late: Double? = nil) -> ProbesResult {
        var stats = RequestStatistics()
        stats.ttftMilliseconds = DistributionSummary(samples: own)
        return ProbesResult(stats: stats, loaded: DistributionSummary(samples: loaded), lateMilliseconds: late)
    }

    private func around(_ middle: Double, _ count: Int) -> [Double] {
        // Out of order: samples that rise one after the other count for few.
        (0..<count).map { (index: Int) -> Double in
            let place = Double(index * 17 % count) / Double(count - 1)
            return middle * (0.95 + 0.1 * place)
        }
    }

    @Test func `a client that waits as long shows a slow server, and how sure that is`() throws {
        let result = probes(around(500, 40), against: around(505, 400))
        #expect(result.verdict == .same)
        let most = try #require(result.clientShareAtMost)
        // 40 values from 475 to 525: the median's interval begins at the 14th, 475 + 13 x 50/39; of 400 from 480 to 530
        // it ends at the 220th or so.
        #expect(most > 0.02 && most < 0.06)
    }

    @Test func `one that is answered sooner shows that part of the wait is made here`() throws {
        let result = probes(around(50, 40), against: around(500, 400), late: 12)
        #expect(result.verdict == .faster)
        #expect(try #require(result.clientShareAtMost) > 0.89)
        #expect(try #require(result.clientShareAtLeast) > 0.85)
        #expect(result.lateMilliseconds == 12)
    }

    @Test func `few or scattered probes tell nothing`() {
        #expect(probes(around(500, 9), against: around(500, 400)).verdict == .undetermined)
        let scattered = (0..<12).map { [0, 3, 4, 7, 9, 10].contains($0) ? 20.0 : 900 }
        #expect(probes(scattered, against: around(500, 400)).verdict == .undetermined)
        #expect(probes(around(900, 40), against: around(500, 400)).verdict == .slower)
        // One more in a queue of eight waits an eighth longer.
        #expect(probes(around(562, 40), against: around(500, 400)).verdict == .same)
    }
}
