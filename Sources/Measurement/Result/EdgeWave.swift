/// The requests of one edge and of the hold that follows it, with what they say about each other.
struct EdgeWave: Sendable {
    /// Fewer first tokens than this give no band.
    static let fewestForBand = 5

    let step: StepRecord
    /// Those that started at the instant of release.
    let wave: RequestSet
    /// Those that followed when one ended.
    let hold: RequestSet
    /// Since t0; where it was not stored, the instant at which the wave was due.
    let release: Int64?
    /// Between the machines of a merged run.
    let skew: EdgeSkew?

    /// Of the wave's answers, milliseconds; nil where there is none above 0.
    var medianTTFT: Double? {
        SortedSamples(wave.successes.figures(Self.ttft)).median.flatMap { $0 > 0 ? $0 : nil }
    }

    init(_ step: StepRecord, _ index: RunIndex) {
        self.step = step
        let requests = index.requests(of: step)
        wave = requests.only { $0.rank != nil }
        hold = requests.only { $0.rank == nil }
        skew = EdgeSkew(wave, index.recorded.shards)
        release = step.release ?? wave.map(\.scheduled).min()
    }

    /// Time to first token: from the schedule in the wave, from dispatch in the hold.
    static func ttft(_ request: RequestRecord) -> Double? {
        request.rank != nil ? request.ttftScheduledMilliseconds : request.ttftMilliseconds
    }

    /// Median + 3 × 1.4826 MAD of the wave's times to first token, milliseconds: what a warm server stays below.
    var band: Recovery? {
        let samples = SortedSamples(wave.figures(Self.ttft))
        return samples.count >= Self.fewestForBand ? Recovery(reference: samples) : nil
    }

    /// The same, connections' set-up off: a new connection is no cold server.
    static func ttftWithoutSetUp(_ request: RequestRecord) -> Double? {
        ttft(request).map { $0 - (request.setUpMilliseconds ?? 0) }
    }

    var bandWithoutSetUp: Double? {
        let samples = SortedSamples(wave.figures(Self.ttftWithoutSetUp))
        return samples.count >= Self.fewestForBand ? Recovery(reference: samples)?.threshold : nil
    }

    private var writtenInstants: [Int64] { wave.compactMap { $0.instant($0.written) } }

    /// Last written − release.
    var sendLagMilliseconds: Double? {
        guard let release, let last = writtenInstants.max() else { return nil }
        return (Double(last) - Double(release)) / 1e6
    }

    /// Last − first written.
    var sendSkewMilliseconds: Double? {
        let instants = writtenInstants
        guard let first = instants.min(), let last = instants.max() else { return nil }
        return (Double(last) - Double(first)) / 1e6
    }

    /// Time to first token by rank.
    var ttftByRank: [Int: Double] {
        Dictionary(
            wave.compactMap { request in
                guard let rank = request.rank, let ttft = Self.ttft(request) else { return nil }
                return (rank, ttft)
            }
        ) { first, _ in first }
    }

    /// First tokens of the wave, seconds since the edge, ascending.
    var firstTokenSeconds: [Double] {
        guard let release else { return [] }
        return wave.compactMap { $0.instant($0.firstToken) }.map { (Double($0) - Double(release)) / 1e9 }.sorted()
    }
}

/// Which requests of an edge wave were cold.
struct ColdRequests: Sendable, Hashable {
    var evidence: BurstResult.ColdEvidence
    var ranks: Set<Int> = []
    var known = 0  // requests with a first token that could be told

    /// That the edge is above the warm control's band more often than the control itself is by chance alone.
    static let chance = 0.05

    /// By the server's own word; where that is missing, by the warm control's band, set-up of connections off, and only
    /// where the edge is above it more often than the control itself. nil when no request can be told: without a control
    /// slow requests are slow, and nothing says why.
    init?(_ edge: EdgeWave, control: EdgeWave?) {
        let answered = edge.wave.only { EdgeWave.ttft($0) != nil && $0.rank != nil }
        let limit = control?.bandWithoutSetUp
        if answered.contains(where: { $0.reportedCold != nil }) {
            evidence = .reported
            for request in answered {
                guard let cold = request.reportedCold ?? Self.isAbove(limit, request) else { continue }
                note(request, isCold: cold)
            }
        } else if let control, let limit {
            evidence = .control
            for request in answered { note(request, isCold: Self.isAbove(limit, request) ?? false) }
            let warm = control.wave.compactMap { Self.isAbove(limit, $0) }
            let slow = warm.count { $0 }
            if FisherExact.probability(ranks.count, of: known, against: slow, of: warm.count) >= Self.chance {
                ranks = []
            }
        } else {
            return nil
        }
        if known == 0 { return nil }
    }

    var share: Double { Double(ranks.count) / Double(known) }

    private mutating func note(_ request: RequestRecord, isCold: Bool) {
        known += 1
        if isCold, let rank = request.rank { ranks.insert(rank) }
    }

    private static func isAbove(_ limit: Double?, _ request: RequestRecord) -> Bool? {
        guard let limit, let ttft = EdgeWave.ttftWithoutSetUp(request) else { return nil }
        return ttft > limit
    }
}
