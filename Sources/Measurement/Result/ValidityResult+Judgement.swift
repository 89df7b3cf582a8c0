extension ValidityResult {
    /// What the verdict of a phase, or of a whole run, is drawn from.
    struct Evidence {
        var requests: RequestSet  // without warm-ups
        var steps: [StepRecord]
        var levels: [StepResult] = []
        var spans: [MeasuredWindow]  // the turns of other targets left out
        var rows: [NamedRow] = []
        var server: TargetRecord?  // whose it is, where it is one target's
        var tokensPerSecond: Double?  // of the whole phase
    }

    /// A phase is what its rows are: invalid where every one is, suspect where one is not valid. Stops, stolen time, a full
    /// loop and the self-test's ceiling are no verdicts: they say what disturbed the rows, and what to do.
    init(of evidence: Evidence, _ index: RunIndex, _ health: GeneratorHealth) {
        self.init()
        measure(evidence, index, health)
        let rows = evidence.rows
        verdict = Self.verdict(of: rows.map(\.validity.verdict))
        latencies = Self.verdict(of: rows.map(\.validity.latencies))
        load = Self.verdict(of: rows.map(\.validity.load))
        reasons = rows.flatMap { row in row.validity.reasons.map { rows.count > 1 ? "\(row.name): \($0)" : $0 } }
        guard verdict != .valid else { return }
        remedy = remedy(evidence, index.recorded.run, health)
        reasons += beyondSelftest(evidence, index.recorded.run)
    }

    private static func verdict(of rows: [Verdict]) -> Verdict {
        if !rows.isEmpty, rows.allSatisfy({ $0 == .invalid }) { return .invalid }
        return rows.contains { $0 != .valid } ? .suspect : .valid
    }

    private mutating func measure(_ evidence: Evidence, _ index: RunIndex, _ health: GeneratorHealth) {
        loops = index.recorded.run.loops
        // A step up in concurrency is a small edge of its own; what counts is how the measured requests left.
        let paced = evidence.requests.only { $0.rank == nil }
        let measured = paced.only(\.measured)
        let lags = (measured.isEmpty ? paced : measured).figures { request in
            // What a cap made it wait is the plan's doing.
            request.dispatchLag.map { Double(max(0, $0 - (request.queued ?? 0))) / 1e6 }
        }
        dispatchLagMilliseconds = DistributionSummary(samples: lags)
        loopLagMilliseconds = DistributionSummary(milliseconds: index.histogram(.loopLag, of: evidence.steps))
        readLagMilliseconds = DistributionSummary(milliseconds: index.histogram(.readLag, of: evidence.steps))
        wakeLagMilliseconds = DistributionSummary(milliseconds: index.histogram(.wakeLag, of: evidence.steps))
        let stamped = evidence.requests.only { $0.tokenReads > 0 }
        if !stamped.isEmpty {
            kernelStampShare = Double(stamped.only { $0.stamp == .kernel }.count) / Double(stamped.count)
        }
        // The loops' sum; where one step follows another within a bin, the greater of the two.
        var inFlight: [Int64: [Int64: [Int: Int]]] = [:]  // by bin width, bin and loop
        for step in evidence.steps {
            for bin in index.bins(of: step) {
                let other = inFlight[step.binWidth]?[bin.bin]?[bin.loop] ?? 0
                inFlight[step.binWidth, default: [:]][bin.bin, default: [:]][bin.loop] = max(other, bin.inFlightMax)
            }
        }
        maxInFlight = inFlight.values.flatMap(\.values).map { $0.values.reduce(0, &+) }.max()
        measureStops(evidence, index, health)
        // The busiest step, for a ramp's mean would hide the level at which the loop was full.
        let spans =
            evidence.spans
            + evidence.steps.compactMap {
                MeasuredWindow(exactlyFrom: $0.started, to: $0.drained ?? $0.windowEnded)
            }
        cpuPercent = spans.compactMap(health.loopCPUPercent).max()
        processCPUPercent = spans.compactMap(health.processCPUPercent).max()
        rssMB = evidence.spans.compactMap(health.residentMB).max()
        reader = health.gatheredReads(in: spans).map { $0 > 0 ? "uring" : "epoll" }
    }

    private mutating func measureStops(_ evidence: Evidence, _ index: RunIndex, _ health: GeneratorHealth) {
        let observed = evidence.steps.compactMap {
            MeasuredWindow(exactlyFrom: $0.started, to: $0.drained ?? $0.windowEnded)
        }.reduce(0.0) { $0 + Double($1.nanoseconds) }
        let incidents = health.stoppedShare(of: evidence.spans)
        let lasted = evidence.spans.reduce(0.0) { $0 + Double($1.nanoseconds) }
        stolenShare = lasted > 0 ? health.stolen(in: evidence.spans).map { $0 / lasted } : nil
        guard wakeLagMilliseconds != nil, observed > 0 else {
            stoppedShare = incidents
            return
        }
        func share(_ metrics: Set<HistogramRecord.Metric>) -> Double {
            var lost: [Int: Double] = [:]  // by loop
            for record in evidence.steps.flatMap(index.histograms) where metrics.contains(record.metric) {
                lost[record.loop, default: 0] += Double(record.histogram.sum)
            }
            return min(1, (lost.values.max() ?? 0) / observed)
        }
        let stopped = max(share([.stopped]), incidents ?? 0)
        stoppedShare = stopped
        shortStopShare = share([.shortStop])
        heldUpShare = max(share([.stopped, .shortStop, .heldUp]), stopped)
    }

    /// The loop's CPU, percent of a core, above which it was full.
    static let loopCPULimit = 85.0
    /// Less time than this lost disturbs nothing.
    static let leastLost = 0.002

    /// What kept the generator from running, the greatest part of it, and what to do about that: only what the machine's
    /// own counters tell.
    private func remedy(_ evidence: Evidence, _ run: RunRecord, _ health: GeneratorHealth) -> String? {
        let stopped = (stoppedShare ?? 0) + (shortStopShare ?? 0)
        let waiting = max(0, (heldUpShare ?? 0) - stopped)
        let stolen = stolenShare ?? 0
        let lasted = evidence.spans.reduce(0.0) { $0 + Double($1.nanoseconds) }
        let throttled = lasted > 0 ? (health.throttled(in: evidence.spans) ?? 0) / lasted : 0
        let here = evidence.server?.neighbour.map { "; \($0)" } ?? ""
        let lost = max(stopped, waiting)
        if lost >= Self.leastLost {
            if throttled >= lost / 2 {
                return
                    "the CPU limit of its control group held it back for \(inPercent(throttled)) of the time: raise the "
                    + "container's CPU limit, or use fewer streams"
            }
            // The host counts what it takes while a core wants to run: at least half of such stops is found there.
            if stopped >= waiting, stolen >= stopped / 2 {
                return "the host of this virtual machine gave \(inPercent(stolen)) of a core to others\(here): "
                    + "use a machine of your own"
            }
            if stopped >= waiting {
                return "it was stopped for \(inPercent(stopped)) of the time (a signal, or the machine stood still)"
            }
            let load = health.load(in: evidence.spans).flatMap { load in
                run.cores.map { " (load \(inWords(load)) on \(inCount($0, "core")))" }
            }
            return
                "it waited for a core \(inPercent(waiting)) of the time\(load ?? "")\(here): close what else runs, use another "
                + "machine, or fewer streams"
        }
        if let cpuPercent, cpuPercent > Self.loopCPULimit {
            return
                "its own loop was full (\(inWords(cpuPercent.rounded())) % of a core): use --loops 2, or fewer streams"
        }
        return nil
    }

    /// Beyond what the machine's self-test has shown it to measure well: a reason beside others, and none by itself.
    private func beyondSelftest(_ evidence: Evidence, _ run: RunRecord) -> [String] {
        guard let streams = run.selftestStreams else { return [] }
        let age = run.selftestAge.map { $0 < 86_400 ? " of today" : " (\(inCount(Int($0 / 86_400), "day")) old)" } ?? ""
        let selftest = "this machine's self-test\(age)"
        if streams == 0 { return ["\(selftest) found no level at which its numbers can be trusted"] }
        if let maxInFlight, maxInFlight > streams {
            return ["\(maxInFlight) in flight, and \(selftest) went up to \(inCount(streams, "stream"))"]
        }
        let rates =
            evidence.levels.compactMap(\.stats.outputTokensPerSecond) + [evidence.tokensPerSecond].compactMap { $0 }
        guard let limit = run.selftestTokensPerSecond, let most = rates.max(), most > limit else { return [] }
        return ["\(inWords(most)) tokens/s, and \(selftest) went up to \(inWords(limit))"]
    }
}

