/// When each request should start, and how many may be in flight: the plan of a run, as values.
///
/// Pure: no socket, no clock, no YAML. The plan is settled before the first byte is sent, and the same seed and shapes
/// give the same plan and the same `RunPlan.scheduleSHA256` on every machine.
///
///     PhaseShape (what a person asks for) ─► PhasePlan ─► Stage (a label and a load) ─► StageShaper (what to do now)
///
/// - `RunPlan` is the whole: seed, workload, phases. `PlanEstimate` says what it will cost, `Limits` what it may.
/// - `StageShaper` drives one stage on one loop. It is told the time and what ended, and answers what to do; the engine
///   and the virtual clock of the tests call it in the same way.
/// - `Prompts` is the text of the request with a given index. `Scenario` is a simulated provider.
