/// The readings of one target's server on the run's time axis, ready to be cut into windows.
///
/// Gauges are cut into ticks of the pace at which they were read: each source's latest reading counts, for two and a half
/// ticks at most, and replicas that it no longer names are gone. Counters are followed by replica, over restarts.
struct ServerSeries: Sendable {
    /// What the replicas together said in one tick.
    struct Tick: Sendable, Hashable {
        var start: Int64  // since t0
        var running: Double?
        var waiting: Double?
        var kvMean: Double?  // over the replicas
        var kvMax: Double?  // the fullest
        var hitRate: Double?
        var power: Double?
        var memory: Double?  // of GPUs
        var residentMemory: Double?
        var replicasUp = 0
    }

    /// One replica of one source.
    struct Replica: Sendable {
        var source: String
        var name: String
        var readings: [ServerReading]  // in order of time, those that were read
        /// Whether its source had been read before without it: then its counters began at 0.
        var isBornLater: Bool
    }

    let tickWidth: Int64
    let ticks: [Tick]
    let replicas: [Replica]
    /// By source, in order of its name: readings that brought nothing, and the words of the last.
    let problems: [(source: String, count: Int, of: Int, words: String)]
    /// When each source that has replicas was first and last read.
    let spans: [(first: Int64, last: Int64)]

    /// nil where the target's metrics were not read.
    init?(_ readings: [ServerReading], target: Int) {
        let own = readings.filter { $0.target == target }.sorted { ($0.at, $0.replica) < ($1.at, $1.replica) }
        guard !own.isEmpty else { return nil }
        let bySource = Dictionary(grouping: own, by: \.source).sorted { $0.key < $1.key }
        let scrapes = bySource.map { source in
            Dictionary(grouping: source.value, by: \.at).sorted { $0.key < $1.key }.map { (at: $0.key, rows: $0.value) }
        }
        tickWidth = Self.pace(scrapes.map { $0.map(\.at) })
        ticks = Self.ticks(scrapes, width: tickWidth)
        replicas = bySource.flatMap { source, rows in
            let good = rows.filter { $0.problem == nil }
            let firstRead = good.first?.at ?? 0
            return Dictionary(grouping: good, by: \.replica).sorted { ($0.key.count, $0.key) < ($1.key.count, $1.key) }
                .map { name, readings in
                    Replica(
                        source: source,
                        name: name,
                        readings: readings,
                        isBornLater: (readings.first?.at ?? 0) > firstRead
                    )
                }
        }
        problems = bySource.compactMap { source, rows in
            let failed = rows.filter { $0.problem != nil }
            let instants = Set(rows.map(\.at)).count
            return failed.last.map { (source, failed.count, instants, $0.problem ?? "") }
        }
        spans = bySource.compactMap { _, rows in
            let good = rows.filter { $0.problem == nil }
            return good.first.flatMap { first in good.last.map { (first: first.at, last: $0.at) } }
        }
    }

    /// The usual time between two readings of a source, in whole tenths of a second up to a second.
    private static func pace(_ instants: [[Int64]]) -> Int64 {
        let gaps = instants.flatMap { zip($0, $0.dropFirst()).map { $1 - $0 } }.sorted()
        guard !gaps.isEmpty else { return 1_000_000_000 }
        let tenths = (gaps[gaps.count / 2] + 50_000_000) / 100_000_000
        return min(10, max(1, tenths)) * 100_000_000
    }

    private static func ticks(_ scrapes: [[(at: Int64, rows: [ServerReading])]], width: Int64) -> [Tick] {
        let instants = scrapes.flatMap { $0.map(\.at) }
        guard let first = instants.min(), let last = instants.max() else { return [] }
        let start = (first >= 0 ? first / width : -((-first - 1) / width + 1)) * width
        // A damaged file may tell of any time.
        guard (last - start) / width < 10_000_000 else { return [] }
        var places = [Int](repeating: -1, count: scrapes.count)
        var ticks: [Tick] = []
        var at = start
        while at <= last {
            var now: [ServerReading] = []
            for (source, rounds) in scrapes.enumerated() {
                while places[source] + 1 < rounds.count, rounds[places[source] + 1].at < at + width {
                    places[source] += 1
                }
                guard places[source] >= 0 else { continue }
                let round = rounds[places[source]]
                if at - round.at <= width * 5 / 2 { now += round.rows.filter { $0.problem == nil } }
            }
            ticks.append(Tick(of: now, at: at))
            at += width
        }
        return ticks
    }

    // MARK: Windows

