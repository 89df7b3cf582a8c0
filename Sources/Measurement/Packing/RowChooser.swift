public import Ticks

/// Chooses, request by request as they end, which have a row of their own in a stored run.
///
/// All that is no plain answer has one: what failed or was refused or not sent, each further attempt, a job's prompt, a place
/// of a burst. With `sampled` so have one of a hundred by seed and sequence, and each that took longer to its first token, or
/// in all, than any other before it in that minute, so that the slowest of each minute is among them.
public struct RowChooser: Sendable {
    /// One request of so many is in the sample.
    public static let share = 100

    private let kept: KeptRows
    private let seed: UInt64
    private var minute: Int64 = -1
    private var slowest: (wait: Int64, length: Int64) = (0, 0)

    public init(_ kept: KeptRows, seed: UInt64) {
        (self.kept, self.seed) = (kept, seed)
    }

    public mutating func keeps(_ request: RequestRecord) -> Bool {
        guard kept != .all, request.isPlain else { return true }
        guard kept == .sampled else { return false }
        let isSlow = isSlowest(request)
        var draw = SplitMix64(seed: seed ^ UInt64(bitPattern: request.sequence), stream: "rows")
        return draw.next() % UInt64(Self.share) == 0 || isSlow
    }

    private mutating func isSlowest(_ request: RequestRecord) -> Bool {
        let now = (request.instant(request.ended) ?? request.scheduled) / 60_000_000_000
        if now > minute { (minute, slowest) = (now, (0, 0)) }
        let (wait, length) = (request.firstToken ?? 0, request.ended ?? 0)
        let isSlow = wait > slowest.wait || length > slowest.length
        slowest = (max(wait, slowest.wait), max(length, slowest.length))
        return isSlow
    }
}

extension RequestRecord {
    /// A first attempt that was answered, of a load; its tokens' arrival is known where it has some.
    fileprivate var isPlain: Bool {
        guard outcomeClass == .success, attempt == 0, item == nil, rank == nil else { return false }
        return streamedTokens == 0 || ArrivalLog.decode(arrivals)?.isEmpty == false
    }
}
