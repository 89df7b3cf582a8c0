/// How much more a figure varies because its samples come in blocks: shards, each a machine with a way of its own to the
/// server. All samples of a block share what is particular to it, so that blocks and not samples are independent.
///
/// Each sample has an influence on the figure, of mean 0: of a share and of a percentile, whether it is counted below it, less
/// the share of those that are. The figure's variance is then g/(g − 1) Σ(sum of a block's influences)² over g blocks
/// (Woodruff, JASA 47, 1952, for percentiles; Cochran, "Sampling Techniques", 9A and 6.3), where of independent samples it were
/// Σ influence². Few blocks tell their scatter badly: Student's t with g − 1 degrees takes the place of the normal.
struct DesignEffect: Sendable {
    /// The block of each sample, from 0.
    private let blocks: [Int]
    private let count: Int

    /// - Parameter groups: of each sample, any number that its block alone has. nil where all are of one block.
    init?(groups: [Int]) {
        var places: [Int: Int] = [:]
        blocks = groups.map { group in
            if let known = places[group] { return known }
            places[group] = places.count
            return places.count - 1
        }
        count = places.count
        guard count > 1 else { return nil }
    }

    /// Variances as multiples of those of independent samples; at least 1: blocks that are more alike than chance has them are so
    /// by chance.
    func factor(_ influence: (Int) -> Double) -> Double {
        var sums = [Double](repeating: 0, count: count)
        var squares = 0.0
        for (sample, block) in blocks.enumerated() {
            let value = influence(sample)
            sums[block] += value
            squares += value * value
        }
        return Self.factor(sums: sums, squares: squares)
    }

    /// From the sums of blocks' influences and the sum of all squares.
    static func factor(sums: [Double], squares: Double) -> Double {
        let count = Double(sums.count)
        guard squares > 0, count > 1 else { return 1 }
        let level = (1 + RatioEstimate.level) / 2
        let student = StudentDistribution.quantile(level, count - 1) / NormalDistribution.quantile(level)
        let factor = sums.reduce(0) { $0 + $1 * $1 } * count / (count - 1) / squares * student * student
        return factor.isFinite ? max(1, factor) : 1
    }

    /// Of the share of samples for which something holds.
    func factor(share holds: [Bool]) -> Double {
        let share = Double(holds.count(where: \.self)) / Double(max(1, holds.count))
        return factor { (holds[$0] ? 1 : 0) - share }
    }

    /// Of the percentile of `values` that `value` is.
    func factor(percentile value: Double?, of values: [Double]) -> Double {
        value.map { value in factor(share: values.map { $0 <= value }) } ?? 1
    }

    /// Of the coefficient of variation, by its first derivatives to mean and variance.
    func factor(variationOf values: [Double], mean: Double, deviation: Double) -> Double {
        guard mean > 0, deviation > 0 else { return 1 }
        return factor { sample in
            let distance = (values[sample] - mean) / deviation
            return (distance * distance - 1) / 2 - distance * deviation / mean
        }
    }
}

extension RequestSet {
    /// Whether its requests are of several shards: only merged results have such loops.
    var isOfSeveralShards: Bool {
        var first: Int?
        return contains { request in
            let shard = request.loop / ShardUnion.loopsOfAShard
            if first == nil { first = shard }
            return shard != first
        }
    }

    /// The shard of each request that has the figure, in order.
    func shards(having figure: (RequestRecord) -> Double? = { _ in 0 }) -> [Int] {
        compactMap { request in
            figure(request).flatMap { $0.isFinite ? request.loop / ShardUnion.loopsOfAShard : nil }
        }
    }

    /// nil where they are of one shard.
    func designEffect(having figure: (RequestRecord) -> Double? = { _ in 0 }) -> DesignEffect? {
        isOfSeveralShards ? DesignEffect(groups: shards(having: figure)) : nil
    }
}
