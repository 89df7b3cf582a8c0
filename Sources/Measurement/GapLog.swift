/// The long gaps of one answer between reads that brought tokens: where they began and how long they were.
///
/// Encoded as pairs of unsigned LEB128 numbers, nanoseconds: from the end of the gap before (of the first: from the
/// dispatch), and the gap's length. A token every 20 ms writes nothing.
public struct GapLog: Sendable, Hashable {
    /// Shorter ones are not kept: no silence is as short.
    public static let shortest: Int64 = 500_000_000

    public private(set) var bytes: [UInt8] = []
    private var reached: Int64 = 0

    public init() {}

    /// Adds a gap that ends at `instant`, nanoseconds since the dispatch; gaps come in order.
    public mutating func add(_ gap: Int64, endingAt instant: Int64) {
        guard gap >= Self.shortest else { return }
        LEB128.append(UInt64(max(0, instant - gap - reached)), to: &bytes)
        LEB128.append(UInt64(gap), to: &bytes)
        reached = max(reached, instant)
    }

    /// Closes the log and gives its bytes, nil without any; the log starts empty again and keeps its memory.
    public mutating func take() -> [UInt8]? {
        defer {
            bytes.removeAll(keepingCapacity: true)
            reached = 0
        }
        return bytes.isEmpty ? nil : bytes.exactCopy
    }

    /// Reads what `take()` gave: ranges of nanoseconds since the dispatch. nil when the bytes are damaged.
    public static func decode(_ bytes: [UInt8]) -> [Range<Int64>]? {
        var gaps: [Range<Int64>] = []
        var position = 0
        var reached: Int64 = 0
        while position < bytes.count {
            guard let before = LEB128.read(bytes, at: &position), let length = LEB128.read(bytes, at: &position),
                let before = Int64(exactly: before), let length = Int64(exactly: length)
            else { return nil }
            let (from, low) = reached.addingReportingOverflow(before)
            let (to, high) = from.addingReportingOverflow(length)
            guard !low, !high else { return nil }
            gaps.append(from..<to)
            reached = to
        }
        return gaps
    }
}
