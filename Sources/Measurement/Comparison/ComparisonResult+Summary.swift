import Glibc
import Ticks

extension ComparisonResult {
    /// Bytes per visible token of one model that differ by more than this are tokens of different sizes.
    static let tokenSizeLimit = 0.03
    /// Answers whose mean lengths differ by more than this are not the same work.
    static let lengthLimit = 0.05
    /// ICC above which windows are not pooled (MEASUREMENT 2.14).
    static let pooledCorrelation = 0.1

    /// Every other side against the base; nil under two sides.
    init?(_ sides: [ComparedSide], base: String? = nil, seed: UInt64) {
        guard sides.count >= 2, let first = sides.first(where: { $0.name == base }) ?? sides.first else { return nil }
        self.init()
        let others = sides.filter { $0.name != first.name }
        self.base = first.name
        let countsBytes = Self.tokenSizesDiffer(first, others)
        let kinds = Set(sides.map(\.facts.workload))
        workload = kinds.count == 1 ? first.facts.workload : nil
        let phases = ([first] + others).flatMap { $0.windows.flatMap { $0.looks.map(\.phase) } }.uniqued
        var summaries = ([first] + others).map { Side($0) }
        for (place, other) in others.enumerated() {
            summaries[place + 1].isApart = ComparisonNotes.order(first, other).isApart
            missingPhases += Self.missing(first, other, phases, countsBytes: countsBytes)
            rows += Self.rows(
                first,
                other,
                phases,
                countsBytes: countsBytes,
                workload: workload,
                agree: (summaries[0].windowsAgree ?? true, summaries[place + 1].windowsAgree ?? true),
                seed: seed
            )
        }
        for (place, side) in ([first] + others).enumerated() {
            summaries[place].windows = side.windows.map { Window($0, rows.map { ($0.phase, $0.figure) }) }
        }
        self.sides = summaries
        frontiers = phases.compactMap {
            FrontierResult(phase: $0, [first] + others, countsBytes: countsBytes, seed: seed)
        }
        gateways = sides.compactMap { side in
            side.direct(among: sides).flatMap { GatewayResult($0, side) }
        }
        notes = ComparisonNotes.all(base: first, others, summaries, countsBytes: countsBytes)
    }

    private static func rows(
        _ base: ComparedSide,
        _ target: ComparedSide,
        _ phases: [String],
        countsBytes: Bool,
        workload: WorkloadResult.Kind?,
        agree: (base: Bool, target: Bool),
        seed: UInt64
    ) -> [Row] {
        var rows: [Row] = []
        for phase in phases {
            guard let matched = MatchedLooks(base, target, phase: phase) else { continue }
            let metrics = metrics(of: matched.kind, countsBytes: countsBytes)
            let primary = workload.map { kind in metrics.filter { $0.isPrimary(for: kind) } } ?? []
            for metric in primary + metrics.filter({ !primary.contains($0) }) {
                var row = Row(
                    metric,
                    matched,
                    phase: phase,
                    base: base,
                    target: target,
                    agree: agree,
                    seed: seed
                )
                row.isPrimary = primary.contains(metric)
                // What neither side has (a price, a recovery) is no row.
                if row.ratio != nil || row.baseValue != nil || row.value != nil { rows.append(row) }
            }
        }
        let tested = rows.indices.filter { rows[$0].p != nil }
        let corrected = Holm.adjusted(tested.compactMap { rows[$0].p })
        for index in rows.indices { rows[index].judge(holm: nil) }
        for (place, index) in tested.enumerated() { rows[index].judge(holm: corrected[place]) }
        return rows
    }

    /// Phases of which one of the two has a look and the other has none.
    private static func missing(
        _ base: ComparedSide,
        _ target: ComparedSide,
        _ phases: [String],
        countsBytes: Bool
    ) -> [MissingPhase] {
        phases.compactMap { phase in
            func kind(_ side: ComparedSide) -> PhaseKind? {
                side.windows.flatMap(\.looks).first { $0.phase == phase }?.kind
            }
            switch (kind(base), kind(target)) {
            case (let kind?, nil), (nil, let kind?):
                return MissingPhase(
                    side: self.lacks(base, phase) ? base.name : target.name,
                    phase: phase,
                    figures: metrics(of: kind, countsBytes: countsBytes).map(\.rawValue)
                )
            default: return nil
            }
        }
    }

