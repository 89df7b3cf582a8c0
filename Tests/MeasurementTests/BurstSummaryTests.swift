import Testing
import Ticks

@testable import Measurement

/// One cycle: baseline, idle, an edge of ten, the hold, and the same burst on the warm server.
///
/// The warm edge waits 100, 110 ... 190 ms: median 145, MAD 25, band 145 + 3 x 1.4826 x 25 = 256.195 ms. In the cold
/// edge ranks 6...9 wait 3,000 ms more than in the warm one, the others the same.
private func burst(cold: ClosedRange<Int>? = 6...9) -> RunResultBuilder {
    var builder = RunResultBuilder()
    let phase = builder.phase(.burst, from: 0, to: 60_000)
    let baseline = builder.step(.baseline, of: phase, 1, from: 0, drained: 10_000) { $0.burst = 0 }
    _ = builder.step(.idle, of: phase, 0, from: 10_000) { $0.burst = 0 }
    let edge = builder.step(.edge, of: phase, 10, from: 20_000, windowEnded: 30_000, drained: 32_000) {
        $0.burst = 0
        $0.idle = 10_000_000_000
        $0.connections = "cold"
        $0.release = 20_000_000_000
    }
    let control = builder.step(.control, of: phase, 10, from: 40_000, windowEnded: 50_000, drained: 52_000) {
        $0.burst = 0
        $0.connections = "cold"
        $0.release = 40_000_000_000
    }
    for place in 0..<10 as Range<Int64> { builder.request(baseline, at: 1000 * place, ttft: 100) }
    for rank in 0..<10 {
        let isCold = cold?.contains(rank) ?? false
        let warm = 100 + 10 * Int64(rank)
        builder.request(edge, at: 20_000, ttft: warm + (isCold ? 3000 : 0)) {
            $0.rank = rank
            $0.written = Int64(rank + 1) * 500_000  // 0.5 ms apart, the last 5 ms after the release
            $0.connection = .new
            $0.connect = 300_000
        }
        builder.request(control, at: 40_000, ttft: warm) { $0.rank = rank }
    }
    return builder
}

@Suite struct BurstSummaryTests {
    private func near(_ a: Double?, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
        a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
    }

    private func result(_ builder: RunResultBuilder) throws -> BurstResult {
        try #require(builder.result.targets[0].phases[0].bursts.first)
    }

    @Test func `an edge request above the warm control's band is cold`() throws {
        let burst = try result(burst())
        #expect(burst.coldBy == .control)
        #expect(near(burst.recoveryThresholdMilliseconds, 256.195))
        #expect(burst.coldShare == 0.4)
        #expect(burst.coldRequests == 4)
        #expect(burst.coldKnown == 10)
        #expect(burst.requests == 10)
        #expect(burst.idleSeconds == 10)
        #expect(burst.connections == "cold")
        #expect(burst.stats.requests.scheduled == 10)
        #expect(burst.control?.requests.scheduled == 10)
        #expect(burst.baseline?.requests.scheduled == 10)
        #expect(burst.hold == nil)
    }

    @Test func `an edge no slower than the warm control has no cold request and no penalty`() throws {
        let burst = try result(burst(cold: nil))
        #expect(burst.coldShare == 0)
        #expect(burst.coldPenaltyMilliseconds == 0)
        #expect(burst.coldOnlyPenaltyMilliseconds == nil)
        #expect(burst.timeToRecoverSeconds == 0)
    }

    @Test func `the penalty is the median over ranks, the same over cold ranks beside it`() throws {
        let few = try result(burst())
        #expect(few.coldPenaltyMilliseconds == 0)  // six of ten ranks paid nothing
        #expect(few.coldOnlyPenaltyMilliseconds == 3000)
        #expect(few.coldPenaltyPairs == 10)
        let most = try result(burst(cold: 2...9))
        #expect(most.coldPenaltyMilliseconds == 3000)
    }

