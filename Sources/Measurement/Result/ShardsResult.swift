/// The machines of a run over several, and how well they acted together.
public struct ShardsResult: Sendable, Hashable {
    /// How many the plan was split into; `shards` are those that are in the result.
    public var count = 0
    public var shards: [ShardRecord] = []
    public var missing: [Int] = []
    /// From the first shard's beginning to the last one's, each by its own clock, milliseconds.
    public var startSkewMilliseconds: Double?
    /// By how much two of their clocks may be apart, at most, milliseconds; nil = not known.
    public var clockUncertaintyMilliseconds: Double?

    /// nil where the run was not split.
    init?(_ recorded: RecordedRun) {
        guard let first = recorded.shards.first, first.count > 1 else { return nil }
        count = first.count
        shards = recorded.shards
        let present = Set(shards.map(\.index))
        missing = (0..<min(count, 100_000)).filter { !present.contains($0) }
        if let least = shards.map(\.late).min(), let most = shards.map(\.late).max(), shards.count > 1 {
            startSkewMilliseconds = Double(most - least) / 1e6
        }
        clockUncertaintyMilliseconds = Self.uncertainty(shards)
    }

    /// Whether it is one part, not merged with others.
    public var isOnePart: Bool { shards.count == 1 }

    /// `2/3`; nil where all are there.
    public var partOfLoad: String? { missing.isEmpty ? nil : "\(shards.count)/\(count)" }

    static func uncertainty(_ shards: [ShardRecord]) -> Double? {
        // Of those that share a kernel one stands for all: their clocks are one.
        var seen: Set<String> = []
        let apart = shards.filter { shard in shard.bootID.map { seen.insert($0).inserted } ?? true }
        var most: Int64 = 0
        for (place, one) in apart.enumerated() {
            for other in apart[(place + 1)...] {
                guard let uncertainty = ShardRecord.uncertainty(one, other) else { return nil }
                most = max(most, uncertainty)
            }
        }
        return Double(most) / 1e6
    }
}

extension ShardRecord {
    /// What the shard's own result says of it.
    public mutating func note(_ result: RunResult, of recorded: RecordedRun) {
        let totals = result.targets.map(\.totals)
        requests = totals.reduce(0) { $0 + $1.requests.scheduled }
        successes = totals.reduce(0) { $0 + $1.requests.success }
        outputTokens = recorded.requests.reduce(0) { $0 + max(0, $1.outputTokens ?? 0) }
        // Of several targets each has its own times: they are in the rows.
        if let only = totals.first, totals.count == 1 {
            (ttftP50, ttftP95) = (only.ttftMilliseconds?.p50, only.ttftMilliseconds?.p95)
            e2eP50 = only.e2eMilliseconds?.p50
        }
        verdict = result.validity.verdict.rawValue
        reasons = result.validity.verdict == .valid ? [] : result.validity.reasons
        cpuPercent = result.validity.cpuPercent
    }
}

/// How far apart the shards let go of an edge.
struct EdgeSkew: Sendable, Hashable {
    /// From the first shard's first request to the last shard's first, milliseconds, by clocks that may be
    /// `uncertainty` apart (nil = by an unknown time).
    var milliseconds: Double
    var uncertainty: Double?
}

extension EdgeSkew {
    /// nil where fewer than two shards sent any of it.
    init?(_ wave: RequestSet, _ shards: [ShardRecord]) {
        guard shards.count > 1 else { return nil }
        var first: [Int: Int64] = [:]  // by the shard's place
        let places = shards.enumerated().sorted { $0.element.firstLoop < $1.element.firstLoop }
        wave.forEach { request in
            guard let written = request.instant(request.written),
                let place = places.last(where: { $0.element.firstLoop <= request.loop })?.offset
            else { return }
            first[place] = min(first[place] ?? .max, written)
        }
        guard first.count > 1, let least = first.values.min(), let most = first.values.max() else { return nil }
        milliseconds = (Double(most) - Double(least)) / 1e6
        uncertainty = ShardsResult.uncertainty(first.keys.sorted().map { shards[$0] })
    }
}

extension RowValidity {
    /// Requests that belong to one instant and left on several machines: what lies between them, clocks included, is as good
    /// as a late sending.
    mutating func judgeSkew(_ edge: EdgeWave) {
        guard let skew = edge.skew, let median = edge.medianTTFT else { return }
        judge(skew, median: median)
    }

    mutating func judge(_ skew: EdgeSkew, median: Double) {
        guard let uncertainty = skew.uncertainty else {
            load = max(load, .suspect)
            reasons.append(
                "its shards' clocks are not known to agree: whether the wave left at one instant is not known"
            )
            return
        }
        let apart = inTime(milliseconds: skew.milliseconds)
        judgeWave(
            skew.milliseconds + uncertainty,
            least: skew.milliseconds - uncertainty,
            median: median,
            "its shards began \(apart) apart (clocks known to \(inTime(milliseconds: uncertainty)))"
        )
    }
}

extension RunResult {
    /// Says of each level that it had a part of the load only.
    mutating func markMissingShards() {
        guard let part = shards?.partOfLoad else { return }
        for target in targets.indices {
            for phase in targets[target].phases.indices {
                for step in targets[target].phases[phase].steps.indices {
                    targets[target].phases[phase].steps[step].partOfLoad = part
                }
                for burst in targets[target].phases[phase].bursts.indices {
                    targets[target].phases[phase].bursts[burst].partOfLoad = part
                }
            }
        }
    }
}
