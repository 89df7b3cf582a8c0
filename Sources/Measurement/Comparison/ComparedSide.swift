import Ticks

/// One side of a comparison: a target, in one time window or several.
struct ComparedSide: Sendable {
    /// What a target did in one window, taken apart into looks.
    struct Window: Sendable {
        var run: String  // id: windows of one run were interleaved
        var number: Int  // within its run
        var looks: [ComparedLook]
        var phases: [PhaseResult]
        var startedUnixNanoseconds: Int64
    }

    var name: String
    var model: String?
    var url: String
    var folders: [String] = []
    var windows: [Window]
    var facts: Facts
    /// Its name in its run, and that of the target before which it stands as a gateway.
    var targetName: String
    var gatewayTo: String?
    /// What it showed its client.
    var shown: ShownEvidence

    /// What must agree for figures to be comparable, and what stands beside them.
    struct Facts: Sendable, Hashable {
        var tokenSource: RequestRecord.TokenSource?
        var scheduleSHA256 = ""
        var workload: WorkloadResult.Kind?
        var calibration: CalibrationRecord?
        var loops: Set<PhaseRecord.LoopModel> = []
        var simulated = false
        var fast = false
        var isComplete = true
        var visibleBytes = 0.0  // of the successes that told their tokens
        var visibleTokens = 0.0
        var outputTokens = 0.0  // of the successes
        var textBytes = 0.0  // of all text of theirs
        var successes = 0.0
        var connectMilliseconds: [Double] = []
        var waitMilliseconds: [Double] = []
        var verdict = ValidityResult.Verdict.valid

        var bytesPerVisibleToken: Double? { visibleTokens > 0 && visibleBytes > 0 ? visibleBytes / visibleTokens : nil }
        var textBytesPerRequest: Double? { successes > 0 && textBytes > 0 ? textBytes / successes : nil }
        var outputTokensPerRequest: Double? { successes > 0 && outputTokens > 0 ? outputTokens / successes : nil }
    }

    /// One target of one run.
    init(_ timeline: TargetTimeline, _ result: TargetResult, name: String? = nil) {
        let index = timeline.index
        let run = index.recorded.run
        self.name = name ?? timeline.target.name
        model = timeline.target.model
        url = timeline.target.url
        facts = Facts(timeline, result)
        (targetName, gatewayTo) = (timeline.target.name, timeline.target.gatewayTo)
        shown = ShownEvidence(timeline)
        let records = index.phases(of: timeline.target.id).filter { $0.kind != .warmup && $0.kind != .idle }
        let results = result.phases.filter { $0.kind != .idle }
        let pairs = Array(zip(records, results))
        let numbers = Set(records.map { $0.window ?? 0 }).sorted()
        windows = numbers.map { number in
            let own = pairs.filter { ($0.0.window ?? 0) == number }
            let start = own.compactMap(\.0.started).min() ?? 0
            return Window(
                run: run.id,
                number: number,
                looks: own.flatMap { ComparedLook.all(of: $0, $1, timeline) },
                phases: own.map(\.1),
                startedUnixNanoseconds: run.startedAtUnixNanoseconds.saturatingAdd(start)
            )
        }
    }

    /// More windows of the same target.
    mutating func add(_ other: ComparedSide) {
        windows = (windows + other.windows).sorted { $0.startedUnixNanoseconds < $1.startedUnixNanoseconds }
        folders += other.folders
        facts.add(other.facts)
        shown.add(other.shown)
    }

    /// The target before which it stands: of the same run, where there are several of that name.
    func direct(among sides: [ComparedSide]) -> ComparedSide? {
        guard let gatewayTo else { return nil }
        let named = sides.filter { $0.targetName == gatewayTo }
        let runs = Set(windows.map(\.run))
        return named.first { !runs.isDisjoint(with: $0.windows.map(\.run)) } ?? (named.count == 1 ? named[0] : nil)
    }
}

extension ComparedSide.Facts {
    init(_ timeline: TargetTimeline, _ result: TargetResult) {
        self.init()
        tokenSource = result.tokenSource
        scheduleSHA256 = timeline.index.recorded.run.scheduleSHA256
        workload = timeline.index.recorded.run.workload.flatMap(WorkloadResult.Kind.init(rawValue:))
        calibration = timeline.index.recorded.run.calibration
        loops = Set(result.phases.filter { $0.kind != .idle }.map(\.loop))
        simulated = result.simulated
        fast = timeline.index.recorded.run.fast
        isComplete = timeline.index.recorded.run.complete
        verdict = result.phases.map(\.validity.verdict).max() ?? .valid
        timeline.counted().forEach { request in
            if request.connection == .new, let connect = request.connectMilliseconds {
                connectMilliseconds.append(connect)
            }
            guard request.outcomeClass == .success else { return }
            if let wait = request.waitMilliseconds { waitMilliseconds.append(wait) }
            guard let tokens = request.countedOutputTokens else { return }
            successes += 1
            outputTokens += Double(tokens)
            textBytes += Double(max(0, request.textBytes))
            let visible = tokens - max(0, request.reasoningTokens ?? 0)
            guard request.tokenSource == .usage, visible > 0, request.visibleBytes > 0 else { return }
            visibleTokens += Double(visible)
            visibleBytes += Double(request.visibleBytes)
        }
    }

    mutating func add(_ other: Self) {
        if other.tokenSource == .events || tokenSource == nil { tokenSource = other.tokenSource ?? tokenSource }
        if scheduleSHA256 != other.scheduleSHA256 { scheduleSHA256 = "several" }
        loops.formUnion(other.loops)
        if workload != other.workload { workload = nil }
        simulated = simulated || other.simulated
        fast = fast || other.fast
        isComplete = isComplete && other.isComplete
        visibleBytes += other.visibleBytes
        visibleTokens += other.visibleTokens
        outputTokens += other.outputTokens
        textBytes += other.textBytes
        successes += other.successes
        connectMilliseconds += other.connectMilliseconds
        waitMilliseconds += other.waitMilliseconds
        verdict = max(verdict, other.verdict)
    }
}
