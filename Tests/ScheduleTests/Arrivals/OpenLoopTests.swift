import Measurement
import Schedule
import Testing
import Ticks

/// Open loops in virtual time: what coordinated omission would hide must be seen (MEASUREMENT.md, section 1).
@Suite struct OpenLoopTests {
    private func arrivals(
        _ rate: Double,
        for seconds: Double,
        _ law: ArrivalLaw = .constant,
        cap: Int? = nil,
        overflow: Arrivals.Overflow = .queue,
        seed: UInt64 = 1,
        grace: Double = 1000
    ) -> Stage {
        var arrivals = Arrivals(.rate(ArrivalPlan(Rate(rate), for: .seconds(seconds), law: law, seed: seed)))
        if let cap {
            arrivals.limit = cap
            arrivals.isCapped = true
            arrivals.overflow = overflow
        }
        return Stage(.arrivals, .open(arrivals), grace: .seconds(grace))
    }

    private func drain(grace: Double = 1000) -> Stage { Stage.drain(grace: .seconds(grace)) }

    private func fromSchedule(_ requests: [VirtualRun.Request]) -> [Double] {
        requests.map { Double($0.ended.nanoseconds(since: $0.scheduled)) / 1e9 }
    }

    private func fromDispatch(_ requests: [VirtualRun.Request]) -> [Double] {
        requests.map { Double($0.ended.nanoseconds(since: $0.dispatched)) / 1e9 }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    private func same(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
        a.map { abs($0 - b) <= tolerance } ?? false
    }

    @Test func `a server that stalls for 5 s is charged with it by everybody who came then`() {
        // 50 requests/s for 20 s, 5 ms each, frozen from 8 s to 13 s.
        var server = VirtualServer(slots: 400, service: .milliseconds(5))
        server.frozen = at(8)..<at(13)
        let run = VirtualRun([arrivals(50, for: 20), drain()], server: server)
        let times = SortedSamples(fromSchedule(run.requests))
        #expect(times.count == 1000)
        #expect(same(times.nearestRank(.p50), 0.005))
        #expect(same(times.nearestRank(.p75), 0.005))
        #expect(same(times.nearestRank(.p90), 3.005, 0.021))
        #expect(same(times.nearestRank(.p95), 4.005, 0.021))
        #expect(same(times.nearestRank(.p99), 4.805, 0.021))
        #expect(same(times.max, 5.005))
        #expect(same(times.mean, 0.6325, 1e-6))
    }

    @Test func `a closed loop sees next to nothing of the same stall`() {
        var server = VirtualServer(slots: 400, service: .milliseconds(5))
        server.frozen = at(8)..<at(13)
        let think = Stage.oneByOne(.probe, 10_000, gap: .milliseconds(15), grace: .seconds(1))
        let run = VirtualRun([think], server: server, until: at(19.9999))
        let times = SortedSamples(fromSchedule(run.requests.filter { $0.ended < at(19.9999) }))
        #expect((749...751).contains(times.count))
        #expect(same(times.nearestRank(.p99), 0.005))
        #expect(same(times.mean, 0.0117, 0.0001))
    }

    @Test func `a cap queues, and the time in its queue is the request's`() {
        // vllm#54101: 500 ms of service, 10 requests/s, 8 requests, one at a time.
        let run = VirtualRun(
            [arrivals(10, for: 0.8, cap: 1), drain()],
            server: VirtualServer(slots: 8, service: .milliseconds(500))
        )
        let requests = run.requests.sorted { $0.scheduled < $1.scheduled }
        #expect(requests.count == 8)
        #expect(requests.map(\.dispatched) == (0..<8).map { at(0.5 * Double($0)) })
        #expect(same(mean(fromSchedule(requests)), 1.9))
        #expect(same(mean(fromDispatch(requests)), 0.5))
        #expect(same(mean(requests.map { Double($0.queued) / 1e9 }), 1.4))
        // The 99th percentile by interpolation: (7 · 0.99 = 6.93) between 2.9 s and 3.3 s.
        let times = fromSchedule(requests).sorted()
        #expect(same(times[6] + 0.93 * (times[7] - times[6]), 3.272))
        #expect(run.shed.isEmpty)
        #expect(run.mostInFlight(from: .zero, to: at(10)) == 1)
    }

    @Test func `a cap that sheds counts what it did not send`() {
        let run = VirtualRun(
            [arrivals(50, for: 10, cap: 10, overflow: .shed), drain()],
            server: VirtualServer(slots: 100, service: .seconds(1))
        )
        #expect((100...110).contains(run.requests.count))
        #expect(run.requests.count + run.shed.count == 500)
        #expect(run.shed.allSatisfy { $0.reason == .cap })
        #expect(run.requests.allSatisfy { $0.scheduled == $0.dispatched && $0.queued == 0 })
        // Every arrival once, sent or not.
        let indices = run.shed.map(\.arrival.scheduled) + run.requests.map(\.scheduled)
        #expect(Set(indices).count == 500)
    }

    @Test func `what still waits under the cap when the grace has passed is not sent, and counted`() {
        let run = VirtualRun(
            [arrivals(10, for: 10, cap: 1, grace: 5), drain(grace: 5)],
            server: VirtualServer(slots: 1, service: .seconds(1))
        )
        #expect(run.requests.count + run.shed.count == 100)
        #expect(run.shed.allSatisfy { $0.reason == .grace })
        #expect(run.requests.count == 15)  // one each second from 0 to 14 s; at 15 s the grace is over
    }

    @Test func `an interrupt sheds what was due and drops what was not`() {
        let run = VirtualRun(
            [arrivals(10, for: 100, cap: 1), drain()],
            server: VirtualServer(slots: 1, service: .seconds(1)),
            stopAt: at(4.05)
        )
        // Due by then: 0, 0.1, ..., 4.0; sent at 0, 1, 2, 3 and 4 s.
        #expect(run.requests.count == 5)
        #expect(run.shed.count == 36)
        #expect(run.shed.allSatisfy { $0.reason == .stopped })
    }

    @Test func `stretches follow one another without a gap, whatever is still in flight`() throws {
        let server = VirtualServer(slots: 100, service: .milliseconds(1730))
        let run = VirtualRun(
            [arrivals(7, for: 3), arrivals(20, for: 2.5), arrivals(3, for: 4), drain()],
            server: server
        )
        #expect(run.passages.map(\.started) == [at(0), at(3), at(5.5), at(9.5)])
        #expect(run.requests(of: 0).map(\.scheduled).max() == Instant(nanoseconds: 2_857_142_857))
        #expect(run.requests(of: 1).map(\.scheduled).min() == at(3))
        #expect(run.requests(of: 1).count == 50)
        #expect(run.requests(of: 2).count == 12)
        #expect(run.requests.allSatisfy { $0.scheduled == $0.dispatched })
        #expect(run.requests.allSatisfy { $0.measured })
    }

    @Test(arguments: [1, 2])
    func `waiting for a server at 80 % load is what queueing theory says`(loops: Int) {
        // M/D/1: ρ S / 2(1 − ρ) = 2 S on average.
        let run = VirtualRun(
            [arrivals(8, for: 2500, .poisson, seed: 5), drain()],
            server: VirtualServer(slots: 1, service: .milliseconds(100)),
            loops: loops
        )
        #expect(abs(Double(run.requests.count) - 20_000) < 600)
        #expect(same(mean(fromSchedule(run.requests)) - 0.1, 0.2, 0.02))
    }

    // MARK: A server that cannot keep up

    /// The second in which the test gives up a run against one slot of 100 ms, and what it found.
    private func saturation(rate: Double, law: ArrivalLaw, seconds: Double, seed: UInt64)
        -> (second: Int, finding: OverSaturation.Finding)?
    {
        let run = VirtualRun(
            [arrivals(rate, for: seconds, law, seed: seed), drain()],
            server: VirtualServer(slots: 1, service: .milliseconds(100))
        )
        let whole = Int(seconds)
        var (inSystem, sum, count) = (
            [Int](repeating: 0, count: whole), [Double](repeating: 0, count: whole), [Int](repeating: 0, count: whole)
        )
        for request in run.requests {
            let (from, to) = (request.scheduled.nanoseconds / 1_000_000_000, request.ended.nanoseconds / 1_000_000_000)
            for second in Int(from)..<min(whole, Int(to)) { inSystem[second] += 1 }
            sum[Int(from)] += Double(request.ended.nanoseconds(since: request.scheduled)) / 1e9
            count[Int(from)] += 1
        }
        var test = OverSaturation(offered: rate)
        for second in 0..<whole {
            let ttft = count[second] > 0 ? sum[second] / Double(count[second]) : nil
            if let finding = test.add(inSystem: Double(inSystem[second]), ttft: ttft) { return (second + 1, finding) }
        }
        return nil
    }

    @Test func `12 requests a second for a server of 10 are hopeless after 30 s`() throws {
        let found = try #require(saturation(rate: 12, law: .constant, seconds: 60, seed: 1))
        #expect(found.second == 30)
        #expect(abs(found.finding.inSystemPerSecond - 2) < 0.1)
        #expect(abs(found.finding.ttftPerSecond - 0.2) < 0.01)
        for seed in 1...10 {
            let found = try #require(saturation(rate: 12, law: .poisson, seconds: 60, seed: UInt64(seed)), "\(seed)")
            #expect(found.second <= 35, "seed \(seed)")
        }
    }

    @Test func `8 requests a second for a server of 10 are not`() {
        for seed in 1...10 { #expect(saturation(rate: 8, law: .poisson, seconds: 600, seed: UInt64(seed)) == nil) }
        #expect(saturation(rate: 8, law: .constant, seconds: 600, seed: 1) == nil)
    }

    @Test func `a stretch that is given up sheds what waits and lets the next begin when all have ended`() {
        var shaper = StageShaper(stage: arrivals(10, for: 100, cap: 2, grace: 30), start: .zero, carriedInFlight: 0)
        var now = at(1.05)  // eleven are due
        var sent = 0
        while case .arrive = shaper.next(at: now) { sent += 1 }
        #expect(sent == 2)
        #expect(shaper.backlog(at: now) == 9)
        shaper.giveUp(at: now)
        var shed = 0
        while case .shed(_, _, .saturated) = shaper.next(at: now) { shed += 1 }
        #expect(shed == 9)
        #expect(shaper.next(at: now) == .wait(until: at(31.05)))
        now = at(2)
        shaper.requestEnded(.measured, failedFast: false, at: now)
        #expect(shaper.next(at: now) == .wait(until: at(31.05)))
        shaper.requestEnded(.measured, failedFast: false, at: now)
        #expect(shaper.next(at: now) == .quiet)
    }
}
