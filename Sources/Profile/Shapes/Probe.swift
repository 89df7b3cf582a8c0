import Schedule

/// `probe: {requests: 75, gap: 3s}`.
extension PhaseShape.Probe: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Probe? {
        var keys = MapReader(value, path: path, log: reader.log)
        let requests = keys.count("requests", 1...PhaseReader.mostRequests)
        if !keys.has("requests") { keys.require("requests", "how many probes, e.g. 75") }
        var probe = PhaseShape.Probe(requests: requests ?? 1)
        probe.gap = keys.duration("gap", probe.gap, zeroIsAllowed: true)
        keys.finish()
        return requests == nil ? nil : probe
    }

    var text: String {
        flow([("requests", "\(requests)"), ("gap", Units.text(gap))])
    }
}
