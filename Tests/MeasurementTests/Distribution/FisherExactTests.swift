import Testing

@testable import Measurement

@Suite struct FisherExactTests {
    // By hand: C(n, k) C(m, s - k) / C(n + m, s).
    @Test(
        arguments: [
            (4, 10, 0, 10, 210.0 / 4845), (5, 15, 0, 15, 3003.0 / 142_506), (1, 25, 0, 25, 0.5), (3, 8, 0, 8, 0.1),
            (2, 4, 1, 4, (6 * 4 + 4 * 1) / 56.0), (0, 10, 3, 10, 1), (10, 10, 10, 10, 1), (3, 0, 1, 4, 1),
        ] as [(Int, Int, Int, Int, Double)]
    )
    func `the tail is that of drawing without putting back`(a: Int, n: Int, b: Int, m: Int, p: Double) {
        #expect(abs(FisherExact.probability(a, of: n, against: b, of: m) - p) < 1e-9)
    }
}
