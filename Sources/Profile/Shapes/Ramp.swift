import Schedule

/// `ramp: {concurrency: [1, 2, 4], hold: 30s}`.
extension PhaseShape.Ramp: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Ramp? {
        var keys = MapReader(value, path: path, log: reader.log)
        var ramp = PhaseShape.Ramp(concurrency: levels(&keys, reader))
        ramp.hold = keys.duration("hold", ramp.hold)
        ramp.settle = keys.duration("settle", min(ramp.settle, ramp.hold / 2), zeroIsAllowed: true)
        ramp.holdMax = keys.duration("hold_max", ramp.hold * 5)
        ramp.direction = keys.word("direction", PhaseShape.Ramp.Direction.self) ?? ramp.direction
        if let minimum = keys.take("min_requests"), minimum.plain != "auto" {
            ramp.minRequests = minimum.count(
                keys.path(of: "min_requests"),
                reader.log,
                0...PhaseReader.mostRequests,
                note: ", or auto"
            )
        }
        keys.finish()
        if ramp.settle >= ramp.hold { reader.settleTooLong(keys, value, ramp.settle, "hold", ramp.hold) }
        if ramp.holdMax < ramp.hold {
            let place = value["hold_max"]?.place ?? value.place
            let (least, read) = (Units.text(ramp.hold), Units.text(ramp.holdMax))
            reader.log.report(place, keys.path(of: "hold_max"), "read \(read); allowed: hold (\(least)) or more")
        }
        return ramp.concurrency.isEmpty ? nil : ramp
    }

    private static func levels(_ keys: inout MapReader, _ reader: PhaseReader) -> [Int] {
        let path = keys.path(of: "concurrency")
        if let list = keys.take("concurrency") {
            for key in ["from", "to", "factor"] where keys.take(key) != nil {
                reader.log.report(
                    list.place,
                    path,
                    "read a list beside \(key); allowed: concurrency, or from, to and factor"
                )
            }
            let values: [YAMLValue]
            if case .list(let items) = list.content { values = items } else { values = [list] }
            if values.isEmpty || values.count > PhaseReader.mostLevels {
                reader.log.report(
                    list.place,
                    path,
                    "read \(list.shown); allowed: 1 to \(PhaseReader.mostLevels) levels"
                )
                return []
            }
            return values.enumerated().compactMap { index, value in reader.width(value, "\(path).\(index)") }
        }
        let ends = ["from", "to"].map { key in keys.take(key).map { reader.width($0, keys.path(of: key)) } }
        guard let from = ends[0], let to = ends[1] else {
            reader.log.report(keys.place, path, "missing; a ramp needs concurrency: [1, 2, 4], or from, to and factor")
            _ = keys.take("factor")
            return []
        }
        let factor = keys.number("factor", 1.01...1000) ?? 2
        guard let from, let to else { return [] }
        guard from <= to else {
            reader.log.report(
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
        while levels.count < PhaseReader.mostLevels, let last = levels.last, last < to {
            exact = max(exact * factor, Double(last + 1))
            levels.append(exact >= Double(to) ? to : Int(exact.rounded()))
        }
        return levels
    }

    var text: String {
        flow([
            ("concurrency", "[\(concurrency.map(String.init).joined(separator: ", "))]"),
            ("hold", Units.text(hold)), ("settle", Units.text(settle)),
            ("min_requests", minRequests.map(String.init) ?? "auto"),
            ("hold_max", Units.text(holdMax)), ("direction", direction.rawValue),
        ])
    }
}
