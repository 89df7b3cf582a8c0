/// Something that happened to the run at an instant or over a stretch of time: the generator was stopped, nothing listened.
public struct IncidentRecord: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, Codable {
        case silence  // streams were open and no token came
        case outage  // the target took no connection, or answered nothing but failures
        case throttling  // the target refused for its limits
        case clientStop = "client_stop"  // the generator did not run; `stall` in results stored before
        case suspend  // the machine did not
        case clockStep = "clock_step"
        case interrupt
        case limit
        case store
        case unusable
        case lateWindow = "late_window"  // a time window began later than planned
        case resume  // an interrupted run goes on from here
        case pause  // somebody paused the run: nothing was started, and nothing of it is measured time
        case skip  // somebody ended the phase before its plan did

        /// The kind by the word that is stored, those of earlier versions too.
        public init?(stored word: String) {
            if word == "stall" { self = .clientStop } else { self.init(rawValue: word) }
        }
    }

    /// Whose doing it was, as far as it can be told from here.
    public enum Side: String, Sendable, Hashable, Codable { case server, client, unknown }

    public var at: Int64 = 0  // since t0
    public var ended: Int64?  // since t0; nil = it has no length, or was not over when the run was
    public var kind: Kind = .clientStop
    public var side: Side?  // nil = nobody's: a limit, an interrupt
    public var streams: Int?  // that it hit
    public var of: Int?  // streams that were open then
    public var requests: Int?  // it hit
    public var attempts: Int?  // sent in that time, an outage's and a throttled spell's
    public var tokensMissing: Int?  // rate before it x how long it lasted
    public var target: Int?  // `TargetRecord.id`; nil = it concerns them all
    public var detail: String?

    public init() {}

    /// Whether it is about that target of the run. Results that were stored before it had the target's id have its name in
    /// the detail.
    public func concerns(_ target: TargetRecord, of all: [TargetRecord]) -> Bool {
        if let id = self.target { return id == target.id }
        guard kind == .unusable, all.count > 1, let detail else { return true }
        return detail == target.name || detail.hasPrefix("\(target.name): ") || detail.hasPrefix("\(target.name) ")
    }
}
