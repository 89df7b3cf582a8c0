/// Some of a run's requests, in the order of their dispatch; shares the run's storage.
struct RequestSet: Sendable, Sequence {
    private let all: [RequestRecord]
    private let indices: [UInt32]

    private init(_ all: [RequestRecord], _ indices: [UInt32]) {
        self.all = all
        self.indices = indices
    }

    static let empty = RequestSet([], [])

    /// All of them, ordered by dispatch; requests that were not sent stand where they were due.
    init(ordering requests: [RequestRecord]) {
        all = requests
        // By keys of their own: a record is large, and a sort looks at each some twenty times.
        var keys = requests.indices.map {
            (at: requests[$0].placeInTime, sequence: requests[$0].sequence, index: UInt32($0))
        }
        keys.sort { ($0.at, $0.sequence) < ($1.at, $1.sequence) }
        indices = keys.map(\.index)
    }

    /// Sets of one run, one after the other.
    init(joining sets: [RequestSet]) {
        all = sets.first { !$0.isEmpty }?.all ?? []
        indices = sets.count == 1 ? sets[0].indices : sets.flatMap(\.indices)
    }

    var count: Int { indices.count }
    var isEmpty: Bool { indices.isEmpty }

    func makeIterator() -> Iterator { Iterator(all: all, indices: indices.makeIterator()) }

    struct Iterator: IteratorProtocol {
        fileprivate let all: [RequestRecord]
        fileprivate var indices: [UInt32].Iterator

        mutating func next() -> RequestRecord? { indices.next().map { all[Int($0)] } }
    }

    @inline(__always) func only(_ condition: (RequestRecord) -> Bool) -> RequestSet {
        all.withUnsafeBufferPointer { all in
            RequestSet(self.all, indices.filter { condition(all[Int($0)]) })
        }
    }

    /// Splits by key; each part keeps the order.
    @inline(__always) func grouped(by key: (RequestRecord) -> Int) -> [Int: RequestSet] {
        var parts: [Int: [UInt32]] = [:]
        all.withUnsafeBufferPointer { all in
            for index in indices { parts[key(all[Int(index)]), default: []].append(index) }
        }
        return parts.mapValues { RequestSet(all, $0) }
    }

    /// Of a set in order of dispatch, those that were dispatched in the window, or were due in it and not sent.
    func within(_ window: MeasuredWindow) -> RequestSet {
        let start = first(atOrAfter: window.start)
        return RequestSet(all, Array(indices[start..<Swift.max(start, first(atOrAfter: window.end))]))
    }

    /// In nanoseconds after a request's place in time: the first and the last instant of any of them.
    var reach: ClosedRange<Int64> {
        var (least, most): (Int64, Int64) = (0, 0)
        forEach { request in
            let (read, last, ended) = (request.inputRead ?? 0, request.lastToken ?? 0, request.ended ?? 0)
            least = Swift.min(least, read, last, ended)
            most = Swift.max(most, read, last, ended)
        }
        return least...most
    }

    /// Those of which something may lie in the window: a few more than do.
    func reaching(into window: MeasuredWindow, within reach: ClosedRange<Int64>) -> RequestSet {
        let start = first(atOrAfter: window.start.saturatingAdd(-reach.upperBound))
        let end = first(atOrAfter: window.end.saturatingAdd(reach.lowerBound == .min ? .max : -reach.lowerBound))
        return RequestSet(all, Array(indices[start..<Swift.max(start, end)]))
    }

    private func first(atOrAfter instant: Int64) -> Int {
        var (low, high) = (0, indices.count)
        while low < high {
            let middle = (low + high) / 2
            if all[Int(indices[middle])].placeInTime < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // As a sequence's own, but inlined: a call for each of a million requests takes longer than what most of them do.

    @inline(__always) func forEach(_ body: (RequestRecord) throws -> Void) rethrows {
        try all.withUnsafeBufferPointer { all in
            for index in indices { try body(all[Int(index)]) }
        }
    }

    @inline(__always) func reduce<Sum>(_ first: Sum, _ next: (Sum, RequestRecord) throws -> Sum) rethrows -> Sum {
        var sum = first
        try forEach { sum = try next(sum, $0) }
        return sum
    }

    @inline(__always) func compactMap<Value>(_ value: (RequestRecord) throws -> Value?) rethrows -> [Value] {
        var values: [Value] = []
        try forEach { if let found = try value($0) { values.append(found) } }
        return values
    }

    @inline(__always) func contains(where condition: (RequestRecord) throws -> Bool) rethrows -> Bool {
        try all.withUnsafeBufferPointer { all in try indices.contains { try condition(all[Int($0)]) } }
    }

    var successes: RequestSet { only { $0.outcomeClass == .success } }

    /// The figure of each request that has it, in order.
    @inline(__always) func figures(_ figure: (RequestRecord) -> Double?) -> [Double] {
        all.withUnsafeBufferPointer { all in
            var figures: [Double] = []
            figures.reserveCapacity(indices.count)
            for index in indices { if let value = figure(all[Int(index)]) { figures.append(value) } }
            return figures
        }
    }
}

extension RequestRecord {
    /// Where it stands in the order of dispatch.
    fileprivate var placeInTime: Int64 { dispatched ?? scheduled }
}
