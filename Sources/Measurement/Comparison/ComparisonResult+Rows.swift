import Glibc
import Ticks

/// What both sides were seen doing at one phase, matched.
struct MatchedLooks: Sendable {
    /// Every look that one of them had, in order.
    let keys: [ComparedLook.Key]
    /// By window, then by key; nil where that window had no such look.
    let base: [[ComparedLook?]]
    let target: [[ComparedLook?]]
    /// Windows of both belong together: they are of the same runs.
    let arePaired: Bool
    let kind: PhaseKind

    /// nil when there is no look of the phase that both had.
    init?(_ base: ComparedSide, _ target: ComparedSide, phase: String) {
        func byKey(_ side: ComparedSide) -> [[ComparedLook.Key: ComparedLook]] {
            side.windows.map { window in
                let looks = window.looks.filter { $0.phase == phase }
                return Dictionary(looks.map { ($0.key, $0) }) { first, _ in first }
            }.filter { !$0.isEmpty }
        }
        let (a, b) = (byKey(base), byKey(target))
        let inBoth = Set(a.flatMap(\.keys)).intersection(b.flatMap(\.keys))
        guard !inBoth.isEmpty else { return nil }
        let looks = (base.windows + target.windows).flatMap { $0.looks.filter { $0.phase == phase } }
        kind = looks[0].kind
        let order = looks.map(\.key).uniqued
        keys = order
        self.base = a.map { looks in order.map { looks[$0] } }
        self.target = b.map { looks in order.map { looks[$0] } }
        let names = { (side: ComparedSide) in side.windows.map { "\($0.run) \($0.number)" } }
        arePaired = a.count == b.count && names(base) == names(target)
    }

    /// Requests of one side that a figure is of: those that a share is of, the answers, or for a rate all that were sent.
    static func evidence(_ windows: [[ComparedLook?]], _ metric: ComparisonMetric) -> Int {
        windows.joined().compactMap(\.self).reduce(0) { sum, look in
            let requests = look.stats.requests
            if metric.isOfAnswers { return sum + requests.success }
            return sum + (metric.trials(look)?.trials ?? (requests.scheduled - requests.excluded))
        }
    }

    /// The ratio over all looks; where one side has none of the figure at one of them there is none (see `LookStanding`).
    func estimate(_ metric: ComparisonMetric, seed: UInt64) -> RatioEstimate? {
        if metric.isShare {
            let trials = { (windows: [[ComparedLook?]]) in windows.joined().compactMap { $0.flatMap(metric.trials) } }
            return RatioEstimate(shares: trials(base), trials(target))
        }
        let whole = keys.indices.filter { place in (self.base + self.target).allSatisfy { $0[place] != nil } }
        let base: [[ComparedLook]] = self.base.map { looks in whole.compactMap { looks[$0] } }
        let target: [[ComparedLook]] = self.target.map { looks in whole.compactMap { looks[$0] } }
        if metric.mayBeNothing, !(base + target).joined().allSatisfy({ metric.value($0) ?? 0 > metric.nothing }) {
            return nil
        }
        let fewest = RatioEstimate.fewestLooks
        if base.count >= fewest, target.count >= fewest, let found = byWindow(base, target, metric, seed: seed) {
            return found
        }
        if arePaired {
            let pairs = Array(zip(base.flatMap(\.self), target.flatMap(\.self)))
            if pairs.count >= fewest, let found = byRound(pairs, metric) { return found }
            return RatioEstimate(mean: pairs.compactMap { metric.estimate($0, $1, seed: seed) })
        }
        // Runs of different times, too few for windows: look by look, each side's windows averaged.
        let differences = base[0].indices.compactMap { place -> Double? in
            guard let x = meanLog(base, metric, place), let y = meanLog(target, metric, place) else { return nil }
            return y - x
        }
        if let found = RatioEstimate(pairs: differences, method: .matchedLooks) { return found }
        guard base.count == 1, target.count == 1 else {
            return SortedSamples(differences).mean.map {
                RatioEstimate(ratio: exp($0), method: .windows, count: min(base.count, target.count))
            }
        }
        return RatioEstimate(mean: zip(base[0], target[0]).compactMap { metric.estimate($0, $1, seed: seed) })
    }

    private func byRound(
        _ pairs: [(ComparedLook, ComparedLook)],
        _ metric: ComparisonMetric
    ) -> RatioEstimate? {
        let differences = pairs.compactMap { base, target in
            metric.difference(base, target).map {
                (value: $0, targetFirst: (target.started ?? 0) < (base.started ?? 0))
            }
        }
        return RatioEstimate(
            pairs: differences.map(\.value),
            targetFirst: differences.map(\.targetFirst),
            method: .pairedRounds
        )
    }

    private func byWindow(
        _ base: [[ComparedLook]],
        _ target: [[ComparedLook]],
        _ metric: ComparisonMetric,
        seed: UInt64
    ) -> RatioEstimate? {
        if arePaired {
            let differences = zip(base, target).compactMap { a, b in
                SortedSamples(zip(a, b).compactMap { metric.difference($0, $1) }).mean
            }
            return RatioEstimate(pairs: differences, method: .pairedWindows)
        }
        return RatioEstimate(windows: logs(base, metric), logs(target, metric), seed: seed)
    }

    /// Of each window that has a figure at every look: its mean on logarithms.
    private func logs(_ windows: [[ComparedLook]], _ metric: ComparisonMetric) -> [Double] {
        windows.compactMap { looks in
            let values = looks.compactMap(metric.value).filter { $0 > 0 }
            return values.count == looks.count ? SortedSamples(values.map { log($0) }).mean : nil
        }
    }

    private func meanLog(_ windows: [[ComparedLook]], _ metric: ComparisonMetric, _ place: Int) -> Double? {
        SortedSamples(windows.compactMap { metric.value($0[place]) }.filter { $0 > 0 }.map { log($0) }).mean
    }

    /// One figure over looks: shares pooled, times of a fixed job added, else the geometric mean, of which ratios are made.
    static func value(_ looks: [ComparedLook], _ metric: ComparisonMetric) -> Double? {
        let trials = looks.compactMap(metric.trials)
        if !trials.isEmpty {
            let all = trials.reduce(0) { $0 + $1.trials }
            return all > 0 ? Double(trials.reduce(0) { $0 + $1.successes }) / Double(all) : nil
        }
        let values = looks.compactMap(metric.value)
        guard !values.isEmpty else { return nil }
        if metric == .makespan || metric == .jobCost { return values.count == looks.count ? values.reduce(0, +) : nil }
        // Below zero, too, where a burst after idle was no slower.
        if metric.mayBeNothing { return SortedSamples(values).median }
        // Idle time of all blocks over the time of all slots.
        if metric == .tailShare { return tailShare(looks) }
        if values.allSatisfy({ $0 == 0 }) { return 0 }
        return values.allSatisfy { $0 > 0 } ? exp(values.reduce(0) { $0 + log($1) } / Double(values.count)) : nil
    }
}

extension MatchedLooks {
    private static func tailShare(_ looks: [ComparedLook]) -> Double? {
        let parts = looks.compactMap { look -> (share: Double, weight: Double)? in
            guard let batch = look.batch, let share = batch.tailShare, let seconds = batch.makespanSeconds else {
                return nil
            }
            return (share, seconds * Double(max(1, look.concurrency)))
        }
        let all = parts.reduce(0) { $0 + $1.weight }
        return all > 0 ? parts.reduce(0) { $0 + $1.share * $1.weight } / all : nil
    }
}
