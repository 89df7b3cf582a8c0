internal import Ticks
internal import Transport
internal import Wire

/// What one reply has brought so far, and when: the instants and counts of its record.
///
/// Reads are what is timed: libcurl may hand one read over in several pieces (one per HTTP chunk), which share its
/// number and its stamp and count once.
struct ReplyState: Sendable, Hashable {
    enum Action: Sendable, Hashable {
        case nothing
        case firstToken
        /// A later read with tokens, so many nanoseconds after the one before; nil = the loop stood still between them, or
        /// before them, and nobody knows.
        case nextTokens(gap: Int64?)
        /// More of the read that was already counted.
        case sameRead
    }

    private(set) var firstEvent: Instant?
    private(set) var firstReasoning: Instant?
    private(set) var firstToken: Instant?
    private(set) var firstVisible: Instant?
    private(set) var lastToken: Instant?
    /// When anything last came, for the idle timeout.
    private(set) var lastRead: Instant?
    /// By how much the first and the last token may have arrived before their stamps, at most, nanoseconds.
    private(set) var lateFirst: Int64 = 0
    private(set) var lateLast: Int64 = 0
    private(set) var reads = 0
    private(set) var tokenReads = 0
    private(set) var firstReadTextBytes: Int64 = 0
    private(set) var maxGap: Int64?
    private(set) var readStamps = 0  // token-bearing reads without a kernel stamp
    private var currentRead: UInt64 = 0
    private var lastTokenRead: UInt64 = 0
    private var firstTokenRead: UInt64 = 0

    /// - Parameter late: by how much what has bytes behind it in this read may be, nanoseconds
    mutating func receive(_ digest: ReadDigest, stamp: ReceiveStamp, late: Int64 = 0) -> Action {
        if stamp.read != currentRead {
            currentRead = stamp.read
            reads += 1
        }
        let now = stamp.instant
        lastRead = now
        if digest.events > 0, firstEvent == nil { firstEvent = now }
        if digest.vectors > 0 {  // the answer's last part, which has no first token
            lastToken = now
            lateLast = late
        }
        guard digest.tokenEvents > 0 else { return .nothing }
        if digest.reasoningBytes > 0, firstReasoning == nil { firstReasoning = now }
        if digest.visibleBytes > 0, firstVisible == nil { firstVisible = now }
        defer { lastToken = now }
        let lateBefore = lateLast
        lateLast = digest.endsWithToken && stamp.isExactAtEnd ? 0 : late
        guard let previous = lastToken else {
            firstToken = now
            lateFirst = digest.tokenEvents == 1 ? lateLast : late
            firstTokenRead = stamp.read
            lastTokenRead = stamp.read
            tokenReads = 1
            firstReadTextBytes = Int64(digest.textBytes)
            if !stamp.isKernel { readStamps += 1 }
            return .firstToken
        }
        if stamp.read == firstTokenRead { firstReadTextBytes += Int64(digest.textBytes) }
        if stamp.read == lastTokenRead { return .sameRead }
        lastTokenRead = stamp.read
        tokenReads += 1
        if !stamp.isKernel { readStamps += 1 }
        let gap = max(0, now.nanoseconds(since: previous))
        // Of the server's it is what is left when the tokens came as early as they may have.
        maxGap = max(maxGap ?? 0, gap - late)
        return .nextTokens(gap: max(late, lateBefore) < Standstills.shortest ? gap : nil)
    }
}
