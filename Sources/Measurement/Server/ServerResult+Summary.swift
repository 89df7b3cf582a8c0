extension ServerResult {
    /// Over the windows of a level.
    init(_ series: ServerSeries, in windows: [MeasuredWindow]) {
        self.init(series.ticks(in: windows)) { series.increase(of: $0, in: windows) }
    }

    private init(_ ticks: [ServerSeries.Tick], _ increase: (ServerFact) -> Double?) {
        self.init()
        func level(_ values: [Double], peaks: [Double]? = nil) -> Level? {
            guard let max = (peaks ?? values).max() else { return nil }
            return Level(mean: values.reduce(0, +) / Double(Swift.max(1, values.count)), max: max)
        }
        let queues = ticks.compactMap(\.waiting)
        let known = ticks.filter { $0.replicasUp > 0 }
        readings = known.count
        running = level(ticks.compactMap(\.running))
        waiting = level(queues)
        kvCacheUsage = level(ticks.compactMap(\.kvMean), peaks: ticks.compactMap(\.kvMax))
        replicasUp = level(ticks.map { Double($0.replicasUp) })
        gpuPowerWatts = level(ticks.compactMap(\.power))
        gpuMemoryBytes = level(ticks.compactMap(\.memory))
        residentMemoryBytes = level(ticks.compactMap(\.residentMemory))
        if !queues.isEmpty { waitingShare = Double(queues.count { $0 > 0 }) / Double(queues.count) }
        preemptions = increase(.preemptions)
        promptTokens = increase(.promptTokens)
        generationTokens = increase(.generationTokens)
        requests = increase(.requests)
        if let hits = increase(.prefixHits), let queries = increase(.prefixQueries), queries > 0 {
            prefixHitRate = min(1, hits / queries)
        } else {
            prefixHitRate = level(ticks.compactMap(\.hitRate))?.mean
        }
        if let seconds = increase(.queueSeconds), let count = increase(.queued), count >= 1 {
            queueMilliseconds = 1000 * seconds / count
        }
    }

    /// Over the whole run.
    init(_ series: ServerSeries, of target: TargetRecord, _ index: RunIndex) {
        self.init(series.ticks) { series.increase(of: $0) }
        restarts = series.restarts
        problems = series.problems.map {
            Problem(source: $0.source, failed: $0.count, readings: $0.of, words: $0.words)
        }
        replicas = series.replicas.compactMap { replica in
            guard let first = replica.readings.first, let last = replica.readings.last, replica.serves else {
                return nil
            }
            func level(_ fact: ServerFact) -> Level? {
                let values = replica.readings.compactMap { $0[fact] }
                return values.max().map { Level(mean: values.reduce(0, +) / Double(values.count), max: $0) }
            }
            return Replica(
                source: replica.source,
                name: replica.name,
                firstSeconds: Double(first.at) / 1e9,
                lastSeconds: Double(last.at) / 1e9,
                running: level(.running),
                waiting: level(.waiting),
                kvCacheUsage: level(.kvCacheUsage),
                generationTokens: replica.counter(.generationTokens)?.whole
            )
        }
        reconciled = ServerReconciliation(series, self, of: target, index)
    }
}

extension ServerReconciliation {
    /// nil where the server has no counter.
    init?(_ series: ServerSeries, _ server: ServerResult, of target: TargetRecord, _ index: RunIndex) {
        guard server.promptTokens != nil || server.generationTokens != nil || server.requests != nil else { return nil }
        self.init()
        let own = index.recorded.requests.filter { index.target(of: $0) == target.id && $0.dispatched != nil }
        withheld = Self.obstacle(series, server, own, of: target, index.recorded)
        guard withheld == nil else { return }
        var (prompt, output, answered): (Int64, Int64, Int64) = (0, 0, 0)
        for request in own {
            prompt = prompt.saturatingAdd(max(0, request.inputTokens ?? 0))
            output = output.saturatingAdd(max(0, request.countedOutputTokens ?? 0))
            if Self.answered.contains(request.outcome) { answered += 1 }
            if Self.cutOff.contains(request.outcome) { unfinished += 1 }
            if request.countedOutputTokens != nil, request.tokenSource != .usage { uncounted += 1 }
        }
        promptTokens = server.promptTokens.map { Pair(ours: prompt, server: Int64(clamping: $0)) }
        outputTokens = server.generationTokens.map { Pair(ours: output, server: Int64(clamping: $0)) }
        requests = server.requests.map { Pair(ours: answered, server: Int64(clamping: $0)) }
    }

