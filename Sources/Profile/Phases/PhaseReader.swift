import Schedule
import Ticks

/// A shape of load as a profile has it: how it is read, and how it is written down as it was used.
protocol WrittenShape: LoadShape {
    /// nil where what is written cannot be used; the log then says why.
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> Self?
    /// What stands behind its key, every part of it written out.
    var text: String { get }
}

/// Reads `phases`: a list of maps with one key each, the kind of the phase.
struct PhaseReader {
    static let shapes: [any WrittenShape.Type] = [
        PhaseShape.Ramp.self, PhaseShape.Idle.self, PhaseShape.Burst.self, PhaseShape.Steady.self, RateShape.self,
        Replay.self, PhaseShape.Batch.self, PhaseShape.Probe.self, PhaseShape.Keepwarm.self,
    ]
    private static let names = shapes.map { $0.kind.rawValue }
    static let mostLevels = 1000
    static let mostCycles = 10_000
    static let mostRequests = 1_000_000_000

    let log: ProblemLog
    private let maxInFlight: Int
    let workload: Workload
    /// Of what a trace leaves to chance.
    let seed: UInt64
    let pathOfFile: (String, ProfileError.Place) -> String
    let readRecordedRun: RecordedTrace.Reader

    init(
        log: ProblemLog,
        maxInFlight: Int,
        workload: Workload,
        seed: UInt64,
        pathOfFile: @escaping (String, ProfileError.Place) -> String,
        readRecordedRun: @escaping RecordedTrace.Reader
    ) {
        self.log = log
        self.maxInFlight = maxInFlight
        self.workload = workload
        self.seed = seed
        self.pathOfFile = pathOfFile
        self.readRecordedRun = readRecordedRun
    }

    func read(_ value: YAMLValue?, top: ProfileError.Place) -> [PhaseShape] {
        guard let value else {
            log.report(top, "phases", "missing; a profile needs at least one of \(Self.names.joined(separator: ", "))")
            return []
        }
        let items = value.items("phases", log)
        if case .list([]) = value.content {
            log.report(
                value.place,
                "phases",
                "read an empty list; allowed: at least one of \(Self.names.joined(separator: ", "))"
            )
        }
        return items.enumerated().compactMap { index, item in phase(item, path: "phases.\(index)") }
    }

    private func phase(_ value: YAMLValue, path: String) -> PhaseShape? {
        let form = "one phase, such as ramp: {concurrency: [1, 2, 4]}"
        guard case .map(let entries) = value.content, let entry = entries.first, entries.count == 1 else {
            log.report(value.place, path, "read \(value.shown); allowed: \(form) (each with a dash of its own)")
            return nil
        }
        let body = entry.value
        let path = "\(path).\(entry.key)"
        guard let shape = Self.shapes.first(where: { $0.kind.rawValue == entry.key }) else {
            let hint = Spelling.hint(entry.key, among: Self.names)
            log.report(entry.keyPlace, path, "unknown phase; allowed: \(Self.names.joined(separator: ", "))\(hint)")
            return nil
        }
        let read = shape.read(body, path, self)?.shape
        // Whoever could not read it, or the workload that it needs, has said why; if not, this is said: no phase is passed over.
        if read == nil, log.problems.isEmpty { log.report(body.place, path, "read \(body.shown); allowed: \(form)") }
        return read
    }

    /// Single probes beside the load, at most so many a second.
    func probeRate(_ keys: inout MapReader) -> Double? { keys.number("probe_rate", 0.001...1000) }

    /// A number of requests in flight.
    func width(_ value: YAMLValue, _ path: String) -> Int? {
        value.count(path, log, 1...maxInFlight, note: " (limits.max_in_flight)")
    }

    func settleTooLong(
        _ keys: MapReader,
        _ value: YAMLValue,
        _ settle: Duration,
        _ end: String,
        _ length: Duration
    ) {
        let place = value["settle"]?.place ?? value.place
        let (read, most) = (Units.text(settle), Units.text(length))
        log.report(
            place,
            keys.path(of: "settle"),
            "read \(read); allowed: less than \(end) (\(most)), or nothing is measured"
        )
    }

    /// A word on what happens beyond a cap, where there is none.
    func overflowWithoutCap(_ keys: MapReader, _ value: YAMLValue) {
        guard let overflow = value["overflow"], value["max_concurrency"] == nil else { return }
        log.report(
            overflow.place,
            keys.path(of: "overflow"),
            "says what happens beyond a cap, but there is none; give max_concurrency"
        )
    }
}
