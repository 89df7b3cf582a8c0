internal import Ticks

/// How late the simulator itself is: from the instant the model gives a token to the end of its write.
///
/// Counted in 8 cells an octave, so that a quantile read from it is at most 12.5 % too high.
struct EmissionLag: Sendable {
    private var cells = [Int](repeating: 0, count: 64 * 8)
    private(set) var count = 0
    private(set) var greatest: Int64 = 0

    mutating func add(nanoseconds lag: Int64) {
        let value = max(0, lag)
        cells[Self.cell(of: value)] += 1
        count += 1
        greatest = max(greatest, value)
    }

    /// An upper bound of the quantile, nanoseconds; 0 when nothing was counted.
    func quantile(_ fraction: Double) -> Int64 {
        var left = max(1, Int((fraction * Double(count)).rounded(.up)))
        for (index, count) in cells.enumerated() where count > 0 {
            left -= count
            if left <= 0 { return min(greatest, Self.upperBound(of: index)) }
        }
        return 0
    }

    private static func cell(of value: Int64) -> Int {
        if value < 8 { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount
        return (octave - 2) * 8 + Int(value >> (octave - 3)) - 8
    }

    private static func upperBound(of cell: Int) -> Int64 {
        if cell < 8 { return Int64(cell) }
        let octave = cell / 8 + 2
        return ((Int64(cell % 8) + 9) << (octave - 3)) - 1
    }
}
