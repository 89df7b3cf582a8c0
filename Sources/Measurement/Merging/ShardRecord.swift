/// One part of a run over several machines: which it is, where it ran, and how well its clock is known.
public struct ShardRecord: Sendable, Hashable, Codable {
    public var index = 0
    public var count = 1
    /// What told it so: `--shard 1/4`, a launcher's variables.
    public var origin = ""
    /// The instant agreed for all, CLOCK_REALTIME nanoseconds: of its own clock, or with a rendezvous of the first shard's.
    public var startAt: Int64 = 0
    /// How long after that instant it was ready, nanoseconds; 0 = it was in time.
    public var late: Int64 = 0

    // The machine.
    public var host = ""
    public var cpuModel: String?
    public var cores = 0
    public var kernel = ""
    /// The same for all that share a kernel, and with it its clocks.
    public var bootID: String?

    // The clock, nanoseconds; nil = not known.
    /// Whether the kernel holds CLOCK_REALTIME for synchronised (adjtimex).
    public var clockIsSynchronised: Bool?
    public var clockErrorEstimate: Int64?
    /// Most that it is off by, as the kernel has it.
    public var clockErrorBound: Int64?
    /// The first shard's CLOCK_REALTIME less its own, and by how much that may be wrong (half the shortest round trip):
    /// measured before the run and after it.
    public var offsetBefore: Int64?
    public var offsetBeforeBound: Int64?
    public var offsetAfter: Int64?
    public var offsetAfterBound: Int64?

    // In a merged result.
    /// Its loops are those from `firstLoop` on.
    public var firstLoop = 0
    public var loops = 1
    public var requests: Int?
    public var successes: Int?
    public var outputTokens: Int64?
    public var ttftP50: Double?  // milliseconds, as the next
    public var ttftP95: Double?
    public var e2eP50: Double?
    /// Of its own result, with the reasons.
    public var verdict: String?
    public var reasons: [String] = []
    public var cpuPercent: Double?
    public var interrupted = false
    public var stoppedBy: String?

    public init() {}

    /// How far its clock may be from the first shard's, nanoseconds: what was measured, with what it changed meanwhile.
    var offsetUncertainty: Int64? {
        guard let before = offsetBefore, let bound = offsetBeforeBound else { return nil }
        let after = max(bound, offsetAfterBound ?? bound)
        return after + abs((offsetAfter ?? before) - before)
    }

    /// By how much two shards' instants may be apart though both say the same, nanoseconds; nil = not known.
    public static func uncertainty(_ a: ShardRecord, _ b: ShardRecord) -> Int64? {
        if let boot = a.bootID, boot == b.bootID { return 0 }
        if let a = a.offsetUncertainty, let b = b.offsetUncertainty { return a + b }
        guard a.clockIsSynchronised == true, b.clockIsSynchronised == true, let a = a.clockErrorBound,
            let b = b.clockErrorBound
        else { return nil }
        return a + b
    }
}
