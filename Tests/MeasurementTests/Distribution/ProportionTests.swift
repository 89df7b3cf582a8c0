import Measurement
import Testing

@Suite struct ProportionTests {
    private func parsed(_ key: String) throws -> Proportion {
        let parts = key.split(separator: "/").compactMap { Int($0) }
        try #require(parts.count == 2)
        return Proportion(parts[0], of: parts[1])
    }

    @Test func `Wilson's and Clopper-Pearson's intervals match the reference`() throws {
        for (table, of) in [
            ("wilson95", { (p: Proportion) in p.wilson() }), ("clopper_pearson95", { $0.clopperPearson() }),
        ] {
            let rows = try Oracles.main.members("special", table)
            #expect(rows.count == 6)
            for (key, _) in rows {
                let expected = try Oracles.main.bounds("special", table, key)
                let interval = try #require(of(try parsed(key)))
                #expect(near(interval.lower, try #require(expected.lower), relative: 1e-10), "\(table) \(key)")
                #expect(near(interval.upper, try #require(expected.upper), relative: 1e-10), "\(table) \(key)")
            }
        }
    }

    @Test func `no event in n bounds its probability as the reference says`() throws {
        let rows = try Oracles.main.members("cold_detection_power", "upper95_q_when_zero_cold(1-.05^(1/n))")
        #expect(rows.count == 9)
        for (key, value) in rows {
            let n = try #require(Int(key))
            #expect(near(Proportion.upperBoundOfNone(in: n), try #require(value.number)), "\(key)")
        }
        #expect(Proportion.upperBoundOfNone(in: 0) == 1)
    }

    @Test func `without trials there is no proportion`() {
        let none = Proportion(0, of: 0)
        #expect(none.value == nil && none.wilson() == nil && none.clopperPearson() == nil)
    }

    @Test(arguments: [0, 1, 3, 74, 75])
    func `Clopper-Pearson's bounds leave exactly the tail on each side`(successes: Int) throws {
        let interval = try #require(Proportion(successes, of: 75).clopperPearson())
        let lower = try #require(interval.lower)
        let upper = try #require(interval.upper)
        if successes > 0 { #expect(near(BinomialDistribution.survival(successes - 1, 75, lower), 0.025)) }
        if successes < 75 { #expect(near(BinomialDistribution.cumulative(successes, 75, upper), 0.025)) }
    }
}
