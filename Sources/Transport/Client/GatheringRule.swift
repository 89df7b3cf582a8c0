internal import Ticks

/// How long what streams bring may wait, so that much of it is read at once. A wait costs three things, and each bounds it:
///
/// - Tokens of one stream that meet in it share a stamp: at most a fifth of the mean gap between reads, and none at all for
///   a stream that lately brought two reads within two waits (`StreamPace`).
/// - The end of an answer is seen late, by half a wait on average, and in a closed loop the next request starts late: at
///   most a 500th of what answers last, so that a level stays within 0.1 % of what it should be.
/// - What else the loop has to do may find it busy with what was gathered: at most 10 ms.
///
/// Where little comes there is nothing to gain.
struct GatheringRule: Sendable {
    static let longest: Int64 = 10_000_000
    static let shortest: Int64 = 1_000_000
    /// Reads a second below which they are made one by one, a twentieth of a core's time; half of it once they wait.
    static let fewest = 4_000.0
    private static let gapShare: Int64 = 5
    private static let answerShare: Int64 = 500
    private static let window: Int64 = 100_000_000

    /// Nanoseconds; nil = reads do not wait.
    private(set) var wait: Int64?
    private var windowBegan: Instant?
    private var reads: Int64 = 0
    private var gaps: Int64 = 0  // their sum
    private var began: Instant?  // the first answer
    private var lasts: Int64?  // answers, about

    /// A read in the middle of a stream, so many nanoseconds after the one before.
    mutating func read(gap: Int64, at now: Instant) {
        reads &+= 1
        gaps &+= min(gap, 1_000_000_000)
        guard let windowBegan else { return windowBegan = now }
        let elapsed = now.nanoseconds(since: windowBegan)
        if elapsed >= Self.window { decide(after: elapsed, at: now) }
    }

    mutating func answerBegan(at instant: Instant) { if began == nil { began = instant } }

    /// An answer was streamed to its end. A shorter one than before counts more than a longer one.
    mutating func answerEnded(lasting nanoseconds: Int64) {
        let before = lasts ?? nanoseconds
        lasts = before + (nanoseconds - before) / (nanoseconds < before ? 4 : 16)
    }

    private mutating func decide(after elapsed: Int64, at now: Instant) {
        let rate = Double(reads) * 1e9 / Double(elapsed)
        // Until one has ended, answers last at least as long as the first has lasted so far.
        let answers = lasts ?? began.map { now.nanoseconds(since: $0) } ?? 0
        let allowed = min(Self.longest, gaps / reads / Self.gapShare, answers / Self.answerShare)
        let fewest = wait == nil ? Self.fewest : Self.fewest / 2
        wait = rate < fewest || allowed < Self.shortest ? nil : allowed
        windowBegan = now
        (reads, gaps) = (0, 0)
    }
}

/// Whether the reads of a stream keep so far apart that no two would meet in a wait.
struct StreamPace: Sendable {
    /// Reads in a row that were two waits apart, before one may believe that the next ones are; where it was eight waits,
    /// fewer will do.
    static let proof = 8
    static let proofOfWide = 3

    private var last: Instant?
    private var apart = 0
    private var shortest = Int64.max  // of those gaps
    private var usualPieces = 0

    /// Whether the stream may be gathered from now on.
    func isProven(for wait: Int64) -> Bool {
        apart >= Self.proof || (apart >= Self.proofOfWide && shortest >= 8 * wait)
    }
    /// Whether nothing speaks against gathering it.
    var isSteady: Bool { apart > 0 }

    /// Notes a read that brought so many pieces.
    /// - Parameter wait: nil while none is allowed
    /// - Returns: nanoseconds since the read before; nil for the first.
    mutating func read(pieces: Int, at now: Instant, wait: Int64?) -> Int64? {
        defer { last = now }
        guard let last else { return nil }
        let gap = now.nanoseconds(since: last)
        shortest = min(shortest, gap)
        let haveMet = apart >= Self.proofOfWide && pieces > usualPieces  // two reads in one
        if haveMet || wait.map({ shortest < 2 * $0 }) ?? false {
            (apart, shortest, usualPieces) = (0, .max, 0)
        } else {
            if apart < Self.proofOfWide { usualPieces = max(usualPieces, pieces) }
            apart += 1
        }
        return gap
    }
}
