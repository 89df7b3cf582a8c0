/// What became of one threshold.
public struct ThresholdResult: Sendable, Hashable {
    public var expression = ""
    public var value: Double?  // in `unit`; the worst of all it applies to
    public var unit = ""  // as written in the expression, e.g. ms, %, or nothing
    public var passed = false
    public var note: String?  // where the worst was found, or why it is undetermined
    /// Why the load generator itself decided it; nil = it did not.
    public var disturbance: String?

    public init() {}
}
