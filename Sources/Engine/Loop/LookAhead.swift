internal import Schedule
internal import Ticks
internal import Transport

/// Requests of an open loop made before they are due, while there is nothing else to do: a body of 100,000 tokens takes
/// longer to write than its request may be late.
struct LookAhead {
    private static let mostRequests = 64
    private static let mostBytes = 16 << 20
    /// Longest that a turn of the loop is spent on it.
    private static let mostNanoseconds: Int64 = 300_000
    /// Time that is left alone before the next arrival, and for each byte to write.
    private static let margin: Int64 = 500_000
    private static let nanosecondsPerByte: Int64 = 4

    private var requests: [(index: Int, request: LiveRequest)] = []  // from `head` on, in the order of their arrivals
    private var head = 0
    private var bytes = 0
    private var nextIndex: Int
    private let stride: Int

    /// For the arrivals of this share, from its first on.
    init(_ arrivals: Arrivals) { (nextIndex, stride) = (arrivals.first, arrivals.stride) }

    /// The request of an arrival, if it was made.
    mutating func take(_ index: Int) -> LiveRequest? {
        guard head < requests.count, requests[head].index == index else {
            nextIndex = max(nextIndex, index + stride)
            return nil
        }
        let request = requests[head].request
        bytes -= request.bodyBytes
        head += 1
        if head == requests.count {
            requests.removeAll(keepingCapacity: true)
            head = 0
        }
        return request
    }

    /// Makes some, unless the next arrival is too near.
    /// - Parameters:
    ///   - due: when the next arrival is due; nil when that is not known.
    ///   - bytes: about how long the body of an arrival is; nil when there is no such arrival.
    mutating func fill(until due: Instant?, bytes estimate: (Int) -> Int?, make: (Int) -> LiveRequest) {
        guard stride > 0 else { return }
        let began = MonotonicClock.now()
        var now = began
        while requests.count - head < Self.mostRequests, self.bytes < Self.mostBytes,
            now.nanoseconds(since: began) < Self.mostNanoseconds, let size = estimate(nextIndex)
        {
            let needed = Self.margin + Self.nanosecondsPerByte * Int64(size)
            if let due, due.nanoseconds(since: now) < needed { return }
            let request = make(nextIndex)
            self.bytes += request.bodyBytes
            requests.append((nextIndex, request))
            nextIndex += stride
            now = MonotonicClock.now()
        }
    }

    /// Those that were made in vain.
    mutating func removeAll() -> [LiveRequest] {
        defer {
            requests.removeAll()
            (head, bytes) = (0, 0)
        }
        return requests[head...].map(\.request)
    }
}
