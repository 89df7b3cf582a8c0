import Foundation
import Testing
import Ticks
import Transport

@testable import Schedule

/// The n-th arrival is where the area under the rate is n, over all stretches of a phase.
@Suite struct RateCurveTests {
    private func plan(_ stretches: [RateShape.Stretch], _ law: ArrivalLaw, seed: UInt64 = 3) -> RunPlan {
        var shape = RateShape(stretches)
        shape.law = law
        return RunPlan(
            seed: seed,
            workload: Workload(source: .synthetic(inputTokens: 1)),
            warmupRequests: 0,
            shapes: [.rate(shape)],
            grace: .seconds(1)
        )
    }

    /// Instants of all stretches, nanoseconds from the first one's start.
    private func instants(_ plan: RunPlan) -> [Int64] {
        var (instants, begun): ([Int64], Int64) = ([], 0)
        for stage in plan.drawn().phases[0].stages {
            guard let arrivals = stage.arrivals else { continue }
            var cursor = arrivals.makeCursor()
            while let arrival = cursor.next() { instants.append(begun + arrival.offset) }
            begun += arrivals.duration.nanoseconds
        }
        return instants
    }

    private let laws = [ArrivalLaw.constant, .poisson, .gamma(burstiness: 0.3), .gamma(burstiness: 20)]

    @Test func `a list of rates brings its area`() {
        let list = Array(repeating: RateShape.Stretch(.constant(Rate(2.5)), for: .seconds(1)), count: 6)
        #expect(instants(plan(list, .constant)) == (0..<15).map { Int64($0) * 400_000_000 })
        // Rates of seconds of production, most of them less than one request a second.
        let rates = [0.3, 0.9, 0.1, 2.7, 0, 0.45, 1.25, 0.8, 3.5]
        let seconds = rates.map { RateShape.Stretch(.constant(Rate($0)), for: .seconds(1)) }
        #expect(instants(plan(seconds, .constant)).count == 10)
    }

