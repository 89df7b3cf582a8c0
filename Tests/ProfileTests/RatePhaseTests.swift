import Profile
import Schedule
import Testing

@Suite struct RatePhaseTests {
    private func shape(_ text: String) throws -> RateShape? {
        let profile = try read("phases:\n  - rate: \(text)\n")
        guard case .rate(let shape) = profile.phases[0] else { return nil }
        return shape
    }

    @Test func `the contract's spelling is one stretch of Poisson arrivals`() throws {
        let shape = try shape("{rps: 20, arrivals: poisson, for: 5m}")
        #expect(shape == RateShape([.init(.constant(Rate(20)), for: .seconds(300))]))
    }

    @Test func `requests may be counted in place of time, and are written out as that`() throws {
        #expect(try shape("{rps: 20, requests: 500}") == RateShape([.init(Rate(20), requests: 500)]))
        let text = "phases:\n  - rate: {rps: [{rps: 5, requests: 40}, {rps: 9, for: 2s}]}\n"
        let profile = try read(text)
        #expect(try read(profile.resolvedYAML()).phases == profile.phases)
        guard let arrivals = profile.plan().phases[1].stages[0].arrivals else {
            Issue.record("no arrivals")
            return
        }
        #expect(arrivals.expectedCount == 40)
        #expect(profile.plan().estimate(answer: .seconds(1)).requests == 40 + 18 + 3)
    }

    @Test func `a list mixes rates and ramps of rate`() throws {
        let shape = try shape(
            "{rps: [{rps: 2.5, for: 10s}, {from: 0, to: 40, for: 1m}], arrivals: {gamma: 0.5}, settle: 2s, "
                + "max_concurrency: 9, overflow: shed, stop_over_saturated: false}"
        )
        var expected = RateShape([
            .init(.constant(Rate(micro: 2_500_000)), for: .seconds(10)),
            .init(.line(RateLine(from: .zero, to: Rate(40), over: .seconds(60))), for: .seconds(60)),
        ])
        expected.law = .gamma(burstiness: 0.5)
        expected.settle = .seconds(2)
        expected.maxConcurrency = 9
        expected.overflow = .shed
        expected.stopsWhenSaturated = false
        #expect(shape == expected)
        #expect(try self.shape("{rps: {from: 1, to: 9}, for: 4s, arrivals: constant}")?.stretches.count == 1)
    }

    @Test(arguments: [
        (
            "{for: 5m}",
            "rps: missing; requests per second such as 20 or 0.5, from 0.000001 to 10,000,000; or a list such "
                + "as [{rps: 10, for: 1m}, {from: 10, to: 50, for: 2m}], or {sine: {mean: 20, amplitude: 10, period: 1m}}"
        ),
        (
            "{rps: inf, for: 5m}",
            "rps: read \"inf\"; allowed: requests per second such as 20 or 0.5, from 0.000001 to "
                + "10,000,000; use burst for all at once, ramp for as many as it bears"
        ),
        ("{rps: 20}", "for: missing; a duration such as 250ms, 10s, 5m or 2h; or requests, how many"),
        ("{rps: 20, for: 5}", "for: read \"5\"; allowed: a duration such as 250ms, 10s, 5m or 2h; a unit is missing"),
        ("{rps: 20, for: 5m, requests: 9}", "requests: read 9 beside for; allowed: one of them"),
        (
            "{rps: {from: 1, to: 9}, requests: 9}",
            "requests: read 9 beside several rates; allowed: requests of each, as {rps: 10, requests: 100}"
        ),
        ("{rps: [{from: 1, to: 9, requests: 9}]}", "rps.0.requests: read 9; allowed: with rps, without for"),
        ("{rps: [{rps: 2}]}", "rps.0.for: missing; a duration such as 250ms, 10s, 5m or 2h"),
        (
            "{rps: 20, for: 5m, arrivals: poison}",
            "arrivals: read \"poison\"; allowed: constant, poisson, {gamma: 0.5}; did you mean poisson?"
        ),
        (
            "{rps: 20, for: 5m, overflow: shed}",
            "overflow: says what happens beyond a cap, but there is none; give max_concurrency"
        ),
        (
            "{rps: 20, for: 5s, settle: 5s}",
            "settle: read 5s; allowed: less than the shortest stretch (5s), or nothing is measured"
        ),
        ("{rps: [{from: 2, for: 1s}]}", "rps.0: read \"a map of from, for\"; allowed: rps, or from and to, or sine, or spike"),
        (
            "{rps: {sine: {mean: 20, amplitude: 30, period: 1m}}, for: 5m}",
            "rps.sine.amplitude: read 30; allowed: at most the mean (20), since a rate is not negative"
        ),
        (
            "{rps: {sine: {mean: 20, period: 1m}}, for: 5m}",
            "rps.sine.amplitude: missing; as in {mean: 20, amplitude: 10, period: 1m}"
        ),
        (
            "{rps: {sine: {mean: 20, amplitude: 10, period: 1m, phase: 2}}, for: 5m}",
            "rps.sine.phase: unknown key; allowed: mean, amplitude, period"
        ),
        (
            "{rps: {spike: {base: 20, peak: 10, every: 1m, for: 10s}}, for: 5m}",
            "rps.spike.peak: read 10; allowed: at least the base (20)"
        ),
        (
            "{rps: {spike: {base: 2, peak: 10, every: 1m, for: 60s}}, for: 5m}",
            "rps.spike.for: read 1m; allowed: shorter than every (1m)"
        ),
        (
            "{rps: {spike: {base: 2, peak: 10, every: 1m}}, for: 5m}",
            "rps.spike.for: missing; as in {base: 5, peak: 50, every: 1m, for: 10s}"
        ),
        (
            "{rps: [{rps: 4, sine: {mean: 20, amplitude: 1, period: 1m}, for: 5m}]}",
            "rps.0: read \"a map of rps, sine, for\"; allowed: rps, or from and to, or sine, or spike"
        ),
        (
            "{rps: 20, for: 5m, max_concurrency: 6000}",
            "max_concurrency: read \"6000\"; allowed: a whole number from 1 to 5000 (limits.max_in_flight)"
        ),
    ])
    func `what is wrong says so`(text: String, message: String) {
        let found = problems("phases:\n  - rate: \(text)\n")
        let expected = message.replacing("read \"a map of ", with: "read a map of ").replacing(
            "for\"; all",
            with: "for; all"
        )
        #expect(found == ["p.yaml:2: phases.0.rate.\(expected)"])
    }

