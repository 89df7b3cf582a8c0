import Ticks

/// What a merge of shards is made of, without their requests: which may be joined, and what the rows of the whole say.
///
/// Steps and phases have the same numbers in all shards, for these come from the one plan. Loops are numbered through.
public struct ShardUnion: Sendable {
    /// What a shard's result says of itself.
    public struct Head: Sendable {
        /// Where it lies, for messages.
        public var path = ""
        public var run = RunRecord()
        public var shards: [ShardRecord] = []
        public var targets: [TargetRecord] = []
        public var phases: [PhaseRecord] = []
        public var steps: [StepRecord] = []
        /// How many rows of requests it has.
        public var requests = 0

        public init() {}
    }

    /// Why it is refused.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        public var description: String
    }

    public private(set) var run: RunRecord
    public private(set) var targets: [TargetRecord]
    public private(set) var phases: [PhaseRecord]
    public private(set) var steps: [StepRecord]
    /// In the order of their index; `sources` are their places among the heads.
    public var shards: [ShardRecord]
    public private(set) var sources: [Int]
    public private(set) var missing: [Int]
    /// Rows of requests of all that are joined.
    public private(set) var requests = 0
    /// When all shards had a level's load, by the step's id: its requests count where they were sent in that time.
    public private(set) var common: [Int: Range<Int64>] = [:]

    /// - Parameter allowsMissing: shards that are not there, or did not end, are left out and named.
    public init(of heads: [Head], allowsMissing: Bool) throws(Refusal) {
        let parts = try Self.checked(heads)
        let whole = parts.filter(\.head.run.complete)
        let cut = parts.filter { !$0.head.run.complete }
        let count = parts[0].shard.count
        let present = Set(whole.map(\.shard.index))
        missing = (0..<count).filter { !present.contains($0) }
        guard let first = whole.first, missing.isEmpty || allowsMissing else {
            throw Refusal(description: Self.words(missing: missing, of: count, cut: cut, given: whole.isEmpty))
        }
        sources = whole.map(\.place)
        shards = []
        var loops = 0
        for part in whole {
            var row = part.shard
            (row.firstLoop, row.loops) = (loops, part.head.run.loops)
            (row.interrupted, row.stoppedBy) = (part.head.run.interrupted, part.head.run.stoppedBy)
            shards.append(row)
            // A load's probes go on loops behind those of the run.
            loops += Self.loopsOfAShard
        }
        let all = whole.map(\.head)
        requests = all.reduce(0) { $0 + $1.requests }
        run = Self.union(all, shards)
        targets = first.head.targets.map { target in
            Self.union(all.compactMap { $0.targets.first { $0.id == target.id } })
        }
        phases = Self.rows(all.map(\.phases), by: \.id).map(Self.union)
        steps = []
        for rows in Self.rows(all.map(\.steps), by: \.id) {
            let (step, common) = Self.union(rows, of: whole.count)
            steps.append(step)
            if let common { self.common[step.id] = common }
        }
        for part in cut {
            run.warnings.append("\(Self.name(part.shard)) did not end; it was left out.")
        }
        run.warnings += shortWindows(all)
    }

    /// Far more than a process has, so that each loop of each has a number of its own.
    public static let loopsOfAShard = 100_000

    // MARK: What belongs together

    private struct Part {
        var place: Int
        var head: Head
        var shard: ShardRecord
    }

    private static func checked(_ heads: [Head]) throws(Refusal) -> [Part] {
        var parts: [Part] = []
        for (place, head) in heads.enumerated() {
            guard head.shards.count == 1, let shard = head.shards.first, shard.count > 1 else {
                let reason =
                    head.shards.count > 1
                    ? "is a merged result already" : "is no shard: the run was not started with --shard"
                throw Refusal(description: "\(head.path) \(reason)")
            }
            guard head.run.keptRows == .all else {
                throw Refusal(
                    description:
                        "\(head.path) has rows of a part of its requests only (output.requests: \(head.run.keptRows.rawValue)), and "
                        + "cannot be joined; shards need output.requests: all"
                )
            }
            parts.append(Part(place: place, head: head, shard: shard))
        }
        parts.sort { ($0.shard.index, $0.place) < ($1.shard.index, $1.place) }
        guard let first = parts.first else { throw Refusal(description: "nothing to merge") }
        for part in parts.dropFirst() {
            let facts: [(String, String, String)] = [
                ("version", first.head.run.toolVersion, part.head.run.toolVersion),
                ("seed", "\(first.head.run.seed)", "\(part.head.run.seed)"),
                ("plan (schedule_sha256)", first.head.run.scheduleSHA256, part.head.run.scheduleSHA256),
                ("number of shards", "\(first.shard.count)", "\(part.shard.count)"),
                ("beginning (start_at_unix_ns)", "\(first.shard.startAt)", "\(part.shard.startAt)"),
                ("run id", first.head.run.id, part.head.run.id),
                (
                    "targets", first.head.targets.map(described).joined(separator: ", "),
                    part.head.targets.map(described).joined(separator: ", ")
                ),
            ]
            for (name, one, other) in facts where one != other {
                throw Refusal(
                    description:
                        "\(part.head.path) is of another run than \(first.head.path): its \(name) is \(other), not \(one)"
                )
            }
        }
        for (one, other) in zip(parts, parts.dropFirst()) where one.shard.index == other.shard.index {
            throw Refusal(
                description:
                    "\(one.head.path) and \(other.head.path) are both shard \(one.shard.index) of \(one.shard.count)"
            )
        }
        for part in parts {
            for step in part.head.steps {
                guard let same = first.head.steps.first(where: { $0.id == step.id }) else { continue }
                guard same.kind == step.kind, same.phase == step.phase, same.ordinal == step.ordinal else {
                    throw Refusal(
                        description: "\(part.head.path): its step \(step.id) is not that of \(first.head.path)"
                    )
                }
            }
        }
        return parts
    }

    private static func described(_ target: TargetRecord) -> String {
        "\(target.name) (\(target.model ?? ""), \(target.api))"
    }

    private static func name(_ shard: ShardRecord) -> String {
        "Shard \(shard.index)/\(shard.count)" + (shard.host.isEmpty ? "" : " (\(shard.host))")
    }

    private static func words(missing: [Int], of count: Int, cut: [Part], given nothing: Bool) -> String {
        let named = missing.prefix(20).map { index in
            if let part = cut.first(where: { $0.shard.index == index }) {
                let host = part.shard.host.isEmpty ? "" : ", on \(part.shard.host)"
                return "\(index) (\(part.head.path)\(host), did not end)"
            }
            return "\(index)"
        }
        let rest = missing.count > 20 ? " and \(missing.count - 20) more" : ""
        let subject = missing.count == 1 ? "shard" : "shards"
        let text =
            "\(subject) \(named.joined(separator: ", "))\(rest) of \(count) \(missing.count == 1 ? "is" : "are") missing"
        return nothing ? "\(text): no shard ended" : "\(text); --allow-missing merges the others"
    }

    // MARK: The rows of the whole

    private static func rows<Row>(_ parts: [[Row]], by id: (Row) -> Int) -> [[Row]] {
        Dictionary(grouping: parts.flatMap(\.self), by: id).sorted { $0.key < $1.key }.map(\.value)
    }

    private static func union(_ heads: [Head], _ shards: [ShardRecord]) -> RunRecord {
        var run = heads[0].run
        run.durationNanoseconds = heads.compactMap(\.run.durationNanoseconds).max()
        run.startedAtUnixNanoseconds = shards[0].startAt
        run.interrupted = heads.contains { $0.run.interrupted }
        run.stoppedBy = heads.compactMap(\.run.stoppedBy).first
        run.loops = heads.reduce(0) { $0 + $1.run.loops }
        let streams = heads.compactMap(\.run.selftestStreams)
        run.selftestStreams = streams.count == heads.count ? streams.reduce(0, +) : nil
        let rates = heads.compactMap(\.run.selftestTokensPerSecond)
        run.selftestTokensPerSecond = rates.count == heads.count ? rates.reduce(0, +) : nil
        run.warnings = zip(heads, shards).flatMap { head, shard in
            head.run.warnings.map { "\(name(shard)): \($0)" }
        }
        for shard in shards where shard.stoppedBy != nil {
            run.warnings.append("\(name(shard)) reached its part of \(shard.stoppedBy ?? "").")
        }
        return run
    }

    private static func union(_ rows: [TargetRecord]) -> TargetRecord {
        var target = rows[0]
        target.preflightRequests = rows.reduce(0) { $0 + $1.preflightRequests }
        target.preflightGets = rows.reduce(0) { $0 + $1.preflightGets }
        target.preflightInputTokens = rows.reduce(0) { $0 + $1.preflightInputTokens }
        target.preflightOutputTokens = rows.reduce(0) { $0 + $1.preflightOutputTokens }
        target.waitedReady = rows.compactMap(\.waitedReady).max()
        target.insecure = rows.contains(where: \.insecure)
        for row in rows.dropFirst() {
            if let limits = row.rateLimits {
                target.rateLimits = target.rateLimits.map { $0.merging(limits) } ?? limits
            }
            for address in row.addresses where !target.addresses.contains(address) { target.addresses.append(address) }
            for note in row.notes where !target.notes.contains(note) { target.notes.append(note) }
            let note = "also asked at \(row.url)"
            if row.url != target.url, !target.notes.contains(note) { target.notes.append(note) }
        }
        return target
    }

    private static func union(_ rows: [PhaseRecord]) -> PhaseRecord {
        var phase = rows[0]
        phase.started = rows.compactMap(\.started).min()
        phase.ended = rows.compactMap(\.ended).max()
        let requests = rows.compactMap(\.requests)
        phase.requests = requests.isEmpty ? nil : requests.reduce(0, +)
        return phase
    }

    private static func union(_ rows: [StepRecord], of shards: Int) -> (step: StepRecord, common: Range<Int64>?) {
        var step = rows[0]
        step.concurrency = rows.reduce(0) { $0 + $1.concurrency }
        step.warmed = rows.reduce(0) { $0 + $1.warmed }
        step.rps = sum(rows.map(\.rps))
        step.rpsFrom = sum(rows.map(\.rpsFrom))
        step.rpsTo = sum(rows.map(\.rpsTo))
        step.cap = rows.contains { $0.cap != nil } ? rows.compactMap(\.cap).reduce(0, +) : nil
        step.traceDue = rows.contains { $0.traceDue != nil } ? rows.compactMap(\.traceDue).reduce(0, +) : nil
        step.traceInputTokens = total(rows.map(\.traceInputTokens))
        step.traceOutputTokens = total(rows.map(\.traceOutputTokens))
        step.idle = rows.compactMap(\.idle).min()
        step.release = rows.compactMap(\.release).min()
        step.saturated = rows.compactMap(\.saturated).min()
        step.saturationInSystem = sum(rows.map(\.saturationInSystem))
        step.saturationTTFT = rows.compactMap(\.saturationTTFT).max()
        step.started = rows.compactMap(\.started).min()
        step.drained = rows.contains { $0.drained == nil } ? nil : rows.compactMap(\.drained).max()
        step.settled = rows.compactMap(\.settled).min()
        step.windowEnded = rows.compactMap(\.windowEnded).max()
        guard step.kind == .level, rows.count == shards, let start = rows.compactMap(\.settled).max(),
            let end = rows.compactMap(\.windowEnded).min()
        else { return (step, nil) }
        let common = start..<max(start, end)
        (step.settled, step.windowEnded) = (common.lowerBound, common.upperBound)
        return (step, common)
    }

    private static func sum(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        guard !known.isEmpty else { return nil }
        // Shares of a rate, of which none is exact: their sum is the rate that was written to twelve digits.
        let sum = known.reduce(0, +)
        guard sum > 0, sum.isFinite else { return sum }
        var scale = 1.0
        while sum * scale < 1e11 { scale *= 10 }
        return (sum * scale).rounded() / scale
    }

    private static func total(_ values: [Int64?]) -> Int64? {
        let known = values.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0, +)
    }

    /// Levels that the shards did not hold at the same time.
    private func shortWindows(_ heads: [Head]) -> [String] {
        steps.compactMap { step in
            guard let common = common[step.id] else { return nil }
            let own = heads.compactMap { $0.steps.first { $0.id == step.id } }.compactMap { row in
                row.settled.flatMap { settled in row.windowEnded.map { max(0, $0 - settled) } }
            }
            guard let longest = own.max(), longest > 0 else { return nil }
            let share = Double(common.count) / Double(longest)
            guard share < 0.9 else { return nil }
            let phase = phases.first { $0.id == step.phase }?.name ?? ""
            let met = shards.allSatisfy { $0.offsetBefore != nil }
            return
                "\(phase): the shards held \(inCount(step.concurrency, "stream")) together for \(inTime(seconds: Double(common.count) / 1e9)) "
                + "of \(inTime(seconds: Double(longest) / 1e9)); only that time is in its figures."
                + (met ? "" : " With a rendezvous they begin each level together.")
        }
    }
}
