import Ticks

/// A figure of the server that jumped, from one window of a phase to the next, while the load stayed the same. What made it
/// jump is not said.
public struct ChangePoint: Sendable, Hashable {
    /// As in `PhaseResult.drift`.
    public var figure: String
    /// Where the first window behind it begins, since the run's start; the change lies within a window of that.
    public var atSeconds: Double
    /// The same by the wall clock; nil = it is not known, for the run had been away before.
    public var atUnixNanoseconds: Int64?
    /// The first window behind it, from 1, and how many there are.
    public var window: Int
    public var windows: Int
    /// Medians over the windows from the change before, and up to the next one, in the figure's own unit.
    public var before: Double
    public var after: Double

    public init(
        figure: String,
        atSeconds: Double,
        atUnixNanoseconds: Int64?,
        window: Int,
        windows: Int,
        before: Double,
        after: Double
    ) {
        self.figure = figure
        self.atSeconds = atSeconds
        self.atUnixNanoseconds = atUnixNanoseconds
        (self.window, self.windows) = (window, windows)
        (self.before, self.after) = (before, after)
    }

    /// Of the server's figures, by time.
    static func all(in series: LoadSeries, _ index: RunIndex) -> [ChangePoint] {
        let run = index.recorded.run
        let away = index.recorded.incidents.filter { $0.kind == .resume }.map(\.at).min() ?? .max
        let found = series.server.flatMap { figure -> [ChangePoint] in
            let known = figure.known
            guard known.count >= LoadSeries.windowCounts.lowerBound else { return [] }
            let values = known.map(\.value)
            let places = ChangePoints.places(in: values, least: figure.least, seed: run.seed)
            let levels = ChangePoints.parts(of: values.count, at: places).map { part in
                SortedSamples(Array(values[part])).median ?? 0
            }
            return places.enumerated().map { number, place in
                let window = known[place].window
                let at = series.windows[window].start
                let isKnown = run.startedAtUnixNanoseconds > 0 && at < away
                return ChangePoint(
                    figure: figure.name,
                    atSeconds: Double(at) / 1e9,
                    atUnixNanoseconds: isKnown ? run.startedAtUnixNanoseconds.saturatingAdd(at) : nil,
                    window: window + 1,
                    windows: series.windows.count,
                    before: levels[number],
                    after: levels[number + 1]
                )
            }
        }
        // Figures in the series' own order within a window.
        return found.enumerated().sorted { ($0.element.window, $0.offset) < ($1.element.window, $1.offset) }
            .map(\.element)
    }
}

extension PhaseResult {
    /// What changed and when, without a full stop: one for each window in which anything did.
    public var changeSentences: [String] {
        var groups: [[ChangePoint]] = []
        for change in changePoints {
            if groups.last?.first?.window == change.window {
                groups[groups.count - 1].append(change)
            } else {
                groups.append([change])
            }
        }
        return groups.map { group in
            let words = group.map { change in
                let verb = change.after > change.before ? "rose" : "fell"
                return "\(DriftResult.name(of: change.figure)) \(verb) from \(change.words(change.before)) to "
                    + change.words(change.after)
            }
            return "\(inList(words)) \(group[0].when)"
        }
    }
}

extension ChangePoint {
    fileprivate var when: String {
        let since = "\(inTime(seconds: atSeconds)) after the start"
        let at = atUnixNanoseconds.map { "at \(inClock(unixNanoseconds: $0)), \(since)" } ?? since
        return "\(at) (window \(window) of \(windows))"
    }

    fileprivate func words(_ value: Double) -> String {
        switch figure {
        case "error_rate", "server_kv_cache_usage": inPercent(value)
        case "server_rss_mb", "server_gpu_memory_mb": inWords(value) + " MB"
        case "output_tokens_per_second": inWords(value)
        default: inTime(milliseconds: value)
        }
    }
}
