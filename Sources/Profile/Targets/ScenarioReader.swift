public import Schedule
import Wire

/// Simulated providers by name, from a file, or written out in a profile.
public enum ScenarioCatalogue {
    public static let names = ["serverless", "steady", "slots16", "keepwarm", "keepwarm-random"]

    /// A built-in scenario, or one in a YAML file: what has a slash or ends in .yaml is a path.
    /// - Parameter origin: where it was said, for errors.
    public static func scenario(_ nameOrPath: String, from origin: String = "scenario") throws(ProfileError) -> Scenario
    {
        let log = ProblemLog()
        let value = YAMLValue.text(nameOrPath, at: ProfileError.Place(source: origin))
        let scenario = ScenarioReader(log: log) { path, _ in path }.read(value, path: "")
        try log.throwIfAny()
        return scenario
    }

    /// The YAML of a built-in scenario.
    static func text(_ name: String) -> String? {
        switch name {
        case "serverless": String(decoding: PackageResources.serverless_yaml, as: UTF8.self)
        case "steady": String(decoding: PackageResources.steady_yaml, as: UTF8.self)
        case "keepwarm": String(decoding: PackageResources.keepwarm_yaml, as: UTF8.self)
        case "keepwarm-random": String(decoding: PackageResources.keepwarm_random_yaml, as: UTF8.self)
        case "slots16": String(decoding: PackageResources.slots16_yaml, as: UTF8.self)
        default: nil
        }
    }
}

/// Reads a scenario: a name, a path, or a map of keys on top of the scenario that `from` names.
struct ScenarioReader {
    private let log: ProblemLog
    private let pathOfFile: (String, ProfileError.Place) -> String

    init(log: ProblemLog, pathOfFile: @escaping (String, ProfileError.Place) -> String) {
        self.log = log
        self.pathOfFile = pathOfFile
    }

    func read(_ value: YAMLValue, path: String) -> Scenario {
        read(value, path: path, depth: 0)
    }

