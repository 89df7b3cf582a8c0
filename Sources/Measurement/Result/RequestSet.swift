/// Some of a run's requests, in the order of their dispatch; shares the run's storage.
struct RequestSet: Sendable, Sequence {
    private let all: [RequestRecord]
    private let indices: [Int]

    init(_ all: [RequestRecord], _ indices: [Int]) {
        self.all = all
        self.indices = indices
    }

    /// All of them, ordered by dispatch; requests that were not sent stand where they were due.
    init(ordering requests: [RequestRecord]) {
        all = requests
        indices = requests.indices.sorted {
            let (a, b) = (requests[$0], requests[$1])
            return (a.dispatched ?? a.scheduled, a.sequence) < (b.dispatched ?? b.scheduled, b.sequence)
        }
    }

    /// Sets of one run, one after the other.
    init(joining sets: [RequestSet]) {
        all = sets.first { !$0.isEmpty }?.all ?? []
        indices = sets.flatMap(\.indices)
    }

    var count: Int { indices.count }
    var isEmpty: Bool { indices.isEmpty }

    func makeIterator() -> some IteratorProtocol<RequestRecord> { indices.lazy.map { all[$0] }.makeIterator() }

    func only(_ condition: (RequestRecord) -> Bool) -> RequestSet {
        RequestSet(all, indices.filter { condition(all[$0]) })
    }

    /// Splits by key; each part keeps the order.
    func grouped(by key: (RequestRecord) -> Int) -> [Int: RequestSet] {
        Dictionary(grouping: indices) { key(all[$0]) }.mapValues { RequestSet(all, $0) }
    }

    var successes: RequestSet { only { $0.outcome.class == .success } }

    /// The figure of each request that has it, in order.
    func figures(_ figure: (RequestRecord) -> Double?) -> [Double] { compactMap(figure) }
}
