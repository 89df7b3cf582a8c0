import Glibc

/// Gunther's universal scalability law, X(N) = λN / (1 + σ(N − 1) + κN(N − 1)): what each stream alone brings (λ), what
/// queueing takes (σ), what coherence or thrashing takes (κ).
public struct UniversalScalability: Sendable, Hashable {
    public let lambda: Double
    public let sigma: Double
    public let kappa: Double
    /// Σ (X − fit)².
    public let residualSquares: Double
    /// 95 % intervals of the estimates, from the linearised fit and Student's t; nil where there is no freedom left or the
    /// parameter lies on its bound 0.
    public let lambdaInterval: ConfidenceInterval?
    public let sigmaInterval: ConfidenceInterval?
    public let kappaInterval: ConfidenceInterval?
    public let peakInterval: ConfidenceInterval?

    /// Least squares with λ > 0, σ, κ >= 0. nil with fewer than three distinct levels or without throughput.
    public init?(concurrency: [Double], throughput: [Double], level: Double = 0.95) {
        let (n, x) = (concurrency, throughput)
        guard n.count == x.count, Set(n).count >= 3, n.allSatisfy({ $0 >= 1 && $0.isFinite }),
            x.allSatisfy({ $0 >= 0 && $0.isFinite }), let most = x.max(), most > 0
        else { return nil }
        // Each way to hold σ or κ at 0; the best of those whose free parameters keep their sign.
        let start = Self.start(n, x)
        var best: (fit: LeastSquares.Fit, free: [Int])?
        for free in [[0, 1, 2], [0, 1], [0, 2], [0]] {
            let fit = LeastSquares.fit(n, x, from: free.map { start[$0] }) { n, parameters in
                var theta = [0.0, 0.0, 0.0]
                for (index, parameter) in zip(free, parameters) { theta[index] = parameter }
                let (value, gradient) = Self.model(n, theta)
                return (value, free.map { gradient[$0] })
            }
            let valid = fit.residualSquares.isFinite && fit.parameters[0] > 0 && fit.parameters.allSatisfy { $0 >= 0 }
            if valid, fit.residualSquares < best?.fit.residualSquares ?? .infinity { best = (fit, free) }
        }
        guard let (fit, free) = best else { return nil }
        var theta = [0.0, 0.0, 0.0]
        for (index, parameter) in zip(free, fit.parameters) { theta[index] = parameter }
        lambda = theta[0]
        sigma = theta[1]
        kappa = theta[2]
        residualSquares = fit.residualSquares

        let freedom = n.count - free.count
        let variance = freedom > 0 ? fit.residualSquares / Double(freedom) : nil
        let t = freedom > 0 ? StudentDistribution.quantile((1 + level) / 2, Double(freedom)) : 0
        let interval = { (index: Int) -> ConfidenceInterval? in
            guard let place = free.firstIndex(of: index), let variance, let inverse = fit.inverse else { return nil }
            let half = t * (variance * max(0, inverse[place][place])).squareRoot()
            return ConfidenceInterval(lower: max(0, theta[index] - half), upper: theta[index] + half)
        }
        lambdaInterval = interval(0)
        sigmaInterval = interval(1)
        kappaInterval = interval(2)

        // ln N* = (ln(1 − σ) − ln κ) / 2; its error by the delta method.
        if let variance, let inverse = fit.inverse, let row = free.firstIndex(of: 2), theta[1] < 1, theta[2] > 0 {
            let byKappa = -0.5 / theta[2]
            var square = byKappa * byKappa * inverse[row][row]
            if let other = free.firstIndex(of: 1) {
                let bySigma = -0.5 / (1 - theta[1])
                square += bySigma * bySigma * inverse[other][other] + 2 * bySigma * byKappa * inverse[other][row]
            }
            let half = t * (variance * max(0, square)).squareRoot()
            let peak = ((1 - theta[1]) / theta[2]).squareRoot()
            peakInterval = ConfidenceInterval(lower: peak * exp(-half), upper: half < 700 ? peak * exp(half) : nil)
        } else {
            peakInterval = nil
        }
    }

    public func throughput(at concurrency: Double) -> Double {
        Self.model(concurrency, [lambda, sigma, kappa]).value
    }

    /// Where throughput is greatest, √((1 − σ)/κ); nil when κ = 0 (it never falls again) or σ >= 1.
    public var peakConcurrency: Double? {
        kappa > 0 && sigma < 1 ? ((1 - sigma) / kappa).squareRoot() : nil
    }

    private static func model(_ n: Double, _ theta: [Double]) -> (value: Double, gradient: [Double]) {
        let below = 1 + theta[1] * (n - 1) + theta[2] * n * (n - 1)
        let value = theta[0] * n / below
        return (value, [n / below, -value * (n - 1) / below, -value * n * (n - 1) / below])
    }

    /// N/X is linear in 1/λ, σ/λ and κ/λ: its least squares, made positive.
    private static func start(_ n: [Double], _ x: [Double]) -> [Double] {
        var normal = [[Double]](repeating: [0, 0, 0], count: 3)
        var right = [0.0, 0.0, 0.0]
        for (n, x) in zip(n, x) where x > 0 {
            let terms = [1, n - 1, n * (n - 1)]
            for i in 0..<3 {
                right[i] += terms[i] * n / x
                for j in 0..<3 { normal[i][j] += terms[i] * terms[j] }
            }
        }
        let perStream = zip(n, x).map { $1 / $0 }.max() ?? 1
        guard let solved = LeastSquares.solve(normal, right), solved[0] > 0 else { return [perStream, 0.01, 1e-5] }
        return [1 / solved[0], max(1e-4, solved[1] / solved[0]), max(1e-7, solved[2] / solved[0])]
    }
}