    /// - Parameter depth: of scenarios that name others; more than eight are a circle.
    private func read(_ value: YAMLValue, path: String, depth: Int) -> Scenario {
        if case .map = value.content { return keys(value, path: path, depth: depth) }
        guard let name = value.plain, !name.isEmpty, depth < 8 else {
            log.report(value.place, path, "read \(value.shown); allowed: \(Self.allowed), or a map of its keys")
            return Scenario(name: "")
        }
        if let text = ScenarioCatalogue.text(name) { return parse(text, source: "\(name).yaml", depth: depth) }
        guard name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
            let hint = Spelling.hint(name, among: ScenarioCatalogue.names)
            log.report(
                value.place,
                path,
                "read \(value.shown): no scenario of that name is known; allowed: \(Self.allowed)\(hint)"
            )
            return Scenario(name: "")
        }
        do {
            return parse(try TextFile.read(pathOfFile(name, value.place)), source: name, depth: depth)
        } catch {
            log.report(value.place, path, "the file \(name) \(error.message)")
            return Scenario(name: "")
        }
    }

    private static let allowed = ScenarioCatalogue.names.joined(separator: ", ") + ", the path of a .yaml file"

    private func parse(_ text: String, source: String, depth: Int) -> Scenario {
        do {
            let root = try YAMLValue(parsing: text, source: source, isFile: true)
            guard case .map = root.content else {
                log.report(root.place, "", "read \(root.shown); allowed: a map of a scenario's keys")
                return Scenario(name: "")
            }
            return keys(root, path: "", depth: depth + 1)
        } catch {
            for problem in error.problems {
                log.report(problem.place, problem.key, problem.message, kind: problem.kind)
            }
            return Scenario(name: "")
        }
    }

    private func keys(_ value: YAMLValue, path: String, depth: Int) -> Scenario {
        var keys = MapReader(value, path: path, log: log)
        var scenario = Scenario(name: "custom")
        if let base = keys.take("from") { scenario = read(base, path: keys.path(of: "from"), depth: depth + 1) }
        scenario.name = keys.text("name") ?? scenario.name
        if let replicas = keys.take("replicas") { read(replicas: replicas, keys.path(of: "replicas"), &scenario) }
        scenario.slotsPerReplica = keys.count("slots", 1...100_000) ?? scenario.slotsPerReplica
        if let start = keys.take("cold_start") {
            scenario.coldStart = start.distribution(keys.path(of: "cold_start"), log) ?? scenario.coldStart
        }
        if let idle = keys.take("idle_timeout") {
            scenario.idleTimeout =
                idle.plain == "never"
                ? nil : idle.distribution(keys.path(of: "idle_timeout"), log) ?? scenario.idleTimeout
        }
        if let rule = keys.take("scale_up") {
            var inner = MapReader(rule, path: keys.path(of: "scale_up"), log: log)
            let load = inner.count("load_per_replica", 1...1_000_000)
            scenario.scaleUp.loadPerReplica = load ?? scenario.scaleUp.loadPerReplica
            scenario.scaleUp.delay = inner.duration("delay", scenario.scaleUp.delay, zeroIsAllowed: true)
            inner.finish()
        }
        if let prefill = keys.take("prefill") {
            var inner = MapReader(prefill, path: keys.path(of: "prefill"), log: log)
            scenario.prefill.base = inner.duration("base", scenario.prefill.base, zeroIsAllowed: true)
            let perThousand = inner.duration("per_1k_tokens", zeroIsAllowed: true)
            scenario.prefill.perThousandTokens = perThousand ?? scenario.prefill.perThousandTokens
            inner.finish()
        }
        if let step = keys.take("step") {
            var inner = MapReader(step, path: keys.path(of: "step"), log: log)
            scenario.step.base = inner.duration("base", scenario.step.base)
            scenario.step.perActive = inner.duration("per_active", scenario.step.perActive, zeroIsAllowed: true)
            inner.finish()
        }
        scenario.queueLimit = keys.count("queue_limit", 0...1_000_000) ?? scenario.queueLimit
        scenario.tokensPerStep = keys.count("tokens_per_step", 1...1000) ?? scenario.tokensPerStep
        scenario.jitter = keys.number("jitter", 0...0.99) ?? scenario.jitter
        if let hours = keys.take("hours") {
            scenario.hours = self.hours(hours, keys.path(of: "hours")) ?? scenario.hours
        }
        if let stops = keys.take("stops_after") {
            scenario.stopsAfter = stops.plain == "never" ? nil : range(stops, keys.path(of: "stops_after"))
        }
        scenario.timeScale = keys.number("time_scale", 0.0001...1000) ?? scenario.timeScale
        scenario.seed = keys.count("seed", 0...Int.max).map { UInt64($0) } ?? scenario.seed
        if let failures = keys.take("failures") { read(failures: failures, keys.path(of: "failures"), &scenario) }
        if let habits = keys.take("habits") {
            let reader = ServerHabitsReader(log: log)
            scenario.habits = reader.read(habits, path: keys.path(of: "habits"), base: scenario.habits)
        }
        if let faults = keys.take("faults") {
            scenario.faults = self.faults(faults, keys.path(of: "faults"))
        }
        if let name = keys.text("dialect") {
            scenario.dialect = name == "none" ? nil : name
            if name != "none", ServedDialect(named: name) == nil, let value = value["dialect"] {
                let hint = Spelling.hint(name, among: ServedDialect.names)
                keys.report(
                    "dialect",
                    value,
                    allowed: "none, or one of \(ServedDialect.names.joined(separator: ", "))\(hint)"
                )
            }
        }
        if let name = keys.text("metrics") {
            scenario.metrics = Scenario.MetricNames(rawValue: name)
            if name != "none", scenario.metrics == nil, let value = value["metrics"] {
                let names = Scenario.MetricNames.allCases.map(\.rawValue)
                let hint = Spelling.hint(name, among: names)
                keys.report("metrics", value, allowed: "none, or one of \(names.joined(separator: ", "))\(hint)")
            }
        }
        if let rule = keys.take("prompt_tokens") {
            var inner = MapReader(rule, path: keys.path(of: "prompt_tokens"), log: log)
            scenario.promptTokens.bytesPerToken =
                inner.number("bytes_per_token", 0.25...100) ?? scenario.promptTokens.bytesPerToken
            scenario.promptTokens.template = inner.count("template", 0...100_000) ?? scenario.promptTokens.template
            inner.finish()
        }
        scenario.reasoningTokens = keys.count("reasoning_tokens", 0...1_000_000) ?? scenario.reasoningTokens
        scenario.cachedShare = keys.number("cached_share", 0...1) ?? scenario.cachedShare
        if let serving = keys.take("serving") {
            let reader = ServingRulesReader(log: log)
            scenario.serving = reader.read(serving, path: keys.path(of: "serving"), base: scenario.serving)
        }
        keys.finish()
        return scenario
    }

    /// `all`, or a list of their names.
    private func faults(_ value: YAMLValue, _ path: String) -> [Fault] {
        if value.plain == "all" { return Fault.allCases }
        let names = Fault.allCases.map(\.rawValue)
        return value.texts(path, log).compactMap { name in
            if let fault = Fault(rawValue: name) { return fault }
            let hint = Spelling.hint(name, among: names)
            log.report(
                value.place,
                path,
                "read \"\(name)\"; allowed: all, or some of \(names.joined(separator: ", "))\(hint)"
            )
            return nil
        }
    }

    private func read(replicas value: YAMLValue, _ path: String, _ scenario: inout Scenario) {
        if case .scalar = value.content {
            guard let count = value.count(path, log, 1...1000, note: ", or {min: 0, max: 4}") else { return }
            (scenario.replicasMin, scenario.replicasMax) = (count, count)
            return
        }
        var keys = MapReader(value, path: path, log: log)
        let least = keys.count("min", 0...1000) ?? scenario.replicasMin
        let most = keys.count("max", 1...1000) ?? max(least, scenario.replicasMax)
        keys.finish()
        if least > most { log.report(value.place, path, "read min \(least), max \(most); allowed: min up to max") }
        (scenario.replicasMin, scenario.replicasMax) = (least, most)
    }

    private func hours(_ value: YAMLValue, _ path: String) -> [Scenario.Hour]? {
        guard case .list(let entries) = value.content else {
            let form = "[{at: 0s, speed: 1}, {at: 1m, speed: 0.7}]"
            log.report(value.place, path, "read \(value.shown); allowed: a list such as \(form)")
            return nil
        }
        let hours = entries.enumerated().compactMap { place, entry -> Scenario.Hour? in
            var keys = MapReader(entry, path: "\(path).\(place)", log: log)
            let at = keys.duration("at", zeroIsAllowed: true)
            let speed = keys.number("speed", 0.001...1000)
            keys.finish()
            guard let at, let speed else {
                if at == nil {
                    log.report(entry.place, "\(path).\(place).at", "missing; a time since the start such as 1m")
                }
                if speed == nil {
                    log.report(entry.place, "\(path).\(place).speed", "missing; 1 is as written, 0.5 half as fast")
                }
                return nil
            }
            return Scenario.Hour(at: at, speed: speed)
        }
        guard zip(hours, hours.dropFirst()).allSatisfy({ $0.at < $1.at }) else {
            log.report(value.place, path, "allowed: each time later than the one before")
            return nil
        }
        return hours
    }

    private func range(_ value: YAMLValue, _ path: String) -> ClosedRange<Int>? {
        guard case .list(let ends) = value.content, ends.count == 2 else {
            log.report(value.place, path, "read \(value.shown); allowed: [least, greatest] tokens, or never")
            return nil
        }
        let counts = ends.compactMap { $0.count(path, log, 1...10_000_000) }
        guard counts.count == 2 else { return nil }
        guard counts[0] <= counts[1] else {
            log.report(value.place, path, "read [\(counts[0]), \(counts[1])]; allowed: the least first")
            return nil
        }
        return counts[0]...counts[1]
    }

    private func read(failures value: YAMLValue, _ path: String, _ scenario: inout Scenario) {
        var keys = MapReader(value, path: path, log: log)
        var failures = scenario.failures
        failures.rateLimited = keys.number("rate_limited", 0...1) ?? failures.rateLimited
        failures.serverError = keys.number("server_error", 0...1) ?? failures.serverError
        failures.truncated = keys.number("truncated", 0...1) ?? failures.truncated
        failures.empty = keys.number("empty", 0...1) ?? failures.empty
        failures.inbandError = keys.number("inband_error", 0...1) ?? failures.inbandError
        failures.stalled = keys.number("stalled", 0...1) ?? failures.stalled
        keys.finish()
        if failures.total > 1 {
            log.report(value.place, path, "the shares add up to \(failures.total); allowed: at most 1")
        }
        scenario.failures = failures
    }
}
