/// Counts of durations in nanoseconds: log-linear cells, 128 per octave, merged exactly.
///
///     0 ... 255        one cell per nanosecond
///     256 ... 511      128 cells of 2 ns
///     512 ... 1023     128 cells of 4 ns, and so on up to 2^46 ns (19.5 hours)
///
/// A quantile read from it differs from the exact sample by at most 1/256 of its value. Count, sum, minimum and maximum
/// are exact. Nothing is dropped: values below 0 and from 2^46 up are counted too (`negative`, `overflow`).
///
/// It has two states of the same meaning: *open* (40 KB of counters; `record` and `merge` open it) and *packed* (its
/// code, some 100 bytes to 2 KB; decoding and `packed()` give it), so that a soak's thousands of histograms fit memory.
public struct Histogram: Sendable {
    /// Values from here up count as `overflow`, nanoseconds.
    public static let limit: Int64 = 1 << 46
    @usableFromInline static let cellCount = 5120

    /// All values recorded, `negative` and `overflow` included.
    public private(set) var count: UInt64
    public private(set) var negative: UInt64
    public private(set) var overflow: UInt64
    /// Nanoseconds; saturates beyond 292 years.
    public private(set) var sum: Int64
    private var lowest: Int64
    private var highest: Int64
    /// Counters by cell; empty while packed.
    private var cells: [UInt64]
    /// (cells since the previous entry, count) as LEB128; only while `cells` is empty.
    private var code: [UInt8]

    public init() {
        count = 0
        negative = 0
        overflow = 0
        sum = 0
        lowest = .max
        highest = .min
        cells = []
        code = []
    }

    public var isEmpty: Bool { count == 0 }
    /// The smallest value recorded; nil when empty.
    public var min: Int64? { count == 0 ? nil : lowest }
    public var max: Int64? { count == 0 ? nil : highest }
    public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

    /// Counts one value. The first call allocates, later ones do not.
    public mutating func record(_ nanoseconds: Int64) {
        if cells.isEmpty { open() }
        count &+= 1
        add(nanoseconds, to: &sum)
        if nanoseconds < lowest { lowest = nanoseconds }
        if nanoseconds > highest { highest = nanoseconds }
        if nanoseconds < 0 {
            negative &+= 1
        } else if nanoseconds >= Self.limit {
            overflow &+= 1
        } else {
            cells[Self.cell(of: nanoseconds)] &+= 1
        }
    }

    /// Forgets every value and keeps the memory.
    public mutating func reset() {
        if count > 0, !cells.isEmpty, let range = occupied {
            for index in range { cells[index] = 0 }
        }
        code.removeAll(keepingCapacity: true)
        count = 0
        negative = 0
        overflow = 0
        sum = 0
        lowest = .max
        highest = .min
    }

    /// Adds another histogram's counts; the result is the histogram of both sets of values.
    public mutating func merge(_ other: Histogram) {
        if other.count == 0 { return }
        if count == 0, cells.isEmpty {
            self = other
            return
        }
        if cells.isEmpty { open() }
        other.forEachCell { index, cellCount in cells[index] &+= cellCount }
        count &+= other.count
        negative &+= other.negative
        overflow &+= other.overflow
        add(other.sum, to: &sum)
        lowest = Swift.min(lowest, other.lowest)
        highest = Swift.max(highest, other.highest)
    }

    /// What was counted since an earlier state of the same histogram; all of it where it was reset in between. The least and
    /// the greatest value are the whole's.
    public func since(_ earlier: Histogram) -> Histogram {
        guard earlier.count > 0, earlier.count <= count else { return self }
        var result = self
        if result.cells.isEmpty { result.open() }
        var isLater = true
        earlier.forEachCell { index, cellCount in
            if result.cells[index] < cellCount { isLater = false } else { result.cells[index] -= cellCount }
        }
        guard isLater, earlier.negative <= negative, earlier.overflow <= overflow else { return self }
        result.count -= earlier.count
        result.negative -= earlier.negative
        result.overflow -= earlier.overflow
        result.sum -= earlier.sum
        return result
    }

    /// The same counts in their compact state.
    public func packed() -> Histogram {
        if cells.isEmpty { return self }
        var copy = self
        copy.code = packedCells
        copy.cells = []
        return copy
    }

    /// The value of nearest rank ⌈q·n⌉, nanoseconds; nil when empty. Relative error <= 1/256; among the negative values
    /// it is the minimum, among the overflow the maximum.
    public func quantile(_ quantile: Quantile) -> Int64? {
        if count == 0 { return nil }
        let rank = UInt64(quantile.rank(of: Int(clamping: count)))
        if rank <= negative { return lowest }
        var seen = negative
        var found: Int64?
        forEachCell { index, cellCount in
            if found != nil { return }
            seen &+= cellCount
            if seen >= rank { found = Self.middle(of: index) }
        }
        guard let found else { return highest }
        return Swift.max(lowest, Swift.min(highest, found))
    }

    /// With n − 1, from the cells' middles; nil with fewer than two values or when some lie outside the cells.
    public var standardDeviation: Double? {
        guard count > 1, negative == 0, overflow == 0, let mean else { return nil }
        var squares = 0.0
        forEachCell { index, cellCount in
            let deviation = Double(Self.middle(of: index)) - mean
            squares += deviation * deviation * Double(cellCount)
        }
        return (squares / Double(count - 1)).squareRoot()
    }