    @Test func `a rate may swing in a sine, alone or among others`() throws {
        let sine = RateSine(mean: Rate(20), amplitude: Rate(micro: 7_500_000), period: .milliseconds(90_500))
        let spelled = "{sine: {mean: 20, amplitude: 7.5, period: 90.5s}}"
        #expect(try shape("{rps: \(spelled), for: 5m}") == RateShape([.init(.sine(sine), for: .seconds(300))]))
        let text =
            "phases:\n  - rate: {rps: [{rps: 3, for: 10s}, {sine: {mean: 20, amplitude: 7.5, period: 90.5s}, for: 5m}]}\n"
        let profile = try read(text)
        #expect(try read(profile.resolvedYAML()).phases == profile.phases)
        #expect(profile.plan().estimate(answer: .seconds(1)).requests == 3 + 30 + 6151)  // by hand:
        // 20 · 300 + 7.5 · 90.5/2π · (1 − cos(2π · 300/90.5)) = 6000 + 108.03 · 1.397 = 6151
    }

    @Test func `a rate may jump up at even distances`() throws {
        let spike = RateSpike(base: .zero, peak: Rate(50), every: .seconds(60), for: .milliseconds(2_500))
        let text = "{rps: {spike: {base: 0, peak: 50, every: 1m, for: 2.5s}}, for: 5m}"
        #expect(try shape(text) == RateShape([.init(.spike(spike), for: .seconds(300))]))
        let profile = try read("phases:\n  - rate: \(text)\n")
        #expect(try read(profile.resolvedYAML()).phases == profile.phases)
        #expect(profile.plan().estimate(answer: .seconds(1)).requests == 3 + 5 * 125)
    }

    @Test func `it reads back the same, with the same plan`() throws {
        let text = "{rps: [{rps: 2.5667, for: 10s}, {from: 0.5, to: 40, for: 1m}], arrivals: {gamma: 0.5}}"
        let profile = try read("phases:\n  - rate: \(text)\n")
        let again = try read(profile.resolvedYAML())
        #expect(again.phases == profile.phases)
        #expect(again.plan().scheduleSHA256 == profile.plan().scheduleSHA256)
    }

    @Test func `everything that changes the arrivals changes the hash of the plan`() throws {
        let hash = { (text: String) in try read("phases:\n  - rate: {\(text)}\n").plan().scheduleSHA256 }
        let texts = [
            "rps: 20, for: 5m", "rps: 21, for: 5m", "rps: 20, for: 6m", "rps: 20, for: 5m, arrivals: constant",
            "rps: 20, for: 5m, max_concurrency: 4", "rps: 20, for: 5m, max_concurrency: 4, overflow: shed",
            "rps: {from: 20, to: 21}, for: 5m", "rps: {sine: {mean: 20, amplitude: 1, period: 1m}}, for: 5m",
            "rps: {sine: {mean: 20, amplitude: 1, period: 2m}}, for: 5m", "rps: 20, requests: 6000",
            "rps: {sine: {mean: 20, amplitude: 2, period: 1m}}, for: 5m", "rps: 20, requests: 6001",
            "rps: 20, for: 5m, settle: 1s", "rps: {spike: {base: 2, peak: 20, every: 1m, for: 10s}}, for: 5m",
            "rps: {spike: {base: 2, peak: 20, every: 1m, for: 11s}}, for: 5m",
        ]
        #expect(Set(try texts.map(hash)).count == texts.count)
    }
}
