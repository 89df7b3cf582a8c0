/// Bytes to what they mean, and back: event streams, the APIs spoken over them, and the providers that speak them.
///
/// Pure: no I/O, no clock, and no idea who sent the bytes, when or why.
///
/// - Asking: `ChatRequest` and `BodyTemplate` write request bodies; `Provider` says how an endpoint differs.
/// - Listening: `ReplyDecoder` takes the bytes of one reply, read by read, says what each read brought (`ReadDigest`)
///   and keeps what the reply amounts to (`ReplyFacts`). Inside it `EventStreamDecoder` cuts bytes into events and the
///   API's `Grammar` reads each event. In the steady state a token costs no allocation.
/// - Serving: `ChatStreamWriter`, `ChatRequestFacts` and `ModelList` are the same formats seen from the server, so that
///   a simulated provider and the client test each other.
///
/// A new API is one file in `API/`, one in `Serving/` for the simulated provider, and two lines of `API`.
