/// What tokens of each kind cost, dollars per million: as a profile or the catalogue says, and as a result keeps it.
public struct TokenPrices: Sendable, Hashable, Codable {
    public var input: Double
    public var cachedInput: Double?  // nil = as input
    public var cacheWrite: Double?  // kept for minutes; nil = not known, as the next
    public var cacheWriteForHour: Double?
    public var output: Double
    public var reasoning: Double?  // nil = as output

    public init(
        input: Double,
        cachedInput: Double? = nil,
        cacheWrite: Double? = nil,
        cacheWriteForHour: Double? = nil,
        output: Double,
        reasoning: Double? = nil
    ) {
        self.input = input
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.cacheWriteForHour = cacheWriteForHour
        self.output = output
        self.reasoning = reasoning
    }
}
