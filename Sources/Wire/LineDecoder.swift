/// Cuts a byte stream into lines that end in LF (NDJSON), read by read. A line that lies whole inside one read is
/// handed on in place; only what is unfinished at the end of a read is copied.
struct LineDecoder {
    let limit: Int  // bytes of a line
    private var unfinished: [UInt8] = []

    init(limit: Int = 16 * 1024 * 1024) { self.limit = limit }

    /// Starts a new stream; memory is kept, up to 64 KiB.
    mutating func reset() { unfinished.removeAll(keepingCapacity: unfinished.capacity <= 65_536) }

    /// Gives `body` each line that ends in this read, without its LF, and how many bytes from its start may be read.
    /// False when a line is above the limit.
    mutating func receive(_ read: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) -> Void) -> Bool {
        var start = 0
        while let end = read[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if unfinished.isEmpty {
                body(UnsafeRawBufferPointer(rebasing: read[start..<end]), read.count - start)
            } else {
                unfinished.append(contentsOf: read[start..<end])
                if unfinished.count > limit { return false }
                unfinished.withUnsafeBytes { body($0, $0.count) }
                unfinished.removeAll(keepingCapacity: true)
            }
            start = end + 1
        }
        unfinished.append(contentsOf: read[start...])
        return unfinished.count <= limit
    }

    /// The stream has ended, maybe without the last LF.
    mutating func finish(_ body: (UnsafeRawBufferPointer, Int) -> Void) {
        if !unfinished.isEmpty { unfinished.withUnsafeBytes { body($0, $0.count) } }
        reset()
    }
}