    @Test func `a stretch cut in two at any place has the arrivals of the whole`() {
        for law in laws {
            let whole = instants(plan([.init(.constant(Rate(7)), for: .seconds(60))], law))
            for cut in [1, 499, 500, 12_345, 59_999] {
                let parts = [cut, 60_000 - cut].map {
                    RateShape.Stretch(.constant(Rate(7)), for: .milliseconds($0))
                }
                let found = instants(plan(parts, law))
                #expect(
                    found.count == whole.count && zip(found, whole).allSatisfy { abs($0 - $1) <= 1 },
                    "\(law) \(cut)"
                )
            }
            let tiny = Array(repeating: RateShape.Stretch(.constant(Rate(7)), for: .milliseconds(100)), count: 600)
            let found = instants(plan(tiny, law))
            #expect(found.count == whole.count && zip(found, whole).allSatisfy { abs($0 - $1) <= 1 }, "\(law)")
        }
    }

    @Test func `blocks of a stretch together are the stretch`() {
        let line = RateLine(from: Rate(1), to: Rate(9), over: .seconds(1000))
        let sine = RateSine(mean: Rate(4), amplitude: Rate(4), period: .seconds(70))
        let spike = RateSpike(base: Rate(1), peak: Rate(30), every: .seconds(70), for: .seconds(11))
        for curve in [RateCurve.constant(Rate(3)), .line(line), .sine(sine), .spike(spike)] {
            for law in laws {
                let whole = plan([.init(curve, for: .seconds(1000))], law)
                let blocks = whole.inBlocks()
                #expect(blocks.phases[0].blocks == 4)
                let (found, expected) = (instants(blocks), instants(whole))
                #expect(found.count == expected.count, "\(law) \(curve)")
                #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1 }, "\(law) \(curve)")
            }
        }
    }

    @Test func `what follows counted requests follows a whole gap behind the last`() {
        let list = [
            RateShape.Stretch(Rate(10), requests: 5), .init(.constant(Rate(20)), for: .seconds(1)),
            .init(Rate(5), requests: 2),
        ]
        let found = instants(plan(list, .constant)).map { Double($0) / 1e9 }
        // 0, 0.1 ... 0.4; then each 0.05 until 1.4 (20 of them, the last at 1.4 less a hair); then two at 5 a second.
        #expect(found.count == 5 + 20 + 2 || found.count == 5 + 19 + 2)
        for (index, time) in [(4, 0.4), (5, 0.45), (6, 0.5)] { #expect(abs(found[index] - time) < 1e-8) }
        for law in laws { #expect(instants(plan([list[0], list[2]], law)).count == 7) }
    }

    @Test func `each arrival of a sine is where its area is a whole number`() {
        let (mean, swing, period) = (20.0, 15.0, 7.0)
        let sine = RateSine(mean: Rate(mean), amplitude: Rate(swing), period: .seconds(7))
        let found = instants(plan([.init(.sine(sine), for: .seconds(30))], .constant)).map { Double($0) / 1e9 }
        func area(_ t: Double) -> Double { mean * t + swing * period / (2 * .pi) * (1 - cos(2 * .pi * t / period)) }
        #expect(found.count == Int(area(30).rounded(.up)))
        for (index, time) in found.enumerated() { #expect(abs(area(time) - Double(index)) < 35 * 1e-9, "\(index)") }
        let curve = RateCurve.sine(sine)
        #expect(
            abs(curve.rate(at: .milliseconds(1750)) - 35) < 1e-9 && abs(curve.rate(at: .milliseconds(5250)) - 5) < 1e-9
        )
        #expect(abs(curve.mean(from: .zero, for: .seconds(7)) - 20) < 1e-9)
        #expect(curve.peak(from: .zero, for: .seconds(1)) < 35 && curve.peak(from: .zero, for: .seconds(2)) == 35)
        #expect(
            curve.peak(from: .seconds(2), for: .seconds(1)) < 35
                && curve.peak(from: .seconds(8), for: .seconds(1)) == 35
        )
        #expect(!curve.isConstant)
    }

    @Test func `each arrival of a spike is where its area is a whole number`() {
        // 2 a second for 7 s and 20 a second for 3 s: 14 and 60 in each period of 10 s.
        let curve = RateCurve.spike(RateSpike(base: Rate(2), peak: Rate(20), every: .seconds(10), for: .seconds(3)))
        let found = instants(plan([.init(curve, for: .seconds(30))], .constant)).map { Double($0) / 1e9 }
        #expect(found.count == 3 * 74)
        for (index, time) in found.enumerated() {
            let (period, rest) = index.quotientAndRemainder(dividingBy: 74)
            let place = rest <= 14 ? Double(rest) / 2 : 7 + Double(rest - 14) / 20
            #expect(abs(time - (10 * Double(period) + place)) < 2e-9, "\(index)")
        }
        #expect(curve.rate(at: .seconds(6)) == 2 && curve.rate(at: .seconds(7)) == 20 && curve.rate(at: .seconds(10)) == 2)
        #expect(abs(curve.mean(from: .zero, for: .seconds(10)) - 7.4) < 1e-9)
        #expect(curve.peak(from: .zero, for: .seconds(7)) == 2 && curve.peak(from: .zero, for: .seconds(8)) == 20)
        #expect(curve.peak(from: .seconds(9), for: .seconds(1)) == 20)
        #expect(curve.peak(from: .seconds(10), for: .seconds(5)) == 2)
        #expect(!curve.isConstant)
    }

    @Test func `between spikes from nothing nothing arrives`() {
        let spike = RateSpike(base: .zero, peak: Rate(5), every: .seconds(60), for: .seconds(2))
        let found = instants(plan([.init(.spike(spike), for: .seconds(180))], .constant)).map { Double($0) / 1e9 }
        // The first is due as the load begins, as with every rate; then 9 in the first spike, and 10 in each that follows.
        #expect(found.count == 30)
        #expect(found[0] == 0)
        #expect(found[1...9].allSatisfy { $0 > 58 && $0 < 60 })
        #expect(abs(found[10] - 60) < 2e-9 && found[11...19].allSatisfy { $0 > 118 && $0 < 120 })
        let (fast, slow) = (RateCurve.spike(spike).fast(by: 10), RateCurve.spike(spike))
        #expect(fast.rate(at: .milliseconds(5900)) == 10 * slow.rate(at: .seconds(59)))
    }

    @Test func `a rate that touches zero loses no arrival and makes none`() {
        let sine = RateSine(mean: Rate(1), amplitude: Rate(1), period: .seconds(60))
        #expect(instants(plan([.init(.sine(sine), for: .seconds(600))], .constant)).count == 600)
        let (fast, slow) = (RateCurve.sine(sine).fast(by: 10), RateCurve.sine(sine))
        #expect(fast.rate(at: .milliseconds(1500)) == 10 * slow.rate(at: .seconds(15)))
    }

    @Test func `to plan ten million requests draws none`() {
        let began = ProcessResources.threadCPU()
        for law in laws {
            let plan = plan([.init(Rate(1000), requests: 10_000_000)], law)
            #expect(plan.estimate(answer: .seconds(1)).requests == 10_000_000)
            #expect(plan.scheduleSHA256.count == 64)
        }
        #expect(ProcessResources.threadCPU() - began < 20_000_000_000, "to draw them takes minutes in this build")
    }

    @Test func `the peak is never more than there are`() {
        func peak(_ stretch: RateShape.Stretch, _ law: ArrivalLaw = .constant) -> Int {
            plan([stretch], law).estimate(answer: .seconds(1)).peakInFlight
        }
        #expect(peak(.init(Rate(20), requests: 5)) == 5)
        #expect(peak(.init(Rate(20), requests: 5), .poisson) == 5)
        #expect(peak(.init(.constant(Rate(20)), for: .seconds(2))) == 40)
        #expect(peak(.init(.constant(Rate(20)), for: .seconds(60))) == 200)
    }
}
