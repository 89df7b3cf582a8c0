internal import Schedule
internal import Ticks

/// What serves one request: a function of the rules, the seed, the request's number and the tier it asks for.
struct ServingChoice: Sendable, Hashable {
    var model: String?  // nil = the one that is asked for
    var tier: String?  // nil = the standard one
    var speed = 1.0

    init(scenario: Scenario, request number: Int, tier asked: String?) {
        var draw = SplitMix64(
            seed: scenario.seed &+ UInt64(bitPattern: Int64(number)) &* 0x9e37_79b9_7f4a_7c15,
            stream: "serving"
        )
        let (tierDraw, modelDraw) = (draw.unit(), draw.unit())
        let rules = scenario.serving
        tier = asked
        if let asked, let rule = rules.tiers.first(where: { $0.name == asked }) {
            if tierDraw < rule.downgraded { tier = nil } else { speed = rule.speed }
        }
        var left = modelDraw * rules.models.reduce(0) { $0 + $1.weight }
        for (place, model) in rules.models.enumerated() {
            left -= model.weight
            guard left < 0 || place == rules.models.count - 1 else { continue }
            self.model = model.name
            speed *= model.speed
            break
        }
    }
}
