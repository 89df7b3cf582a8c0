import Glibc

/// How many requests prove a percentile: MLPerf's early stopping (inference rules, "Early Stopping").
///
/// With h requests inside the limit and t outside, the share inside is at least p with confidence c when
/// I_p(h, t + 1) <= 1 − c.
public struct EarlyStopping: Sendable, Hashable {
    public var percentile: Double  // p, 0..<1
    public var confidence: Double  // c, 0..<1

    public init(percentile: Double, confidence: Double = 0.99) {
        self.percentile = percentile
        self.confidence = confidence
    }

    public enum Verdict: String, Sendable, Hashable { case pass, fail, undetermined }

    /// The fewest requests inside the limit that carry `outside` ones beyond it.
    public func fewestInside(outside: Int) -> Int {
        let passes = { (inside: Int) in
            IncompleteBeta.regularised(percentile, Double(inside), Double(outside) + 1) <= 1 - confidence
        }
        var high = 1
        while !passes(high), high < 1 << 40 { high *= 2 }
        var low = high / 2
        while high - low > 1 {
            let middle = (low + high) / 2
            if passes(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// pass: the share inside is p or more; fail: it is less; both with the confidence. Else more requests are needed.
    public func verdict(inside: Int, outside: Int) -> Verdict {
        if inside > 0, IncompleteBeta.regularised(percentile, Double(inside), Double(outside) + 1) <= 1 - confidence {
            return .pass
        }
        // P(Bin(n, 1 − p) >= t): so many outside, were p true.
        if BinomialDistribution.survival(outside - 1, inside + outside, 1 - percentile) <= 1 - confidence {
            return .fail
        }
        return .undetermined
    }

    /// The samples that place the percentile within ± `margin`, by the normal approximation z² p(1 − p) / m². MLPerf takes
    /// a twentieth of 1 − p as margin.
    public func samples(forMargin margin: Double) -> Double {
        let z = NormalDistribution.quantile((1 + confidence) / 2)
        return z * z * percentile * (1 - percentile) / (margin * margin)
    }
}