extension ValidityResult {
    /// The whole run's: invalid where a phase is, suspect where one is not valid, figures over everything.
    init(of phases: [(name: String, validity: ValidityResult)], _ index: RunIndex, _ health: GeneratorHealth) {
        self.init()
        let evidence = Evidence(
            requests: index.requests.only { !index.isWarmup($0) && !index.isProbe($0) },
            steps: index.recorded.steps,
            spans: [MeasuredWindow(exactlyFrom: 0, to: index.lastInstant)].compactMap(\.self)
        )
        measure(evidence, index, health)
        verdict = phases.map(\.validity.verdict).max() ?? .valid
        latencies = phases.map(\.validity.latencies).max() ?? .valid
        load = phases.map(\.validity.load).max() ?? .valid
        reasons = phases.flatMap { phase in phase.validity.reasons.map { "\(phase.name): \($0)" } }
        remedy = phases.sorted { $0.validity.verdict > $1.validity.verdict }.compactMap(\.validity.remedy).first
    }
}

extension TargetRecord {
    /// That its server is on this machine too, where the program was seen: what they do to each other.
    var neighbour: String? {
        guard let process else { return simulated ? "the simulated provider runs on this machine too" : nil }
        let who = simulated ? "the simulated provider" : "the server (\(process.prefix(30)))"
        guard let processWaited, processWaited >= 100_000_000 else { return "\(who) runs on this machine too" }
        return
            "\(who) runs on this machine too, and its threads waited \(inTime(seconds: Double(processWaited) / 1e9)) for a core"
    }
}
