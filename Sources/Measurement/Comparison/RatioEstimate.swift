import Glibc

/// How many times larger a figure of one side is than that of another, as far as repeated looks at both tell.
///
/// A *look* is a block of an interleaved run, a level of a ramp, a time window: long enough that its figure is an average,
/// and independent of the others as the requests within it are not. Everything is done on logarithms, where a ratio is a
/// difference and its error even.
public struct RatioEstimate: Sendable, Hashable {
    public enum Method: String, Sendable, Hashable {
        case pairedRounds = "paired rounds"  // both sides at each round, one after the other: what both share cancels
        case pairedWindows = "paired windows"
        case matchedLooks = "matched looks"  // runs of different times, level by level
        case windows  // of different hours: their spread is in the interval
        case requests  // one look at each side: the requests within it
        case counts  // shares, over all requests
    }

    /// The target's figure over the base's.
    public var ratio: Double
    /// 95 %; without bounds where there are too few looks.
    public var interval: ConfidenceInterval
    /// Two-sided; nil without an interval.
    public var p: Double?
    public var method: Method
    /// Looks at each side; requests where there was one.
    public var count: Int

    static let level = MeanDifference.level
    /// Blocks, bursts or windows that an interval over them needs.
    static let fewestLooks = 5

    /// From the differences of logarithms at each look. nil under five looks.
    init?(pairs differences: [Double], method: Method) {
        guard let found = MeanDifference(differences) else { return nil }
        self.init(found, method: method)
    }

    /// The same where it is known who came first at each look.
    init?(pairs differences: [Double], targetFirst: [Bool], method: Method) {
        guard let found = MeanDifference(differences, targetFirst: targetFirst) else { return nil }
        self.init(found, method: method)
    }

    private init(_ logs: MeanDifference, method: Method) {
        self.init(log: logs.mean, error: logs.error, degrees: logs.degrees, method: method, count: logs.count)
    }

    /// From the logarithms of both sides' figures at unpaired looks: Welch's interval, widened to that of the bootstrap by
    /// window where that is wider. nil under five looks at a side.
    init?(windows x: [Double], _ y: [Double], seed: UInt64) {
        guard x.count >= Self.fewestLooks, y.count >= Self.fewestLooks, (x + y).allSatisfy(\.isFinite),
            let meanX = SortedSamples(x).mean, let meanY = SortedSamples(y).mean,
            let spreadX = SortedSamples(x).standardDeviation, let spreadY = SortedSamples(y).standardDeviation
        else { return nil }
        let a = spreadX * spreadX / Double(x.count)
        let b = spreadY * spreadY / Double(y.count)
        let degrees =
            a + b > 0
            ? (a + b) * (a + b) / (a * a / Double(x.count - 1) + b * b / Double(y.count - 1))
            : Double(x.count + y.count - 2)
        self.init(
            log: meanY - meanX,
            error: (a + b).squareRoot(),
            degrees: degrees,
            method: .windows,
            count: min(x.count, y.count)
        )
        let drawn = RatioBootstrap(.mean, windows: x.map { [exp($0)] }, y.map { [exp($0)] }, seed: seed)?.percentile
        if let low = drawn?.lower, let lower = interval.lower { interval.lower = min(low, lower) }
        if let high = drawn?.upper, let upper = interval.upper { interval.upper = max(high, upper) }
    }

    /// From estimates at one or two looks, each with its own interval: their mean on logarithms.
    init?(mean estimates: [RatioEstimate]) {
        guard let first = estimates.first else { return nil }
        if estimates.count == 1 {
            self = first
            return
        }
        let n = Double(estimates.count)
        let mean = estimates.reduce(0) { $0 + log($1.ratio) } / n
        let errors = estimates.compactMap(\.logError)
        guard errors.count == estimates.count else {
            self.init(ratio: exp(mean), method: first.method, count: first.count)
            return
        }
        let error = errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / n
        self.init(
            log: mean,
            error: error,
            degrees: .infinity,
            method: first.method,
            count: estimates.reduce(0) { $0 + $1.count }
        )
    }

