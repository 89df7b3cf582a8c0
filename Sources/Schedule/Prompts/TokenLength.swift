import Glibc
import Ticks

/// How many tokens: one number, or one drawn for each request.
public enum TokenLength: Sendable, Hashable {
    case fixed(Int)
    case uniform(Int, Int)  // least, greatest, both possible
    case normal(mean: Double, deviation: Double)
    case logNormal(median: Double, sigma: Double)  // ln(x) ~ N(ln median, sigma²)
    case list([Int])  // each as likely as the others; not empty

    /// Normal and log-normal draws are cut at so many standard deviations: what a request may take at most is then known
    /// beforehand, and one in 16,000 is moved.
    static let cut = 4.0

    public var least: Int {
        switch self {
        case .fixed(let tokens): tokens
        case .uniform(let least, _): least
        case .normal(let mean, let deviation): whole(mean - Self.cut * deviation)
        case .logNormal(let median, let sigma): whole(median * exp(-Self.cut * sigma))
        case .list(let tokens): tokens.min() ?? 1
        }
    }

    public var greatest: Int {
        switch self {
        case .fixed(let tokens): tokens
        case .uniform(_, let greatest): greatest
        case .normal(let mean, let deviation): whole(mean + Self.cut * deviation)
        case .logNormal(let median, let sigma): whole(median * exp(Self.cut * sigma))
        case .list(let tokens): tokens.max() ?? 1
        }
    }

    public var mean: Double {
        switch self {
        case .fixed(let tokens): Double(tokens)
        case .uniform(let least, let greatest): Double(least + greatest) / 2
        case .normal(let mean, _): mean
        case .logNormal(let median, let sigma): median * exp(sigma * sigma / 2)
        case .list(let tokens): tokens.isEmpty ? 1 : Double(tokens.reduce(0, +)) / Double(tokens.count)
        }
    }

    /// One draw, at least 1. The normal variate is Box and Muller's (Ann. Math. Stat. 29, 1958).
    func draw(using generator: inout SplitMix64) -> Int {
        switch self {
        case .fixed(let tokens): return tokens
        case .uniform(let least, let greatest): return least + Int(generator.unit() * Double(greatest - least + 1))
        case .normal(let mean, let deviation):
            return clamped(mean + deviation * Self.normal(&generator))
        case .logNormal(let median, let sigma):
            return clamped(median * exp(sigma * Self.normal(&generator)))
        case .list(let tokens):
            return tokens.isEmpty ? 1 : tokens[Int(generator.unit() * Double(tokens.count))]
        }
    }

    private func clamped(_ value: Double) -> Int { min(max(whole(value), least), greatest) }

    private func whole(_ value: Double) -> Int { Int(min(max(1, value.rounded()), 1e9)) }

    private static func normal(_ generator: inout SplitMix64) -> Double {
        let (u, v) = (generator.unit(), generator.unit())
        return (-2 * log(1 - u)).squareRoot() * cos(2 * Double.pi * v)
    }

    var canonical: String {
        switch self {
        case .fixed(let tokens): "\(tokens)"
        case .uniform(let least, let greatest): "uniform \(least) \(greatest)"
        case .normal(let mean, let deviation): "normal \(mean) \(deviation)"
        case .logNormal(let median, let sigma): "log_normal \(median) \(sigma)"
        case .list(let tokens): "list \(tokens.map(String.init).joined(separator: " "))"
        }
    }
}
