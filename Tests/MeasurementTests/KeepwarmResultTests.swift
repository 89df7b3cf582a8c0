import Measurement
import Testing
import Ticks

@Suite struct KeepwarmResultTests {
    /// Probes after gaps of seconds with their waits in ms, each followed by a warm one of 100 ms.
    private func run(
        _ probes: [(gap: Int64, wait: Int64)],
        next: (Int) -> Int64 = { _ in 100 },
        change: (Int, inout RequestRecord) -> Void = { _, _ in }
    ) -> RunResultBuilder {
        var run = RunResultBuilder()
        let phase = run.phase(.keepwarm, from: 0, to: 10_000_000)
        var now: Int64 = 0
        for (place, probe) in probes.enumerated() {
            now += probe.gap * 1000
            let step = run.step(.probe, of: phase, 1, from: now, settled: now) {
                $0.gap = probe.gap * 1_000_000_000
                $0.idle = probe.gap * 1_000_000_000 + 3_000_000
            }
            run.request(step, at: now, ttft: probe.wait + 1) { change(place, &$0) }
            now += probe.wait + 1000
            let rewarm = run.step(.rewarm, of: phase, 1, from: now, settled: now)
            run.request(rewarm, at: now, ttft: next(place) + 1 + Int64(place % 3))
            now += 1000
        }
        return run
    }

    private static let probes: [(gap: Int64, wait: Int64)] = [
        (30, 101), (300, 9000), (120, 99), (600, 9100), (300, 102), (30, 100), (600, 8900), (120, 103),
    ]

    private func keepwarm(_ run: RunResultBuilder) throws -> KeepwarmResult {
        try #require(run.result.targets[0].phases[0].keepwarm)
    }

    @Test func `slow probes whose followers are fast were cold`() throws {
        let result = try keepwarm(run(Self.probes))
        #expect(result.isInferred)
        #expect(result.probes == 8)
        #expect(result.curve.map(\.gapSeconds) == [30, 120, 300, 600])
        #expect(result.curve.map(\.cold) == [0, 0, 1, 2])
        #expect(result.curve.map(\.probability) == [0, 0, 0.5, 1])
        #expect(result.warmUpToSeconds == 120)
        #expect(result.coldFromSeconds == 300)
        #expect(result.medianSeconds == 300)
        #expect(abs((result.warmUpper95 ?? 0) - (1 - 0.05.squareRoot())) < 1e-9, "1 − 0.05^(1/2)")
        let penalty = result.coldPenaltyMilliseconds ?? 0
        #expect(abs(penalty - (9000 - 101)) < 1e-6)
        #expect(result.failed == 0 && result.unknown == 0)
    }

    @Test func `what is slow twice in a row was not cold, and is not taken for warm either`() throws {
        let result = try keepwarm(run(Self.probes, next: { $0 == 1 ? 9000 : 100 }))
        #expect(result.unknown == 1)
        #expect(result.curve.map(\.cold) == [0, 0, 0, 2])
        #expect(result.curve.map(\.probes) == [2, 2, 1, 2])
    }

    @Test func `a few per cent more are no cold start`() throws {
        let mild = Self.probes.map { (gap: $0.gap, wait: $0.wait > 1000 ? 140 : $0.wait) }
        let result = try keepwarm(run(mild))
        #expect(result.coldFromSeconds == nil)
        #expect(result.warmUpToSeconds == 600)
        #expect(result.medianSeconds == nil)
    }

    @Test func `the server's own word comes before the look of it`() throws {
        let result = try keepwarm(run(Self.probes, change: { place, request in request.reportedCold = place == 2 }))
        #expect(!result.isInferred)
        #expect(result.curve.map(\.cold) == [0, 1, 0, 0])
    }

    @Test func `a failed probe is counted and is in no curve`() throws {
        var run = self.run(Self.probes)
        run.recorded.requests[0].outcome = .reset
        let result = try keepwarm(run)
        #expect(result.failed == 1)
        #expect(result.curve.map(\.probes) == [1, 2, 2, 2])
    }

    @Test func `a pause that the generator overslept counts as what it was`() throws {
        var run = self.run(Self.probes)
        run.recorded.steps[0].idle = 47_000_000_000
        #expect(try keepwarm(run).curve.map(\.gapSeconds) == [30, 47, 120, 300, 600])
    }

    @Test func `too few warm answers leave it open`() throws {
        let result = try keepwarm(run(Array(Self.probes.prefix(3))))
        #expect(result.probes == 0 && result.unknown == 3)
        #expect(result.warmUpToSeconds == nil && result.interval == nil)
    }

    // Worlds that look like a server that goes cold, and are none.

    @Test func `a wait that the generator itself made is no cold start`() throws {
        let late = run(Self.probes) { _ in
            100
        } change: { _, request in
            request.lateFirst = max(0, (request.firstToken ?? 0) - 100_000_000)
        }
        let result = try keepwarm(late)
        #expect(result.coldFromSeconds == nil)
        #expect(result.curve.map(\.cold) == [0, 0, 0, 0])
    }

    @Test func `where requests without a pause are slow as often, no probe is called cold`() throws {
        // Three of eight of each are slow, never a probe and its follower together.
        let result = try keepwarm(run(Self.probes, next: { [0, 4, 7].contains($0) ? 9000 : 100 }))
        #expect(result.coldFromSeconds == nil)
        #expect(result.curve.allSatisfy { $0.cold == 0 })
        #expect(result.unknown == 3)
        #expect(result.coldPenaltyMilliseconds == nil)
    }

    @Test func `a single slow probe among many proves nothing`() throws {
        var probes: [(gap: Int64, wait: Int64)] = []
        for place in 0..<20 as Range<Int64> {
            probes.append((gap: 60 * (1 + place % 3), wait: place == 7 ? 9000 : 100 + place % 4))
        }
        let result = try keepwarm(run(probes))
        #expect(result.coldFromSeconds == nil)
        #expect(result.unknown == 1)
    }

    @Test func `probes that the generator disturbed tell nothing`() throws {
        var many: [(gap: Int64, wait: Int64)] = []
        for _ in 0..<4 { many += Self.probes }
        let late = run(many) { _ in
            100
        } change: { _, request in
            request.lateSend = 80_000_000
        }
        #expect(try keepwarm(run(Self.probes)).isTold)
        #expect(try !keepwarm(late).isTold)
        #expect(late.result.headline[0].text.hasPrefix("No answer on how long the server stays warm"))
    }
}
