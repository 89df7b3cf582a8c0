import Schedule

extension YAMLValue {
    /// `20s`, `{uniform: [10s, 30s]}` or `{log_normal: {median: 20s, sigma: 0.3}}`.
    func distribution(_ path: String, _ log: ProblemLog) -> DurationDistribution? {
        guard case .map = content else {
            return duration(path, log, zeroIsAllowed: true).map { .constant($0) }
        }
        var keys = MapReader(self, path: path, log: log)
        let uniform = keys.take("uniform")
        let logNormal = keys.take("log_normal")
        keys.finish()
        if let logNormal, uniform == nil {
            var inner = MapReader(logNormal, path: "\(path).log_normal", log: log)
            let median = inner.duration("median")
            let sigma = inner.number("sigma", 0...5) ?? 0
            if !inner.has("median") { inner.require("median", Units.durationForm) }
            inner.finish()
            return median.map { .logNormal(median: $0, sigma: sigma) }
        }
        guard let uniform, logNormal == nil, case .list(let ends) = uniform.content, ends.count == 2 else {
            let form = "a duration, {uniform: [10s, 30s]} or {log_normal: {median: 20s, sigma: 0.3}}"
            log.report(place, path, "read \(shown); allowed: \(form)")
            return nil
        }
        let durations = ends.compactMap { $0.duration("\(path).uniform", log, zeroIsAllowed: true) }
        guard durations.count == 2 else { return nil }
        guard durations[0] <= durations[1] else {
            log.report(uniform.place, "\(path).uniform", "read the greatest first; allowed: [least, greatest]")
            return nil
        }
        return .uniform(durations[0], durations[1])
    }
}

extension DurationDistribution {
    /// As it is written in a profile or a scenario.
    var yaml: String {
        switch self {
        case .constant(let value): Units.text(value)
        case .uniform(let least, let greatest): "{uniform: [\(Units.text(least)), \(Units.text(greatest))]}"
        case .logNormal(let median, let sigma): "{log_normal: {median: \(Units.text(median)), sigma: \(sigma)}}"
        }
    }
}
