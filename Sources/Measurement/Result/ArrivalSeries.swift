/// What reached us over time from one target: streamed tokens, token events and text bytes by bin.
///
/// Every request counts, measured or not, finished or cut off: a window's throughput is what arrived in it. Requests of
/// steps with different bin widths are kept apart, and a window takes the whole bins of each width inside it.
struct ArrivalSeries: Sendable {
    struct Sum: Sendable, Hashable {
        var tokens: Int64 = 0
        var events: Int64 = 0
        var textBytes: Int64 = 0

        static func + (a: Sum, b: Sum) -> Sum {
            Sum(tokens: a.tokens &+ b.tokens, events: a.events &+ b.events, textBytes: a.textBytes &+ b.textBytes)
        }

        static func += (a: inout Sum, b: Sum) { a = a + b }

        static func - (a: Sum, b: Sum) -> Sum {
            Sum(tokens: a.tokens &- b.tokens, events: a.events &- b.events, textBytes: a.textBytes &- b.textBytes)
        }
    }

    /// Bins ascending; `cumulative[i]` is the sum over the bins before `bins[i]`.
    private struct Track: Sendable {
        var bins: [Int64] = []
        var cumulative = [Sum()]

        init(_ sums: Bins) {
            for (bin, sum) in sums.listed.enumerated() where sum != Sum() { append(Int64(bin), sum) }
            for bin in sums.later.keys.sorted() { append(bin, sums.later[bin] ?? Sum()) }
        }

        private mutating func append(_ bin: Int64, _ sum: Sum) {
            bins.append(bin)
            cumulative.append((cumulative.last ?? Sum()) + sum)
        }
    }

    private var tracks: [Int64: Track] = [:]  // by bin width
    /// Requests whose stored arrivals could not be read.
    private(set) var damaged = 0

    /// `binWidth` gives the width of a request's bins, nil when its step is unknown; `arrived` are sums of requests without
    /// arrivals of their own, by the width of their bins.
    init(
        _ requests: RequestSet,
        _ arrived: [(width: Int64, record: ArrivedRecord)],
        estimate: StreamedTokenEstimate,
        binWidth: (RequestRecord) -> Int64?
    ) {
        var sums: [(width: Int64, bins: Bins)] = []
        var place = 0  // in `sums`, of the request before
        var damaged = 0
        var entries: [ArrivalLog.Entry] = []
        requests.forEach { request in
            if request.arrivals.isEmpty { return }
            guard let width = binWidth(request), width > 0, ArrivalLog.decode(request.arrivals, into: &entries) else {
                damaged += 1
                return
            }
            if !sums.indices.contains(place) || sums[place].width != width {
                place = sums.firstIndex { $0.width == width } ?? sums.count
                if place == sums.count { sums.append((width, Bins(isListed: place < Bins.fewWidths))) }
            }
            let tokens = Self.apportion(estimate.tokens(of: request), to: entries)
            for (entry, share) in zip(entries, tokens) {
                let sum = Sum(tokens: share, events: Int64(entry.events), textBytes: Int64(entry.textBytes))
                sums[place].bins.add(sum, at: entry.bin)
            }
        }
        for (width, record) in arrived where width > 0 {
            if !sums.indices.contains(place) || sums[place].width != width {
                place = sums.firstIndex { $0.width == width } ?? sums.count
                if place == sums.count { sums.append((width, Bins(isListed: place < Bins.fewWidths))) }
            }
            let sum = Sum(tokens: record.tokens, events: record.events, textBytes: record.textBytes)
            sums[place].bins.add(sum, at: record.bin)
        }
        self.damaged = damaged
        for (width, bins) in sums { tracks[width] = Track(bins) }
    }

    /// The sums by bin while they are made.
    private struct Bins {
        /// Bins count from t0. A list holds the first seven hours of 100 ms bins, for few widths, so that what a damaged file
        /// tells of others takes no memory of that size; those have a place too.
        private static let mostListed: Int64 = 1 << 18
        static let fewWidths = 16
        let isListed: Bool
        private(set) var listed: [Sum] = []
        private(set) var later: [Int64: Sum] = [:]

