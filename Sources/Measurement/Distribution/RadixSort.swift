/// Sorts doubles by their bytes, the lowest first: a fixed number of passes, where comparing takes log₂ n of them.
enum RadixSort {
    /// Below it comparing is as fast.
    private static let fewest = 2048

    /// Ascending; no value is NaN.
    static func sorted(_ values: [Double]) -> [Double] {
        guard values.count >= fewest else { return values.sorted() }
        var entries = values.map(key)
        sort(&entries) { $0 }
        return entries.map(value)
    }

    /// The indices of the values in their order; equal ones keep theirs. No value is NaN.
    static func order(of values: [Double]) -> [Int] {
        guard values.count >= fewest else { return values.indices.sorted { values[$0] < values[$1] } }
        // 0.0 and -0.0 are equal, and have two keys.
        var entries = values.indices.map { (key: key(values[$0] == 0 ? 0 : values[$0]), index: $0) }
        sort(&entries) { $0.key }
        return entries.map(\.index)
    }

    /// Eleven bits at a time: six passes, less those in which all are alike.
    @inline(__always)
    private static func sort<Entry>(_ entries: inout [Entry], by key: (Entry) -> UInt64) {
        let (bits, digits) = (11, 6)
        var counts = [Int](repeating: 0, count: digits << bits)
        var other = entries
        var isInOther = false
        entries.withUnsafeMutableBufferPointer { entries in
            other.withUnsafeMutableBufferPointer { other in
                counts.withUnsafeMutableBufferPointer { counts in
                    for entry in entries {
                        let key = key(entry)
                        for digit in 0..<digits { counts[digit << bits + place(key, digit, bits)] += 1 }
                    }
                    var (from, to) = (entries, other)
                    for digit in 0..<digits {
                        let places = UnsafeMutableBufferPointer(rebasing: counts[digit << bits..<(digit + 1) << bits])
                        if places.contains(from.count) { continue }  // all alike here
                        var next = 0
                        for value in places.indices { (places[value], next) = (next, next + places[value]) }
                        for entry in from {
                            let value = place(key(entry), digit, bits)
                            to[places[value]] = entry
                            places[value] += 1
                        }
                        swap(&from, &to)
                        isInOther.toggle()
                    }
                }
            }
        }
        if isInOther { swap(&entries, &other) }
    }

    @inline(__always)
    private static func place(_ key: UInt64, _ digit: Int, _ bits: Int) -> Int {
        Int(truncatingIfNeeded: key &>> UInt64(digit * bits)) & (1 << bits - 1)
    }

    /// Grows with the double: negative ones have all bits turned, the others their sign.
    private static func key(_ value: Double) -> UInt64 {
        let bits = value.bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    private static func value(_ key: UInt64) -> Double {
        Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
    }
}
