/// From request records to distributions, curves and verdicts: the part of spate that must be right.
///
/// Pure: no I/O, no clock, no printing. `RecordedRun` is what was stored, `RunResult` is what it means, and the only way
/// from one to the other is `RunResult(of:)`; the end of a run and `spate report` both call it, so they agree.
///
/// - Records: `RequestRecord` (one row per request), `Outcome`, `ArrivalLog` (its tokens over time), `RecordedRun`.
/// - `Distribution/`: percentiles, intervals, variation. `Analysis/`: knee, cold starts, steady state, drift, changes.
///   `Comparison/`: tests between two samples.
/// - `Result/`: from records to `RunResult` - totals, steps, bursts, validity, thresholds.
///
/// All instants in records are nanoseconds of CLOCK_MONOTONIC since the run's start (`t0`); all durations are
/// nanoseconds. Milliseconds appear in `RunResult` only, with the unit in the name.
