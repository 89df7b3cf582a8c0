extension ValidityResult {
    static let rateTolerance = 0.02
    static let dispersionTolerance = 0.1
    /// Requests that left within this part of a bin changed no burst, even where the borders of bins fall just behind
    /// the instants of the plan: traces often have all of theirs on a grid.
    static let dispersionLag = 0.01

    /// Whether the arrivals that were sent are those that were planned: their rate within 2 %, their dispersion within
    /// 10 % (or 0.1), Poisson gaps below twice the 1 % point of Anderson and Darling's test (Lancet, ATC'19). Where a cap
    /// that was asked for held requests back, the plan was not kept on purpose.
    mutating func judgePlan(_ open: OpenLoopResult, of level: StepResult) {
        let name = level.load
        let held = open.cappedShare ?? 0
        if open.cap == nil, held > 0 {
            add(
                .suspect,
                "at \(name) the run's limit on requests in flight held back \(inPercent(held)) of the requests: "
                    + "the loop was not open"
            )
        }
        guard held == 0, open.saturatedAtSeconds == nil else { return }
        if let offered = open.offeredRPS, let sent = open.sentRPS, offered > 0,
            abs(sent - offered) > Self.rateTolerance * offered, abs(sent - offered) * (level.windowSeconds ?? 0) > 2
        {
            add(
                .suspect,
                "at \(name) \(inWords(sent)) requests/s were sent where the plan had \(inWords(offered)), limit "
                    + inPercent(Self.rateTolerance)
            )
        }
        if let planned = open.plannedDispersion, let sent = open.sentDispersion, mayHaveMovedBursts(open),
            abs(sent - planned) > max(Self.dispersionTolerance, Self.dispersionTolerance * planned)
        {
            add(
                .suspect,
                "at \(name) the requests as sent have a dispersion of \(inWords(sent)), planned \(inWords(planned)): "
                    + "the plan's bursts were not kept"
            )
        }
        if let statistic = open.andersonDarling,
            statistic > 2 * ArrivalTests.andersonDarlingCritical(count: level.stats.requests.scheduled).at1Percent
        {
            add(
                .suspect,
                "at \(name) the gaps between requests as sent are not those of a Poisson process "
                    + "(Anderson-Darling \(inWords(statistic)))"
            )
        }
    }

    private func mayHaveMovedBursts(_ open: OpenLoopResult) -> Bool {
        guard let bin = open.dispersionBinSeconds, let late = dispatchLagMilliseconds?.p99 else { return true }
        return late / 1000 > Self.dispersionLag * bin
    }
}

extension StepResult {
    /// What it asked for: "16 streams", "20 requests/s", "5 to 50 requests/s", "20 ± 10 (sine of 60 s) requests/s".
    public var load: String {
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
                    "\(phase.label): \(step.load) was given up \(inWords(at - began)) s into the phase: the server could "
                        + "not keep up. Its queue grew by \(inWords(growth)) requests and TTFT by \(inWords(delay)) s "
                        + "each second, so the times shown only say that its capacity is less."
                )
            }
            if open.notSent > 0 {
                warnings.append(
                    "\(phase.label): at \(step.load) \(open.notSent) of \(step.stats.requests.scheduled) requests were "
                        + "due and never sent; they are in no percentile."
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
