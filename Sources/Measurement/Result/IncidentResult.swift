/// An incident of a phase: what was stored of it, and whom it hit.
public struct IncidentResult: Sendable, Hashable {
    public var startSeconds: Double  // since the run's start
    public var endSeconds: Double?
    public var kind: IncidentRecord.Kind
    public var side: IncidentRecord.Side?  // whose doing it was; nil = nobody's
    public var streams: Int?  // that it hit
    public var of: Int?  // streams that were open then
    public var requests: Int?  // that were in flight
    public var attempts: Int?  // sent in that time, of an outage or a throttled spell
    public var tokensMissing: Int?  // rate before it x how long it lasted
    public var stoppedSeconds: Double?  // of a silence: time in it in which the generator did not run; nil = none
    public var detail: String?

    public init(startSeconds: Double, endSeconds: Double?, kind: IncidentRecord.Kind) {
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.kind = kind
    }
}

extension IncidentResult {
    init(_ record: IncidentRecord, _ timeline: TargetTimeline) {
        self.init(
            startSeconds: Double(record.at) / 1e9,
            endSeconds: record.ended.map { Double($0) / 1e9 },
            kind: record.kind
        )
        (side, streams, of) = (record.side, record.streams, record.of)
        (attempts, tokensMissing, detail) = (record.attempts, record.tokensMissing, record.detail)
        let ended = record.ended ?? record.at
        requests =
            record.requests
            ?? timeline.requests.only { request in
                guard let from = request.dispatched, let to = request.instant(request.ended) else { return false }
                return from <= ended && to >= record.at
            }.count
    }
}
