import Glibc
import Ticks

/// A rate that swings about a mean, as the load of a day does: mean + amplitude × sin(2π t / period).
///
/// The area under it is known in closed form, mean × t + amplitude × period/2π × (1 − cos(2π t / period)), and grows
/// everywhere, so that the instant at which it reaches a number of requests is found to the nanosecond.
public struct RateSine: RateCurveShape {
    public var mean: Rate
    public var amplitude: Rate  // at most the mean
    public var period: Duration

    public init(mean: Rate, amplitude: Rate, period: Duration) {
        precondition(amplitude.micro >= 0 && amplitude <= mean && period > .zero, "a rate is not negative")
        (self.mean, self.amplitude, self.period) = (mean, amplitude, period)
    }

    var isConstant: Bool { amplitude == .zero }

    /// Where in its period that is, 0 up to 2π. Whole periods are taken off first, so that late instants lose nothing.
    private func angle(_ elapsed: Int64) -> Double {
        let whole = period.nanoseconds
        return Double(elapsed % whole) / Double(whole) * 2 * .pi
    }

    func rate(at elapsed: Int64) -> Double { mean.perSecond + amplitude.perSecond * sin(angle(elapsed)) }

    func peak(_ begin: Int64, _ end: Int64) -> Double {
        // The crest is a quarter of a period behind each period's beginning.
        let (whole, quarter) = (period.nanoseconds, period.nanoseconds / 4)
        let next = begin <= quarter ? quarter : ((begin - quarter - 1) / whole + 1) * whole + quarter
        return next <= end ? mean.perSecond + amplitude.perSecond : max(rate(at: begin), rate(at: end))
    }

    func area(to elapsed: Int64) -> Int128 {
        let swing = Double(2 * amplitude.micro) * Double(period.nanoseconds) / (2 * .pi)
        let half = sin(angle(elapsed) / 2)
        // 1 − cos = 2 sin²
        return 2 * Int128(mean.micro) * Int128(elapsed) + Int128((swing * 2 * half * half).rounded())
    }

    func instant(ofArea target: Int128, before end: Int64) -> Int64 {
        // The area lies between that of the mean and a swing more: few halvings, and no derivative that may be 0.
        let swing = Int128(2 * amplitude.micro) * Int128(period.nanoseconds) / 3
        let perNanosecond = 2 * Int128(mean.micro)
        var low = Int64(max(0, (target - swing) / perNanosecond - 1))
        var high = min(end, Int64(target / perNanosecond + 1))
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if area(to: middle) < target { low = middle } else { high = middle }
        }
        return target - area(to: low) < area(to: high) - target ? low : high
    }

    var words: String { "\(mean.text) ± \(amplitude.text) (sine of \(seconds) s)" }

    var members: [(name: String, value: String)] {
        [("sine", "{mean: \(mean.text), amplitude: \(amplitude.text), period: \(seconds)s}")]
    }

    private var seconds: String { Rate(period / .seconds(1)).text }  // up to six decimals

    var canonical: String { "sine mean=\(mean.micro) amplitude=\(amplitude.micro) period=\(period.nanoseconds)" }

    func fast(by factor: Int) -> RateSine {
        RateSine(
            mean: Rate(micro: mean.micro * Int64(factor)),
            amplitude: Rate(micro: amplitude.micro * Int64(factor)),
            period: period / factor
        )
    }
}
