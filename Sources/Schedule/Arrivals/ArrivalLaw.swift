import Glibc
import Ticks

/// The law of the gaps between arrivals, for a rate of one: a gap of mean 1, whatever the law.
public enum ArrivalLaw: Sendable, Hashable {
    case constant
    case poisson
    /// Shape of a gamma law, its scale 1/shape, as vLLM's `--burstiness`: 1 is Poisson, less comes in bursts (the gaps'
    /// CV is 1/√shape), more is smoother.
    case gamma(burstiness: Double)

    /// As in a profile and in `run.sqlite`.
    public var text: String {
        switch self {
        case .constant: "constant"
        case .poisson: "poisson"
        case .gamma(let burstiness): "gamma \(burstiness)"
        }
    }

    /// The gap before arrival `index`: a pure function of key and index, so that any one can be drawn alone.
    func gap(key: UInt64, index: Int) -> Double {
        // Hashing the index twice keeps the streams of neighbours apart, as in `Prompts`.
        var hash = SplitMix64(seed: key ^ UInt64(bitPattern: Int64(index)) &* 0xd134_2543_de82_ef95)
        var generator = SplitMix64(seed: hash.next())
        return switch self {
        case .constant: index == 0 ? 0 : 1
        case .poisson: -log(1 - generator.unit())
        case .gamma(let shape): Self.gamma(shape, &generator) / shape
        }
    }

    /// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (ACM TOMS 26, 2000); under shape 1 by their
    /// own boost, gamma(shape + 1) U^(1/shape).
    private static func gamma(_ shape: Double, _ generator: inout SplitMix64) -> Double {
        if shape < 1 {
            let boost = pow(1 - generator.unit(), 1 / shape)
            return gamma(shape + 1, &generator) * boost
        }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let (u, v) = (generator.unit(), generator.unit())
            let normal = (-2 * log(1 - u)).squareRoot() * cos(2 * Double.pi * v)  // Box and Muller
            let cube = 1 + c * normal
            guard cube > 0 else { continue }
            let value = cube * cube * cube
            if log(1 - generator.unit()) < normal * normal / 2 + d - d * value + d * log(value) { return d * value }
        }
    }
}