    /// - Parameter degrees: infinity = normal.
    init(log mean: Double, error: Double, degrees: Double, method: Method, count: Int) {
        let t =
            degrees.isFinite
            ? StudentDistribution.quantile((1 + Self.level) / 2, degrees)
            : NormalDistribution.quantile((1 + Self.level) / 2)
        ratio = exp(mean)
        interval = ConfidenceInterval(lower: exp(mean - t * error), upper: exp(mean + t * error))
        if error > 0 {
            let size = mean / error
            p =
                degrees.isFinite
                ? StudentDistribution.twoSided(size, degrees) : 2 * NormalDistribution.survival(abs(size))
        } else {
            p = mean == 0 ? 1 : 0
        }
        self.method = method
        self.count = count
    }

    /// Without an interval.
    init(ratio: Double, method: Method, count: Int) {
        self.ratio = ratio
        interval = ConfidenceInterval(lower: nil, upper: nil)
        self.method = method
        self.count = count
    }

    /// With an interval made elsewhere; its p from the interval's width where none is given.
    init(ratio: Double, interval: ConfidenceInterval, p: Double? = nil, count: Int) {
        self.init(ratio: ratio, method: .requests, count: count)
        self.interval = interval
        self.p =
            p ?? logError.map { $0 > 0 ? 2 * NormalDistribution.survival(abs(log(ratio)) / $0) : ratio == 1 ? 1 : 0 }
    }

    /// Its interval as wide as it would be with the requests that two samples are worth: those of one look depend on one
    /// another, and an interval that takes them for independent is too narrow.
    func widened(for x: [Double], _ y: [Double]) -> RatioEstimate {
        let factors = [x, y].map { values in
            let worth = Autocorrelation.effectiveCount(values)
            return worth > 0 ? max(1, Double(values.count) / worth) : 1
        }
        return widened(by: factors[0], factors[1])
    }

    /// For variances of both sides so many times as large.
    func widened(by x: Double, _ y: Double) -> RatioEstimate { rescaled(by: ((x + y) / 2).squareRoot()) }

    /// The same error around another ratio.
    func around(_ other: Double) -> RatioEstimate {
        guard let lower = interval.lower, let upper = interval.upper, ratio > 0, other > 0 else {
            return RatioEstimate(ratio: other, method: method, count: count)
        }
        let shift = other / ratio
        let moved = ConfidenceInterval(lower: lower * shift, upper: upper * shift)
        var result = RatioEstimate(ratio: other, interval: moved, count: count)
        result.method = method
        return result
    }

    private func rescaled(by factor: Double) -> RatioEstimate {
        guard factor > 1, let lower = interval.lower, let upper = interval.upper, lower > 0, ratio > 0 else {
            return self
        }
        let wider = ConfidenceInterval(
            lower: ratio * pow(lower / ratio, factor),
            upper: ratio * pow(upper / ratio, factor)
        )
        var result = RatioEstimate(ratio: ratio, interval: wider, count: count)
        result.method = method
        return result
    }

    /// Standard error of the logarithm that an interval of this width would come from.
    private var logError: Double? {
        guard let lower = interval.lower, let upper = interval.upper, lower > 0 else { return nil }
        return (log(upper) - log(lower)) / (2 * NormalDistribution.quantile((1 + Self.level) / 2))
    }
}

extension RatioEstimate {
    /// Of medians, from the requests of one look: Hodges and Lehmann's. Where a side's requests depend on the one before,
    /// medians of as many as are worth one stand for them.
    init?(medians x: [Double], _ y: [Double]) {
        let (a, b) = (Self.independent(x), Self.independent(y))
        guard let found = HodgesLehmann(a, b) else { return nil }
        self.init(ratio: found.ratio, interval: found.interval, p: MannWhitney(a, b)?.p, count: min(x.count, y.count))
    }

    static func independent(_ values: [Double]) -> [Double] {
        let worth = Autocorrelation.effectiveCount(values)
        guard worth > 0, worth < Double(values.count) else { return values }
        let size = Int((Double(values.count) / worth).rounded(.up))
        return stride(from: 0, to: values.count, by: size).compactMap { start in
            SortedSamples(Array(values[start..<min(values.count, start + size)])).median
        }
    }

