extension StepResult {
    /// What it asked for: "16 streams", "20 requests/s", "5 to 50 requests/s".
    public var load: String { partOfLoad.map { "\(wholeLoad) (of \($0) of the load)" } ?? wholeLoad }

    private var wholeLoad: String {
        if let concurrency { return concurrency == 1 ? "1 stream" : "\(concurrency) streams" }
        if let from = openLoop?.rampFrom, let to = openLoop?.rampTo {
            return "\(inWords(from)) to \(inWords(to)) requests/s"
        }
        if let curve = openLoop?.rateCurve { return "\(curve) requests/s" }
        return "\(inWords(rps ?? 0)) requests/s"
    }
}

extension RunWarnings {
    /// What an open loop did not do as planned, and what its percentiles leave out.
    static func openLoop(_ phase: PhaseResult) -> [String] {
        var warnings: [String] = []
        for step in phase.steps {
            guard let open = step.openLoop else { continue }
            if let at = open.saturatedAtSeconds, let growth = open.saturationInSystem, let delay = open.saturationTTFT {
                let began = phase.startedSeconds ?? 0
                warnings.append(
                    "\(phase.label): \(step.load) was given up \(inWords(at - began)) s into the phase: requests came "
                        + "faster than they were answered. In flight grew by \(inWords(growth)) requests and TTFT by \(inWords(delay)) s "
                        + "each second, so the times shown only say that "
                        + (step.validity.isDisturbed
                            ? "(the load generator was disturbed too)." : "its capacity is lower.")
                )
            }
            if open.notSent > 0 {
                warnings.append(
                    "\(phase.label): at \(step.load) \(open.notSent) of \(step.stats.requests.scheduled) requests were "
                        + "due and never sent; they are in no percentile."
                )
            }
            if open.cap == nil, let held = open.cappedShare, held > 0 {
                warnings.append(
                    "\(phase.label): at \(step.load) the run's limit on requests in flight held back \(inPercent(held)) of "
                        + "the requests: the loop was not open."
                )
            }
            if let share = open.cappedShare, share > 0, open.overflow == "queue", let cap = open.cap {
                warnings.append(
                    "\(phase.label): at \(step.load) \(inPercent(share)) of the requests waited for a place under the "
                        + "cap of \(cap) in flight; their times count from when they were due."
                )
            }
            let unanswered = step.stats.outcomes[.cancelled] ?? 0
            if unanswered > 0 {
                warnings.append(
                    "\(phase.label): at \(step.load) \(unanswered) requests had not ended when the drain's grace was "
                        + "over: the slowest are in no percentile."
                )
            }
        }
        return warnings
    }
}
