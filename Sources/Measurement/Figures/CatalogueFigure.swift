/// A figure of a set of requests, in one place for all who read it: its key in `summary.json`, the threshold of that name, the
/// side of a comparison, the cell of a table, the term of the page.
public struct CatalogueFigure: Sendable {
    public enum Direction: Sendable, Hashable { case more, less }

    /// How it is read off the statistics of a set of requests.
    public enum Source: Sendable {
        case count(missing: String? = nil, @Sendable (RequestStatistics) -> Int64?)
        case number(@Sendable (RequestStatistics) -> FigureValue)
        /// With its interval, also in `summary.json`.
        case proportion(@Sendable (RequestStatistics) -> RequestStatistics.Proportion?)
        /// Over a window: totals of a whole run have none.
        case rate(@Sendable (RequestStatistics) -> Double?)
        /// - Parameter adjusted: whether failures count as +infinity in some of its percentiles.
        case distribution(adjusted: Bool, @Sendable (RequestStatistics) -> DistributionSummary?)
    }

    /// In `summary.json`; a threshold's name is the same without `_ms`.
    public let key: String
    public let dimension: FigureDimension
    /// Which of two one wants; nil = neither.
    public let better: Direction?
    /// As a reader calls it, and what it means, where the page has it as a term.
    public let words: Words?
    public let source: Source
    /// What finds it, request by request; nil where the statistics have a field for it.
    let tally: (@Sendable () -> any RequestTally)?

    public struct Words: Sendable, Hashable {
        public let name: String
        public let meaning: String

        init(_ name: String, _ meaning: String) {
            self.name = name
            self.meaning = meaning
        }
    }

    init(
        _ key: String,
        _ dimension: FigureDimension,
        better: Direction? = nil,
        words: Words? = nil,
        _ source: Source
    ) {
        self.key = key
        self.dimension = dimension
        self.better = better
        self.words = words
        self.source = source
        tally = nil
    }

    /// A figure with a file of its own: it is found by a tally over the requests, and kept under its key.
    init(
        _ key: String,
        _ dimension: FigureDimension,
        better: Direction? = nil,
        words: Words? = nil,
        missing: String,
        tally: @escaping @Sendable () -> any RequestTally
    ) {
        self.key = key
        self.dimension = dimension
        self.better = better
        self.words = words
        source = .number { FigureValue($0.tallied[key]?.share, missing: missing) }
        self.tally = tally
    }

    /// A time to a token or an answer, over the successes.
    static func time(
        _ key: String,
        adjusted: Bool = false,
        words: Words? = nil,
        _ read: @escaping @Sendable (RequestStatistics) -> DistributionSummary?
    ) -> CatalogueFigure {
        CatalogueFigure(key, .milliseconds, better: .less, words: words, .distribution(adjusted: adjusted, read))
    }

    /// Its value; of a distribution the statistic of that name, as in `summary.json`.
    public func value(of statistics: RequestStatistics, at statistic: String? = nil) -> Double? {
        switch source {
        case .count(_, let read): read(statistics).map(Double.init)
        case .number(let read): read(statistics).value
        case .proportion(let read): read(statistics)?.value
        case .rate(let read): read(statistics)
        case .distribution(_, let read): read(statistics)?.figure(statistic ?? "p50").value
        }
    }

    /// nil where it is no distribution, or nothing was measured.
    public func distribution(of statistics: RequestStatistics) -> DistributionSummary? {
        if case .distribution(_, let read) = source { read(statistics) } else { nil }
    }

    /// Its dimension, or that of one of its statistics.
    public func dimension(of statistic: String?) -> FigureDimension { dimension.of(statistic) }
}

/// A figure with what is known about its certainty.
public struct FigureValue: Sendable, Hashable {
    public var value: Double?
    public var interval: ConfidenceInterval?
    /// Why there may be none.
    public var missing: String?

    init(_ value: Double?, interval: ConfidenceInterval? = nil, missing: String? = nil) {
        self.value = value
        self.interval = interval
        self.missing = missing
    }

    init(_ count: Int) { self.init(Double(count)) }
}

/// Goes over the requests of a set, in the order of dispatch, and counts some of them.
protocol RequestTally: Sendable {
    mutating func add(_ request: RequestRecord)
    var result: TallyResult { get }
}

/// So many of so many.
public struct TallyResult: Sendable, Hashable {
    public var part: Int
    public var whole: Int

    static func + (a: TallyResult, b: TallyResult) -> TallyResult {
        TallyResult(part: a.part + b.part, whole: a.whole + b.whole)
    }

    /// nil where there was nothing to count.
    public var share: Double? { whole > 0 ? Double(part) / Double(whole) : nil }
}
