import Glibc

/// Whether one share is higher than another by more than chance: Fisher's exact test, one-sided.
enum FisherExact {
    /// The probability of `a` or more of `n` on the first side, when `a + b` of `n + m` are spread over both at random.
    static func probability(_ a: Int, of n: Int, against b: Int, of m: Int) -> Double {
        guard a >= 0, b >= 0, a <= n, b <= m, n > 0, m > 0 else { return 1 }
        let seen = a + b
        let all = logChoose(n + m, seen)
        let sum = (a...max(a, min(seen, n))).reduce(0.0) { sum, k in
            seen - k > m || k > n ? sum : sum + exp(logChoose(n, k) + logChoose(m, seen - k) - all)
        }
        return min(1, sum)
    }

    private static func logChoose(_ n: Int, _ k: Int) -> Double {
        lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
    }
}
