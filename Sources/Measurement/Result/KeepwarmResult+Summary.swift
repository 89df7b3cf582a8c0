import Ticks

/// A probe after a pause, and the request that followed it at once.
struct KeepwarmProbe: Sendable {
    enum Label: Sendable { case warm, cold, unknown }

    let gapSeconds: Double
    let request: RequestRecord?
    let control: RequestRecord?

    /// A wait that differs from the plan by more than this share (and 50 ms) was another gap: the generator was stopped.
    static let tolerance = 0.01

    init?(_ step: StepRecord, then next: StepRecord?, _ index: RunIndex) {
        guard step.kind == .probe, let planned = step.gap, planned > 0 else { return nil }
        request = index.requests(of: step).first { $0.measured }
        if let next, next.kind == .rewarm {
            control = index.requests(of: next).first { $0.measured }
        } else {
            control = nil
        }
        let idle = step.idle ?? planned
        let isAsPlanned = abs(Double(idle - planned)) <= max(50e6, Self.tolerance * Double(planned))
        gapSeconds = Double(isAsPlanned ? planned : idle) / 1e9
    }
}

extension KeepwarmResult {
    /// Fewer warm answers than this give no band.
    static let fewestControls = 5
    /// What a wait must exceed besides the band: a cold start is no matter of a few per cent.
    static let leastRatio = 1.5
    /// That probes are slow more often than the requests that followed them, by chance alone.
    static let chance = 0.05
    /// So many times the usual wait, at two probes or more and at none of the others, is no chance either.
    static let plainRatio = 10.0

    /// What the probes of a phase say; nil when none was answered.
    ///
    /// A probe is cold if the server says so itself; else, if its `wait` (first token − written, so that a new
    /// connection is not in it) exceeds the band of the requests that followed each probe at once (median + 3 × 1.4826
    /// MAD, and 1.5 × the median) and the one that followed this probe does not: what is slow again was not cold.
    init?(of phase: PhaseRecord, _ index: RunIndex) {
        let steps = index.steps(of: phase)
        let probes = steps.indices.compactMap { place in
            KeepwarmProbe(steps[place], then: place + 1 < steps.count ? steps[place + 1] : nil, index)
        }
        let answered = probes.filter { $0.request?.outcomeClass == .success }
        guard !answered.isEmpty else { return nil }
        self.init()
        let controls = probes.compactMap(\.control).filter { $0.outcomeClass == .success }
        let warm = SortedSamples(controls.compactMap(\.waitMilliseconds))
        let serverTells = answered.contains { $0.request?.reportedCold != nil }
        let band = Self.limit(warm)
        // Some were slow, and so were others without a pause.
        let isOpen = band.map { !Self.isBeyondChance(answered, limit: $0, warm) } ?? false
        var labels: [(gapSeconds: Double, cold: Bool)] = []
        var coldWaits: [Double] = []
        for probe in answered {
            switch probe.label(serverTells: serverTells, limit: band, isOpen: isOpen) {
            case .cold:
                labels.append((probe.gapSeconds, true))
                if let wait = probe.request?.waitMilliseconds { coldWaits.append(wait) }
            case .warm: labels.append((probe.gapSeconds, false))
            case .unknown: unknown += 1
            }
        }
        self.probes = labels.count
        failed = probes.count - answered.count
        isInferred = !serverTells
        let search = KeepWarm(labels)
        warmUpToSeconds = search.warmUpTo
        warmUpper95 = search.warmUpper95
        coldFromSeconds = search.coldFrom
        medianSeconds = search.median
        interval = labels.isEmpty ? nil : search.medianInterval()
        curve = search.gaps.map { gap in
            .init(
                gapSeconds: gap.seconds,
                probes: gap.probes,
                cold: gap.cold,
                probability: gap.probability,
                interval: gap.proportion.clopperPearson()
            )
        }
        if let cold = SortedSamples(coldWaits).median, let median = warm.median, cold > median {
            coldPenaltyMilliseconds = cold - median
        }
    }

    /// Whether probes are slower than the request after them more often than the other way round. Pairs that are alike tell
    /// nothing of the pause.
    private static func isBeyondChance(_ probes: [KeepwarmProbe], limit: Double, _ warm: SortedSamples) -> Bool {
        let pairs = probes.compactMap { probe in
            probe.request?.waitInTime.flatMap { wait in probe.control?.waitInTime.map { (probe: wait, next: $0) } }
        }
        let slow = pairs.filter { $0.probe > limit && $0.next <= limit }
        let reverse = pairs.count { $0.probe <= limit && $0.next > limit }
        if slow.isEmpty { return true }  // nothing to tell apart: all are warm
        if FisherExact.probability(slow.count, of: pairs.count, against: reverse, of: pairs.count) < chance {
            return true
        }
        return reverse == 0 && slow.count { $0.probe > plainRatio * (warm.median ?? .infinity) } >= 2
    }

    private static func limit(_ warm: SortedSamples) -> Double? {
        guard warm.count >= fewestControls, let band = Recovery(reference: warm), let median = warm.median else {
            return nil
        }
        return max(band.threshold, leastRatio * median)
    }
}

extension KeepwarmProbe {
    /// - Parameter isOpen: slow probes are no more frequent than slow requests without a pause: they tell nothing
    func label(serverTells: Bool, limit: Double?, isOpen: Bool = false) -> Label {
        if serverTells { return request?.reportedCold.map { $0 ? .cold : .warm } ?? .unknown }
        guard let limit, let wait = request?.waitInTime else { return .unknown }
        if wait <= limit { return .warm }
        guard !isOpen, let next = control?.waitInTime, control?.outcomeClass == .success else { return .unknown }
        return next <= limit ? .cold : .unknown
    }
}

extension RequestRecord {
    /// Its wait less what the load generator may have added.
    fileprivate var waitInTime: Double? { waitMilliseconds.map { $0 - (waitLatenessMilliseconds ?? 0) } }
}
