/// Places in a job's list of prompts, ascending: all of them, or those that an interrupted run has left.
public struct JobItems: Sendable, Hashable {
    /// Ascending, apart, none empty.
    public let ranges: [Range<Int>]
    private let before: [Int]  // how many places lie in the ranges before each

    public init(count: Int) { self.init(count == 0 ? [] : [0..<count]) }

    /// Those that are not in `done`.
    public func without(_ done: Set<Int>) -> JobItems {
        let left = JobItems(count: ranges.last?.upperBound ?? 0, without: done)
        return JobItems(
            ranges.flatMap { range in
                left.ranges.compactMap { other in
                    let common = range.clamped(to: other)
                    return common.isEmpty ? nil : common
                }
            }
        )
    }

    /// Of `count` places those that are not in `done`.
    public init(count: Int, without done: Set<Int>) {
        var ranges: [Range<Int>] = []
        var from = 0
        for place in done.filter({ (0..<count).contains($0) }).sorted() {
            if from < place { ranges.append(from..<place) }
            from = place + 1
        }
        if from < count { ranges.append(from..<count) }
        self.init(ranges)
    }

    private init(_ ranges: [Range<Int>]) {
        self.ranges = ranges
        var sum = 0
        before = ranges.map { range in
            defer { sum += range.count }
            return sum
        }
    }

    public var count: Int { (before.last ?? 0) + (ranges.last?.count ?? 0) }

    /// The place at a position of 0..<count.
    public subscript(position: Int) -> Int {
        var (low, high) = (0, ranges.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if before[middle] <= position { low = middle } else { high = middle - 1 }
        }
        return ranges[low].lowerBound + position - before[low]
    }

    /// The places that are the shard's.
    func part(of shard: Shard) -> JobItems {
        if shard.count == 1 { return self }
        return JobItems(
            ranges.flatMap { range in
                let rest = range.lowerBound % shard.count
                let first = range.lowerBound + (shard.index - rest + shard.count) % shard.count
                return stride(from: first, to: range.upperBound, by: shard.count).map { $0..<$0 + 1 }
            }
        )
    }

    /// The places at these positions.
    public func slice(_ positions: Range<Int>) -> JobItems {
        JobItems(
            zip(ranges, before).compactMap { range, before in
                let from = max(positions.lowerBound - before, 0)
                let to = min(positions.upperBound - before, range.count)
                return from < to ? range.lowerBound + from..<range.lowerBound + to : nil
            }
        )
    }
}
