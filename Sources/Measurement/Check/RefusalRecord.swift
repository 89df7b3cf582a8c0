/// How a target answered a request that it should refuse, asked before the run.
public struct RefusalRecord: Sendable, Hashable, Codable {
    public var purpose: ProbeRecord.Purpose
    /// It was answered as if nothing were wrong with it.
    public var served = false
    public var status: Int?  // HTTP; nil = no answer came
    public var meaning: String?  // the class that status and words mean
    public var words: String?  // the server's, redacted

    public init(purpose: ProbeRecord.Purpose) { self.purpose = purpose }

    /// From what was seen of the request.
    public init(_ probe: ProbeRecord) {
        self.init(purpose: probe.purpose)
        served = probe.succeeded
        status = probe.request.httpStatus
        guard !served else { return }
        meaning = probe.errorClass
        words = probe.request.error
    }
}
