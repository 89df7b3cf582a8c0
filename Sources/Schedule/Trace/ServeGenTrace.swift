import Glibc
import Ticks

/// One client of ServeGen (alibaba/ServeGen), `chunk-i-trace.csv`: `t, rate, cv, pattern, p1, p2` for stretches of 600 s,
/// without a header, the last three empty or 0 where nothing came.
///
/// It holds rates, not requests: those are drawn, as a renewal process in each stretch with gaps of the pattern (gamma or
/// Weibull of shape p1) and of the mean 1/rate. p2, the fitted scale, is not used: it disagrees with the rate in places,
/// and the rate is what was counted. Lengths are the workload's.
struct ServeGenReader: TraceReader {
    private struct Stretch {
        var start: Double
        var rate: Double
        var pattern: Pattern
    }

    private enum Pattern { case gamma(shape: Double), weibull(shape: Double) }

    private static let usualLength = 600.0
    private static let most = 50_000_000.0  // requests

    private let seed: UInt64
    private var stretches: [Stretch] = []

    init(seed: UInt64) { self.seed = seed }

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 6 else {
            throw TraceFault("", read: line, allowed: "six fields: t, rate, cv, pattern, p1, p2")
        }
        func number(_ place: Int, _ key: String, _ range: ClosedRange<Double>) throws(TraceFault) -> Double {
            guard let value = Double(fields[place]), range.contains(value) else {
                throw TraceFault(
                    key,
                    read: fields[place],
                    allowed: "a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return value
        }
        let start = try number(0, "t", 0...1e9)
        let rate = try number(1, "rate", 0...1e6)
        if let last = stretches.last, start <= last.start {
            throw TraceFault("t", read: fields[0], allowed: "more than the line before (\(last.start))")
        }
        trace.read()
        guard rate > 0 else {
            trace.drop(.idle, countsAsRead: false)
            stretches.append(Stretch(start: start, rate: 0, pattern: .gamma(shape: 1)))
            return
        }
        // A Weibull law of a smaller shape is crowds without gaps, hundreds of thousands in each.
        let shape = try number(4, "p1", fields[3] == "Weibull" ? 0.1...1e6 : 1e-3...1e6)
        switch fields[3] {
        case "Gamma": stretches.append(Stretch(start: start, rate: rate, pattern: .gamma(shape: shape)))
        case "Weibull": stretches.append(Stretch(start: start, rate: rate, pattern: .weibull(shape: shape)))
        default: throw TraceFault("pattern", read: fields[3], allowed: "Gamma or Weibull")
        }
    }

    mutating func finish(_ trace: inout Trace) throws(TraceFault) {
        var keys = SplitMix64(seed: seed, stream: "servegen")
        let ends = stretches.dropFirst().map(\.start) + stretches.suffix(1).map { $0.start + Self.usualLength }
        let expected = zip(stretches, ends).reduce(0) { $0 + $1.0.rate * ($1.1 - $1.0.start) }
        let tooMany = TraceFault("", "these rates make more than 50 million requests")
        guard expected < Self.most else { throw tooMany }
        for (stretch, end) in zip(stretches, ends) {
            let key = keys.next()
            guard stretch.rate > 0 else { continue }
            var time = stretch.start
            var index = 0
            while true {
                time += gap(stretch.pattern, key, index) / stretch.rate
                guard time < end else { break }
                guard Double(trace.count) < Self.most else { throw tooMany }
                index += 1
                let offset = Int64((time * 1e9).rounded())
                trace.add(Trace.Row(offset: offset, inputTokens: nil, outputTokens: nil), countsAsRead: false)
            }
        }
    }

    /// Of mean 1.
    private func gap(_ pattern: Pattern, _ key: UInt64, _ index: Int) -> Double {
        switch pattern {
        case .gamma(let shape): return ArrivalLaw.gamma(burstiness: shape).gap(key: key, index: index)
        case .weibull(let shape):
            let exponential = ArrivalLaw.poisson.gap(key: key, index: index)
            return pow(exponential, 1 / shape) / tgamma(1 + 1 / shape)
        }
    }
}
