/// From which level of a ramp on requests wait in the server's queue, by its own gauge.
public struct ServerQueue: Sendable, Hashable {
    public var from: Int?  // nil = at no level
    public var below: Int?  // the highest level without a queue
    public var atStart = ServerResult()  // what it said at `from`
    /// The most that it answered at a time, and the fullest of its KV caches, at any level.
    public var mostRunning: Double?
    public var fullest: Double?
    private var isAlwaysEmpty = true  // at every reading of every level

    /// nil where the gauges do not tell: too few readings, no gauge, or levels that queue below ones that do not.
    public init?(_ steps: [StepResult]) {
        var seen: Set<Int> = []
        let levels = steps.compactMap { step -> (level: Int, server: ServerResult)? in
            guard let level = step.concurrency, let server = step.server, seen.insert(level).inserted else {
                return nil
            }
            return (level, server)
        }.sorted { $0.level < $1.level }
        guard !levels.isEmpty, levels.count == Set(steps.compactMap(\.concurrency)).count else { return nil }
        let verdicts = levels.map(\.server.queues)
        isAlwaysEmpty = levels.allSatisfy { $0.server.waitingShare == 0 }
        below = verdicts.lastIndex(of: false).map { levels[$0].level }
        mostRunning = levels.compactMap(\.server.running?.max).max()
        fullest = levels.compactMap(\.server.kvCacheUsage?.max).max()
        if let first = verdicts.firstIndex(of: true) {
            guard verdicts[first...].allSatisfy({ $0 == true }) else { return nil }
            from = levels[first].level
            atStart = levels[first].server
        } else if !verdicts.allSatisfy({ $0 == false }) {
            return nil
        }
    }

    /// Whether the queue begins where more streams stop paying: at the knee, or at the level after it.
    func explains(_ knee: KneeResult?) -> Bool {
        guard let from, let knee, knee.concurrency != nil else { return false }
        return knee.bracket.contains(from)
    }

    public func sentence(_ knee: KneeResult?) -> String {
        let cache = fullest.map { "its KV cache is up to \(inWords((100 * $0).rounded())) % full" }
        guard let from else {
            return "The server's own queue was \(isAlwaysEmpty ? "" : "almost ")empty at every level"
                + (cache.map { "; \($0)." } ?? ".")
        }
        let mean = atStart.waiting.map { "\(inWords((10 * $0.mean).rounded() / 10)) of them on average" }
        let quiet = below.map { "none at \(inWords(Double($0)))" }
        let beside = [mean, quiet].compactMap(\.self).joined(separator: ", ")
        let most = mostRunning.map { "it was seen to answer at most \(inWords($0)) at a time" }
        let rest = [most, cache].compactMap(\.self)
        let text =
            "requests wait in the server's own queue from \(inCount(from, "stream")) on"
            + (beside.isEmpty ? "" : " (\(beside))") + (rest.isEmpty ? "" : "; " + rest.joined(separator: ", ")) + "."
        return explains(knee) ? "Why the knee is there: \(text)" : text.prefix(1).uppercased() + text.dropFirst()
    }
}
