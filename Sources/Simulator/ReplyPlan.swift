internal import Schedule
internal import Ticks

/// What a request will be given: how many tokens, why they end, and what goes wrong on the way.
///
/// A function of the scenario, its seed, the request's number and what it asks for, so that one request's draws never
/// shift another's.
struct ReplyPlan: Sendable, Hashable {
    enum Fault: Sendable, Hashable {
        case rateLimited, serverError, truncated, empty, inbandError, stalled
    }

    /// What a request without a limit of its own gets.
    static let defaultTokens = 256
    /// The longest answer the model can give.
    static let tokenLimit = 1_000_000

    /// Tokens it would get if nothing went wrong.
    let answerTokens: Int
    /// The tokens after which the model is done with it: a fault in mid-stream comes at half.
    let tokens: Int
    let finishReason: String
    /// The first tokens that are reasoning, where the API knows it; may be more than `tokens`.
    let reasoningTokens: Int
    let fault: Fault?

    init(
        scenario: Scenario,
        request number: Int,
        maxTokens: Int?,
        ignoresEndOfSequence: Bool
    ) {
        var draw = SplitMix64(
            seed: scenario.seed &+ UInt64(bitPattern: Int64(number)) &* 0x9e37_79b9_7f4a_7c15,
            stream: "reply"
        )
        let faultDraw = draw.unit()
        let lengthDraw = draw.unit()
        let cap = maxTokens ?? Self.defaultTokens
        var answer = cap
        if let range = scenario.stopsAfter, !ignoresEndOfSequence {
            let drawn = range.lowerBound + Int(lengthDraw * Double(range.upperBound - range.lowerBound + 1))
            answer = min(cap, max(1, drawn))
        }
        answerTokens = answer
        reasoningTokens = scenario.reasoningTokens
        finishReason = maxTokens == answer ? "length" : "stop"
        fault = Self.fault(scenario.failures, faultDraw)
        switch fault {
        case .truncated, .inbandError, .stalled: tokens = (answer + 1) / 2
        case .empty: tokens = 1
        case .rateLimited, .serverError, nil: tokens = answer
        }
    }

    private static func fault(_ rates: Scenario.Failures, _ draw: Double) -> Fault? {
        let table: [(rate: Double, fault: Fault)] = [
            (rates.rateLimited, .rateLimited), (rates.serverError, .serverError), (rates.truncated, .truncated),
            (rates.empty, .empty), (rates.inbandError, .inbandError), (rates.stalled, .stalled),
        ]
        var upper = 0.0
        for (rate, fault) in table {
            upper += rate
            if draw < upper { return fault }
        }
        return nil
    }
}
