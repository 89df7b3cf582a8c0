import Schedule
import Wire

/// Reads how a simulated provider chooses what serves a request.
struct ServingRulesReader {
    let log: ProblemLog

    func read(_ value: YAMLValue, path: String, base: ServingRules) -> ServingRules {
        var keys = MapReader(value, path: path, log: log)
        defer { keys.finish() }
        var rules = base
        if let tiers = rows("tiers", &keys) {
            rules.tiers = tiers.map { name, row in
                var row = row
                defer { row.finish() }
                let speed = row.number("speed", 0.01...1000) ?? 1
                return .init(name: name, speed: speed, downgraded: row.number("downgraded", 0...1) ?? 0)
            }
        }
        if let models = rows("models", &keys) {
            rules.models = models.map { name, row in
                var row = row
                defer { row.finish() }
                let weight = row.number("weight", 0.000001...1_000_000) ?? 1
                return .init(name: name, weight: weight, speed: row.number("speed", 0.01...1000) ?? 1)
            }
        }
        if let router = keys.take("router") {
            rules.router = self.router(router, path: keys.path(of: "router"))
        }
        rules.cacheWriteShare = keys.number("cache_write_share", 0...1) ?? rules.cacheWriteShare
        rules.cacheWritesForHour = keys.flag("cache_write_1h") ?? rules.cacheWritesForHour
        return rules
    }

    /// `random`, or what tells a session.
    private func router(_ value: YAMLValue, path: String) -> ServingRules.Router? {
        if value.plain == "random" { return ServingRules.Router() }
        guard case .map = value.content else {
            log.report(value.place, path, "read \(value.shown); allowed: random, \(SessionReader.allowed)")
            return nil
        }
        switch SessionReader(log: log).read(value, path: path) {
        case .header(let name): return ServingRules.Router(key: .header(name))
        case .body(let name): return ServingRules.Router(key: .body(name))
        case .echo(let name): return ServingRules.Router(key: .echo(name))
        case nil: return nil
        }
    }

    private func rows(_ key: String, _ keys: inout MapReader) -> [(String, MapReader)]? {
        guard let value = keys.take(key) else { return nil }
        guard case .map(let rows) = value.content else {
            keys.report(key, value, allowed: "a map of names to {speed: 1}")
            return nil
        }
        return rows.map { ($0.key, MapReader($0.value, path: "\(keys.path(of: key)).\($0.key)", log: log)) }
    }
}

extension ServingRules {
    /// One line of YAML; nil where nothing is chosen.
    var text: String? {
        guard self != ServingRules() else { return nil }
        func map(_ rows: [(String, String)]) -> String? {
            rows.isEmpty ? nil : flow(rows.map { (quoted($0.0), Optional($0.1)) })
        }
        return flow([
            ("tiers", map(tiers.map { ($0.name, "{speed: \($0.speed), downgraded: \($0.downgraded)}") })),
            ("models", map(models.map { ($0.name, "{weight: \($0.weight), speed: \($0.speed)}") })),
            ("cache_write_share", cacheWriteShare == 0 ? nil : "\(cacheWriteShare)"),
            ("router", router.map(\.text)), ("cache_write_1h", cacheWritesForHour ? "true" : nil),
        ])
    }
}

extension ServingRules.Router {
    fileprivate var text: String {
        switch key {
        case nil: "random"
        case .header(let name): "{header: \(quoted(name))}"
        case .body(let name): "{body: \(quoted(name))}"
        case .echo(let name): "{echo: \(quoted(name))}"
        }
    }
}
