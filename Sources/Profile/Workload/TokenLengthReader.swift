import Schedule

extension YAMLValue {
    /// `256`, `{uniform: [64, 256]}`, `{normal: {mean: 256, stddev: 64}}`, `{log_normal: {median: 200, sigma: 0.5}}` or
    /// `{list: [64, 256, 1024]}`.
    func tokenLength(_ path: String, _ log: ProblemLog, longest: Int) -> TokenLength? {
        guard case .map = content else {
            return count(path, log, 1...longest, note: ", or {uniform: [64, 256]}").map { .fixed($0) }
        }
        var keys = MapReader(self, path: path, log: log)
        let kinds = ["uniform", "normal", "log_normal", "list"].map { ($0, keys.take($0)) }
        keys.finish()
        let given = kinds.compactMap { kind, value in value.map { (kind, $0) } }
        guard given.count == 1, let (kind, value) = given.first else {
            let form = "a number, or one of {uniform: [least, greatest]}, {normal: {mean, stddev}}, "
            log.report(place, path, "read \(shown); allowed: \(form)\("{log_normal: {median, sigma}}, {list: [...]}")")
            return nil
        }
        let path = "\(path).\(kind)"
        switch kind {
        case "normal", "log_normal":
            var inner = MapReader(value, path: path, log: log)
            let (centre, spread) = kind == "normal" ? ("mean", "stddev") : ("median", "sigma")
            let middle = inner.number(centre, 1...Double(longest))
            let width = inner.number(spread, 0...(kind == "normal" ? Double(longest) : 3))
            inner.finish()
            guard let middle, let width else {
                if !inner.has(centre) { inner.require(centre, "tokens, e.g. 256") }
                if !inner.has(spread) { inner.require(spread, kind == "normal" ? "tokens, e.g. 64" : "e.g. 0.5") }
                return nil
            }
            return kind == "normal" ? .normal(mean: middle, deviation: width) : .logNormal(median: middle, sigma: width)
        default:
            guard case .list(let values) = value.content, kind == "list" ? !values.isEmpty : values.count == 2 else {
                let form = kind == "list" ? "at least one number" : "[least, greatest]"
                log.report(place, path, "read \(value.shown); allowed: \(form)")
                return nil
            }
            let numbers = values.compactMap { $0.count(path, log, 1...longest) }
            guard numbers.count == values.count else { return nil }
            if kind == "list" { return .list(numbers) }
            guard numbers[0] <= numbers[1] else {
                log.report(value.place, path, "read [\(numbers[0]), \(numbers[1])]; allowed: the least first")
                return nil
            }
            return .uniform(numbers[0], numbers[1])
        }
    }
}

extension TokenLength {
    /// As it is written in a profile.
    var yaml: String {
        switch self {
        case .fixed(let tokens): "\(tokens)"
        case .uniform(let least, let greatest): "{uniform: [\(least), \(greatest)]}"
        case .normal(let mean, let deviation): "{normal: {mean: \(mean), stddev: \(deviation)}}"
        case .logNormal(let median, let sigma): "{log_normal: {median: \(median), sigma: \(sigma)}}"
        case .list(let tokens): "{list: [\(tokens.map(String.init).joined(separator: ", "))]}"
        }
    }
}
