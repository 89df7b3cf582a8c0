import Measurement
import Testing

@Suite struct SortedSamplesTests {
    @Test(arguments: ["ties10", "ttft_warm25", "ttft_warm75", "ttft_cold75"])
    func `every percentile definition matches the reference`(series: String) throws {
        let samples = SortedSamples(try Oracles.data(series))
        let levels: [(String, Quantile)] = [("p50", .p50), ("p90", .p90), ("p95", .p95), ("p99", .p99)]
        for (key, quantile) in levels {
            let p = quantile.fraction
            let oracle = { (definition: String) in try Oracles.main.number("percentiles", series, key, definition) }
            #expect(samples.nearestRank(quantile) == (try oracle("nearest_rank(inverted_cdf,HF1)")), "\(key)")
            #expect(near(samples.linear(p), try oracle("linear(HF7)")), "\(key)")
        }
    }

    @Test(arguments: ["ties10", "ttft_warm25", "ttft_warm75", "ttft_cold75"])
    func `mean and spread match the reference`(series: String) throws {
        let samples = SortedSamples(try Oracles.data(series))
        let n = Double(samples.count)
        let oracle = { (key: String) in try Oracles.main.number("percentiles", series, key) }
        #expect(near(samples.mean, try oracle("mean"), relative: 1e-13))
        #expect(near(samples.standardDeviation, try oracle("sd_ddof1"), relative: 1e-12))
        let population = samples.standardDeviation.map { $0 * ((n - 1) / n).squareRoot() }
        #expect(near(population, try oracle("sd_ddof0"), relative: 1e-12))
        #expect(near(Variation(samples)?.cv.map { 100 * $0 }, try oracle("cv_pct_ddof1"), relative: 1e-12))
        // The reference takes 1 / Φ⁻¹(3/4) unrounded.
        let exactScale = 1.482602218505602 / 1.4826
        #expect(near(samples.scaledMAD.map { $0 * exactScale }, try oracle("mad_scaled"), relative: 1e-11))
    }

    @Test func `a nearest rank is exact where binary fractions are not`() {
        #expect(Quantile.p95.rank(of: 20) == 19)
        #expect(Quantile.p95.rank(of: 100) == 95)
        #expect(Quantile.p95.rank(of: 21) == 20)
        #expect(Quantile.p99.rank(of: 100) == 99)
        #expect(Quantile.p50.rank(of: 1) == 1)
        #expect(Quantile.p50.rank(of: 0) == 0)
        #expect(Quantile(tenThousandths: 1).rank(of: 5) == 1)
        #expect(Quantile.p999.rank(of: 1_000_000) == 999_000)
        #expect(Quantile.p999.rank(of: .max) <= .max)
    }

    @Test func `requests that never answered push the tail to infinity`() {
        let samples = SortedSamples([.infinity, 3, 1, 2, .nan])
        #expect(samples.count == 4)
        #expect(samples.nearestRank(.p75) == 3)
        #expect(samples.nearestRank(.p95) == .infinity)
        #expect(Variation(samples) == nil)
    }

    @Test func `no samples have no percentile`() {
        let none = SortedSamples([])
        #expect(none.nearestRank(.p50) == nil && none.linear(0.5) == nil)
        #expect(none.median == nil && none.mean == nil && none.standardDeviation == nil && none.scaledMAD == nil)
        #expect(none.interval(of: .p50) == ConfidenceInterval(lower: nil, upper: nil))
    }

    @Test func `Tene's 100 s at 1 ms and a stall of 100 s have a median of 1 ms and a p75 of 50 s`() throws {
        // 100,000 answers of 1 ms; a request every millisecond of the stall waits for the rest of it. HdrHistogram
        // #148: mean 25 s, p50 1 ms, p75 50 s.
        let stalled = (1...100_000).map { Double($0) / 1000 }
        let samples = SortedSamples(Array(repeating: 0.001, count: 100_000) + stalled)
        #expect(samples.nearestRank(.p50) == 0.001)
        #expect(near(samples.nearestRank(.p75), 50, relative: 1e-4))
        #expect(near(samples.nearestRank(Quantile(tenThousandths: 9999)), 100, relative: 1e-3))
        #expect(near(samples.mean, 25, relative: 1e-4))
    }

