import Schedule

/// `keepwarm: {gaps: [30s, 2m, 5m], repeat: 5}`.
extension PhaseShape.Keepwarm: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Keepwarm? {
        var keys = MapReader(value, path: path, log: reader.log)
        let form = "pauses after which to look, e.g. [30s, 2m, 5m]"
        let gaps = keys.take("gaps").map { list in
            let values: [YAMLValue] = if case .list(let items) = list.content { items } else { [list] }
            if values.isEmpty { keys.report("gaps", list, allowed: form) }
            return values.enumerated().compactMap { index, value in
                value.duration("\(keys.path(of: "gaps")).\(index)", reader.log, zeroIsAllowed: false)
            }
        }
        if gaps == nil { keys.require("gaps", form) }
        let repetitions = keys.count("repeat", 1...PhaseReader.mostCycles)
        keys.finish()
        guard let gaps, !gaps.isEmpty else { return nil }
        var keepwarm = PhaseShape.Keepwarm(gaps: gaps)
        for (index, gap) in gaps.enumerated() where gaps[..<index].contains(gap) {
            reader.log.report(
                value.place,
                keys.path(of: "gaps"),
                "read \(Units.text(gap)) twice; for more probes of a gap use repeat"
            )
        }
        keepwarm.repetitions = repetitions ?? keepwarm.repetitions
        return keepwarm
    }

    var text: String {
        flow([("gaps", "[\(gaps.map(Units.text).joined(separator: ", "))]"), ("repeat", "\(repetitions)")])
    }
}