        init(isListed: Bool) { self.isListed = isListed }

        mutating func add(_ sum: Sum, at bin: Int64) {
            guard isListed, (0..<Self.mostListed).contains(bin) else {
                later[bin, default: Sum()] += sum
                return
            }
            while listed.count <= Int(bin) { listed.append(Sum()) }
            listed[Int(bin)] += sum
        }
    }

    func sum(in window: MeasuredWindow) -> Sum {
        var total = Sum()
        for (width, track) in tracks {
            guard let range = window.bins(ofWidth: width) else { continue }
            let low = Self.firstIndex(in: track.bins, atOrAbove: range.lowerBound)
            let high = Self.firstIndex(in: track.bins, atOrAbove: range.upperBound)
            total = total + (track.cumulative[high] - track.cumulative[low])
        }
        return total
    }

    /// Shares whole tokens among a request's bins in proportion to their bytes of text (their events where there is no
    /// text), by largest remainder (Hamilton): the shares add up to the total, exactly. Ties go to the earlier bin.
    static func apportion(_ total: Int64, to entries: [ArrivalLog.Entry]) -> [Int64] {
        var shares = [Int64](repeating: 0, count: entries.count)
        if entries.count == 1 {
            if entries[0].textBytes > 0 || entries[0].events > 0 { shares[0] = Swift.max(0, total) }
            return shares
        }
        let byText = entries.contains { $0.textBytes > 0 }
        let weights = entries.map { UInt64(Swift.max(0, byText ? $0.textBytes : $0.events)) }
        var whole: UInt64 = 0
        for weight in weights {
            let (sum, overflow) = whole.addingReportingOverflow(weight)
            if overflow { return shares }
            whole = sum
        }
        guard total > 0, whole > 0 else { return shares }
        var remainders: [(index: Int, remainder: UInt64)] = []
        var left = total
        for (index, weight) in weights.enumerated() {
            // weight <= whole, so the quotient fits.
            let (quotient, remainder) = whole.dividingFullWidth(UInt64(total).multipliedFullWidth(by: weight))
            shares[index] = Int64(quotient)
            left -= Int64(quotient)
            remainders.append((index, remainder))
        }
        remainders.sort { ($1.remainder, $0.index) < ($0.remainder, $1.index) }
        for (index, _) in remainders.prefix(Int(left)) { shares[index] += 1 }
        return shares
    }

    private static func firstIndex(in bins: [Int64], atOrAbove bin: Int64) -> Int {
        var low = 0
        var high = bins.count
        while low < high {
            let middle = (low + high) / 2
            if bins[middle] < bin { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// How many tokens a request streamed that never said so: it failed, or was cut off before its usage came.
///
/// Where the target's finished requests show one token per event, its events are its tokens. Where servers bundle
/// tokens, its bytes of text are worth what they are worth in the requests that told their usage.
struct StreamedTokenEstimate: Sendable {
    private var tokensPerByte: Double?  // nil = count events

    init(_ requests: RequestSet) {
        var tokens = 0.0
        var events = 0.0
        var bytes = 0.0
        requests.forEach { request in
            guard request.outcomeClass == .success, request.tokenSource == .usage else { return }
            tokens += Double(request.streamedTokens)
            events += Double(request.tokenEvents)
            bytes += Double(request.textBytes)
        }
        tokensPerByte = tokens != events && tokens > 0 && bytes > 0 ? tokens / bytes : nil
    }

    func tokens(of request: RequestRecord) -> Int64 {
        if request.tokenSource == .usage || request.outcomeClass == .success { return request.streamedTokens }
        guard let tokensPerByte, request.textBytes > 0 else { return request.streamedTokens }
        return Int64(exactly: (Double(request.textBytes) * tokensPerByte).rounded()) ?? request.streamedTokens
    }
}
