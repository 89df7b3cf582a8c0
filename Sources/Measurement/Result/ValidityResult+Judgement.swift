extension ValidityResult {
    /// What the verdict of a phase, or of a whole run, is drawn from.
    struct Evidence {
        var requests: RequestSet  // without warm-ups
        var steps: [StepRecord]
        var levels: [StepResult] = []
        var edges: [EdgeEvidence] = []
        var spans: [MeasuredWindow]  // the turns of other targets left out
        var tokensPerSecond: Double?  // of the whole phase
    }

    struct EdgeEvidence {
        var name: String
        var wave: EdgeWave
        var warmTTFT: Double?
    }

    static let loopCPULimit = 85.0  // percent
    static let leastInFlight = 0.98  // of asked
    static let clientResourceLimit = 0.001
    static let stoppedLimit = 0.01
    /// Waiting for a core, below which only its effects are judged: the level held, late departures of an open loop.
    static let heldUpLimit = 0.1

    /// The contract's rules on one phase.
    init(of evidence: Evidence, _ index: RunIndex, _ health: GeneratorHealth) {
        self.init()
        measure(evidence, index, health)
        judgeLags(evidence)
        for edge in evidence.edges { judge(edge) }
        for level in evidence.levels { if let open = level.openLoop { judgePlan(open, of: level) } }
        judgeLoad(evidence, health)
        judgeResources(evidence, health)
        judgeCeiling(evidence, index.recorded.run)
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

    /// p99 <= max(2 ms, 1 % of the median TTFT) is valid, <= max(10 ms, 5 %) suspect.
    private mutating func judgeLags(_ evidence: Evidence) {
        let median = SortedSamples(evidence.requests.successes.figures(\.ttftMilliseconds)).median ?? 0
        if let p99 = dispatchLagMilliseconds?.p99 {
            judge(p99, against: median, "dispatch lag", "requests left late")
        }
        // Under one request in a hundred it cannot be what the p99 is made of.
        guard let kernelStampShare, kernelStampShare < 0.99 else { return }
        if let p99 = readLagMilliseconds?.p99 { judge(p99, against: median, "read lag", "tokens were stamped late") }
        // Reads without a stamp have no read lag: they waited for the loop to wake and for the turn they came in.
        let unseen = [(wakeLagMilliseconds?.p99, "wake lag"), (loopLagMilliseconds?.p99, "loop lag")]
            .compactMap { p99, name in p99.map { (p99: $0, name: name) } }
        if let worst = unseen.max(by: { $0.p99 < $1.p99 }) {
            let meaning = "tokens may have been stamped late, without a kernel stamp to tell"
            judge(worst.p99, against: median, worst.name, meaning)
        }
    }

    private mutating func judge(_ p99: Double, against median: Double, _ name: String, _ meaning: String) {
        let fine = max(2, 0.01 * median)
        let bearable = max(10, 0.05 * median)
        if p99 <= fine { return }
        let limit = p99 <= bearable ? fine : bearable
        add(
            p99 <= bearable ? .suspect : .invalid,
            "\(name) p99 \(inWords(p99)) ms, limit \(inWords(limit)) ms: \(meaning)"
        )
    }

    /// send_lag, cold connections less their set-up: <= 10 % of the warm TTFT median is valid, <= 50 % suspect.
    private mutating func judge(_ edge: EdgeEvidence) {
        guard var lag = edge.wave.sendLagMilliseconds else { return }
        if edge.wave.step.connections == "cold" { lag -= edge.wave.medianSetUpMilliseconds }
        guard let warm = edge.warmTTFT, warm > 0 else { return }
        if lag <= 0.1 * warm { return }
        let share = lag <= 0.5 * warm ? 0.1 : 0.5
        add(
            lag <= 0.5 * warm ? .suspect : .invalid,
            "\(edge.name): send lag \(inWords(lag)) ms, limit \(inWords(share * warm)) ms "
                + "(\(inPercent(share)) of the warm median TTFT): the wave did not leave at one instant"
        )
    }

    private mutating func judgeLoad(_ evidence: Evidence, _ health: GeneratorHealth) {
        if let cpuPercent, cpuPercent > Self.loopCPULimit {
            add(.suspect, "loop CPU \(inWords(cpuPercent)) %, limit \(inWords(Self.loopCPULimit)) %: the loop was full")
        }
        // While a refused request waits to be sent again, its place is taken by its user, not by a request in flight.
        let waits = evidence.requests.contains { $0.attempt > 0 }
        for level in evidence.levels where !waits {
            guard let asked = level.concurrency, asked > 0, let inFlight = level.meanInFlight else { continue }
            // A user who thinks holds a place of the level.
            let held = inFlight + (level.meanThinking ?? 0)
            guard held + level.pausedSlots < Self.leastInFlight * Double(asked) else { continue }
            let kind = level.meanThinking == nil ? "in flight" : "in flight or thinking"
            add(
                .suspect,
                "\(inWords(held)) of \(asked) \(kind) on average, limit \(inPercent(Self.leastInFlight)): "
                    + "the level was not held"
            )
        }
        for incident in health.incidents(in: evidence.spans) where incident.kind == .store {
            add(.suspect, "storing fell behind" + (incident.detail.map { ": \($0)" } ?? ""))
        }
    }

    private mutating func judgeResources(_ evidence: Evidence, _ health: GeneratorHealth) {
        let starved = evidence.requests.only { $0.outcome == .clientResource }.count
        if evidence.requests.count > 0 {
            let share = Double(starved) / Double(evidence.requests.count)
            if share > Self.clientResourceLimit {
                add(
                    .invalid,
                    "\(inPercent(share)) of the requests failed for want of our own files or ports, limit "
                        + inPercent(Self.clientResourceLimit)
                )
            }
        }
        let seconds = evidence.spans.reduce(0) { $0 + $1.seconds }
        if let stopped = stoppedShare, stopped > Self.stoppedLimit {
            add(
                .invalid,
                "the generator did not run for \(inWords(stopped * seconds)) s, \(inPercent(stopped)) of the "
                    + "time, limit \(inPercent(Self.stoppedLimit)): stopped, or without a core; not the server"
            )
        } else if let stopped = stoppedShare, let short = shortStopShare, stopped + short > Self.stoppedLimit {
            add(
                .suspect,
                "the generator did not run for \(inPercent(stopped + short)) of the time, in stops of 1 ms or more, limit "
                    + "\(inPercent(Self.stoppedLimit)): \(whoStopped(stopped + short))"
            )
        } else if let heldUp = heldUpShare, heldUp > Self.heldUpLimit {
            add(
                .suspect,
                "the generator was kept from running for \(inPercent(heldUp)) of the time, limit "
                    + "\(inPercent(Self.heldUpLimit)): something else had its core"
            )
        }
    }

    /// The host counts what it takes while a core wants to run, so that at least half of such stops is found there.
    private func whoStopped(_ share: Double) -> String {
        guard let stolenShare, stolenShare >= share / 2 else {
            return "stopped by a signal, or on a machine that stood still"
        }
        return "its virtual machine stood still, for the host gave \(inPercent(stolenShare)) of a core to others"
    }

    /// Beyond what the machine's self-test has shown it to measure well.
    private mutating func judgeCeiling(_ evidence: Evidence, _ run: RunRecord) {
        guard let streams = run.selftestStreams else { return }
        if let maxInFlight, maxInFlight > streams {
            add(
                .suspect,
                streams > 0
                    ? "\(maxInFlight) in flight, and this machine's self-test trusts its numbers up to \(streams)"
                    : "this machine's self-test found no level at which its numbers can be trusted"
            )
        }
        let rates =
            evidence.levels.compactMap(\.stats.outputTokensPerSecond) + [evidence.tokensPerSecond].compactMap { $0 }
        if streams > 0, let limit = run.selftestTokensPerSecond, let most = rates.max(), most > limit {
            add(
                .suspect,
                "\(inWords(most)) tokens/s, and this machine's self-test trusts its numbers up to \(inWords(limit))"
            )
        }
    }

    mutating func add(_ verdict: Verdict, _ reason: String) {
        self.verdict = max(self.verdict, verdict)
        reasons.append(reason)
    }
}

extension ValidityResult {
    /// The whole run's: the worst verdict, every phase's reasons under its name, figures over everything.
    init(worstOf phases: [(name: String, validity: ValidityResult)], _ index: RunIndex, _ health: GeneratorHealth) {
        self.init()
        let evidence = Evidence(
            requests: index.requests.only { !index.isWarmup($0) && !index.isProbe($0) },
            steps: index.recorded.steps,
            spans: [MeasuredWindow(exactlyFrom: 0, to: index.lastInstant)].compactMap(\.self)
        )
        measure(evidence, index, health)
        verdict = phases.map(\.validity.verdict).max() ?? .valid
        reasons = phases.flatMap { phase in phase.validity.reasons.map { "\(phase.name): \($0)" } }
    }
}
