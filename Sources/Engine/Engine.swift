/// Drives a plan through the transport and records what happened.
///
///     Program (what, in order) ─► Agenda (what comes next, for all loops) ─► LoopDriver, one per loop thread
///                                  carried out by the Conductor               │ Passage: the stage, and its StageShaper
///                                                                             │ RequestSource: what is asked next (Errand)
///                                                                             │ Lane, one per target; Roster: what is in flight
///                                       RecordSink ◄── Recorder ◄── LiveRequest ◄── Transfer (bytes)
///
/// Decisions are values that take the time as an argument: `Agenda`, `StageShaper` (Schedule), `ReplyState`, `Watchdog`,
/// `OutcomeRule`, `Breaker`. `Conductor` and `LoopDriver` carry them out. Loops share nothing but the `Conductor`, which they
/// meet at the borders of stages, the `Budget` and the `TargetBreakers`, which are asked once per request, and the sink,
/// once per batch.
