import Ticks

/// Picks the bursts of a trace and leaves out what lies between them, but for an idle time before each.
///
/// The trace is cut into windows on a grid. A window's dispersion is Σ(c − m)²/(k m) over its k parts, c the requests of a
/// part and m their mean over the whole trace: 1 where requests come at random at the mean rate, more where they crowd.
/// Of the windows with more requests than the mean the most dispersed are taken, in the order of their time. A burst
/// begins with its first request; before it nothing is sent for as long as nothing came before it in the trace, or for
/// `idle` where that is longer.
public struct BurstWindows: Sendable, Hashable {
    public var count: Int
    public var window: Duration
    public var idle: Duration

    public static let parts = 10

    public init(count: Int, window: Duration = .seconds(10), idle: Duration = .seconds(10)) {
        self.count = count
        self.window = window
        self.idle = idle
    }

    /// One that was picked: its place on the grid, its requests, its dispersion.
    public struct Pick: Sendable, Hashable {
        public var index: Int
        public var requests: Int
        public var dispersion: Double
    }

    public func picks(in trace: Trace) -> [Pick] {
        let times = trace.times
        let part = max(1, window.nanoseconds / Int64(Self.parts))
        guard let last = times.last, times.count > 1 else { return [] }
        let mean = Double(times.count) / Double(last / part + 1)
        var counts: [Int: [Int]] = [:]  // by window
        for time in times {
            let place = Int(time / part)
            counts[place / Self.parts, default: Array(repeating: 0, count: Self.parts)][place % Self.parts] += 1
        }
        let crowded = counts.compactMap { index, counts -> Pick? in
            let requests = counts.reduce(0, +)
            guard Double(requests) > mean * Double(Self.parts) else { return nil }
            let squares = counts.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            return Pick(index: index, requests: requests, dispersion: squares / (Double(Self.parts) * mean))
        }
        let best = crowded.sorted { ($1.dispersion, $0.index) < ($0.dispersion, $1.index) }.prefix(count)
        return best.sorted { $0.index < $1.index }
    }

    /// The picked windows one after the other, each after its idle time.
    public func apply(to trace: Trace) -> Trace {
        let length = window.nanoseconds
        let picked = Set(picks(in: trace).map { Int64($0.index) })
        return trace.rebuilt { bursts in
            var end: Int64 = 0  // of the last burst's window, in the new time
            var shift: Int64 = 0  // from the new time to the trace's own
            var current: Int64?  // the last window of the burst that goes on
            var before: Int64?  // when the request before came, whatever became of it
            for index in 0..<trace.count {
                var row = trace[index]
                let window = row.offset / length
                let quiet = before.map { row.offset - $0 } ?? 0
                before = row.offset
                guard picked.contains(window) else {
                    bursts.drop(.outsideBursts, countsAsRead: false)
                    current = nil
                    continue
                }
                // Windows that follow one another are one burst.
                if current.map({ window > $0 + 1 }) ?? true { shift = row.offset - end - max(quiet, idle.nanoseconds) }
                current = window
                end = (window + 1) * length - shift
                row.offset -= shift
                bursts.add(row, countsAsRead: false)
            }
        }
    }
}
