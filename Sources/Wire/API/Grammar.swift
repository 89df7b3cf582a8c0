/// Everything in which one API differs from another: a row of the table of APIs. Each row is a file of its own.
struct Grammar: Sendable {
    /// What a payload turned out to be.
    enum Reading: Sendable, Hashable {
        case understood
        case unparseable  // no JSON, or JSON of another shape
    }

    var path: String  // what follows the base URL
    var headers: [Header]  // of every request, the key's apart

    /// Encodes what many requests have in common.
    var template: @Sendable (ChatRequest) -> BodyTemplate

    /// Reads the payload of one event, or with `whole` a complete answer, into the tally. The second argument counts
    /// the bytes from the payload's start that may be read.
    var read: @Sendable (UnsafeRawBufferPointer, Int, _ whole: Bool, JSONParser, inout ReplyTally) -> Reading
}
