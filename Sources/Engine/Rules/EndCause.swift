internal import Measurement
internal import Transport

/// What ended a request. What became of it is `OutcomeRule`'s to say: an answer that was complete before stays one.
enum EndCause: Sendable, Hashable {
    /// Its transfer ended; nil = the response came whole.
    case transfer(TransferFailure?)
    /// We did: cancelled, or one of the four timeouts.
    case ours(Outcome)
    /// We did, since its answer was complete and the connection stayed open.
    case complete

    var failure: TransferFailure? { if case .transfer(let failure) = self { failure } else { nil } }
}
