import Schedule

/// Reads and writes a scenario's `habits`.
struct ServerHabitsReader {
    let log: ProblemLog

    func read(_ value: YAMLValue, path: String, base: ServerHabits) -> ServerHabits {
        var keys = MapReader(value, path: path, log: log)
        var habits = base
        habits.delivery = keys.word("delivery", ServerHabits.Delivery.self) ?? habits.delivery
        if let refuses = keys.take("refuses") { habits.refuses = refuses.texts(keys.path(of: "refuses"), log) }
        habits.ignoresCap = keys.count("ignores_cap", 1...100_000) ?? habits.ignoresCap
        habits.tellsUsage = keys.flag("tells_usage") ?? habits.tellsUsage
        habits.saysStop = keys.flag("says_stop") ?? habits.saysStop
        habits.thinks = keys.count("thinks", 0...100_000) ?? habits.thinks
        habits.thinksAlways = keys.flag("thinks_always") ?? habits.thinksAlways
        habits.retryAfter = keys.duration("retry_after", zeroIsAllowed: true) ?? habits.retryAfter
        if let limit = keys.take("rate_limit") {
            var inner = MapReader(
                limit,
                path: keys.path(of: "rate_limit"),
                log: log,
                allowed: "{requests: 60, per: 60s}"
            )
            let requests = inner.count("requests", 1...1_000_000)
            let period = inner.duration("per", .seconds(60))
            if !inner.has("requests") { inner.require("requests", "a whole number") }
            inner.finish()
            if let requests { habits.rateLimit = .init(requests: requests, period: period) }
        }
        habits.quotaAfter = keys.count("quota_after", 0...1_000_000_000) ?? habits.quotaAfter
        habits.errorsAreHTML = keys.flag("errors_are_html") ?? habits.errorsAreHTML
        habits.losesVectors = keys.count("loses_vectors", 0...100_000) ?? habits.losesVectors
        keys.finish()
        return habits
    }
}

extension ServerHabits {
    /// One line of YAML; nil where there is nothing odd about it.
    var text: String? {
        let standard = ServerHabits()
        var members: [String] = []
        func add(_ name: String, _ value: String, unless isStandard: Bool) {
            if !isStandard { members.append("\(name): \(value)") }
        }
        add("delivery", delivery.rawValue, unless: delivery == standard.delivery)
        let names = refuses.map { "\"\($0)\"" }.joined(separator: ", ")
        add("refuses", "[\(names)]", unless: refuses.isEmpty)
        add("ignores_cap", "\(ignoresCap ?? 0)", unless: ignoresCap == nil)
        add("tells_usage", "\(tellsUsage)", unless: tellsUsage)
        add("says_stop", "\(saysStop)", unless: !saysStop)
        add("thinks", "\(thinks)", unless: thinks == 0)
        add("thinks_always", "\(thinksAlways)", unless: !thinksAlways)
        if let retryAfter { add("retry_after", Units.text(retryAfter), unless: false) }
        if let rateLimit {
            add("rate_limit", "{requests: \(rateLimit.requests), per: \(Units.text(rateLimit.period))}", unless: false)
        }
        add("quota_after", "\(quotaAfter ?? 0)", unless: quotaAfter == nil)
        add("errors_are_html", "\(errorsAreHTML)", unless: !errorsAreHTML)
        add("loses_vectors", "\(losesVectors)", unless: losesVectors == 0)
        return members.isEmpty ? nil : "{\(members.joined(separator: ", "))}"
    }
}
