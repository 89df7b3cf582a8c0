public import Measurement

/// What a target makes of requests that it should refuse: a model that is not there, and a body that is no JSON. Each twice,
/// to see which words are new each time.
public struct RefusalScript: ProbeScript, Sendable {
    public static let name = "refusal"
    private static let purposes: [ProbeRecord.Purpose] = [.wrongModel, .wrongModel, .brokenBody, .brokenBody]
    /// That it sends.
    public static let requests = purposes.count

    private let dialect: Dialect
    private var asked = 0

    public init(dialect: Dialect) { self.dialect = dialect }

    public var upcoming: ProbeQuestion? {
        guard asked < Self.requests else { return nil }
        return ProbeQuestion(
            purpose: Self.purposes[asked],
            dialect: dialect,
            cap: 1,
            prompts: [ProbePlan.prompt]
        )
    }

    public mutating func note(_ record: ProbeRecord) { asked += 1 }
}
