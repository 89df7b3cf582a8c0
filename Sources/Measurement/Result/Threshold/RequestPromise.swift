/// A promise that each request keeps or breaks, such as "95 of 100 have a TTFT under 1 s": `ttft.p95 < 1s`.
public struct RequestPromise: Sendable {
    public let expression: String
    /// The share of the requests that must keep it, 0..<1.
    public let percentile: Double
    private let limit: Double  // milliseconds
    private let isStrict: Bool
    private let figure: @Sendable (RequestRecord) -> Double?

    private static let figures: [String: @Sendable (RequestRecord) -> Double?] = [
        "ttft": { $0.ttftMilliseconds }, "ttft_scheduled": { $0.ttftScheduledMilliseconds },
        "wait": { $0.waitMilliseconds }, "ttfv": { $0.ttfvMilliseconds }, "e2e": { $0.e2eMilliseconds },
        "e2e_scheduled": { $0.e2eScheduledMilliseconds }, "tpot": { $0.tpotMilliseconds },
    ]
    private static let shares = ["p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999]

    /// Reads a threshold that bounds a percentile of a time from above; the error says what else it is.
    public init(parsing expression: String) throws(ThresholdError) {
        let threshold = try Threshold(parsing: expression)
        guard threshold.target == nil, threshold.phase == nil, threshold.selector == nil,
            let figure = Self.figures[threshold.metric], let share = threshold.statistic.flatMap({ Self.shares[$0] }),
            threshold.comparison == .less || threshold.comparison == .lessOrEqual
        else {
            let names = Self.figures.keys.sorted().joined(separator: ", ")
            throw ThresholdError(expression, "a search needs FIGURE.PERCENTILE < TIME; figures: \(names)")
        }
        self.expression = threshold.expression
        self.figure = figure
        percentile = share
        limit = threshold.limit
        isStrict = threshold.comparison == .less
    }

    /// Failed and throttled requests break it; nil for those that were never sent or taken back.
    public func isKept(by request: RequestRecord) -> Bool? {
        switch request.outcomeClass {
        case .excluded: return nil
        case .failed, .throttled: return false
        case .success:
            // An answer too short to have a time per token keeps any.
            guard let value = figure(request) else { return request.firstToken != nil }
            return isStrict ? value < limit : value <= limit
        }
    }
}
