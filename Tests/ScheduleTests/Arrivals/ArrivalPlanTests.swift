import Glibc
import Measurement
import Testing
import Ticks

@testable import Schedule

extension ArrivalPlan {
    /// Arrivals at one rate.
    init(_ rate: Rate, for duration: Duration, law: ArrivalLaw, seed: UInt64 = 0) {
        self.init(.constant(rate), for: duration, law: law, seed: seed)
    }

    init(from: Rate, to: Rate, for duration: Duration, law: ArrivalLaw, seed: UInt64 = 0) {
        self.init(.line(RateLine(from: from, to: to, over: duration)), for: duration, law: law, seed: seed)
    }

    func drawn() -> ArrivalPlan {
        var (plan, position) = (self, Position())
        plan.draw(from: &position)
        return plan
    }
}

@Suite struct ArrivalPlanTests {
    private func offsets(_ plan: ArrivalPlan, most: Int = .max) -> [Int64] {
        var cursor = plan.makeCursor()
        var offsets: [Int64] = []
        while offsets.count < most, let arrival = cursor.next() {
            #expect(arrival.index == offsets.count)
            offsets.append(arrival.offset)
        }
        return offsets
    }

    private func seconds(_ offsets: [Int64]) -> [Double] { offsets.map { Double($0) / 1e9 } }

    /// √n times Kolmogorov's distance of gaps from an exponential law of known rate.
    private func kolmogorov(_ gaps: [Double], rate: Double) -> Double {
        let n = Double(gaps.count)
        let distances = gaps.sorted().enumerated().map { index, gap in
            let expected = 1 - exp(-rate * gap)
            return max(expected - Double(index) / n, Double(index + 1) / n - expected)
        }
        return (distances.max() ?? 0) * n.squareRoot()
    }

    // MARK: So many requests

    @Test func `a plan that ends after n arrivals has exactly those that it would have had, and ends behind the last`()
    {
        for law in [ArrivalLaw.constant, .poisson, .gamma(burstiness: 0.2)] {
            for count in [1, 2, 500] {
                let whole = offsets(ArrivalPlan(Rate(7), for: .seconds(100_000), law: law, seed: 5), most: count)
                let plan = ArrivalPlan(Rate(7), requests: count, law: law, seed: 5).drawn()
                #expect(offsets(plan) == whole)
                #expect(plan.duration == .nanoseconds((whole.last ?? -1) + 1))
                #expect(plan.expectedCount == Double(count))
            }
        }
    }

    @Test func `a number of requests is kept however the load is dealt to loops and cut into blocks`() {
        let shape = RateShape([.init(Rate(3), requests: 2000)])
        var plan = RunPlan(
            seed: 9,
            workload: Workload(source: .synthetic(inputTokens: 1)),
            warmupRequests: 0,
            shapes: [.rate(shape)],
            grace: .seconds(1)
        )
        func count(_ plan: RunPlan, loops: Int) -> Int {
            plan.drawn().phases.flatMap(\.stages).reduce(0) { sum, stage in
                sum
                    + (0..<loops).reduce(0) { sum, loop in
                        guard let arrivals = stage.segment(loop: loop, of: loops).arrivals else {
                            return sum
                        }
                        var pacer = StageShaper(
                            stage: stage.segment(loop: loop, of: loops),
                            start: .zero,
                            carriedInFlight: 0
                        )
                        var found = 0
                        let end = Instant.zero.advanced(by: arrivals.duration)
                        while case .arrive = pacer.next(at: end) {
                            found += 1
                            pacer.requestEnded(.unmeasured, failedFast: false, at: end)
                        }
                        return sum + found
                    }
            }
        }
        #expect(count(plan, loops: 1) == 2000)
        #expect(count(plan, loops: 3) == 2000)
        plan = plan.inBlocks()
        #expect(plan.phases[0].blocks > 1)
        #expect(count(plan, loops: 2) == 2000)
    }

    // MARK: A constant rate

    @Test(arguments: [
        (1000.0, 1_000_000_000, 1_000_000_000_000_000), (7, 1_000_000_000, 142_857_142_857_142_857),
        (2.5667, 1_000_000_000, 389_605_329_800_911_676), (7, 3, 428_571_429), (0.000001, 3, 3_000_000_000_000_000),
        (3, 1, 333_333_333), (20, 0, 0), (20, 5999, 299_950_000_000),
    ])
    func `arrival i of a constant rate is due at i over the rate, to the nanosecond`(
        rate: Double,
        index: Int,
        expected: Int64
    ) {
        // By hand: index · 10⁹ / rate, rounded.
        let curve = RateCurve.constant(Rate(rate))
        #expect(curve.instant(ofArea: Int128(index) * RateCurve.request, before: .max / 4) == expected)
    }

