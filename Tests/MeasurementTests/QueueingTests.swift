import Glibc
import Measurement
import Testing
import Ticks

/// Queues of known law, run in virtual time: what comes out of the percentiles must be what queueing theory says.
@Suite struct QueueingTests {
    /// First come, first served, `slots` at once; waiting time of each.
    private func waits(_ count: Int, rate: Double, slots: Int, seed: UInt64, service: (inout SplitMix64) -> Double)
        -> [Double]
    {
        var random = SplitMix64(seed: seed)
        var free = [Double](repeating: 0, count: slots)
        var now = 0.0
        return (0..<count).map { _ in
            now -= log(1 - random.unit()) / rate
            var slot = 0
            for other in 1..<max(1, slots) where other < slots && free[other] < free[slot] { slot = other }
            let begin = max(now, free[slot])
            free[slot] = begin + service(&random)
            return begin - now
        }
    }

    @Test(arguments: [
        ("MM1_lam0.5_mu1", 0.5, 1, 60_000), ("MM1_lam0.8_mu1", 0.8, 1, 200_000), ("MM4_lam3.2_mu1", 3.2, 4, 100_000),
        ("MM8_lam6.4_mu1", 6.4, 8, 100_000), ("MM16_lam12.8_mu1", 12.8, 16, 100_000),
    ])
    func `waiting in an open queue follows Erlang`(key: String, rate: Double, slots: Int, count: Int) throws {
        let oracle = { (name: String) in try Oracles.main.number("queueing", key, name) }
        let waits = waits(count, rate: rate, slots: slots, seed: 8) { -log(1 - $0.unit()) }
        let samples = SortedSamples(waits)
        let mean = try #require(samples.mean)
        #expect(near(mean, try oracle("Wq"), relative: 0.08), "seed 8: \(mean)")
        #expect(near(mean + 1, try oracle("W"), relative: 0.06))
        #expect(near(rate * mean, try oracle("Lq"), relative: 0.08))
        #expect(near(Double(waits.count { $0 > 0 }) / Double(count), try oracle("P_wait"), absolute: 0.02))
        #expect(near(samples.nearestRank(.p95), try oracle("Wq_p95"), relative: 0.1))
        #expect(near(samples.nearestRank(.p99), try oracle("Wq_p99"), relative: 0.12))
        // Little's law ties the reference's own figures.
        #expect(near(try oracle("Lq"), rate * (try oracle("Wq"))))
    }

    @Test func `the response of one slot at 80 % load has the reference's percentiles`() throws {
        var service = SplitMix64(seed: 80)
        let waits = waits(200_000, rate: 0.8, slots: 1, seed: 8) { -log(1 - $0.unit()) }
        // The wait is independent of the request's own service.
        let samples = SortedSamples(waits.map { $0 - log(1 - service.unit()) })
        for (key, quantile) in [("p50", Quantile.p50), ("p90", .p90), ("p95", .p95), ("p99", .p99)] {
            let expected = try Oracles.main.number("queueing", "MM1_rho0.8_response", key)
            #expect(near(samples.nearestRank(quantile), expected, relative: 0.08), "\(key), seed 8")
            // −ln(1 − p) / (μ − λ).
            #expect(near(expected, -log(1 - quantile.fraction) / 0.2))
        }
    }

    @Test func `a constant service waits half as long`() throws {
        let mean = SortedSamples(waits(200_000, rate: 0.8, slots: 1, seed: 9) { _ in 1 }).mean
        #expect(near(mean, try Oracles.main.number("queueing", "MD1_rho0.8_S1", "Wq"), relative: 0.08), "seed 9")
    }

    @Test func `a closed loop on hard slots saturates exactly`() throws {
        let rows = try Oracles.main.members("queueing", "closed_hard_slots_B16_S0.5")
        #expect(rows.count == 6)
        for (key, row) in rows {
            let users = try #require(Int(key))
            // Each user's next request is due when its last ended; 16 slots of half a second.
            var due = [Double](repeating: 0, count: users)
            var free = [Double](repeating: 0, count: 16)
            var responses: [Double] = []
            var ends: [Double] = []
            for _ in 0..<(users * 60) {
                let user = due.indices.min { due[$0] < due[$1] } ?? 0
                let slot = free.indices.min { free[$0] < free[$1] } ?? 0
                let end = max(due[user], free[slot]) + 0.5
                responses.append(end - due[user])
                ends.append(end)
                free[slot] = end
                due[user] = end
            }
            // Past the first rounds, over a whole number of them.
            let from = 4.0
            let until = from + 6
            let measured = zip(ends, responses).filter { $0.0 > from && $0.0 <= until }.map(\.1)
            #expect(near(Double(measured.count) / 6, row["X_rps"].number), "\(key)")
            #expect(near(SortedSamples(measured).mean, row["R_s"].number, relative: 1e-9), "\(key)")
        }
    }

    @Test func `streams that share a fixed capacity slow down as the reference says`() throws {
        let key = "processor_sharing_decode_r1=50tok/s_C=800tok/s_out=100tok_ttft=0.2s"
        let rows = try Oracles.main.members("queueing", key)
        #expect(rows.count == 5)
        for (users, row) in rows {
            let n = try #require(Double(users))
            // 100 tokens, one at a time, at 50/s or a share of 800/s.
            let gap = max(1.0 / 50, n / 800)
            let last = 0.2 + 99 * gap
            var request = RequestRecord()
            (request.tokenSource, request.outputTokens, request.tokenReads) = (.usage, 100, 100)
            (request.textBytes, request.firstReadTextBytes) = (400, 4)
            (request.firstToken, request.lastToken) = (200_000_000, Int64(last * 1e9))
            #expect(near(request.decodeTPS, row["tps_per_user_decode"].number, relative: 1e-8), "\(users)")
        }
    }

    @Test func `the seeded generator draws the reference's numbers`() throws {
        let path = "splitmix64_seed1234567"
        let words = try #require(try Oracles.main.value([path, "u64"]).array).map { try #require($0.string) }
        let uniform = try Oracles.main.numbers(path, "uniform=(u>>11)*2^-53")
        let gaps = try Oracles.main.numbers(path, "exp_gap_rate10=-ln(1-u)/10")
        var integers = SplitMix64(seed: 1_234_567)
        var doubles = SplitMix64(seed: 1_234_567)
        #expect(words.count == 8)
        for index in words.indices {
            #expect("\(integers.next())" == words[index])
            let u = doubles.unit()
            #expect(near(u, uniform[index], relative: 1e-15))
            #expect(near(-log(1 - u) / 10, gaps[index], relative: 1e-14))
        }
    }
}
