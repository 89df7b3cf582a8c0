import Ticks

/// An open load: requests start when they are due, whether or not earlier ones have ended.
public struct Arrivals: Sendable, Hashable {
    /// Where the instants come from.
    public enum Source: Sendable, Hashable {
        case rate(ArrivalPlan)
        case trace(Replay)
    }

    /// What happens to a request that is due while as many are in flight as may be.
    public enum Overflow: String, Sendable, Hashable, CaseIterable {
        case queue  // it waits its turn, and its times count from when it was due
        case shed  // it is not sent, and counted as that
    }

    public var source: Source
    /// Which of the phase's stretches it is (part of), from 0.
    public var stretch = 0
    /// Requests due earlier are sent and not measured.
    public var settle = Duration.zero
    /// Most in flight; `isCapped` where the plan asked for that, else it is only the run's bound.
    public var limit = Limits().maxInFlight
    public var isCapped = false
    public var overflow = Overflow.queue
    /// Whether a stretch that the server cannot keep up with ends before its time.
    public var stopsWhenSaturated = true
    /// This share takes the arrivals `first`, `first + stride`, `first + 2 stride`, ...; none with a stride of 0.
    public var first = 0
    public var stride = 1

    public init(_ source: Source) { self.source = source }

    public var duration: Duration {
        switch source {
        case .rate(let plan): plan.duration
        case .trace(let replay): replay.duration
        }
    }

    /// Whether the load is the same all the time, so that a queue which grows means a server that is too slow.
    public var isSteady: Bool {
        switch source {
        case .rate(let plan): plan.curve.isConstant
        case .trace: false
        }
    }

    /// Whether chance decides how many come.
    var isChance: Bool {
        switch source {
        case .rate(let plan): plan.law != .constant && plan.count == nil
        case .trace: false
        }
    }

    public var expectedCount: Double {
        switch source {
        case .rate(let plan): plan.expectedCount
        case .trace(let replay): Double(replay.count)
        }
    }

    /// Most that come within so long.
    func mostWithin(_ time: Duration) -> Int {
        let atPeak = Int(min(1e9, (peakPerSecond * (time / .seconds(1))).rounded(.up)))
        return switch source {
        case .trace(let replay): min(atPeak, replay.count)
        case .rate(let plan):
            if let count = plan.count {
                min(atPeak, count)
            } else if plan.law == .constant {
                min(atPeak, Int(min(1e9, plan.expectedCount)))
            } else {
                atPeak
            }
        }
    }

    /// Mean rate over the whole stage, requests per second.
    public var meanPerSecond: Double {
        switch source {
        case .rate(let plan): plan.meanPerSecond
        case .trace(let replay): Double(replay.count) / (replay.duration / .seconds(1))
        }
    }

    /// This share's part of it.
    public var offeredPerSecond: Double { stride > 0 ? meanPerSecond / Double(stride) : 0 }

    /// Rows of a trace that are this share's.
    public func rows(of replay: Replay) -> [Trace.Row] {
        guard stride > 0 else { return [] }
        return Swift.stride(from: first, to: replay.count, by: stride).map { replay.trace[$0] }
    }

    /// The greatest mean rate, requests per second.
    public var peakPerSecond: Double {
        switch source {
        case .rate(let plan): plan.peakPerSecond
        case .trace(let replay): replay.peakPerSecond
        }
    }

    var canonicalText: String {
        var text =
            switch source {
            case .rate(let plan):
                "rate \(plan.curve.canonical) begin=\(plan.begin.nanoseconds) "
                    + (plan.count.map { "count=\($0)" } ?? "for=\(plan.duration.nanoseconds)")
                    + " law=\(plan.law.text) seed=\(plan.seed)"
            case .trace(let replay): "trace rows=\(replay.count) digest=\(replay.digest) speed=\(replay.speed)"
            }
        text += " settle=\(settle.nanoseconds) cap=\(isCapped ? String(limit) : "-") overflow=\(overflow.rawValue)"
        return text + " stops_when_saturated=\(stopsWhenSaturated)"
    }

    /// Loop `loop`'s share: every n-th arrival. A cap is kept by one loop, so that it is exact.
    func segment(loop: Int, of loops: Int) -> Arrivals {
        var share = self
        if isCapped {
            if loop > 0 { share.stride = 0 }
            return share
        }
        share.first = first + loop * stride
        share.stride = stride * loops
        share.limit = limit / loops + (loop < limit % loops ? 1 : 0)
        return share
    }

    func makeCursor() -> ArrivalCursor { ArrivalCursor(self) }
}

/// A place in a share's sequence of arrivals.
struct ArrivalCursor: Sendable {
    private enum Source: Sendable {
        case rate(ArrivalPlan.Cursor)
        case trace(Replay, next: Int)
    }

    private var source: Source
    private let first: Int
    private let stride: Int

    init(_ arrivals: Arrivals) {
        (first, stride) = (arrivals.first, arrivals.stride)
        switch arrivals.source {
        case .rate(let plan): source = .rate(plan.makeCursor())
        case .trace(let replay): source = .trace(replay, next: 0)
        }
    }

    /// The share's next arrival, in nanoseconds from the stage's start; nil after the last.
    mutating func next() -> (index: Int, offset: Int64)? {
        while stride > 0, let arrival = nextOfAll() {
            if arrival.index >= first, (arrival.index - first) % stride == 0 { return arrival }
        }
        return nil
    }

    private mutating func nextOfAll() -> (index: Int, offset: Int64)? {
        switch source {
        case .rate(var cursor):
            let arrival = cursor.next()
            source = .rate(cursor)
            return arrival
        case .trace(let replay, let next):
            guard next < replay.count else { return nil }
            source = .trace(replay, next: next + 1)
            return (next, replay.offset(at: next))
        }
    }
}
