internal import Measurement

/// Stops a target that fails, so that a run does not hammer it or bill for nothing.
///
/// Opens after 20 refusals of authorisation in a row, or when at least half of the last 100 requests failed. Throttled
/// requests do not count: a provider that sheds load is being measured. Excluded ones are ours.
struct Breaker: Sendable {
    private static let window = 100
    private var recent = [Bool](repeating: false, count: window)
    private var position = 0
    private var seen = 0
    private var failures = 0
    private var refusals = 0

    /// Why it opened; nil while it is closed.
    private(set) var reason: String?

    mutating func note(_ outcome: Outcome) {
        refusals = outcome == .auth ? refusals + 1 : 0
        if refusals >= 20 { reason = reason ?? "20 requests in a row were refused (401, 402 or 403)" }
        let failed: Bool
        switch outcome.class {
        case .failed: failed = true
        case .success: failed = false
        case .throttled, .excluded: return
        }
        if recent[position] { failures -= 1 }
        recent[position] = failed
        if failed { failures += 1 }
        position = (position + 1) % Self.window
        seen += 1
        if seen >= Self.window, failures * 2 >= Self.window {
            reason = reason ?? "\(failures) of the last \(Self.window) requests failed"
        }
    }
}