    private static let answered: Set<Outcome> = [.ok, .okLength, .reasoningOnly, .empty, .refusal, .filtered]
    private static let cutOff: Set<Outcome> = [
        .cancelled, .timeoutFirstToken, .timeoutIdle, .timeoutTotal, .reset, .truncated, .inbandError, .protocol,
    ]

    /// Why the counters are not of the same requests.
    private static func obstacle(
        _ series: ServerSeries,
        _ server: ServerResult,
        _ own: [RequestRecord],
        of target: TargetRecord,
        _ recorded: RecordedRun
    ) -> String? {
        guard let begun = own.compactMap(\.dispatched).min() else { return "no request was sent" }
        let ended = own.compactMap { $0.instant($0.ended) }.max() ?? begun
        if !recorded.run.complete { return "the run did not end" }
        if let shard = recorded.shards.first, recorded.shards.count < shard.count {
            return "other machines of the run load the same server"
        }
        let sources = Set(recorded.serverReadings.filter { $0.target == target.id }.map(\.source))
        let shared = recorded.serverReadings.first { $0.target != target.id && sources.contains($0.source) }?.target
        if let shared {
            let name = recorded.targets.first { $0.id == shared }?.name ?? "another target"
            return "its metrics are those of \(name), too"
        }
        if let other = recorded.targets.first(where: { $0.id != target.id && $0.asksSameServer(as: target) }) {
            return "\(other.name) of this run asks the same server"
        }
        if server.restarts > 0 {
            return server.restarts == 1
                ? "its counters fell, as they do after a restart"
                : "its counters fell \(server.restarts) times, as they do after a restart"
        }
        if series.spans.count < sources.count { return "not all of its metrics could be read" }
        if series.spans.contains(where: { $0.first > begun }) {
            return "its metrics could not be read before the first request"
        }
        if series.spans.contains(where: { $0.last < ended }) {
            return "its metrics could not be read after the last answer"
        }
        return nil
    }
}

extension TargetRecord {
    /// Whether both have one host and port.
    fileprivate func asksSameServer(as other: TargetRecord) -> Bool {
        func authority(_ url: String) -> Substring? {
            url.firstRange(of: "://").map { url[$0.upperBound...].prefix { !"/?#".contains($0) } }
        }
        guard let mine = authority(url), let theirs = authority(other.url) else { return false }
        return mine.lowercased() == theirs.lowercased()
    }
}

extension Int64 {
    fileprivate init(clamping value: Double) { self = Int64(exactly: value.rounded()) ?? .max }
}

extension ServerSeries {
    /// Replicas that came after a burst's edge, in the order in which they began to answer.
    func useful(_ wave: RequestSet, release: Int64, until end: Int64) -> [UsefulReplica] {
        let firsts = wave.map { $0.instant($0.firstToken) }
        guard !firsts.isEmpty else { return [] }
        let found = replicas.compactMap { replica in
            replica.useful(after: release, until: end, patience: tickWidth * 5 / 2).map {
                (name: replica.title(among: replicas), at: $0)
            }
        }
        return found.sorted { ($0.at, $0.name) < ($1.at, $1.name) }.map { name, at in
            let waiting = firsts.count { $0.map { $0 > at } ?? true }
            return UsefulReplica(
                name: name,
                atSeconds: Double(at - release) / 1e9,
                waiting: waiting,
                share: Double(waiting) / Double(firsts.count)
            )
        }
    }
}

extension ServerSeries.Replica {
    /// By its labels; by its source, too, where there are several.
    func title(among all: [ServerSeries.Replica]) -> String {
        let isOnly = all.allSatisfy { $0.source == source }
        if name.isEmpty { return source }
        return isOnly ? name : "\(source) \(name)"
    }
}
