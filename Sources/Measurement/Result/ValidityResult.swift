/// The contract's VALIDITY: whether the figures are the server's or the load generator's own.
public struct ValidityResult: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable, Comparable, CaseIterable {
        case valid, suspect, invalid

        public static func < (a: Verdict, b: Verdict) -> Bool { a.severity < b.severity }

        private var severity: Int {
            switch self {
            case .valid: 0
            case .suspect: 1
            case .invalid: 2
            }
        }
    }

    public var verdict: Verdict = .valid
    /// Each with the row, the figure and its limit.
    public var reasons: [String] = []
    /// Two things apart: whether the times are the server's, and whether the load was the one asked for.
    public var latencies = Verdict.valid
    public var load = Verdict.valid
    /// What disturbed it and what to do, in one sentence without its full stop; nil where nothing did, or it is not known.
    public var remedy: String?
    public var loopLagMilliseconds: DistributionSummary?
    public var dispatchLagMilliseconds: DistributionSummary?  // without edge waves
    public var readLagMilliseconds: DistributionSummary?
    /// How late the loop ran, at instants evenly spread over time.
    public var wakeLagMilliseconds: DistributionSummary?
    /// Share of the time in which the generator was kept from running, 1 ms or more at a time; the busiest loop's.
    public var heldUpShare: Double?
    /// The part of it in stops of 1 to 20 ms in which it waited for no core.
    public var shortStopShare: Double?
    /// The part of it in stops of 20 ms or more in which it waited for no core: it was stopped, or its machine was.
    public var stoppedShare: Double?
    /// CPU time that the host of a virtual machine gave to others, all its cores together, as a share of the time.
    public var stolenShare: Double?
    public var cpuPercent: Double?  // of one core, the busiest loop's
    public var processCPUPercent: Double?
    public var loops = 0
    public var maxInFlight: Int?
    public var rssMB: Double?
    /// Who read the streams: "uring" where any of them was read through a ring, else "epoll"; nil when not told.
    public var reader: String?
    /// Share of the token stamps that were the kernel's.
    public var kernelStampShare: Double?

    public init() {}
}
