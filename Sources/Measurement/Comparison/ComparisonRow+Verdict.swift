import Glibc

extension ComparisonResult.Row {
    /// Below it a corrected p speaks against chance.
    static let significance = 0.05
    /// Requests that each side must have before a verdict is put in words.
    static let fewestRequests = 25

    init(
        _ metric: ComparisonMetric,
        _ matched: MatchedLooks,
        phase: String,
        base: ComparedSide,
        target: ComparedSide,
        agree: (base: Bool, target: Bool),
        seed: UInt64
    ) {
        self.init()
        self.target = target.name
        self.base = base.name
        self.phase = phase
        figure = metric.rawValue
        self.metric = "\(phase).\(metric.rawValue)"
        lookUnit = matched.keys[0].unit.several
        let (x, y) = (matched.base.joined().compactMap(\.self), matched.target.joined().compactMap(\.self))
        if agree.base { baseValue = MatchedLooks.value(x, metric) }
        if agree.target { value = MatchedLooks.value(y, metric) }
        baseRequests = MatchedLooks.evidence(matched.base, metric)
        targetRequests = MatchedLooks.evidence(matched.target, metric)
        let standing = LookStanding(metric, matched, base: base.name, target: target.name)
        (compared, of, gaps) = (standing.compared, standing.of, standing.gaps)
        if metric.isShare, gaps.isEmpty, addNothing(x.compactMap(metric.trials), y.compactMap(metric.trials)) { return }
        guard gaps.isEmpty else {
            // A rate that is nothing wherever the other's is something: less by all of it.
            if gaps.allSatisfy({ $0.kind == .nothing && $0.side == target.name }), compared == 0 { ratio = 0 }
            return
        }
        guard let found = matched.estimate(metric, seed: seed), found.ratio.isFinite else { return }
        ratio = found.ratio
        interval = ConfidenceInterval(lower: found.interval.lower.finite, upper: found.interval.upper.finite)
        p = found.p.finite
        method = found.method
        looks = found.count
    }

    /// A share of 0 against one above: Fisher's exact test, two-sided. False where neither or both are 0.
    private mutating func addNothing(
        _ x: [(successes: Int, trials: Int)],
        _ y: [(successes: Int, trials: Int)]
    ) -> Bool {
        func sum(_ looks: [(successes: Int, trials: Int)]) -> (successes: Int, trials: Int) {
            looks.reduce((0, 0)) { ($0.0 + $1.successes, $0.1 + $1.trials) }
        }
        let (a, b) = (sum(x), sum(y))
        guard a.trials > 0, b.trials > 0, (a.successes == 0) != (b.successes == 0) else { return false }
        let (some, none) = a.successes > 0 ? (a, b) : (b, a)
        // That all successes fall to the one side: C(n, k) / C(n + m, k).
        let log =
            Self.logChoose(some.trials, some.successes) - Self.logChoose(some.trials + none.trials, some.successes)
        p = min(1, 2 * exp(log))
        if b.successes == 0 { ratio = 0 }
        method = .counts
        looks = min(a.trials, b.trials)
        compared = 0
        gaps = [.init(side: b.successes == 0 ? target : base, kind: .nothing, looks: [])]
        counts = "\(a.successes) of \(a.trials) against \(b.successes) of \(b.trials)"
        return true
    }

    private static func logChoose(_ n: Int, _ k: Int) -> Double {
        lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1)
    }

    /// Looks at which a side has no figure at all.
    public var absent: [ComparisonResult.Gap] { gaps.filter { $0.kind != .nothing } }

    /// The verdict, once the correction is known.
    mutating func judge(holm: Double?) {
        guard let metric = ComparisonMetric(rawValue: figure) else { return }
        pHolm = holm
        if !absent.isEmpty {
            (finding, verdict) = (.undetermined, absent.map(words).joined(separator: "; "))
            return
        }
        if !gaps.isEmpty {
            judgeNothing(metric)
            return
        }
        guard let ratio else {
            let isKnown = baseValue != nil && value != nil
            (finding, verdict) = (
                .undetermined,
                metric.mayBeNothing && isKnown
                    ? "no ratio: some bursts have no figure on one side" : "no figure to compare"
            )
            return
        }
        guard let interval, interval.isBounded, let holm else {
            (finding, verdict) = (.undetermined, "undecided: too few \(lookUnit) or requests for an interval")
            return
        }
        guard holm < Self.significance, !interval.contains(1), abs(ratio - 1) > metric.smallestDifference else {
            (finding, verdict) = (.none, "no difference shown")
            return
        }
        guard hasEvidence else {
            (finding, verdict) = (.undetermined, tooFewRequests)
            return
        }
        let isBetter = (ratio > 1) == metric.moreIsBetter
        finding = isBetter ? .better : .worse
        verdict = Self.words(ratio, interval, isBetter ? metric.row.words.better : metric.row.words.worse)
    }

    /// A rate or share of 0 against one above it.
    private mutating func judgeNothing(_ metric: ComparisonMetric) {
        let fallen = gaps.contains { $0.side == target }
        let risen = gaps.contains { $0.side == base }
        let isSure = hasEvidence && (pHolm ?? 0) < Self.significance
        if fallen, risen {
            finding = .undetermined
        } else {
            finding = !isSure ? .undetermined : fallen == metric.moreIsBetter ? .worse : .better
        }
        if let counts, fallen {
            let word = metric.moreIsBetter ? metric.row.words.worse : metric.row.words.better
            verdict = "\(word) by 100 % (\(counts))"
        } else if let counts {
            verdict = "from nothing (\(counts))"
        } else {
            verdict = gaps.map(words).joined(separator: "; ")
        }
        if finding == .undetermined, !(fallen && risen) { verdict += ", but \(tooFewRequests)" }
    }

    private var hasEvidence: Bool { min(baseRequests, targetRequests) >= Self.fewestRequests }

    private var tooFewRequests: String {
        "\(min(baseRequests, targetRequests)) requests of a side are too few for a verdict"
    }

    /// "b has no figure at 2 of 6 levels (8 streams, 16 streams): nothing was answered there".
    private func words(_ gap: ComparisonResult.Gap) -> String {
        let isAll = gap.looks.count >= of
        let place = isAll ? "" : " at \(gap.looks.count) of \(of) \(lookUnit) (\(gap.looks.joined(separator: ", ")))"
        let there = isAll ? "" : " there"
        return switch gap.kind {
        case .nothing where gap.side == target: "\(gap.side) fell to nothing\(place), by 100 %"
        case .nothing: "\(gap.side) had nothing\(place), so there is no ratio"
        case .notRun: "\(gap.side) has no figure\(place): nothing was sent\(there)"
        case .unanswered: "\(gap.side) has no figure\(place): nothing was answered\(there)"
        case .tooFew: "\(gap.side) has no figure\(place): too few answers\(there)"
        case .useless: "\(gap.side) has no figure\(place): no answer was useful\(there)"
        case .notKnown: "\(gap.side) has no figure\(place): it is not known\(there)"
        }
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
