/// What came of a step's packed requests in one of its bins: their own arrivals, added up.
public struct ArrivedRecord: Sendable, Hashable {
    public var step = 0
    public var bin: Int64 = 0
    public var tokens: Int64 = 0
    public var events: Int64 = 0
    public var textBytes: Int64 = 0

    public init() {}
}

/// Adds up the arrivals of packed requests.
public struct ArrivedSums: Sendable {
    private struct Place: Hashable {
        var step: Int
        var bin: Int64
    }

    private var sums: [Place: ArrivalSeries.Sum] = [:]

    public init() {}

    /// Takes a request's arrivals out of it.
    public mutating func take(from request: inout RequestRecord) {
        let entries = ArrivalLog.decode(request.arrivals) ?? []
        for (entry, tokens) in zip(entries, ArrivalSeries.apportion(request.streamedTokens, to: entries)) {
            sums[Place(step: request.step, bin: entry.bin), default: .init()] += ArrivalSeries.Sum(
                tokens: tokens,
                events: Int64(entry.events),
                textBytes: Int64(entry.textBytes)
            )
        }
        request.arrivals = []
    }

    public var records: [ArrivedRecord] {
        sums.map { place, sum in
            var record = ArrivedRecord()
            (record.step, record.bin) = (place.step, place.bin)
            (record.tokens, record.events, record.textBytes) = (sum.tokens, sum.events, sum.textBytes)
            return record
        }
    }
}