    @Test func `a stall of five seconds shows when time counts from the schedule`() throws {
        // 50 requests/s for 20 s, 5 ms each, frozen from 8 to 13 s: one of the stall waits until 13 s + 5 ms.
        let latencies = (0..<1000).map { index in
            let due = Double(index) / 50
            return due >= 8 && due < 13 ? 13 - due + 0.005 : 0.005
        }
        let samples = SortedSamples(latencies)
        let path = ["coordinated_omission_stall", "open_50rps_intended_time"]
        let oracle = { (key: String) in try #require(try Oracles.main.value(path)[key].number) }
        #expect(Double(samples.count) == (try oracle("n")))
        for (key, quantile) in [("p50", Quantile.p50), ("p75", .p75), ("p90", .p90), ("p95", .p95), ("p99", .p99)] {
            #expect(near(samples.nearestRank(quantile), try oracle(key)), "\(key)")
        }
        #expect(near(samples.mean, try oracle("mean")))
        #expect(near(samples.max, try oracle("max")))
    }

    @Test func `a closed loop hides the same stall`() throws {
        // One user, 15 ms between answer and request, the same server.
        var now = 0.0
        var latencies: [Double] = []
        while now < 20 - 1e-9 {
            let latency = now > 8 - 1e-9 && now < 13 - 1e-9 ? 13 - now + 0.005 : 0.005
            latencies.append(latency)
            now += latency + 0.015
        }
        let samples = SortedSamples(latencies)
        let path = ["coordinated_omission_stall", "closed_1conn_15ms_think_naive"]
        let oracle = { (key: String) in try #require(try Oracles.main.value(path)[key].number) }
        #expect(Double(samples.count) == (try oracle("n")))
        for (key, quantile) in [("p50", Quantile.p50), ("p75", .p75), ("p90", .p90), ("p95", .p95), ("p99", .p99)] {
            #expect(near(samples.nearestRank(quantile), try oracle(key)), "\(key)")
        }
        #expect(near(samples.mean, try oracle("mean"), relative: 1e-9))
        #expect(near(samples.max, try oracle("max"), relative: 1e-9))
    }

    @Test func `a server suspended for half of the run shows its true mean`() throws {
        // PerfCake #258: 15 of 30 s. Those due in the stall wait for the rest of it: 7.5 s on average.
        let waits = (0..<750).map { 15 - Double($0) / 50 }
        #expect(near(SortedSamples(waits).mean, 7.5, absolute: 0.2))
        // Half of all; a server of 5 ms else.
        let all = SortedSamples(waits + Array(repeating: 0.005, count: 750))
        #expect(all.nearestRank(.p50) == 0.005)
        #expect(near(all.nearestRank(.p95), 13.5, absolute: 0.05))
    }

    @Test func `queueing before one slot shows in the time from schedule`() throws {
        // 10 requests/s, 500 ms each, one at a time, 8 of them.
        let delays = (0..<8).map { 0.5 * Double($0) - 0.1 * Double($0) }
        let ends = SortedSamples(delays.map { $0 + 0.5 })
        let oracle = { (key: String) in try Oracles.main.number("vllm_54101_dispatch_delay", key) }
        #expect(near(SortedSamples(delays).mean, try oracle("ideal_mean_dispatch_delay")))
        #expect(near(ends.mean, try oracle("ideal_mean_e2e_from_schedule")))
        #expect(near(ends.linear(0.99), try oracle("ideal_p99_linear")))
        // What was measured there is within 30 ms of the mean and 60 ms of the tail.
        let measured = try Oracles.main.value(["vllm_54101_dispatch_delay", "published_measured"])
        #expect(near(ends.mean, try #require(measured["mean_e2el_from_schedule_ms"].number) / 1000, absolute: 0.04))
        #expect(near(ends.linear(0.99), try #require(measured["p99_from_schedule_ms"].number) / 1000, absolute: 0.06))
    }
}
