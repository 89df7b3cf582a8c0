import Schedule

/// Reads `phases`: a list of maps with one key each, the kind of the phase.
struct PhaseReader {
    /// Kinds of the contract that this version cannot run.
    static let notBuilt: [String] = []
    static let built = ["ramp", "idle", "burst", "steady", "rate", "replay", "batch", "probe", "keepwarm"]
    static let mostLevels = 1000
    static let mostCycles = 10_000
    static let mostRequests = 1_000_000_000

    let log: ProblemLog
    private let maxInFlight: Int
    private let workload: Workload
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
            log.report(top, "phases", "missing; a profile needs at least one of \(Self.built.joined(separator: ", "))")
            return []
        }
        let items = value.items("phases", log)
        if case .list([]) = value.content {
            log.report(
                value.place,
                "phases",
                "read an empty list; allowed: at least one of \(Self.built.joined(separator: ", "))"
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
        switch entry.key {
        case "ramp": return ramp(body, path).map { .ramp($0) }
        case "idle": return body.duration(path, log, zeroIsAllowed: false).map { .idle($0) }
        case "burst": return burst(body, path).map { .burst($0) }
        case "steady": return steady(body, path).map { .steady($0) }
        case "rate": return rate(body, path).map { .rate($0) }
        case "replay": return replay(body, path).map { .replay($0) }
        case "batch": return batch(body, path).map { .batch($0) }
        case "keepwarm": return keepwarm(body, path).map { .keepwarm($0) }
        case "probe": return probe(body, path).map { .probe($0) }
        case let kind where Self.notBuilt.contains(kind):
            let message = "the phase \(kind) is not built yet; this version runs \(Self.built.joined(separator: ", "))"
            log.report(entry.keyPlace, path, message, kind: .notBuilt)
            return nil
        case let kind:
            let hint = Spelling.hint(kind, among: Self.built + Self.notBuilt)
            log.report(entry.keyPlace, path, "unknown phase; allowed: \(Self.built.joined(separator: ", "))\(hint)")
            return nil
        }
    }

    private func ramp(_ value: YAMLValue, _ path: String) -> PhaseShape.Ramp? {
        var keys = MapReader(value, path: path, log: log)
        var ramp = PhaseShape.Ramp(concurrency: levels(&keys))
        ramp.hold = keys.duration("hold", ramp.hold)
        ramp.settle = keys.duration("settle", min(ramp.settle, ramp.hold / 2), zeroIsAllowed: true)
        ramp.holdMax = keys.duration("hold_max", ramp.hold * 5)
        ramp.direction = keys.word("direction", PhaseShape.Ramp.Direction.self) ?? ramp.direction
        if let minimum = keys.take("min_requests"), minimum.plain != "auto" {
            ramp.minRequests = minimum.count(
                keys.path(of: "min_requests"),
                log,
                0...Self.mostRequests,
                note: ", or auto"
            )
        }
        keys.finish()
        if ramp.settle >= ramp.hold { settleTooLong(keys, value, ramp.settle, "hold", ramp.hold) }
        if ramp.holdMax < ramp.hold {
            let place = value["hold_max"]?.place ?? value.place
            let (least, read) = (Units.text(ramp.hold), Units.text(ramp.holdMax))
            log.report(place, keys.path(of: "hold_max"), "read \(read); allowed: hold (\(least)) or more")
        }
        return ramp.concurrency.isEmpty ? nil : ramp
    }

    private func levels(_ keys: inout MapReader) -> [Int] {
        let path = keys.path(of: "concurrency")
        if let list = keys.take("concurrency") {
            for key in ["from", "to", "factor"] where keys.take(key) != nil {
                log.report(list.place, path, "read a list beside \(key); allowed: concurrency, or from, to and factor")
            }
            let values: [YAMLValue]
            if case .list(let items) = list.content { values = items } else { values = [list] }
            if values.isEmpty || values.count > Self.mostLevels {
                log.report(list.place, path, "read \(list.shown); allowed: 1 to \(Self.mostLevels) levels")
                return []
            }
            return values.enumerated().compactMap { index, value in width(value, "\(path).\(index)") }
        }
        let ends = ["from", "to"].map { key in keys.take(key).map { width($0, keys.path(of: key)) } }
        guard let from = ends[0], let to = ends[1] else {
            log.report(keys.place, path, "missing; a ramp needs concurrency: [1, 2, 4], or from, to and factor")
            _ = keys.take("factor")
            return []
        }
        let factor = keys.number("factor", 1.01...1000) ?? 2
        guard let from, let to else { return [] }
        guard from <= to else {
            log.report(
                keys.place,
                keys.path(of: "from"),
                "read \(from), more than to (\(to)); a list may fall, a range rises"
            )
            return []
        }
        return Self.range(from: from, to: to, factor: factor)
    }

    /// `from`, each next one `factor` times as much (rounded, and at least one more), and always `to` at the end.
    static func range(from: Int, to: Int, factor: Double) -> [Int] {
        var levels = [from]
        var exact = Double(from)
        while levels.count < mostLevels, let last = levels.last, last < to {
            exact = max(exact * factor, Double(last + 1))
            levels.append(exact >= Double(to) ? to : Int(exact.rounded()))
        }
        return levels
    }

    private func burst(_ value: YAMLValue, _ path: String) -> PhaseShape.Burst? {
        var keys = MapReader(value, path: path, log: log)
        let requests = keys.take("requests").flatMap { width($0, keys.path(of: "requests")) }
        if !keys.has("requests") { keys.require("requests", "the width of the burst, e.g. 64") }
        var burst = PhaseShape.Burst(requests: requests ?? 1)
        burst.cycles = keys.count("repeat", 1...Self.mostCycles) ?? burst.cycles
        burst.idle = keys.duration("idle", burst.idle, zeroIsAllowed: true)
        burst.hold = keys.duration("hold", burst.hold, zeroIsAllowed: true)
        burst.pause = keys.duration("pause", burst.pause, zeroIsAllowed: true)
        burst.control = keys.flag("control") ?? burst.control
        burst.connections = keys.word("connections", Stage.Connections.self) ?? burst.connections
        if let baseline = keys.take("baseline") {
            burst.baseline = self.baseline(baseline, keys.path(of: "baseline"))
        }
        keys.finish()
        return requests == nil ? nil : burst
    }

    /// nil = none: written as `false` or `none`.
    private func baseline(_ value: YAMLValue, _ path: String) -> PhaseShape.Burst.Baseline? {
        if value.plain == "none" || value.plain == "false" { return nil }
        var keys = MapReader(value, path: path, log: log, allowed: "{concurrency: 1, requests: 25}, or none")
        let standard = PhaseShape.Burst.Baseline()
        let concurrency = keys.take("concurrency").flatMap { width($0, keys.path(of: "concurrency")) }
        let requests = keys.count("requests", 1...Self.mostRequests)
        keys.finish()
        return .init(concurrency: concurrency ?? standard.concurrency, requests: requests ?? standard.requests)
    }

    private func steady(_ value: YAMLValue, _ path: String) -> PhaseShape.Steady? {
        var keys = MapReader(value, path: path, log: log)
        let concurrency = keys.take("concurrency").flatMap { width($0, keys.path(of: "concurrency")) }
        let duration = keys.duration("for")
        if !keys.has("concurrency") { keys.require("concurrency", "the requests to keep in flight, e.g. 32") }
        if !keys.has("for") { keys.require("for", Units.durationForm) }
        var steady = PhaseShape.Steady(concurrency: concurrency ?? 1, duration: duration ?? .seconds(60))
        steady.settle = keys.duration("settle", min(steady.settle, steady.duration / 2), zeroIsAllowed: true)
        steady.probeRate = probeRate(&keys)
        keys.finish()
        if steady.settle >= steady.duration { settleTooLong(keys, value, steady.settle, "for", steady.duration) }
        return concurrency == nil || duration == nil ? nil : steady
    }

    private func batch(_ value: YAMLValue, _ path: String) -> PhaseShape.Batch? {
        var keys = MapReader(value, path: path, log: log)
        let written = keys.take("requests")
        let requests = written.flatMap { $0.count(keys.path(of: "requests"), log, 1...Self.mostRequests) }
        let concurrency = keys.take("concurrency").flatMap { width($0, keys.path(of: "concurrency")) }
        let answers = keys.flag("answers")
        keys.finish()
        if !keys.has("concurrency") { keys.require("concurrency", "the requests to keep in flight, e.g. 128") }
        var listed: Int?
        var isNamed = false
        if case .list(let prompts) = workload.source {
            listed = prompts.count
            isNamed = prompts.contains { $0.id != nil }
        }
        if written == nil, listed == nil { keys.require("requests", "how many prompts the job has, e.g. 2000") }
        if let written, let requests, let listed, isNamed, requests > listed {
            let message = "read \(requests); allowed: up to \(listed), each of the file's prompts once"
            log.report(written.place, keys.path(of: "requests"), message)
            return nil
        }
        guard let count = written == nil ? listed : requests, count > 0, let concurrency else { return nil }
        var batch = PhaseShape.Batch(requests: count, concurrency: concurrency)
        batch.keepsAnswers = answers ?? (listed != nil)
        return batch
    }

    private func keepwarm(_ value: YAMLValue, _ path: String) -> PhaseShape.Keepwarm? {
        var keys = MapReader(value, path: path, log: log)
        let form = "pauses after which to look, e.g. [30s, 2m, 5m]"
        let gaps = keys.take("gaps").map { list in
            let values: [YAMLValue] = if case .list(let items) = list.content { items } else { [list] }
            if values.isEmpty { keys.report("gaps", list, allowed: form) }
            return values.enumerated().compactMap { index, value in
                value.duration("\(keys.path(of: "gaps")).\(index)", log, zeroIsAllowed: false)
            }
        }
        if gaps == nil { keys.require("gaps", form) }
        let repetitions = keys.count("repeat", 1...Self.mostCycles)
        keys.finish()
        guard let gaps, !gaps.isEmpty else { return nil }
        var keepwarm = PhaseShape.Keepwarm(gaps: gaps)
        for (index, gap) in gaps.enumerated() where gaps[..<index].contains(gap) {
            log.report(
                value.place,
                keys.path(of: "gaps"),
                "read \(Units.text(gap)) twice; for more probes of a gap use repeat"
            )
        }
        keepwarm.repetitions = repetitions ?? keepwarm.repetitions
        return keepwarm
    }

    private func probe(_ value: YAMLValue, _ path: String) -> PhaseShape.Probe? {
        var keys = MapReader(value, path: path, log: log)
        let requests = keys.count("requests", 1...Self.mostRequests)
        if !keys.has("requests") { keys.require("requests", "how many probes, e.g. 75") }
        var probe = PhaseShape.Probe(requests: requests ?? 1)
        probe.gap = keys.duration("gap", probe.gap, zeroIsAllowed: true)
        keys.finish()
        return requests == nil ? nil : probe
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
}
