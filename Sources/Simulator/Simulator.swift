/// A provider with a known truth: replicas, cold starts, batching, faults, and a journal of what it really did.
///
///     HTTPServer (Transport) ─► SimulatedProvider ─► ServerModel: what happens when (pure)
///                                     │ chunks of the answer, written when the model says so
///                                     └► TruthJournal: the instants after each write, on CLOCK_MONOTONIC
///
/// The reference, not a mock: a real server on loopback, in a process of its own (`SimulatorChild`), whose figures can be
/// held against the tester's, request by request.
