internal import Measurement

/// Dollars per million tokens of one target; nil = unknown, which is not 0.
public struct Price: Sendable, Hashable {
    public var input: Double?
    public var cachedInput: Double?
    public var output: Double?

    public init(input: Double? = nil, cachedInput: Double? = nil, output: Double? = nil) {
        self.input = input
        self.cachedInput = cachedInput
        self.output = output
    }

    /// The most a request can cost, in billionths of a dollar: a token holds at least one byte of the body.
    func worstCase(bodyBytes: Int, outputTokens: Int) -> Int64 {
        Self.nanodollars(((input ?? 0) * Double(bodyBytes) + (output ?? 0) * Double(outputTokens)) * 1000)
    }

    /// What a request cost by its usage, in billionths of a dollar; nil when price or usage is unknown. Counted events
    /// are no usage: one may hold many tokens.
    func cost(of record: RequestRecord) -> Int64? {
        guard let input, let output, record.tokenSource == .usage, let sent = record.inputTokens,
            let received = record.outputTokens
        else { return nil }
        let cached = Double(min(record.cachedInputTokens ?? 0, sent))
        let dollars = input * (Double(sent) - cached) + (cachedInput ?? input) * cached + output * Double(received)
        return Self.nanodollars(dollars * 1000)
    }

    /// At most a million dollars, so that the sum over a run stays in range.
    private static func nanodollars(_ value: Double) -> Int64 { Int64(min(max(value, 0), 1e15)) }
}
