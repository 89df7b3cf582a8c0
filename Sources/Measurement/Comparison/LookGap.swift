extension ComparisonResult {
    /// Looks (levels, rates, blocks, bursts) at which one side has a figure and the other has none, or nothing.
    ///
    /// What is left is no fair comparison: it is of those looks that both sides survived.
    public struct Gap: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            case notRun = "not_run"  // nothing was sent there
            case unanswered  // nothing was answered
            case tooFew = "too_few"  // answers for such a figure
            case useless  // no answer was useful
            case notKnown = "not_known"  // a price, a recovery
            case nothing  // a rate, or share, of 0 where the other's is above
        }

        public var side: String  // whose figure it is that is missing
        public var kind: Kind
        /// Which looks, in words: "4 streams".
        public var looks: [String]

        public init(side: String, kind: Kind, looks: [String]) {
            (self.side, self.kind, self.looks) = (side, kind, looks)
        }
    }

    /// A phase that only one side has.
    public struct MissingPhase: Sendable, Hashable {
        public var side: String  // the one that has it not
        public var phase: String
        public var figures: [String]  // that could have been compared

        public init(side: String, phase: String, figures: [String]) {
            (self.side, self.phase, self.figures) = (side, phase, figures)
        }
    }
}

extension ComparedLook.Key {
    /// One of these, several of them.
    var unit: (one: String, several: String) {
        switch self {
        case .level: ("level", "levels")
        case .rate: ("rate", "rates")
        case .block: ("block", "blocks")
        case .job(block: nil, _): ("job", "jobs")
        case .job: ("block", "blocks")
        case .burst: ("burst", "bursts")
        }
    }

    var words: String {
        func nth(_ visit: Int) -> String { visit > 1 ? ", visit \(visit)" : "" }
        return switch self {
        case .level(let streams, let visit): "\(streams) \(streams == 1 ? "stream" : "streams")\(nth(visit))"
        case .rate(let rate, let visit): "\(inWords(rate)) requests/s\(nth(visit))"
        case .block(let block, _): "block \(block + 1)"
        case .job(let block?, _): "block \(block + 1)"
        case .job(nil, _): "the job"
        case .burst(let index): "burst \(index + 1)"
        }
    }
}

/// Where a figure stands at each look of both sides.
struct LookStanding: Sendable {
    /// Looks at which both have it, of all at which one has, or should have.
    var compared = 0
    var of = 0
    var gaps: [ComparisonResult.Gap] = []

    private enum State: Hashable {
        case some
        case none(ComparisonResult.Gap.Kind)
    }

    init(_ metric: ComparisonMetric, _ matched: MatchedLooks, base: String, target: String) {
        for place in matched.keys.indices {
            let (x, y) = (
                Self.state(metric, matched.base.map { $0[place] }), Self.state(metric, matched.target.map { $0[place] })
            )
            switch (x, y) {
            case (.some, .some):
                compared += 1
                of += 1
            case (.some, .none(let kind)):
                of += 1
                note(target, kind, matched.keys[place].words)
            case (.none(let kind), .some):
                of += 1
                note(base, kind, matched.keys[place].words)
            case (.none(.nothing), .none(let kind)) where kind != .nothing:
                of += 1
                note(target, kind, matched.keys[place].words)
            case (.none(let kind), .none(.nothing)) where kind != .nothing:
                of += 1
                note(base, kind, matched.keys[place].words)
            case (.none(let kind), .none(let other)):
                // Neither has it: no difference, and no look that speaks for one of them.
                if kind != .notKnown || other != .notKnown { of += 1 }
            }
        }
    }

    private mutating func note(_ side: String, _ kind: ComparisonResult.Gap.Kind, _ look: String) {
        if let known = gaps.firstIndex(where: { $0.side == side && $0.kind == kind }) {
            gaps[known].looks.append(look)
        } else {
            gaps.append(ComparisonResult.Gap(side: side, kind: kind, looks: [look]))
        }
    }

    /// Of one side at one look, over its windows: each must have it.
    private static func state(_ metric: ComparisonMetric, _ windows: [ComparedLook?]) -> State {
        windows.compactMap { metric.absence($0) }.first.map { .none($0) } ?? .some
    }
}

extension ComparisonMetric {
    /// Why a look has none of it; nil where it has.
    func absence(_ look: ComparedLook?) -> ComparisonResult.Gap.Kind? {
        guard let look else { return .notRun }
        let requests = look.stats.requests
        // Shares are pooled over the looks: 0 at one of them is part of the whole.
        if let trials = trials(look) { return trials.trials > 0 ? nil : .notRun }
        if let value = value(look) { return value == 0 && !mayBeNothing ? .nothing : nil }
        if requests.scheduled - requests.excluded <= 0 { return .notRun }
        if requests.success == 0 { return .unanswered }
        if self == .costPerUseful, look.stats.cost != nil, requests.useful == 0 { return .useless }
        return isOfAnswers && !isUnasked(look) ? .tooFew : .notKnown
    }

    /// Whether it is a statistic of the answers themselves, which a few do not give.
    var isOfAnswers: Bool {
        switch self {
        case .ttftP50, .ttftP95, .ttftCV, .e2eP95, .requestTPS, .requestBytes: true
        default: false
        }
    }

    /// A burst is not judged by these.
    private func isUnasked(_ look: ComparedLook) -> Bool {
        guard look.burst != nil else { return false }
        return switch self {
        case .e2eP95, .requestTPS, .requestBytes: true
        default: false
        }
    }
}
