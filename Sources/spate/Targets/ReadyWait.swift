import Engine
import Glibc
import Measurement
import Ticks
import Transport

/// Waits for a server that is still loading: what it waits is the cold start, and belongs into the result.
struct ReadyWait {
    private static let pause: Int64 = 250_000_000

    private let began = MonotonicClock.now()
    private let patience: Int64
    /// How long was waited so far, nanoseconds; nil = it was ready at the first look.
    private(set) var waited: Int64?

    /// nil where nothing is to be waited for.
    init?(_ patience: Duration?) {
        guard let patience else { return nil }
        self.patience = patience.nanoseconds
    }

    /// Pauses before the next look; false when the patience is over.
    mutating func goesOn(_ meanwhile: () -> Void) -> Bool {
        let now = MonotonicClock.now().nanoseconds(since: began)
        waited = now
        guard now + Self.pause <= patience else { return false }
        for _ in 0..<5 {
            usleep(UInt32(Self.pause / 5 / 1000))
            meanwhile()
        }
        waited = MonotonicClock.now().nanoseconds(since: began)
        return true
    }

    /// Nobody listens yet (or the name is not known yet), something on the way says 502 to 504, or no model is listed yet.
    static func isLoading(_ answer: Preflight.Answer) -> Bool {
        if let failure = answer.failure {
            return switch failure.kind {
            case .connect, .reset, .resolve: true
            case .tls, .truncated, .protocol, .clientResource, .cancelled: false
            }
        }
        return (502...504).contains(answer.status) || (answer.status == 200 && answer.listsNoModel)
    }

    /// Some servers list their model before they can answer for it.
    static func isLoading(_ questions: [QuestionRecord]) -> Bool {
        guard let request = questions.last?.request else { return false }
        return request.httpStatus == 503 || request.outcome == .connect
    }
}
