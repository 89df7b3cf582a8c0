/// What the requests of one row can show when it is compared with the same row of another run.
public struct SamplePower: Sendable, Hashable {
    /// The difference that people ask about: 5 %.
    public static let asked = 0.05

    public var requests: Int
    /// The smallest difference in median TTFT, a share, that is found in 4 of 5 comparisons; nil = none is sure to be.
    public var difference: ComparisonPower.Estimate?
    /// Requests a side that the asked difference takes; nil = the row does not tell.
    public var needed: ComparisonPower.Estimate?
    /// What so many take and cost at this row's own pace and price; nil = not known.
    public var neededSeconds: Double?
    public var neededDollars: Double?

    /// - Parameters:
    ///   - ttft: of the row's successes, by dispatch; nil under `ComparisonPower.fewestInPilot`
    ///   - seconds: what they took
    init?(ttft: [Double], seconds: Double?, dollars: Double?) {
        guard let power = ComparisonPower(pilot: ttft) else { return nil }
        requests = ttft.count
        difference = power.difference(foundWith: requests)
        needed = power.requests(toFind: Self.asked)
        let times = needed.map { $0.value / Double(ttft.count) }
        neededSeconds = times.flatMap { times in seconds.map { $0 * times } }
        neededDollars = times.flatMap { times in dollars.map { $0 * times } }
    }
}