    /// Of a percentile, from the requests of one look.
    init?(_ quantile: Quantile, _ x: [Double], _ y: [Double], seed: UInt64) {
        guard let found = RatioBootstrap(.quantile(quantile), x, y, seed: seed) else { return nil }
        self.init(ratio: found.ratio, interval: found.percentile, count: min(x.count, y.count))
    }

    /// Of mean rates, from the rates in equal parts of one look's window (batch means: Law and Kelton, 9.5.3).
    init?(rates x: [Double], _ y: [Double]) {
        guard let a = SortedSamples(x).mean, let b = SortedSamples(y).mean, a > 0, b > 0 else { return nil }
        self.init(b / a, rates: x, y)
    }

    /// The same error around another ratio, of figures that vary as those rates do.
    init?(_ ratio: Double, rates x: [Double], _ y: [Double]) {
        guard x.count >= Self.fewestLooks, y.count >= Self.fewestLooks, let a = SortedSamples(x).mean,
            let b = SortedSamples(y).mean, a > 0, b > 0,
            let spreadA = SortedSamples(x).standardDeviation, let spreadB = SortedSamples(y).standardDeviation,
            ratio > 0, (spreadA / a).isFinite, (spreadB / b).isFinite
        else { return nil }
        let errorA = spreadA / Double(x.count).squareRoot() / a
        let errorB = spreadB / Double(y.count).squareRoot() / b
        self.init(
            log: log(ratio),
            error: (errorA * errorA + errorB * errorB).squareRoot(),
            degrees: Double(min(x.count, y.count) - 1),
            method: .requests,
            count: min(x.count, y.count)
        )
    }

    /// Of two figures, from each one's own 95 % interval.
    init?(_ x: Double, _ ofX: ConfidenceInterval?, _ y: Double, _ ofY: ConfidenceInterval?, count: Int) {
        guard x > 0, y > 0, x.isFinite, y.isFinite else { return nil }
        let z = NormalDistribution.quantile((1 + Self.level) / 2)
        func error(_ interval: ConfidenceInterval?) -> Double? {
            guard let lower = interval?.lower, let upper = interval?.upper, lower > 0 else { return nil }
            return (log(upper) - log(lower)) / (2 * z)
        }
        guard let a = error(ofX), let b = error(ofY) else {
            self.init(ratio: y / x, method: .requests, count: count)
            return
        }
        self.init(
            log: log(y / x),
            error: (a * a + b * b).squareRoot(),
            degrees: .infinity,
            method: .requests,
            count: count
        )
    }

    /// Of two shares, from successes of trials at each look: the interval of their ratio on logarithms (Katz et al. 1978,
    /// half a case added), widened by as much as the looks scatter beyond chance. nil without trials or successes.
    init?(shares x: [(successes: Int, trials: Int)], _ y: [(successes: Int, trials: Int)]) {
        func pooled(_ looks: [(successes: Int, trials: Int)]) -> (share: Double, variance: Double, trials: Int)? {
            let trials = Double(looks.reduce(0) { $0 + $1.trials })
            let successes = Double(looks.reduce(0) { $0 + $1.successes })
            guard trials > 0, successes > 0 else { return nil }
            let share = successes / trials
            var scatter = 1.0
            let counted = looks.filter { $0.trials > 0 }
            if counted.count >= 3, share < 1 {
                let squares = counted.reduce(0.0) { sum, look in
                    let expected = share * Double(look.trials)
                    let off = Double(look.successes) - expected
                    return sum + off * off / (expected * (1 - share))
                }
                scatter = max(1, squares / Double(counted.count - 1))
            }
            return (share, scatter * (1 / (successes + 0.5) - 1 / (trials + 0.5)), Int(trials))
        }
        guard let a = pooled(x), let b = pooled(y) else { return nil }
        self.init(
            log: log(b.share / a.share),
            error: (a.variance + b.variance).squareRoot(),
            degrees: .infinity,
            method: .counts,
            count: min(a.trials, b.trials)
        )
    }
}
