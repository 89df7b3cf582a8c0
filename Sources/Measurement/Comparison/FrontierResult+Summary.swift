import Glibc
import Ticks

extension FrontierResult {
    static let draws = 400
    /// Places of the readings within the range that all sides share.
    private static let places = [0.25, 0.5, 0.75]

    /// The curves of a ramp; nil when a side has not two levels of it.
    init?(phase: String, _ sides: [ComparedSide], countsBytes: Bool, seed: UInt64) {
        let levels = sides.map { FrontierLevel.all(of: $0, phase: phase, countsBytes: countsBytes) }
        guard levels.allSatisfy({ $0.count >= 2 }) else { return nil }
        self.phase = phase
        self.countsBytes = countsBytes
        curves = zip(sides, levels).map { side, levels in Curve(target: side.name, points: levels.map(\.point)) }
        readings = []
        var generator = SplitMix64(seed: seed, stream: "frontier")
        let resampled = levels.map { levels in
            (0..<Self.draws).map { _ in levels.map { $0.drawn(&generator) } }
        }
        for axis in [Reading.Axis.perUser, .ttftP95] {
            for at in Self.common(curves.map(\.points), axis) {
                let values = zip(curves, resampled).map { curve, draws in
                    let found = Self.read(curve.points, axis, at)
                    let drawn = SortedSamples(draws.compactMap { Self.read($0, axis, at)?.aggregate })
                    // Where draws often miss the place, it lies at the curve's end and nothing bounds it.
                    let isSeen = Double(drawn.count) >= 0.9 * Double(Self.draws)
                    return Reading.Value(
                        target: curve.target,
                        aggregate: found?.aggregate,
                        interval: found != nil && isSeen ? Bootstrap.percentile(replicates: drawn, level: 0.95) : nil,
                        dollarsPerMillion: found?.dollars
                    )
                }
                readings.append(Reading(axis: axis, at: at, values: values))
            }
        }
    }

    /// Round numbers within the range that all curves cover; empty when they have none in common.
    private static func common(_ curves: [[Point]], _ axis: Reading.Axis) -> [Double] {
        let ranges = curves.map { points in points.compactMap { $0.value(axis) } }.map { ($0.min(), $0.max()) }
        var low = 0.0
        var high = Double.infinity
        for (least, greatest) in ranges {
            guard let least, let greatest else { return [] }
            low = max(low, least)
            high = min(high, greatest)
        }
        guard low > 0, high.isFinite, high > low else { return [] }
        return places.map { low * pow(high / low, $0) }.map { rounded($0) }.filter { $0 >= low && $0 <= high }.uniqued
    }

    /// To two significant digits.
    private static func rounded(_ value: Double) -> Double {
        let scale = pow(10, (log10(value)).rounded(.down) - 1)
        return (value / scale).rounded() * scale
    }

    /// The most that the curve gives at a place, linear between neighbouring levels; nil where it never passes there.
    static func read(_ points: [Point], _ axis: Reading.Axis, _ at: Double) -> (aggregate: Double, dollars: Double?)? {
        var best: (aggregate: Double, dollars: Double?)?
        for (a, b) in zip(points, points.dropFirst()) {
            guard let x = a.value(axis), let y = b.value(axis), min(x, y) <= at, at <= max(x, y) else { continue }
            let weight = x == y ? 1 : (at - x) / (y - x)
            let aggregate = a.aggregate + weight * (b.aggregate - a.aggregate)
            guard aggregate > best?.aggregate ?? -.infinity else { continue }
            var dollars: Double?
            if let p = a.dollarsPerMillion, let q = b.dollarsPerMillion { dollars = p + weight * (q - p) }
            best = (aggregate, dollars)
        }
        return best
    }
}

extension FrontierResult.Point {
    func value(_ axis: FrontierResult.Reading.Axis) -> Double? {
        switch axis {
        case .perUser: perUser
        case .ttftP95: ttftP95Milliseconds
        }
    }
}

/// One level with what its point is made of.
private struct FrontierLevel {
    var point: FrontierResult.Point
    var speeds: SortedSamples
    var ttft: SortedSamples
    var rates: [Double]

    /// First visits only, all windows together, by rising level.
    static func all(of side: ComparedSide, phase: String, countsBytes: Bool) -> [FrontierLevel] {
        var looks: [Int: [ComparedLook]] = [:]
        for look in side.windows.flatMap(\.looks) where look.phase == phase {
            if case .level(let level, 1) = look.key { looks[level, default: []].append(look) }
        }
        return looks.sorted { $0.key < $1.key }.compactMap { level, looks in
            let speeds = SortedSamples(looks.flatMap { countsBytes ? $0.requestBytesPerSecond : $0.requestTPS })
            let ttft = SortedSamples(looks.flatMap(\.ttft))
            let aggregates = looks.compactMap { countsBytes ? $0.bytesPerSecond : $0.tokensPerSecond }
            guard let perUser = speeds.nearestRank(.p50), perUser > 0, let aggregate = SortedSamples(aggregates).mean,
                aggregate > 0
            else { return nil }
            return FrontierLevel(
                point: FrontierResult.Point(
                    concurrency: level,
                    perUser: perUser,
                    aggregate: aggregate,
                    ttftP95Milliseconds: ttft.nearestRank(.p95),
                    dollarsPerMillion: SortedSamples(
                        looks.compactMap { $0.stats.cost?.dollarsPerMillionOutputTokens }
                    ).mean
                ),
                speeds: speeds,
                ttft: ttft,
                rates: looks.flatMap { countsBytes ? $0.byteRates : $0.tokenRates }
            )
        }
    }

    /// A bootstrap draw of the point: of requests for the quantiles, of the window's parts for the rate.
    func drawn(_ generator: inout SplitMix64) -> FrontierResult.Point {
        var point = point
        point.perUser = Self.drawn(.p50, speeds, &generator) ?? point.perUser
        point.ttftP95Milliseconds = Self.drawn(.p95, ttft, &generator)
        if rates.count >= 5 {
            var sum = 0.0
            for _ in rates { sum += rates[Int(generator.unit() * Double(rates.count))] }
            let drawn = sum / Double(rates.count)
            let mean = rates.reduce(0, +) / Double(rates.count)
            if mean > 0 { point.aggregate *= drawn / mean }
        }
        return point
    }

    /// The k-th smallest of n draws with replacement is the order statistic that a Beta(k, n - k + 1) points at.
    private static func drawn(_ quantile: Quantile, _ samples: SortedSamples, _ generator: inout SplitMix64) -> Double?
    {
        let n = samples.count
        guard n > 0 else { return nil }
        let u = OrderStatistic.uniform(rank: quantile.rank(of: n), of: n, &generator)
        return samples.values[min(n, max(1, Int((u * Double(n)).rounded(.up)))) - 1]
    }
}
