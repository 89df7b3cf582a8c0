internal import Ticks
internal import Wire

/// Since when a reply is complete, and until when its connection is left to say so.
///
/// The answer decides, not the connection: some servers send the last event and then nothing, or pings, for minutes. What
/// may still come is the usage, so a short patience begins anew with each event that changes what is known.
struct ReplyEnd: Sendable, Hashable {
    /// How long a connection may stay open behind the end of its answer.
    struct Patience: Sendable, Hashable {
        /// Behind a sign that cannot be taken back.
        var afterFinalSign: Int64 = 250_000_000
        /// Behind a bare finish reason: some servers count the tokens of the whole answer before they send the usage.
        var afterFinishReason: Int64 = 2_000_000_000
    }

    private(set) var sign = ReplyFacts.TerminalSign.none
    /// When the last event came that changed what is known; nil while the reply is not complete.
    private(set) var since: Instant?
    /// When that was read. A generator that was stopped reads late what came in time, and the rest of it lies in the socket.
    private(set) var noticed: Instant?
    private var usage = Usage()

    /// Takes what stands after a read.
    /// - Parameter usage: asked for only when there is a sign.
    mutating func note(
        _ newSign: ReplyFacts.TerminalSign,
        usage newUsage: @autoclosure () -> Usage,
        at instant: Instant,
        read: Instant
    ) {
        if case .none = newSign {
            if since != nil { self = ReplyEnd() }  // more text took the finish reason back
            return
        }
        let newUsage = newUsage()
        guard newSign != sign || newUsage != usage else { return }
        (sign, usage, since, noticed) = (newSign, newUsage, instant, max(instant, read))
    }

    /// When the request is over, whatever its connection does; nil while the reply is not complete.
    func over(_ patience: Patience) -> Instant? {
        noticed?.advanced(byNanoseconds: sign.isFinal ? patience.afterFinalSign : patience.afterFinishReason)
    }
}
