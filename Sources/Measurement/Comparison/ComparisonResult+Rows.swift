import Glibc

/// What both sides were seen doing at one phase, matched.
struct MatchedLooks: Sendable {
    /// By window, then in the order of the common keys.
    var base: [[ComparedLook]]
    var target: [[ComparedLook]]
    /// Windows of both belong together: they are of the same runs.
    var arePaired: Bool

    /// nil when there is no look of the phase that both had in all their windows.
    init?(_ base: ComparedSide, _ target: ComparedSide, phase: String) {
        func byKey(_ side: ComparedSide) -> [[ComparedLook.Key: ComparedLook]] {
            side.windows.map { window in
                let looks = window.looks.filter { $0.phase == phase }
                return Dictionary(looks.map { ($0.key, $0) }) { first, _ in first }
            }.filter { !$0.isEmpty }
        }
        let (a, b) = (byKey(base), byKey(target))
        guard let first = a.first, !b.isEmpty else { return nil }
        let inAll: Set<ComparedLook.Key> = Set(first.keys).filter { key in (a + b).allSatisfy { $0[key] != nil } }
        let order: [ComparedLook.Key] = base.windows.flatMap { window in
            window.looks.filter { $0.phase == phase }.map(\.key)
        }
        let keys = order.uniqued.filter { inAll.contains($0) }
        if keys.isEmpty { return nil }
        self.base = a.map { looks in keys.compactMap { looks[$0] } }
        self.target = b.map { looks in keys.compactMap { looks[$0] } }
        let names = { (side: ComparedSide) in side.windows.map { "\($0.run) \($0.number)" } }
        arePaired = a.count == b.count && names(base) == names(target)
    }

    var kind: PhaseRecord.Kind { base[0][0].kind }

    func estimate(_ metric: ComparisonMetric, seed: UInt64) -> RatioEstimate? {
        let trials = { (windows: [[ComparedLook]]) in windows.flatMap { $0.compactMap(metric.trials) } }
        if metric.trials(base[0][0]) != nil { return RatioEstimate(shares: trials(base), trials(target)) }
        if metric.mayBeNothing, !(base + target).joined().allSatisfy({ metric.value($0) ?? 0 > metric.nothing }) {
            return nil
        }
        if base.count >= 3, target.count >= 3, let found = byWindow(metric, seed: seed) { return found }
        if arePaired {
            let pairs = Array(zip(base.flatMap(\.self), target.flatMap(\.self)))
            let differences = pairs.compactMap { base, target in
                metric.difference(base, target).map {
                    (value: $0, targetFirst: (target.started ?? 0) < (base.started ?? 0))
                }
            }
            let found = RatioEstimate(
                pairs: differences.map(\.value),
                targetFirst: differences.map(\.targetFirst),
                method: .pairedRounds
            )
            if let found { return found }
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

    private func byWindow(_ metric: ComparisonMetric, seed: UInt64) -> RatioEstimate? {
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

extension ComparisonResult.Row {
    /// Below it a corrected p speaks against chance.
    static let significance = 0.05

    init(
        _ metric: ComparisonMetric,
        _ matched: MatchedLooks,
        phase: String,
        target: String,
        baseAgrees: Bool,
        targetAgrees: Bool,
        seed: UInt64
    ) {
        self.init()
        self.target = target
        self.phase = phase
        figure = metric.rawValue
        self.metric = "\(phase).\(metric.rawValue)"
        if baseAgrees { baseValue = MatchedLooks.value(matched.base.flatMap(\.self), metric) }
        if targetAgrees { value = MatchedLooks.value(matched.target.flatMap(\.self), metric) }
        guard let found = matched.estimate(metric, seed: seed), found.ratio.isFinite else { return }
        ratio = found.ratio
        interval = ConfidenceInterval(lower: found.interval.lower.finite, upper: found.interval.upper.finite)
        p = found.p.finite
        method = found.method
        looks = found.count
    }

    /// The verdict, once the correction is known.
    mutating func judge(holm: Double?) {
        guard let metric = ComparisonMetric(rawValue: figure) else { return }
        pHolm = holm
        guard let ratio else {
            let isKnown = baseValue != nil && value != nil
            (finding, verdict) = (
                .undetermined,
                metric.mayBeNothing && isKnown
                    ? "no ratio: not in every burst was there one on both sides" : "no figure to compare"
            )
            return
        }
        guard let interval, interval.isBounded, let holm else {
            (finding, verdict) = (.undetermined, "undetermined: too few looks")
            return
        }
        guard holm < Self.significance, !interval.contains(1), abs(ratio - 1) > metric.smallestDifference else {
            (finding, verdict) = (.none, "no difference shown")
            return
        }
        let isBetter = (ratio > 1) == metric.moreIsBetter
        finding = isBetter ? .better : .worse
        verdict = Self.words(ratio, interval, isBetter ? metric.words.better : metric.words.worse)
    }

    /// "faster by 12 % [7, 18]": how far from the base, in percent of it.
    static func words(_ ratio: Double, _ interval: ConfidenceInterval, _ word: String) -> String {
        func percent(_ ratio: Double) -> Double { 100 * abs(ratio - 1) }
        func whole(_ value: Double) -> String {
            value < 9.95 ? inWords((value * 10).rounded() / 10) : inWords(value.rounded())
        }
        let ends = [interval.lower, interval.upper].compactMap { $0.map(percent) }.sorted().map(whole)
        return "\(word) by \(whole(percent(ratio))) % [\(ends.joined(separator: ", "))]"
    }
}
