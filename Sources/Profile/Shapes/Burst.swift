import Schedule

/// `burst: {requests: 64, idle: 60s, hold: 30s}`.
extension PhaseShape.Burst: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Burst? {
        var keys = MapReader(value, path: path, log: reader.log)
        let requests = keys.take("requests").flatMap { reader.width($0, keys.path(of: "requests")) }
        if !keys.has("requests") { keys.require("requests", "the width of the burst, e.g. 64") }
        var burst = PhaseShape.Burst(requests: requests ?? 1)
        burst.cycles = keys.count("repeat", 1...PhaseReader.mostCycles) ?? burst.cycles
        burst.idle = keys.duration("idle", burst.idle, zeroIsAllowed: true)
        burst.hold = keys.duration("hold", burst.hold, zeroIsAllowed: true)
        burst.pause = keys.duration("pause", burst.pause, zeroIsAllowed: true)
        burst.control = keys.flag("control") ?? burst.control
        burst.connections = keys.word("connections", ClosedLoad.Connections.self) ?? burst.connections
        if let baseline = keys.take("baseline") {
            burst.baseline = Self.baseline(baseline, keys.path(of: "baseline"), reader)
        }
        keys.finish()
        return requests == nil ? nil : burst
    }

    /// nil = none: written as `false` or `none`.
    private static func baseline(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> Baseline? {
        if value.plain == "none" || value.plain == "false" { return nil }
        var keys = MapReader(value, path: path, log: reader.log, allowed: "{concurrency: 1, requests: 25}, or none")
        let standard = Baseline()
        let concurrency = keys.take("concurrency").flatMap { reader.width($0, keys.path(of: "concurrency")) }
        let requests = keys.count("requests", 1...PhaseReader.mostRequests)
        keys.finish()
        return .init(concurrency: concurrency ?? standard.concurrency, requests: requests ?? standard.requests)
    }

    var text: String {
        flow([
            ("requests", "\(requests)"), ("repeat", "\(cycles)"), ("idle", Units.text(idle)),
            ("hold", Units.text(hold)),
            ("baseline", baseline.map { "{concurrency: \($0.concurrency), requests: \($0.requests)}" } ?? "none"),
            ("control", "\(control)"), ("pause", Units.text(pause)), ("connections", connections.rawValue),
        ])
    }
}
