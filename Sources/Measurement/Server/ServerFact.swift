/// What a server says of itself, whatever its engine calls it. The raw value is the column's name.
public enum ServerFact: String, Sendable, Hashable, Codable, CaseIterable {
    case running  // requests being answered
    case waiting  // requests in its queue
    case kvCacheUsage = "kv_cache_usage"  // share of the KV cache in use, 0...1
    case prefixHitRate = "prefix_hit_rate"  // share, as the engine itself reckons it
    case gpuPower = "gpu_power_w"  // of all GPUs
    case gpuMemory = "gpu_memory_bytes"  // in use, of all GPUs
    case residentMemory = "resident_memory_bytes"  // of the process that tells its metrics
    // Counters since its start:
    case promptTokens = "prompt_tokens"
    case generationTokens = "generation_tokens"
    case requests  // that it answered
    case preemptions  // requests put back from running
    case prefixHits = "prefix_hits"  // prompt tokens found in the prefix cache
    case prefixQueries = "prefix_queries"  // prompt tokens looked up there
    case queueSeconds = "queue_seconds"  // what requests spent in the queue
    case queued = "queued"  // requests that this was counted of

    public var isCounter: Bool {
        switch self {
        case .running, .waiting, .kvCacheUsage, .prefixHitRate, .gpuPower, .gpuMemory, .residentMemory: false
        case .promptTokens, .generationTokens, .requests, .preemptions, .prefixHits, .prefixQueries, .queueSeconds,
            .queued:
            true
        }
    }
}

/// What one replica of a target's server said at one instant.
public struct ServerReading: Sendable, Hashable {
    public var target = 0  // `TargetRecord.id`
    public var source = ""  // the URL, without a query
    /// Within the source, by its labels: `engine=0`; empty = the source is one replica.
    public var replica = ""
    public var at: Int64 = 0  // when its answer began, since t0; before t0 it is negative
    public var took: Int64 = 0  // from the request to the answer's end, nanoseconds
    /// Why nothing could be read; nil = it was read.
    public var problem: String?
    private var values = [Double?](repeating: nil, count: ServerFact.allCases.count)

    public init() {}

    /// A replica that answers requests says one of these; a queue before the replicas, or an exporter of GPUs, says none.
    var isOfServing: Bool {
        [ServerFact.running, .promptTokens, .generationTokens, .requests].contains { self[$0] != nil }
    }

    /// nil = it does not say.
    public subscript(fact: ServerFact) -> Double? {
        get { values[fact.place] }
        set { values[fact.place] = newValue }
    }
}

extension ServerFact {
    fileprivate var place: Int { Self.places[self] ?? 0 }
    private static let places = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

/// A source's text as it came, so that a series that is not mapped is not lost.
public struct ServerText: Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable {
        case first
        case names  // the set of its metrics' names had changed
        case last
    }

    public var target = 0
    public var source = ""
    public var at: Int64 = 0
    public var reason: Reason = .first
    public var text = ""

    public init() {}
}
