/// What became of a request: exactly one, by the contract's order; the first that matches wins.
///
/// `rawValue` is the word in `summary.json` and in `run.sqlite`.
public enum Outcome: String, Sendable, Hashable, CaseIterable, Codable {
    // Ours: excluded from every rate.
    case cancelled
    case notSent = "not_sent"
    case clientResource = "client_resource"
    // The way there.
    case dns, connect, tls
    case timeoutConnect = "timeout_connect"
    case timeoutFirstToken = "timeout_first_token"
    case timeoutIdle = "timeout_idle"
    case timeoutTotal = "timeout_total"
    case reset
    case `protocol`
    // The server's answer.
    case auth
    case rateLimited = "rate_limited"
    case overloaded
    case http5xx = "http_5xx"
    case http4xx = "http_4xx"
    case inbandError = "inband_error"
    case truncated
    // The model's answer.
    case refusal, filtered, empty
    case reasoningOnly = "reasoning_only"
    case okLength = "ok_length"
    case ok

    /// The four classes whose counts add up to the scheduled requests.
    public enum Class: Sendable, Hashable { case success, failed, throttled, excluded }

    /// By the outcome alone; see `RequestRecord.outcomeClass`.
    public var `class`: Class {
        switch self {
        case .ok, .okLength: .success
        case .rateLimited, .overloaded: .throttled
        case .cancelled, .notSent, .clientResource: .excluded
        case .dns, .connect, .tls, .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutTotal, .reset,
            .protocol, .auth, .http5xx, .http4xx, .inbandError, .truncated, .refusal, .filtered, .empty,
            .reasoningOnly:
            .failed
        }
    }
}