    /// How many values lie at or below `nanoseconds`, to the precision of a cell.
    public func count(upTo nanoseconds: Int64) -> UInt64 {
        if nanoseconds < 0 { return nanoseconds >= highest ? count : 0 }
        if nanoseconds >= Self.limit { return nanoseconds >= highest ? count : count - overflow }
        let last = Self.cell(of: nanoseconds)
        var total = negative
        forEachCell { index, cellCount in if index <= last { total &+= cellCount } }
        return total
    }

    // MARK: Cells

    static func cell(of value: Int64) -> Int {
        let exponent = 63 - value.leadingZeroBitCount
        if exponent < 8 { return Int(value) }
        let shift = exponent - 7
        return shift << 7 + Int(value >> Int64(shift))
    }

    /// The smallest value of a cell and the number of values in it.
    static func range(of cell: Int) -> (lower: Int64, width: Int64) {
        if cell < 256 { return (Int64(cell), 1) }
        let shift = cell >> 7 - 1
        return (Int64(cell - shift << 7) << Int64(shift), 1 << Int64(shift))
    }

    private static func middle(of cell: Int) -> Int64 {
        let (lower, width) = range(of: cell)
        return lower + (width - 1) / 2
    }

    /// The cells between the smallest and the largest value inside the limit.
    private var occupied: ClosedRange<Int>? {
        let low = Swift.max(lowest, 0)
        let high = Swift.min(highest, Self.limit - 1)
        return low <= high ? Self.cell(of: low)...Self.cell(of: high) : nil
    }

    /// Calls `body` with every cell that counts something, ascending.
    private func forEachCell(_ body: (_ cell: Int, _ count: UInt64) -> Void) {
        if !cells.isEmpty {
            guard let range = occupied else { return }
            for index in range where cells[index] > 0 { body(index, cells[index]) }
            return
        }
        var position = 0
        var index = 0
        while let delta = LEB128.read(code, at: &position), let cellCount = LEB128.read(code, at: &position) {
            index += Int(delta)
            body(index, cellCount)
        }
    }

    private mutating func open() {
        var opened = [UInt64](repeating: 0, count: Self.cellCount)
        forEachCell { index, cellCount in opened[index] = cellCount }
        cells = opened
        code.removeAll()
    }

    private func add(_ value: Int64, to total: inout Int64) {
        let (result, overflowed) = total.addingReportingOverflow(value)
        total = overflowed ? (value < 0 ? .min : .max) : result
    }

    private var packedCells: [UInt8] {
        if cells.isEmpty { return code }
        var bytes: [UInt8] = []
        var previous = 0
        forEachCell { index, cellCount in
            LEB128.append(UInt64(index - previous), to: &bytes)
            LEB128.append(cellCount, to: &bytes)
            previous = index
        }
        return bytes
    }
}

// MARK: Codec

extension Histogram {
    /// LEB128 numbers: negative, overflow, then unless empty zigzag(sum), zigzag(min), zigzag(max), and the cells that
    /// count something as pairs (cells since the previous entry, count). Some 2 to 3 bytes per such cell.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        LEB128.append(negative, to: &bytes)
        LEB128.append(overflow, to: &bytes)
        if count == 0 { return bytes }
        for number in [sum, lowest, highest] { LEB128.append(Self.zigzag(number), to: &bytes) }
        return bytes + packedCells
    }

    /// Reads what `encoded()` gave; nil when the bytes cannot have come from it.
    public init?(decoding bytes: [UInt8]) {
        self.init()
        var position = 0
        guard let negative = LEB128.read(bytes, at: &position), let overflow = LEB128.read(bytes, at: &position)
        else { return nil }
        if position == bytes.count {
            if negative != 0 || overflow != 0 { return nil }
            return
        }
        guard let sum = LEB128.read(bytes, at: &position), let low = LEB128.read(bytes, at: &position),
            let high = LEB128.read(bytes, at: &position)
        else { return nil }
        let start = position
        var total = negative
        var index = 0
        var first: Int?
        let add = { (more: UInt64) -> Bool in
            let (result, overflowed) = total.addingReportingOverflow(more)
            total = result
            return !overflowed
        }
        guard add(overflow) else { return nil }
        while position < bytes.count {
            guard let delta = LEB128.read(bytes, at: &position), let cellCount = LEB128.read(bytes, at: &position),
                delta < UInt64(Self.cellCount), cellCount > 0, delta > 0 || first == nil, add(cellCount)
            else { return nil }
            index += Int(delta)
            if index >= Self.cellCount { return nil }
            if first == nil { first = index }
        }
        self.negative = negative
        self.overflow = overflow
        self.sum = Self.unzigzag(sum)
        lowest = Self.unzigzag(low)
        highest = Self.unzigzag(high)
        count = total
        code = Array(bytes[start...])
        guard count > 0, lowest <= highest, (lowest < 0) == (negative > 0), (highest >= Self.limit) == (overflow > 0)
        else { return nil }
        if let first, negative == 0, Self.cell(of: lowest) != first { return nil }
        if first != nil, overflow == 0, Self.cell(of: highest) != index { return nil }
    }

    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    private static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

extension Histogram: Hashable {
    /// Equal counts, whatever the state.
    public static func == (a: Histogram, b: Histogram) -> Bool {
        a.count == b.count && a.sum == b.sum && a.lowest == b.lowest && a.highest == b.highest
            && a.negative == b.negative && a.overflow == b.overflow && a.packedCells == b.packedCells
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(sum)
        hasher.combine(lowest)
        hasher.combine(highest)
    }
}
