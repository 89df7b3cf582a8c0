/// A request's tokens over time, compact: per bin of run time the token events and text bytes that arrived in it.
///
/// Encoded as unsigned LEB128 triples (bins since the previous entry, token events, text bytes); the first entry counts
/// bins since the run's `t0`. A stream of 20 tokens/s over 10 s takes some 300 bytes with 100 ms bins.
public struct ArrivalLog: Sendable, Hashable {
    public private(set) var bytes: [UInt8] = []
    private var lastBin: Int64 = 0
    private var bin: Int64 = -1
    private var events: UInt64 = 0
    private var textBytes: UInt64 = 0

    public init() {}

    /// Makes room once, so that adding never allocates for usual answers.
    public mutating func reserve(bytes count: Int) { bytes.reserveCapacity(count) }

    /// Counts one read. `bin` never goes backwards; an earlier one counts in the latest bin seen.
    public mutating func add(bin newBin: Int64, events newEvents: Int, textBytes newBytes: Int) {
        if newBin > bin {
            flush()
            bin = newBin
        }
        events &+= UInt64(newEvents)
        textBytes &+= UInt64(newBytes)
    }

    /// Closes the log and gives its bytes; the log starts empty again and keeps its memory.
    public mutating func take() -> [UInt8] {
        flush()
        let result = bytes.exactCopy
        bytes.removeAll(keepingCapacity: true)
        lastBin = 0
        bin = -1
        return result
    }

    private mutating func flush() {
        guard bin >= 0, events > 0 || textBytes > 0 else { return }
        append(UInt64(bin - lastBin))
        append(events)
        append(textBytes)
        lastBin = bin
        events = 0
        textBytes = 0
    }

    private mutating func append(_ value: UInt64) { LEB128.append(value, to: &bytes) }

    public struct Entry: Sendable, Hashable {
        public var bin: Int64  // since t0
        public var events: Int
        public var textBytes: Int

        public init(bin: Int64, events: Int, textBytes: Int) {
            self.bin = bin
            self.events = events
            self.textBytes = textBytes
        }
    }

    /// Reads what `take()` gave; nil when the bytes are not whole triples or lead past the last bin there can be.
    public static func decode(_ bytes: [UInt8]) -> [Entry]? {
        var entries: [Entry] = []
        return decode(bytes, into: &entries) ? entries : nil
    }

    /// The same into a list whose room is used again; false where the bytes are damaged.
    static func decode(_ bytes: [UInt8], into entries: inout [Entry]) -> Bool {
        entries.removeAll(keepingCapacity: true)
        var position = 0
        var bin: Int64 = 0
        while position < bytes.count {
            guard let delta = LEB128.read(bytes, at: &position), let events = LEB128.read(bytes, at: &position),
                let text = LEB128.read(bytes, at: &position), let step = Int64(exactly: delta)
            else { return false }
            let (next, overflow) = bin.addingReportingOverflow(step)
            if overflow { return false }
            bin = next
            entries.append(Entry(bin: bin, events: Int(clamping: events), textBytes: Int(clamping: text)))
        }
        return true
    }
}

extension [UInt8] {
    /// In memory of its own and no more than it needs. `Array(_:)` would share this one's, with all its spare room, and this one
    /// would have to get as much anew when it is written to next.
    var exactCopy: [UInt8] { withUnsafeBufferPointer { Array($0) } }
}

/// Unsigned little-endian base-128 integers, as in DWARF and WebAssembly.
enum LEB128 {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// nil when the bytes end within a number or it does not fit 64 bits.
    static func read(_ bytes: [UInt8], at position: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
