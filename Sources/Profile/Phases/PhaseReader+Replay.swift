public import Schedule

extension PhaseReader {
    /// `replay: {trace: azure.csv, format: azure, speed: 2.0, start: 1m, limit: 10m}`.
    func replay(_ value: YAMLValue, _ path: String) -> Replay? {
        var keys = MapReader(value, path: path, log: log)
        let file = keys.take("trace")
        let format = keys.word("format", TraceFormat.self)
        let speed = keys.number("speed", 0.001...100_000)
        let start = keys.duration("start", .zero, zeroIsAllowed: true)
        let limit = keys.duration("limit")
        let bursts = keys.take("bursts").flatMap { self.bursts($0, keys.path(of: "bursts")) }
        let block = keys.count("block_tokens", 1...1_000_000)
        let cap = keys.take("max_concurrency").flatMap { width($0, keys.path(of: "max_concurrency")) }
        let overflow = keys.word("overflow", Arrivals.Overflow.self)
        let probes = probeRate(&keys)
        keys.finish()
        if overflow != nil { overflowWithoutCap(keys, value) }
        guard let file else {
            keys.require("trace", "the path of a trace file")
            return nil
        }
        guard let name = file.plain, !name.isEmpty else {
            keys.report("trace", file, allowed: "the path of a trace file")
            return nil
        }
        let written = pathOfFile(name, file.place)
        let source = TraceFile(path: written, log: log, place: file.place, key: keys.path(of: "trace"))
        guard format != nil || value["format"] == nil else { return nil }  // reported
        guard let (read, whole) = trace(source, format, block, keys) else { return nil }
        if read == .mooncake, whole.looksLikeSeconds {
            let message =
                "\(whole.count) rows within \(Units.text(whole.end)) of trace: \"timestamp\" looks like seconds, and mooncake "
                + "has milliseconds; allowed: format: bailian for seconds, or \"at_ms\" (format: jsonl) for such a rate"
            log.report(file.place, keys.path(of: "trace"), message)
            return nil
        }

        var replay = Replay(file: TextFile.absolute(written), format: read, trace: whole)
        replay.speed = speed ?? replay.speed
        replay.start = start
        replay.limit = limit
        replay.bursts = bursts
        replay.blockTokens = block ?? read.blockTokens
        replay.maxConcurrency = cap
        replay.overflow = overflow ?? replay.overflow
        replay.probeRate = probes
        replay.choose()
        guard replay.count > 0 else {
            let reasons = replay.trace.dropped.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.value) \($0.key.text)" }.joined(separator: ", ")
            let why = reasons.isEmpty ? "" : ": \(reasons)"
            log.report(
                file.place,
                keys.path(of: "trace"),
                "no request is left to replay of \(whole.rowsRead) \(whole.rowsRead == 1 ? "row" : "rows")\(why)"
            )
            return nil
        }
        return replay
    }

    /// A number of bursts, or `{count: 3, window: 10s, idle: 30s}`.
    private func bursts(_ value: YAMLValue, _ path: String) -> BurstWindows? {
        let range = 1...100_000
        if value.plain != nil {
            return value.count(path, log, range, note: ", or {count: 3, window: 10s, idle: 30s}").map {
                BurstWindows(count: $0)
            }
        }
        var keys = MapReader(value, path: path, log: log, allowed: "a number, or {count: 3, window: 10s, idle: 30s}")
        let count = keys.count("count", range)
        if !keys.has("count") { keys.require("count", "how many bursts, e.g. 3") }
        var bursts = BurstWindows(count: count ?? 1)
        bursts.window = keys.duration("window", bursts.window)
        bursts.idle = keys.duration("idle", bursts.window, zeroIsAllowed: true)
        keys.finish()
        return count == nil ? nil : bursts
    }

    private func trace(
        _ source: TraceFile,
        _ format: TraceFormat?,
        _ block: Int?,
        _ keys: MapReader
    ) -> (TraceFormat, Trace)? {
        switch source.read(format, blockTokens: block, seed: seed) {
        case .trace(let format, let trace): return (format, trace)
        case .recordedRun:
            do throws(RecordedTrace.Refusal) { return (.spate, try readRecordedRun(source.path)) } catch {
                log.report(source.place, keys.path(of: "trace"), "the run \(source.path) \(error.message)")
                return nil
            }
        case nil: return nil
        }
    }
}

/// How a recorded run of ours is read as a trace: the caller knows, for this module knows no store.
public enum RecordedTrace {
    public struct Refusal: Error {
        public var message: String

        public init(_ message: String) { self.message = message }
    }

    public typealias Reader = @Sendable (_ path: String) throws(Refusal) -> Trace

    /// Where nobody has said how.
    static let none: Reader = { _ throws(Refusal) in throw Refusal("cannot be replayed here") }
}

extension Replay: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> Replay? {
        reader.replay(value, path)
    }

    var text: String {
        flow([
            ("trace", quoted(file)), ("format", format.rawValue), ("speed", "\(speed)"),
            ("start", Units.text(start)), ("limit", limit.map(Units.text)),
            (
                "bursts",
                bursts.map {
                    "{count: \($0.count), window: \(Units.text($0.window)), idle: \(Units.text($0.idle))}"
                }
            ), ("block_tokens", "\(blockTokens)"), ("max_concurrency", maxConcurrency.map(String.init)),
            ("overflow", maxConcurrency.map { _ in overflow.rawValue }), ("probe_rate", probeRate.map { "\($0)" }),
        ])
    }
}
