import Measurement

/// `server` of `summary.json`.
enum ServerJSON {
    /// What the server said of itself; of the whole run with its replicas and the counters' comparison.
    static func value(_ server: ServerResult, isWhole: Bool = false) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("readings", JSONValue(server.readings)),
            .init("running", level(server.running)),
            .init("waiting", level(server.waiting)),
            .init("waiting_share", JSONValue(server.waitingShare)),
            .init("queue_ms", JSONValue(server.queueMilliseconds)),
            .init("kv_cache_usage", level(server.kvCacheUsage)),
            .init("prefix_hit_rate", JSONValue(server.prefixHitRate)),
            .init("preemptions", count(server.preemptions)),
            .init("replicas_up", level(server.replicasUp)),
            .init("prompt_tokens", count(server.promptTokens)),
            .init("generation_tokens", count(server.generationTokens)),
            .init("requests", count(server.requests)),
            .init("gpu_power_w", level(server.gpuPowerWatts)),
            .init("gpu_memory_bytes", level(server.gpuMemoryBytes)),
            .init("resident_memory_bytes", level(server.residentMemoryBytes)),
        ]
        guard isWhole else { return .object(members) }
        members += [
            .init("restarts", JSONValue(server.restarts)),
            .init("reconciled", server.reconciled.map(reconciled) ?? .null),
            .init("replicas", .array(server.replicas.map(replica))),
            .init("problems", .array(server.problems.map(problem))),
        ]
        return .object(members)
    }

    static func useful(_ replica: UsefulReplica) -> JSONValue {
        .object([
            .init("name", .string(replica.name)), .init("at_s", JSONValue(replica.atSeconds)),
            .init("waiting", JSONValue(replica.waiting)), .init("waiting_share", JSONValue(replica.share)),
        ])
    }

    private static func level(_ level: ServerResult.Level?) -> JSONValue {
        level.map { .object([.init("mean", JSONValue($0.mean)), .init("max", JSONValue($0.max))]) } ?? .null
    }

    private static func count(_ value: Double?) -> JSONValue {
        value.flatMap { Int64(exactly: $0.rounded()) }.map { .integer($0) } ?? .null
    }

    private static func reconciled(_ result: ServerReconciliation) -> JSONValue {
        func pair(_ pair: ServerReconciliation.Pair?) -> JSONValue {
            pair.map { pair in
                .object([
                    .init("client", .integer(pair.ours)), .init("server", .integer(pair.server)),
                    .init("difference", .integer(pair.difference)),
                ])
            } ?? .null
        }
        return .object([
            .init("prompt_tokens", pair(result.promptTokens)),
            .init("output_tokens", pair(result.outputTokens)),
            .init("requests", pair(result.requests)),
            .init("agrees", JSONValue(result.withheld == nil && !result.pairs.isEmpty ? result.agrees : nil)),
            .init("unfinished", JSONValue(result.unfinished)),
            .init("uncounted", JSONValue(result.uncounted)),
            .init("withheld", JSONValue(result.withheld)),
        ])
    }

    private static func replica(_ replica: ServerResult.Replica) -> JSONValue {
        .object([
            .init("source", .string(replica.source)), .init("name", .string(replica.name)),
            .init("first_s", JSONValue(replica.firstSeconds)), .init("last_s", JSONValue(replica.lastSeconds)),
            .init("running", level(replica.running)), .init("waiting", level(replica.waiting)),
            .init("kv_cache_usage", level(replica.kvCacheUsage)),
            .init("generation_tokens", count(replica.generationTokens)),
        ])
    }

    private static func problem(_ problem: ServerResult.Problem) -> JSONValue {
        .object([
            .init("source", .string(problem.source)), .init("failed", JSONValue(problem.failed)),
            .init("readings", JSONValue(problem.readings)), .init("words", .string(problem.words)),
        ])
    }
}
