/// Drives a plan through the transport and records what happened.
///
///     Program (what, in order) ─► Conductor (when the next stage begins) ─► LoopDriver, one per loop thread
///                                                                             │ StageShaper: what to start now
///                                       RecordSink ◄── Recorder ◄── LiveRequest ◄── Transfer (bytes)
///
/// Decisions are values that take the time as an argument: `StageShaper` (Schedule), `ReplyState`, `Watchdog`,
/// `OutcomeRule`, `Breaker`. `LoopDriver` carries them out. Loops share nothing but the `Conductor`, which they meet at
/// the borders of stages, the `Budget`, which is asked once per request, and the sink, once per batch.
