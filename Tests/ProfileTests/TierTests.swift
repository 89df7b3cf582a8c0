import Testing
import Ticks
import Wire

@testable import Profile

@Suite struct TierTests {
    private func target(_ yaml: String) throws -> Target {
        try #require(try read(ramp + "targets: [\(yaml)]\n").targets.first)
    }

    private func problem(_ yaml: String) -> String { problems(ramp + "targets: [\(yaml)]\n").joined(separator: "\n") }

    /// A tier as each provider wants to be asked, and the words of its answers.
    @Test(arguments: [
        ("openai", "fast", #""service_tier":"fast""#, "", ["fast", "priority"]),
        ("openai", "ultrafast", #""service_tier":"ultrafast""#, "", ["ultrafast"]),
        ("openai", "standard", #""service_tier":"default""#, "", ["default"]),
        ("anthropic", "fast", #""speed":"fast""#, "anthropic-beta: fast-mode-2026-02-01", ["fast"]),
        ("anthropic", "standard", #""service_tier":"standard_only""#, "", ["standard"]),
        ("google", "priority", #""service_tier":"priority""#, "", ["priority"]),
        ("groq", "standard", #""service_tier":"on_demand""#, "", ["on_demand"]),
        ("cerebras", "flex", #""service_tier":"flex""#, "", ["flex"]),
        ("fireworks", "priority", #""service_tier":"priority""#, "", ["priority"]),
        (
            "azure, url: 'https://x.openai.azure.com/openai/v1'", "priority", #""service_tier":"priority""#, "",
            ["priority", "fast"]
        ),
        ("openai-compatible, url: 'h:1'", "turbo", #""service_tier":"turbo""#, "", ["turbo"]),
        ("openai-compatible, api: anthropic, url: 'h:1'", "fast", #""speed":"fast""#, "", ["fast"]),
    ]) func `a tier is asked for as the provider wants`(
        provider: String,
        tier: String,
        member: String,
        header: String,
        words: [String]
    )
        throws
    {
        let target = try target("{provider: \(provider), model: m, key: {env: K}, tier: \(tier)}")
        #expect(target.tier?.name == tier && target.tier?.words == words)
        var request = ChatRequest(model: "m", messages: [.init(role: "user", content: "a")], provider: target.provider)
        request.maxTokens = 8
        let body = String(decoding: request.body(api: target.provider.api), as: UTF8.self)
        #expect(body.contains(member), "\(body)")
        let headers = target.provider.headers.map { "\($0.name): \($0.value)" }
        #expect(header.isEmpty ? !headers.contains { $0.contains("beta") } : headers.contains(header))
    }

    @Test func `a tier that is not sold is an error that names those that are`() {
        #expect(
            problem("{provider: openai, model: m, key: {env: K}, tier: fest}").hasSuffix(
                "targets.0.tier: read \"fest\"; allowed: standard, fast, priority, ultrafast, flex; did you mean fast?"
            )
        )
        #expect(problem("{url: 'h:1', api: ollama, model: m, tier: fast}").contains("ollama knows none"))
        #expect(problem("{url: 'h:1', model: m, tier: 'a b'}").contains("the name of a tier of service"))
    }

    @Test(arguments: [
        ("{header: X-Replica}", ServedBySource.header("x-replica")),
        ("{json: /provider}", .json(JSONPointer("/provider")!)),
    ]) func `who answers is told by a header or a pointer`(yaml: String, source: ServedBySource) throws {
        #expect(try target("{url: 'h:1', model: m, served_by: \(yaml)}").provider.servedBy == source)
    }

    @Test(arguments: [
        ("{json: provider}", "allowed: a pointer such as /provider (RFC 6901)"),
        ("{header: 'a b'}", "allowed: the name of a header"), ("{}", "{header: NAME} or {json: /pointer}, one of them"),
        ("{header: x, json: /a}", "one of them"), ("x-replica", "allowed: {header: NAME} or {json: /pointer}"),
        ("{heder: x}", "unknown key; allowed: header, json; did you mean header?"),
    ]) func `a source that is none is named`(yaml: String, words: String) {
        #expect(problem("{url: 'h:1', model: m, served_by: \(yaml)}").contains(words))
    }

    @Test func `a preset knows who answers`() throws {
        let target = try target("{provider: openrouter, model: m, key: {env: K}}")
        #expect(target.provider.servedBy == .json(JSONPointer("/provider")!))
    }

    @Test func `a price has kinds of tokens, tiers and models, and its resolved form is the same`() throws {
        let price =
            "{input: 1, cached_input: 0.1, cache_write: 1.25, cache_write_1h: 2, output: 4, reasoning: 3, source: contract, "
            + "tiers: {fast: 2.5, flex: {input: 0.5, output: 2}}, models: {small: {input: 0.2, output: 0.8, tiers: {fast: 2}}}}"
        let text = ramp + "targets: [{url: 'h:1', model: m, tier: fast, served_by: {header: x-r}, price: \(price)}]\n"
        let target = try #require(try read(text).targets.first)
        let tokens = try #require(target.price.tokens)
        #expect(
            tokens.rates
                == TokenPrices(
                    input: 1,
                    cachedInput: 0.1,
                    cacheWrite: 1.25,
                    cacheWriteForHour: 2,
                    output: 4,
                    reasoning: 3
                )
        )
        #expect(
            tokens.tiers == [
                .init(
                    name: "fast",
                    rates: TokenPrices(
                        input: 2.5,
                        cachedInput: 0.25,
                        cacheWrite: 3.125,
                        cacheWriteForHour: 5,
                        output: 10,
                        reasoning: 7.5
                    )
                ),
                .init(name: "flex", rates: TokenPrices(input: 0.5, output: 2)),
            ]
        )
        #expect(
            target.price.models.map(\.name) == ["small"] && target.price.models[0].rates.tiers[0].rates.output == 1.6
        )
        let profile = try read(text)
        #expect(try read(profile.resolvedYAML()) == profile)
    }

    @Test(arguments: [
        (
            "{input: 1, output: 2, tiers: {fast: 0}}",
            "targets.0.price.tiers.fast: read \"0\"; allowed: prices, or a factor up to 1000"
        ),
        (
            "{input: 1, output: 2, tiers: {fast: {input: 1}}}",
            "a tier has input and output, or is a factor of the standard one's"
        ),
        ("{tiers: {fast: 2}}", "read tiers without input and output of the standard one"),
        ("{cache_write: 2}", "read cache_write without input and output; allowed: both beside it"),
        ("{models: {m: {input: 1}}}", "a model has input and output"),
        ("{per_hour: 2, models: {m: {input: 1, output: 1}}}", "read per_hour beside prices of tokens"),
        ("{input: 1, output: 2, cach_write: 1}", "unknown key"),
    ]) func `a price that cannot be is named`(price: String, words: String) {
        #expect(problem("{url: 'h:1', model: m, price: \(price)}").contains(words))
    }

    @Test func `a cost cannot be capped where the price of the tier is not known`() {
        let text = "{provider: openai, model: gpt-6-sol, key: {env: K}, tier: fast}"
        let limits = "limits: {max_cost: $1}\n"
        #expect(problems(ramp + limits + "targets: [\(text)]\n").joined().contains("max_cost needs prices"))
        let known = "{provider: openai, model: gpt-5.4-mini, key: {env: K}, tier: fast}"
        #expect(problems(ramp + limits + "targets: [\(known)]\n").isEmpty)
    }
}
