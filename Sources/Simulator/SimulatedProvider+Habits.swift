internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// What the scenario's habits make of a request, before it comes to the model.
extension SimulatedProvider {
    /// What a body says that only habits ask about.
    struct HabitFacts {
        var members: [String] = []
        var wantsNoReasoning = false
    }

    func habitFacts(_ body: [UInt8]) -> HabitFacts {
        let habits = scenario.habits
        guard !habits.refuses.isEmpty || habits.thinks > 0 else { return HabitFacts() }
        let members = parser.members(of: String(decoding: body, as: UTF8.self)) ?? []
        var facts = HabitFacts(members: members.map(\.name))
        facts.wantsNoReasoning = members.contains {
            $0.name == "reasoning_effort" && $0.json == "\"none\""
                || $0.name == "chat_template_kwargs" && $0.json.contains("\"enable_thinking\":false")
        }
        return facts
    }

    /// Whether the request is refused for a member of its body, and is answered here.
    func refusesMember(of facts: HabitFacts, _ exchange: HTTPExchange) -> Bool {
        guard let name = facts.members.first(where: scenario.habits.refuses.contains) else { return false }
        let words =
            name == "temperature"
            ? "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."
            : "Unsupported parameter: '\(name)' is not supported with this model."
        let code = name == "temperature" ? "unsupported_value" : "unsupported_parameter"
        refuse(exchange, 400, words, type: "invalid_request_error", parameter: name, code: code)
        return true
    }

    /// Tokens of reasoning ahead of the answer.
    func thinking(_ facts: HabitFacts, api: API) -> Int {
        guard api == .openAIChat else { return 0 }
        return facts.wantsNoReasoning && !scenario.habits.thinksAlways ? 0 : scenario.habits.thinks
    }

    /// The refusal of an account that is used up; nil while it is not.
    func refusesForQuota(_ exchange: HTTPExchange) -> Bool {
        guard let most = scenario.habits.quotaAfter, requests > most else { return false }
        let words = "You exceeded your current quota, please check your plan and billing details."
        refuse(exchange, 429, words, type: "insufficient_quota", code: "insufficient_quota")
        return true
    }

    /// Counts the request in its stretch of time; what is said of the limit, and how long to wait where it is passed.
    func countAgainstLimit(at now: Instant) -> (headers: [(String, String)], wait: Duration?) {
        guard let limit = scenario.habits.rateLimit else { return ([], nil) }
        if now >= limitWindow.end {
            limitWindow = LimitWindow(end: now.advanced(by: limit.period), used: 0)
        }
        limitWindow.used += 1
        let left = limitWindow.end.nanoseconds(since: now)
        let headers = [
            ("x-ratelimit-limit-requests", "\(limit.requests)"),
            ("x-ratelimit-remaining-requests", "\(max(0, limit.requests - limitWindow.used))"),
            ("x-ratelimit-reset-requests", "\(left / 1_000_000)ms"),
        ]
        return (headers, limitWindow.used > limit.requests ? .nanoseconds(left) : nil)
    }

    /// Whole seconds for everybody, milliseconds for who reads them.
    func waitHeaders(_ wait: Duration) -> [(String, String)] {
        let nanoseconds = max(0, wait.nanoseconds)
        return [
            ("Retry-After", "\((nanoseconds + 999_999_999) / 1_000_000_000)"),
            ("Retry-After-Ms", "\(nanoseconds / 1_000_000)"),
        ]
    }
}

/// The present stretch of a rate limit.
struct LimitWindow {
    var end = Instant.zero
    var used = 0
}
