import Schedule

/// `steady: {concurrency: 32, for: 2h}`.
extension PhaseShape.Steady: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Steady? {
        var keys = MapReader(value, path: path, log: reader.log)
        let concurrency = keys.take("concurrency").flatMap { reader.width($0, keys.path(of: "concurrency")) }
        let duration = keys.duration("for")
        if !keys.has("concurrency") { keys.require("concurrency", "the requests to keep in flight, e.g. 32") }
        if !keys.has("for") { keys.require("for", Units.durationForm) }
        var steady = PhaseShape.Steady(concurrency: concurrency ?? 1, duration: duration ?? .seconds(60))
        steady.settle = keys.duration("settle", min(steady.settle, steady.duration / 2), zeroIsAllowed: true)
        steady.probeRate = reader.probeRate(&keys)
        keys.finish()
        if steady.settle >= steady.duration { reader.settleTooLong(keys, value, steady.settle, "for", steady.duration) }
        return concurrency == nil || duration == nil ? nil : steady
    }

    var text: String {
        flow([
            ("concurrency", "\(concurrency)"), ("for", Units.text(duration)), ("settle", Units.text(settle)),
            ("probe_rate", probeRate.map { "\($0)" }),
        ])
    }
}