    @Test func `the server's own word stands above the clock`() throws {
        var builder = burst()
        for place in builder.recorded.requests.indices {
            guard let rank = builder.recorded.requests[place].rank else { continue }
            builder.recorded.requests[place].reportedCold = rank == 0  // a fast one
        }
        let told = try result(builder)
        #expect(told.coldBy == .reported)
        #expect(told.coldShare == 0.1)
        #expect(told.coldOnlyPenaltyMilliseconds == 0)

        // Where it said nothing the control's band decides: rank 9 is slow.
        let last = try #require(
            builder.recorded.requests.lastIndex { $0.rank == 9 && builder.recorded.steps[$0.step - 1].kind == .edge }
        )
        builder.recorded.requests[last].reportedCold = nil
        #expect(try result(builder).coldRequests == 2)
    }

    @Test func `requests without a first token are in no share`() throws {
        var builder = burst()
        for place in builder.recorded.requests.indices where builder.recorded.requests[place].rank == 9 {
            builder.recorded.requests[place].firstToken = nil
            builder.recorded.requests[place].outcome = .timeoutFirstToken
        }
        let burst = try result(builder)
        #expect(burst.coldKnown == 9)
        #expect(burst.coldShare == 0, "3 of 9 against 0 of 10: p = 0.087")
        #expect(burst.stats.outcomes[.timeoutFirstToken] == 1)
        #expect(burst.coldPenaltyPairs == 9)
    }

    @Test func `send lag and skew come from the wave's own writes`() throws {
        let burst = try result(burst())
        #expect(burst.sendLagMilliseconds == 5)
        #expect(burst.sendSkewMilliseconds == 4.5)
        #expect(burst.reusedConnections == 0)
        #expect(burst.stats.connectMilliseconds?.p50 == 0.3)
    }

    @Test func `recovered from the first dispatch with at most one slow request among the next ten`() throws {
        var builder = burst(cold: 0...9)
        // The hold: one request every 100 ms from 3.2 s after the edge; the first three and the sixth are slow.
        let edge = 3
        for place in 0..<20 as Range<Int64> {
            let slow = place < 3 || place == 5
            builder.request(edge, at: 23_200 + 100 * place, ttft: slow ? 2000 : 150)
        }
        // From the fourth of the hold on (3.5 s) only the sixth is slow; from the third on two are.
        #expect(try result(builder).timeToRecoverSeconds == 3.5)
        #expect(try result(builder).censoredAtSeconds == nil)
        #expect(try result(builder).hold?.requests.scheduled == 20)
    }

    @Test func `the last cold request of a wave with nine warm ones behind it is no recovery`() throws {
        var builder = burst(cold: 0...9)
        for place in 0..<12 as Range<Int64> { builder.request(3, at: 23_000 + 100 * place, ttft: 150) }
        #expect(try result(builder).timeToRecoverSeconds == 3)
    }

    @Test func `a burst that never recovers is censored at the time it was held`() throws {
        var builder = burst(cold: 0...9)
        for place in 0..<12 as Range<Int64> { builder.request(3, at: 24_000 + 100 * place, ttft: 2000) }
        let burst = try result(builder)
        #expect(burst.timeToRecoverSeconds == nil)
        // Held from 20 s to 30 s; the last dispatch was at 25.1 s.
        #expect(burst.censoredAtSeconds == 10)
        #expect(builder.result.targets[0].phases[0].transition?.censored == 1)
        #expect(builder.result.targets[0].phases[0].transition?.timeToRecoverSeconds == nil)
    }

    @Test func `a failed request is a slow one, a cancelled one says nothing`() throws {
        var failing = burst(cold: nil)
        for place in 0..<10 as Range<Int64> { failing.failure(3, at: 24_000 + 100 * place, .http5xx) }
        // The wave itself was fast: recovered at once.
        #expect(try result(failing).timeToRecoverSeconds == 0)
        for place in failing.recorded.requests.indices where failing.recorded.requests[place].step == 3 {
            guard failing.recorded.requests[place].rank != nil else { continue }
            failing.recorded.requests[place].outcome = .overloaded
            failing.recorded.requests[place].firstToken = nil
        }
        #expect(try result(failing).timeToRecoverSeconds == nil)
        #expect(try result(failing).censoredAtSeconds == 10)
        #expect(try result(failing).coldShare == nil)

        var cancelled = burst(cold: nil)
        for place in cancelled.recorded.requests.indices where cancelled.recorded.requests[place].step == 3 {
            cancelled.recorded.requests[place].outcome = .cancelled
            cancelled.recorded.requests[place].firstToken = nil
        }
        #expect(try result(cancelled).timeToRecoverSeconds == nil)
        #expect(try result(cancelled).censoredAtSeconds == nil)
    }

    @Test func `without a control nothing is held against it and nothing is called cold for being alike`() throws {
        var builder = burst(cold: nil)
        builder.recorded.steps.removeAll { $0.kind == .control }
        builder.recorded.requests.removeAll { $0.step == 4 }
        let burst = try result(builder)
        #expect(burst.control == nil)
        #expect(burst.coldPenaltyMilliseconds == nil)
        #expect(burst.coldShare == nil)
        #expect(burst.timeToRecoverSeconds == nil)
        #expect(burst.censoredAtSeconds == nil)
        #expect(builder.result.caveats.contains("burst: burst 0 has no warm control to compare with."))
    }

    @Test func `without a control slow requests are slow, and nothing says that they were cold`() throws {
        var builder = burst()
        builder.recorded.steps.removeAll { $0.kind == .control }
        builder.recorded.requests.removeAll { $0.step == 4 }
        let burst = try result(builder)
        #expect(burst.coldBy == nil)
        #expect(burst.coldShare == nil)
        #expect(burst.coldPenaltyMilliseconds == nil)
    }

    @Test func `first tokens come in waves`() {
        // Warm server: 0.2 s. Five at once, a quiet longer than a quarter of the time, five more.
        let instants = [3.0, 3.1, 3.2, 3.3, 3.4, 5.0, 5.1, 5.2]
        let waves = TransitionResult.waves(instants, warmMilliseconds: 200)
        #expect(waves == [.init(atSeconds: 3, requests: 5), .init(atSeconds: 5, requests: 3)])
        // 0.6 s after 3.4 s is less than a quarter of the time.
        #expect(TransitionResult.waves([3.0, 3.4, 4.0], warmMilliseconds: 200).map(\.requests) == [3])
        // A warm time to first token of 2 s is no quiet.
        #expect(TransitionResult.waves(instants, warmMilliseconds: 2000).map(\.requests) == [8])
        #expect(TransitionResult.waves([], warmMilliseconds: nil).isEmpty)
    }

    @Test func `the transition pools bursts and medians ranks`() throws {
        var builder = burst()
        // The same cycle again, 100 s later, with all requests cold.
        let again = burst(cold: 0...9).recorded
        let shift: Int64 = 100_000_000_000
        for var step in again.steps {
            step.id += 10
            step.ordinal += 10
            step.burst = 1
            step.release = step.release.map { $0 + shift }
            builder.recorded.steps.append(step)
        }
        for var request in again.requests {
            request.step += 10
            request.scheduled += shift
            builder.recorded.requests.append(request)
        }
        let phase = builder.result.targets[0].phases[0]
        let transition = try #require(phase.transition)
        #expect(phase.bursts.map(\.index) == [0, 1])
        #expect(phase.bursts.map(\.coldShare) == [0.4, 1])
        #expect(transition.bursts == 2)
        #expect(transition.coldShare == 0.7)
        #expect(transition.coldShareInterval == nil, "two bursts say little of others")
        // The median of the bursts' medians, 0 (six of ten places waited no longer) and 3,000.
        #expect(phase.bursts.map(\.coldPenaltyMilliseconds) == [0, 3000])
        #expect(transition.coldPenaltyMilliseconds?.count == 2)
        #expect(transition.coldPenaltyMilliseconds?.p50 == 1500)
        // Rank 0: 100 and 3,100 cold, 100 warm.
        #expect(transition.ttftByRank.first == .init(rank: 0, coldMilliseconds: 1600, warmMilliseconds: 100))
        #expect(transition.ttftByRank.count == 10)
    }

    // Worlds that look like a cold server, and are none.

    @Test func `new connections that take long are no cold server`() throws {
        var builder = burst()
        for place in builder.recorded.requests.indices where builder.recorded.requests[place].step == 3 {
            guard (builder.recorded.requests[place].rank ?? 0) >= 6 else { continue }
            builder.recorded.requests[place].tls = 3_000_000_000
        }
        #expect(try result(builder).coldShare == 0)
    }

    @Test func `a few slow ones, as the warm server has them too, are no cold server`() throws {
        #expect(try result(burst(cold: 7...9)).coldShare == 0, "3 of 10 against 0 of 10: p = 0.105")
        var builder = burst()
        for place in builder.recorded.requests.indices where builder.recorded.requests[place].step == 4 {
            if (builder.recorded.requests[place].rank ?? 0) >= 8 {
                builder.recorded.requests[place].firstToken = 3_000_000_000
            }
        }
        #expect(try result(builder).coldShare == 0, "4 of 10 against 2 of 10")
    }
}