    private static func lacks(_ side: ComparedSide, _ phase: String) -> Bool {
        !side.windows.contains { $0.looks.contains { $0.phase == phase } }
    }

    private static func metrics(of kind: PhaseKind, countsBytes: Bool) -> [ComparisonMetric] {
        let rate: ComparisonMetric = countsBytes ? .bytesPerSecond : .tokensPerSecond
        let speed: ComparisonMetric = countsBytes ? .requestBytes : .requestTPS
        let common: [ComparisonMetric] = [.ttftP50, .ttftP95, .ttftCV, .e2eP95]
        let outcome: [ComparisonMetric] = [.availability, .useful, .costPerUseful]
        return switch kind {
        case .burst: [.coldPenalty, .timeToRecover, .ttftP50, .ttftP95] + outcome
        case .probe, .keepwarm: common + [speed] + outcome
        case .batch:
            [.makespan, rate] + (countsBytes ? [] : [.steadyTokens]) + [.tailShare, .jobCost] + common + [speed]
                + outcome
        default: [rate] + common + [speed] + outcome
        }
    }

    private static func tokenSizesDiffer(_ base: ComparedSide, _ others: [ComparedSide]) -> Bool {
        let all = [base] + others
        return all.indices.contains { place in
            all[..<place].contains { tokenSizesDiffer($0, all[place]) }
        }
    }

    static func tokenSizesDiffer(_ a: ComparedSide, _ b: ComparedSide) -> Bool {
        guard let model = a.model, model.lowercased() == b.model?.lowercased(),
            let x = a.facts.bytesPerVisibleToken, let y = b.facts.bytesPerVisibleToken
        else { return false }
        return abs(y / x - 1) > tokenSizeLimit
    }
}

extension ComparisonResult.Side {
    init(_ side: ComparedSide) {
        self.init()
        name = side.name
        model = side.model
        (url, folders) = (side.url, side.folders)
        simulated = side.facts.simulated
        validity = side.facts.verdict
        bytesPerVisibleToken = side.facts.bytesPerVisibleToken
        outputTokensPerRequest = side.facts.outputTokensPerRequest
        connectMilliseconds = SortedSamples(side.facts.connectMilliseconds).median
        waitMilliseconds = SortedSamples(side.facts.waitMilliseconds).median
        guard side.windows.count >= 2 else { return }
        let windows = Self.residuals(side)
        guard windows.count >= 2, let test = WindowComparison(windows) else { return }
        windowP = test.p
        windowCorrelation = IntraclassCorrelation(windows)?.value
        windowsAgree = test.p >= 0.05 || (windowCorrelation ?? 1) <= ComparisonResult.pooledCorrelation
    }

    /// ln TTFT by window, less the median of all windows at the same look: levels of a ramp are not windows' doing.
    private static func residuals(_ side: ComparedSide) -> [[Double]] {
        struct Place: Hashable {
            var phase: String
            var key: ComparedLook.Key
        }
        let looks = side.windows.flatMap(\.looks)
        let pooled = Dictionary(grouping: looks) { Place(phase: $0.phase, key: $0.key) }
        let medians = pooled.compactMapValues { SortedSamples($0.flatMap(\.ttft).filter { $0 > 0 }).median }
        return side.windows.map { window in
            window.looks.flatMap { look in
                guard let median = medians[Place(phase: look.phase, key: look.key)] else { return [Double]() }
                return look.ttft.filter { $0 > 0 }.map { log($0 / median) }
            }
        }.filter { !$0.isEmpty }
    }
}

extension ComparisonResult.Window {
    init(_ window: ComparedSide.Window, _ figures: [(phase: String, figure: String)]) {
        run = window.run
        startedAtUnixNanoseconds = window.startedUnixNanoseconds
        self.figures = [:]
        for (phase, figure) in figures {
            guard let metric = ComparisonMetric(rawValue: figure) else { continue }
            let looks = window.looks.filter { $0.phase == phase }
            self.figures["\(phase).\(figure)"] = MatchedLooks.value(looks, metric).finite
        }
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it first came.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