    /// Whole ticks inside.
    func ticks(in windows: [MeasuredWindow]) -> [Tick] {
        windows.flatMap { window in ticks.filter { $0.start >= window.start && $0.start + tickWidth <= window.end } }
    }

    /// The mean of a gauge over the ticks of each window; nil where it has none.
    func means(_ gauge: (Tick) -> Double?, in windows: [MeasuredWindow]) -> [Double?] {
        windows.map { window in
            let values = ticks(in: [window]).compactMap(gauge)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
    }

    /// What a counter grew by inside the windows, over all replicas; between two readings it is taken to grow evenly. nil =
    /// no replica says it.
    func increase(of fact: ServerFact, in windows: [MeasuredWindow]) -> Double? {
        sum { replica in
            replica.counter(fact).map { counter in
                windows.reduce(0) { $0 + counter.value(at: $1.end) - counter.value(at: $1.start) }
            }
        }
    }

    /// From the first reading to the last.
    func increase(of fact: ServerFact) -> Double? { sum { $0.counter(fact)?.whole } }

    private func sum(_ value: (Replica) -> Double?) -> Double? {
        let values = replicas.compactMap(value)
        return values.isEmpty ? nil : values.reduce(0, +)
    }

    /// How often a replica's counters fell, as they do after a restart.
    var restarts: Int { replicas.reduce(0) { $0 + $1.restarts } }
}

extension ServerSeries.Tick {
    fileprivate init(of readings: [ServerReading], at start: Int64) {
        self.start = start
        func values(_ fact: ServerFact) -> [Double] { readings.compactMap { $0[fact] } }
        func sum(_ fact: ServerFact) -> Double? {
            let all = values(fact)
            return all.isEmpty ? nil : all.reduce(0, +)
        }
        running = sum(.running)
        waiting = sum(.waiting)
        let cache = values(.kvCacheUsage)
        kvMean = cache.isEmpty ? nil : cache.reduce(0, +) / Double(cache.count)
        kvMax = cache.max()
        let rates = values(.prefixHitRate)
        hitRate = rates.isEmpty ? nil : rates.reduce(0, +) / Double(rates.count)
        power = sum(.gpuPower)
        memory = sum(.gpuMemory)
        residentMemory = sum(.residentMemory)
        replicasUp = readings.count(where: \.isOfServing)
    }
}

extension ServerSeries.Replica {
    /// A counter since the first reading, without its falls.
    struct Counter: Sendable {
        var instants: [Int64] = []
        var values: [Double] = []

        var whole: Double { values.last ?? 0 }

        /// Between two readings in proportion; before the first and after the last it stands still.
        func value(at instant: Int64) -> Double {
            guard let first = instants.first, instant > first else { return values.first.map { _ in 0 } ?? 0 }
            guard let after = instants.firstIndex(where: { $0 >= instant }) else { return whole }
            let share = Double(instant - instants[after - 1]) / Double(instants[after] - instants[after - 1])
            return values[after - 1] + share * (values[after] - values[after - 1])
        }
    }

    /// It answers requests: it is no queue before the replicas, and no exporter of GPUs.
    var serves: Bool { readings.contains(where: \.isOfServing) }

    func counter(_ fact: ServerFact) -> Counter? {
        var counter = Counter()
        var before: Double?
        for reading in readings {
            guard let value = reading[fact], counter.instants.last != reading.at else { continue }
            let step = before.map { value >= $0 ? value - $0 : value } ?? (isBornLater ? value : 0)
            counter.instants.append(reading.at)
            counter.values.append((counter.values.last ?? 0) + step)
            before = value
        }
        return counter.instants.isEmpty ? nil : counter
    }

    fileprivate var restarts: Int {
        zip(readings, readings.dropFirst()).count { before, after in
            ServerFact.allCases.contains { fact in
                guard fact.isCounter, let was = before[fact], let now = after[fact] else { return false }
                return now < was
            }
        }
    }

    /// The first reading after an instant that shows it at work: it runs requests, or has made tokens. nil = none, or it
    /// was there at that instant.
    /// - Parameter patience: how old a reading may be that still shows it there.
    func useful(after release: Int64, until end: Int64, patience: Int64) -> Int64? {
        guard !readings.contains(where: { $0.at <= release && $0.at > release - patience }) else { return nil }
        var tokens = readings.last { $0.at <= release }?[.generationTokens] ?? 0
        for reading in readings where reading.at > release && reading.at <= end {
            let made = reading[.generationTokens] ?? tokens
            if reading[.running] ?? 0 > 0 || (made < tokens ? made > 0 : made > tokens) { return reading.at }
            tokens = made
        }
        return nil
    }
}
