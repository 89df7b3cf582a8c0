extension RequestStatistics {
    /// What sending again brought: the server's side (each first attempt by itself) and the user's (from the first
    /// attempt to the last, the waits between them included). The figures around it count every attempt as a request.
    public struct Retries: Sendable, Hashable {
        public struct View: Sendable, Hashable {
            public var availability: Proportion?
            public var ttftMilliseconds: DistributionSummary?
            public var e2eMilliseconds: DistributionSummary?

            public init() {}
        }

        public var requests = 0  // as their users count them
        public var attempts = 0
        public var retried = 0  // requests sent more than once
        public var recovered = 0  // of those, answered in the end
        public var firstAttempt = View()
        public var perceived = View()

        public init() {}
    }
}

extension RequestStatistics.Retries {
    /// nil where nothing was sent again. Attempts of one request share its sequence.
    init?(of requests: RequestSet, in scope: StatisticsScope) {
        guard requests.contains(where: { $0.attempt > 0 }) else { return nil }
        self.init()
        let chains = Dictionary(grouping: requests.filter { $0.dispatchLag != nil }, by: \.sequence).values
            .map { $0.sorted { $0.attempt < $1.attempt } }
            .sorted { ($0[0].dispatched ?? 0, $0[0].sequence) < ($1[0].dispatched ?? 0, $1[0].sequence) }
        self.requests = chains.count
        attempts = chains.reduce(0) { $0 + $1.count }
        var firsts = Tally()
        var lasts = Tally()
        for chain in chains {
            let (first, last) = (chain[0], chain[chain.count - 1])
            if chain.count > 1 {
                retried += 1
                if last.outcomeClass == .success { recovered += 1 }
            }
            firsts.note(first.outcomeClass, ttft: scope.ttft(of: first), e2e: first.e2eMilliseconds)
            // From where the user's clock began: the first attempt's.
            let waited = Self.milliseconds(from: first.dispatched, to: last.dispatched)
            lasts.note(
                last.outcomeClass,
                ttft: Self.sum(
                    last.ttftMilliseconds,
                    waited,
                    scope.countsFromSchedule(first) ? first.lagMilliseconds : 0
                ),
                e2e: Self.sum(last.e2eMilliseconds, waited)
            )
        }
        firstAttempt = firsts.view(seed: scope.seed)
        perceived = lasts.view(seed: scope.seed)
    }

    private struct Tally {
        var counted = 0
        var succeeded = 0
        var ttft: [Double] = []
        var e2e: [Double] = []

        mutating func note(_ outcome: Outcome.Class, ttft: Double?, e2e: Double?) {
            if outcome == .excluded { return }
            counted += 1
            guard outcome == .success else { return }
            succeeded += 1
            if let ttft { self.ttft.append(ttft) }
            if let e2e { self.e2e.append(e2e) }
        }

        func view(seed: UInt64?) -> RequestStatistics.Retries.View {
            var view = RequestStatistics.Retries.View()
            let proportion = Measurement.Proportion(succeeded, of: counted)
            if let value = proportion.value, let interval = proportion.wilson() {
                view.availability = RequestStatistics.Proportion(value: value, interval: interval)
            }
            view.ttftMilliseconds = DistributionSummary(samples: ttft, infinite: counted - succeeded, spread: seed)
            view.e2eMilliseconds = DistributionSummary(samples: e2e, infinite: counted - succeeded)
            return view
        }
    }

    private static func milliseconds(from: Int64?, to: Int64?) -> Double? {
        guard let from, let to else { return nil }
        return Double(to - from) / 1e6
    }

    private static func sum(_ parts: Double?...) -> Double? {
        parts.reduce(0) { sum, part in sum.flatMap { sum in part.map { sum + $0 } } }
    }
}

extension RequestRecord {
    fileprivate var lagMilliseconds: Double? { dispatchLag.map { Double($0) / 1e6 } }
}
