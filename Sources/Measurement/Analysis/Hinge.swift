import Glibc

/// Two straight lines, min(λN, C): throughput grows with each stream until it stops growing at all.
///
///     X │      ________ C
///       │     /
///       │    /  slope λ
///       └───┴──────────── N
///          knee = C / λ
public struct Hinge: Sendable, Hashable {
    public let lambda: Double
    public let ceiling: Double
    public let residualSquares: Double
    /// C / λ; nil when no level lies on the flat part: the knee is beyond the largest.
    public let knee: Double?
    /// By profile likelihood: the knees whose best fit is not worse than the F-test allows. A nil bound lies beyond the
    /// tested levels. nil under three levels.
    public let interval: ConfidenceInterval?

    /// The least squares over every knee, interior or at a level. nil with fewer than two distinct levels > 0.
    public init?(concurrency: [Double], throughput: [Double], level: Double = 0.95) {
        guard concurrency.count == throughput.count, Set(concurrency).count >= 2,
            concurrency.allSatisfy({ $0 > 0 && $0.isFinite }), throughput.allSatisfy({ $0 >= 0 && $0.isFinite })
        else { return nil }
        let points = zip(concurrency, throughput).sorted { $0.0 < $1.0 }.map { (n: $0.0, x: $0.1) }
        let profile = Profile(points: points)
        let levels = Set(concurrency).sorted()

        var best = (knee: levels[levels.count - 1], fit: profile.fit(knee: levels[levels.count - 1]))
        var candidates = Array(levels.dropLast())
        for split in 1..<points.count where points[split - 1].n < points[split].n {
            // Line through the origin by the first points, level of the rest; valid if they meet in between.
            let rising = points[..<split]
            let slope = rising.reduce(0) { $0 + $1.n * $1.x } / rising.reduce(0) { $0 + $1.n * $1.n }
            let flat = points[split...].reduce(0) { $0 + $1.x } / Double(points.count - split)
            guard slope > 0 else { continue }
            let knee = flat / slope
            if knee >= points[split - 1].n, knee <= points[split].n { candidates.append(knee) }
        }
        for knee in candidates {
            let fit = profile.fit(knee: knee)
            if fit.squares < best.fit.squares { best = (knee, fit) }
        }
        guard best.fit.lambda > 0 else { return nil }
        lambda = best.fit.lambda
        ceiling = best.fit.lambda * best.knee
        residualSquares = best.fit.squares
        knee = best.knee < levels[levels.count - 1] ? best.knee : nil
        interval = profile.interval(around: best.knee, least: best.fit.squares, levels: levels, level: level)
    }

    public func throughput(at concurrency: Double) -> Double { min(lambda * concurrency, ceiling) }

    /// The best fit for a given knee K: λ = Σ X·m / Σ m² with m = min(N, K).
    private struct Profile {
        let points: [(n: Double, x: Double)]

        func fit(knee: Double) -> (lambda: Double, squares: Double) {
            var xm = 0.0
            var mm = 0.0
            for point in points {
                let m = min(point.n, knee)
                xm += point.x * m
                mm += m * m
            }
            let lambda = xm / mm
            let squares = points.reduce(0) { sum, point in
                let r = point.x - lambda * min(point.n, knee)
                return sum + r * r
            }
            return (lambda, squares)
        }

        /// The hull of all knees with RSS(K) <= RSS · (1 + t² / (n − 2)).
        func interval(around knee: Double, least: Double, levels: [Double], level: Double) -> ConfidenceInterval? {
            let freedom = points.count - 2
            guard freedom > 0, let last = levels.last else { return nil }
            let t = StudentDistribution.quantile((1 + level) / 2, Double(freedom))
            let scale = points.reduce(0) { $0 + $1.x * $1.x }
            let limit = least * (1 + t * t / Double(freedom)) + 1e-18 * scale
            let inside = { (k: Double) in fit(knee: k).squares <= limit }
            // A fine ladder finds the outermost knees inside, bisection their border.
            let rungs = 400
            let low = levels[0] / 8
            let ladder = (0...rungs).map { low * exp(log(last / low) * Double($0) / Double(rungs)) } + [knee]
            let within = ladder.filter(inside)
            let border = { (inner: Double, outer: Double) -> Double in
                var (a, b) = (inner, outer)
                for _ in 0..<50 {
                    let middle = (a + b) / 2
                    if inside(middle) { a = middle } else { b = middle }
                }
                return a
            }
            let step = exp(log(last / low) / Double(rungs))
            let least = within.min() ?? knee
            let most = within.max() ?? knee
            return ConfidenceInterval(
                lower: least <= low ? nil : border(least, least / step),
                upper: inside(last) ? nil : border(most, most * step)
            )
        }
    }
}