    @Test func `a pacer at rate r has let go r times e, and one at the start, after e seconds`() {
        for rate in [0.3, 1, 7, 50, 333.3] {
            let plan = ArrivalPlan(Rate(rate), for: .seconds(30), law: .constant)
            let all = seconds(offsets(plan))
            for elapsed in stride(from: 0.05, to: 30, by: 1.37) {
                #expect(
                    all.count { $0 <= elapsed } == Int((rate * elapsed).rounded(.down)) + 1,
                    "\(rate) at \(elapsed)"
                )
            }
            #expect(Double(all.count) == plan.expectedCount)
        }
    }

    @Test func `a rate that rises in a line brings the area under it`() {
        // From 0 to 10 requests/s in 20 s: n(t) = t²/4, 100 in all; the n-th comes at 2 √n.
        let all = seconds(offsets(ArrivalPlan(from: .zero, to: Rate(10), for: .seconds(20), law: .constant)))
        #expect(all.count == 100)
        for n in [0, 1, 4, 25, 49, 81, 99] { #expect(abs(all[n] - 2 * Double(n).squareRoot()) < 1e-9, "\(n)") }
        // From 10 down to 0 it is the mirror image: n(t) = 10 t − t²/4.
        let falling = seconds(offsets(ArrivalPlan(from: Rate(10), to: .zero, for: .seconds(20), law: .constant)))
        #expect(falling.count == 100)
        for n in [0, 19, 51, 75, 99] {
            let t = 20 - 2 * (100 - Double(n)).squareRoot()
            #expect(abs(falling[n] - t) < 1e-9, "\(n)")
        }
    }

    // MARK: Chance

    @Test func `the same seed gives the same instants, and another gives others`() {
        let plan = { (seed: UInt64) in ArrivalPlan(Rate(20), for: .seconds(60), law: .poisson, seed: seed) }
        #expect(offsets(plan(1)) == offsets(plan(1)))
        #expect(offsets(plan(1)) != offsets(plan(2)))
        // The rate only stretches the axis: nothing is drawn anew.
        let (slow, fast) = (offsets(plan(1)), offsets(ArrivalPlan(Rate(40), for: .seconds(30), law: .poisson, seed: 1)))
        #expect(slow.count == fast.count)
        #expect(zip(slow, fast).allSatisfy { abs($0 - 2 * $1) <= 2 })
    }

    @Test func `Poisson counts vary as Poisson counts do, since nothing is rescaled`() throws {
        var counts: [Double] = []
        for seed in 0..<1000 {
            counts.append(
                Double(offsets(ArrivalPlan(Rate(20), for: .seconds(2), law: .poisson, seed: UInt64(seed))).count)
            )
        }
        let mean = counts.reduce(0, +) / 1000
        let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 999
        #expect(abs(mean - 40) < 0.8)  // four standard errors
        #expect(abs(variance / mean - 1) < 0.14)
    }

    @Test func `Poisson arrivals pass Anderson and Darling and Kolmogorov as often as they should`() throws {
        var (rejected, low) = (0, 0)
        for seed in 0..<400 {
            let times = seconds(offsets(ArrivalPlan(Rate(10), for: .seconds(40), law: .poisson, seed: UInt64(seed))))
            let gaps = zip(times, [0] + times).map { $0 - $1 }
            let statistic = try #require(ArrivalTests.andersonDarlingExponential(gaps))
            if statistic > ArrivalTests.andersonDarlingCritical(count: gaps.count).at5Percent { rejected += 1 }
            if kolmogorov(gaps, rate: 10) > 1.358 { low += 1 }  // 5 %
        }
        // 5 % of 400 are 20, with a standard deviation of 4.4.
        #expect((5...35).contains(rejected), "\(rejected)")
        #expect((5...35).contains(low), "\(low)")
    }

    @Test(arguments: [(0.25, 2.0), (0.5, 1.4142), (1.0, 1.0), (4.0, 0.5)])
    func `gamma arrivals scatter by one over the root of their shape`(shape: Double, cv: Double) throws {
        let plan = ArrivalPlan(Rate(50), for: .seconds(1200), law: .gamma(burstiness: shape), seed: 3)
        let times = seconds(offsets(plan))
        let gaps = zip(times, [0] + times).map { $0 - $1 }
        #expect(abs(Double(times.count) / 60_000 - 1) < 4 * cv / 60_000.0.squareRoot())
        let measured = try #require(Variation(SortedSamples(gaps))?.cv)
        #expect(abs(measured / cv - 1) < 0.03, "\(measured)")
        // Over times much longer than a gap, a renewal process has a dispersion of its gaps' CV squared.
        let dispersion = try #require(ArrivalTests.dispersion(times, over: 1200, binWidth: 4))
        #expect(abs(dispersion / (cv * cv) - 1) < 0.3, "\(dispersion)")
        // Gamma gaps of CV 2 are what the reference's gamma200_cv2 is: no exponential law. (Two may share a nanosecond.)
        let statistic = try #require(ArrivalTests.andersonDarlingExponential(gaps.prefix(200).map { max($0, 5e-10) }))
        #expect((statistic > ArrivalTests.andersonDarlingCritical(count: 200).at1Percent) == (shape != 1))
    }

    @Test func `Poisson arrivals under a rising rate are a Poisson process of that rate`() throws {
        // On the axis of the area, the instants are arrivals at rate 1: mapped back, they pass for exponential gaps.
        let all = seconds(offsets(ArrivalPlan(from: Rate(5), to: Rate(45), for: .seconds(40), law: .poisson, seed: 9)))
        let areas = all.map { 5 * $0 + 0.5 * $0 * $0 }
        let gaps = zip(areas, [0] + areas).map { $0 - $1 }
        #expect(abs(Double(all.count) - 1000) < 130)
        #expect(kolmogorov(gaps, rate: 1) < 1.949)  // 0.1 %
    }

    // MARK: Shares

    @Test func `the loops' shares are the whole, each arrival once`() throws {
        let plan = ArrivalPlan(Rate(100), for: .seconds(5), law: .poisson, seed: 4)
        let whole = Stage(.arrivals, .open(Arrivals(.rate(plan))), grace: .seconds(1))
        let run = { (loops: Int) in VirtualRun([whole], server: VirtualServer(slots: 64, service: .zero), loops: loops)
        }
        let expected = offsets(plan).map { Instant(nanoseconds: $0) }
        for loops in [1, 2, 3] {
            let requests = run(loops).requests
            #expect(requests.map(\.scheduled).sorted() == expected)
            let perLoop = (0..<loops).map { loop in requests.count { $0.loop == loop } }
            #expect((perLoop.max() ?? 0) - (perLoop.min() ?? 0) <= 1)
        }
    }
}
