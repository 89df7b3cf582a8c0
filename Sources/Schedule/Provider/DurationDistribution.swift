import Glibc
public import Ticks

/// A distribution of durations, drawn from a seeded generator.
public enum DurationDistribution: Sendable, Hashable {
    case constant(Duration)
    case uniform(Duration, Duration)  // least, greatest
    case logNormal(median: Duration, sigma: Double)  // ln(x) ~ N(ln median, sigma²)

    /// One draw, never negative. Takes two numbers from the generator whatever the case, so that changing a
    /// distribution shifts no later draw. The normal variate is Box and Muller's (Ann. Math. Stat. 29, 1958).
    public func draw(using generator: inout SplitMix64) -> Duration {
        let (u, v) = (generator.unit(), generator.unit())
        switch self {
        case .constant(let value): return value
        case .uniform(let least, let greatest): return least + (greatest - least) * u
        case .logNormal(let median, let sigma):
            let normal = (-2 * log(1 - u)).squareRoot() * cos(2 * Double.pi * v)
            return median * exp(sigma * normal)
        }
    }

    public var median: Duration {
        switch self {
        case .constant(let value): value
        case .uniform(let least, let greatest): (least + greatest) / 2
        case .logNormal(let median, _): median
        }
    }

    public func scaled(by factor: Double) -> DurationDistribution {
        switch self {
        case .constant(let value): .constant(value * factor)
        case .uniform(let least, let greatest): .uniform(least * factor, greatest * factor)
        case .logNormal(let median, let sigma): .logNormal(median: median * factor, sigma: sigma)
        }
    }
}
