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

    @inline(__always)
    private static func sort<Entry>(_ entries: inout [Entry], by key: (Entry) -> UInt64) {
        var other = entries
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            func byte(_ entry: Entry) -> Int { Int(truncatingIfNeeded: key(entry) >> shift & 0xff) }
            var places = [Int](repeating: 0, count: 256)
            for entry in entries { places[byte(entry)] += 1 }
            if places.contains(entries.count) { continue }  // all alike here
            var next = 0
            for value in places.indices { (places[value], next) = (next, next + places[value]) }
            for entry in entries {
                other[places[byte(entry)]] = entry
                places[byte(entry)] += 1
            }
            swap(&entries, &other)
        }
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
