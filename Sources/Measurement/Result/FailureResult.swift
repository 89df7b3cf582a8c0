/// Requests of one target that ended alike and were no success, with the words the server had for it.
public struct FailureResult: Sendable, Hashable {
    public var outcome: Outcome
    public var detail: String?  // the finer class
    public var httpStatus: Int?
    public var words: String?  // as the first of them had it: redacted, but not made safe to print
    public var requests: Int

    public init(outcome: Outcome, detail: String?, httpStatus: Int?, words: String?, requests: Int) {
        self.outcome = outcome
        self.detail = detail
        self.httpStatus = httpStatus
        self.words = words
        self.requests = requests
    }

    private struct Kind: Hashable {
        var outcome: Outcome
        var detail: String?
        var httpStatus: Int?
    }

    /// The most frequent kinds first (then by the contract's order), at most `limit` of them. Excluded requests count
    /// only where the client itself failed. Words differ too often (ids, times) to tell kinds apart by them.
    public static func kinds(of requests: some Sequence<RequestRecord>, limit: Int = 20) -> [FailureResult] {
        var byKind: [Kind: FailureResult] = [:]
        for request in requests {
            switch request.outcomeClass {
            case .success: continue
            case .excluded where request.outcome != .clientResource: continue
            case .excluded, .failed, .throttled: break
            }
            let kind = Kind(outcome: request.outcome, detail: request.detail, httpStatus: request.httpStatus)
            var failure =
                byKind[kind]
                ?? FailureResult(
                    outcome: kind.outcome,
                    detail: kind.detail,
                    httpStatus: kind.httpStatus,
                    words: nil,
                    requests: 0
                )
            failure.requests += 1
            if failure.words == nil { failure.words = request.error ?? request.note }
            byKind[kind] = failure
        }
        return sorted(byKind, limit: limit)
    }

    /// The kinds of several sets of requests together.
    static func joined(_ failures: [FailureResult], limit: Int = 20) -> [FailureResult] {
        let kinds = failures.map { (Kind(outcome: $0.outcome, detail: $0.detail, httpStatus: $0.httpStatus), $0) }
        return sorted(
            Dictionary(kinds) { one, other in
                var sum = one
                sum.requests += other.requests
                sum.words = one.words ?? other.words
                return sum
            },
            limit: limit
        )
    }

    private static func sorted(_ byKind: [Kind: FailureResult], limit: Int) -> [FailureResult] {
        let order = Dictionary(uniqueKeysWithValues: Outcome.allCases.enumerated().map { ($0.element, $0.offset) })
        let sorted = byKind.values.sorted { a, b in
            if a.requests != b.requests { return a.requests > b.requests }
            if a.outcome != b.outcome { return order[a.outcome, default: 0] < order[b.outcome, default: 0] }
            return (a.httpStatus ?? 0, a.detail ?? "") < (b.httpStatus ?? 0, b.detail ?? "")
        }
        return Array(sorted.prefix(limit))
    }
}
