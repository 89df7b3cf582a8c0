/// What a gateway costs, and what it passes on, held against the target that it stands before.
public struct GatewayResult: Sendable, Hashable {
    /// What the gateway adds to a time, in milliseconds.
    public struct Added: Sendable, Hashable {
        public var direct: Double  // median over all answers
        public var through: Double
        public var value: Double
        public var interval: ConfidenceInterval?  // 95 %, over the looks; nil under five of them

        /// In milliseconds, all with as many digits as tell the ends of the interval apart, and from 0
        /// where it is outside; three at most.
        public var words: (value: String, ends: (lower: String, upper: String)?) {
            guard let low = interval?.lower, let high = interval?.upper else { return (Self.fixed(value, 1), nil) }
            let digits =
                (1...3).first { digits in
                    let ends = [Self.fixed(low, digits), Self.fixed(high, digits)]
                    let isTold = low <= 0 && high >= 0 || !ends.contains(Self.fixed(0, digits))
                    return ends[0] != ends[1] && isTold
                } ?? 3
            return (Self.fixed(value, digits), (Self.fixed(low, digits), Self.fixed(high, digits)))
        }

        /// The value alone: nothing, where nothing was shown.
        var short: String { interval?.contains(0) == true ? Self.fixed(value, 1) : words.value }

        static func fixed(_ value: Double, _ decimals: Int) -> String {
            guard value.isFinite else { return "?" }
            let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
            let scaled = Int64((min(abs(value), 1e12) * scale).rounded())
            let digits = String(scaled)
            let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
            return (value < 0 && scaled > 0 ? "\u{2212}" : "") + padded.dropLast(decimals) + "."
                + padded.suffix(decimals)
        }
    }

    /// Requests that failed or were throttled.
    public struct Failures: Sendable, Hashable {
        public var direct: Proportion
        public var through: Proportion
        public var added: Double  // shares
        public var interval: ConfidenceInterval
    }

    /// Something that a client sees of a target, or a target of its client.
    public enum Property: String, Sendable, Hashable, CaseIterable {
        case usage  // token counts
        case reasoning
        case stream  // tokens one by one
        case errors  // status, class and words
        case cancellation  // that the client went away
    }

    public enum Verdict: String, Sendable, Hashable {
        case passedOn = "passed_on"  // as the direct target shows it
        case changed
        case dropped
        case notKnown = "not_known"  // nothing seen decides it
    }

    public struct Finding: Sendable, Hashable {
        public var property: Property
        public var verdict: Verdict
        public var seen: String  // the evidence, in words with its numbers
        /// What the gateway does, behind "it": of a verdict that is not in its favour.
        public var deed: String?

        init(_ property: Property, _ verdict: Verdict, _ seen: String, deed: String? = nil) {
            (self.property, self.verdict, self.seen, self.deed) = (property, verdict, seen, deed)
        }
    }

    public var target = ""
    public var direct = ""
    public var ttft: Added?  // nil = a side has no answers to hold against the other's
    public var gap: Added?  // of the mean gaps of requests
    public var failures: Failures?
    /// Blocks, levels or bursts at which both were seen.
    public var looks = 0
    public var lookUnit = "blocks"
    public var findings: [Finding] = []

    public init() {}

    public subscript(property: Property) -> Finding? { findings.first { $0.property == property } }
}

extension GatewayResult {
    /// nil where the two were nowhere seen at the same.
    init?(_ direct: ComparedSide, _ gateway: ComparedSide) {
        self.init()
        (target, self.direct) = (gateway.name, direct.name)
        let phases = direct.windows.flatMap { $0.looks.map(\.phase) }.uniqued
        let matched = phases.compactMap { MatchedLooks(direct, gateway, phase: $0) }
        let pairs = matched.flatMap(\.pairs)
        guard let first = matched.first, !pairs.isEmpty else { return nil }
        looks = pairs.count
        lookUnit = pairs.count == 1 ? first.keys[0].unit.one : first.keys[0].unit.several
        ttft = Added(pairs, \.ttft)
        gap = Added(pairs, \.gaps)
        failures = Failures(pairs)
        findings =
            Fidelity(
                direct: direct.shown,
                through: gateway.shown,
                askedAlike: direct.facts.scheduleSHA256 == gateway.facts.scheduleSHA256
            ).findings
    }
}

extension GatewayResult.Added {
    /// Answers of a side that a look's difference needs.
    private static let fewest = 5

    fileprivate init?(_ pairs: [MatchedLooks.Pair], _ times: (ComparedLook) -> [Double]) {
        let used = pairs.filter { times($0.base).count >= Self.fewest && times($0.target).count >= Self.fewest }
        let differences = used.compactMap { HodgesLehmann.shift(times($0.base), times($0.target)) }
        guard !used.isEmpty, differences.count == used.count,
            let direct = SortedSamples(used.flatMap { times($0.base) }).median,
            let through = SortedSamples(used.flatMap { times($0.target) }).median,
            let mean = SortedSamples(differences).mean
        else { return nil }
        let found = MeanDifference(differences, targetFirst: used.map(\.targetFirst))
        self.init(direct: direct, through: through, value: found?.mean ?? mean, interval: found?.interval)
    }
}

extension GatewayResult.Failures {
    fileprivate init?(_ pairs: [MatchedLooks.Pair]) {
        func share(_ looks: [ComparedLook]) -> Proportion {
            let (failed, tried) = looks.reduce((0, 0)) { sum, look in
                let requests = look.stats.requests
                return (
                    sum.0 + requests.failed + requests.throttled, sum.1 + requests.scheduled - requests.excluded
                )
            }
            return Proportion(failed, of: tried)
        }
        let (direct, through) = (share(pairs.map(\.base)), share(pairs.map(\.target)))
        guard let found = direct.difference(to: through) else { return nil }
        self.init(direct: direct, through: through, added: found.value, interval: found.interval)
    }
}

extension MatchedLooks {
    struct Pair: Sendable {
        var base: ComparedLook
        var target: ComparedLook

        var targetFirst: Bool { (target.started ?? 0) < (base.started ?? 0) }
    }

    /// Looks that both had: of the same window where windows belong together, else each of one with each of the other in
    /// their order.
    var pairs: [Pair] {
        zip(base, target).flatMap { base, target in
            zip(base, target).compactMap { base, target in
                base.flatMap { base in target.map { Pair(base: base, target: $0) } }
            }
        }
    }
}
