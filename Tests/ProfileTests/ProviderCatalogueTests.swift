import Testing
import Ticks
import Wire

@testable import Profile

@Suite struct ProviderCatalogueTests {
    private static let presets = Result { try ProviderCatalogue.builtIn() }

    /// What is different at each provider of the field, as WIRE facts have it.
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var url: String?
        var key: String?  // the variable asked for first
        var cap = "max_tokens"
        var usage = Provider.UsageRequest.streamOptions
        var api = API.openAIChat
        var testDescription: String { name }
    }

    static let rows = [
        Row(
            name: "digitalocean",
            url: "https://inference.do-ai.run/v1",
            key: "MODEL_ACCESS_KEY",
            cap: "max_completion_tokens"
        ),
        Row(name: "fireworks", url: "https://api.fireworks.ai/inference/v1", key: "FIREWORKS_API_KEY"),
        Row(name: "together", url: "https://api.together.ai/v1", key: "TOGETHER_API_KEY"),
        Row(name: "openai", url: "https://api.openai.com/v1", key: "OPENAI_API_KEY", cap: "max_completion_tokens"),
        Row(
            name: "anthropic",
            url: "https://api.anthropic.com/v1",
            key: "ANTHROPIC_API_KEY",
            usage: .unasked,
            api: .anthropic
        ),
        Row(
            name: "google",
            url: "https://generativelanguage.googleapis.com/v1beta",
            key: "GEMINI_API_KEY",
            usage: .unasked,
            api: .gemini
        ),
        Row(name: "groq", url: "https://api.groq.com/openai/v1", key: "GROQ_API_KEY", cap: "max_completion_tokens"),
        Row(name: "openrouter", url: "https://openrouter.ai/api/v1", key: "OPENROUTER_API_KEY", usage: .unasked),
        Row(name: "deepinfra", url: "https://api.deepinfra.com/v1/openai", key: "DEEPINFRA_API_KEY"),
        Row(name: "cerebras", url: "https://api.cerebras.ai/v1", key: "CEREBRAS_API_KEY", cap: "max_completion_tokens"),
        Row(name: "sambanova", url: "https://api.sambanova.ai/v1", key: "SAMBANOVA_API_KEY"),
        Row(name: "mistral", url: "https://api.mistral.ai/v1", key: "MISTRAL_API_KEY", usage: .unasked),
        Row(name: "deepseek", url: "https://api.deepseek.com/v1", key: "DEEPSEEK_API_KEY"),
        Row(name: "xai", url: "https://api.x.ai/v1", key: "XAI_API_KEY", cap: "max_completion_tokens"),
        Row(name: "azure", key: "AZURE_OPENAI_API_KEY", cap: "max_completion_tokens"),
        Row(name: "vllm", url: "http://127.0.0.1:8000/v1", key: "VLLM_API_KEY"),
        Row(name: "sglang", url: "http://127.0.0.1:30000/v1", key: "SGLANG_API_KEY"),
        Row(name: "tensorrt-llm", url: "http://127.0.0.1:8000/v1"),
        Row(name: "llamacpp", url: "http://127.0.0.1:8080/v1", key: "LLAMA_API_KEY"),
        Row(name: "ollama", url: "http://127.0.0.1:11434", key: "OLLAMA_API_KEY", usage: .unasked, api: .ollama),
        Row(name: "lmstudio", url: "http://127.0.0.1:1234/v1", key: "LMSTUDIO_API_KEY"),
    ]

    @Test(arguments: rows) func `a preset is what its provider documents`(row: Row) throws {
        let provider = try #require(try Self.presets.get()[row.name]).provider
        #expect(provider.baseURL == row.url)
        #expect(provider.keyVariables.first == row.key)
        #expect(provider.maxTokensField == row.cap)
        #expect(provider.usageRequest == row.usage)
        #expect(provider.api == row.api)
        #expect(provider.modelRules.allSatisfy { $0.isWellFormed })
        // One's own engines need no key.
        #expect(provider.keyIsOptional == (row.url?.hasPrefix("http://") ?? false))
    }

    @Test(
        arguments: [
            ("openai", "gpt-5-mini", Provider.Sampling.omit), ("openai", "gpt-4.1-mini", .greedy),
            ("digitalocean", "kimi-k2.6", .omit), ("digitalocean", "llama3.3-70b-instruct", .greedy),
            ("digitalocean", "openai-gpt-oss-120b", .greedy), ("anthropic", "claude-haiku-4-5", .greedy),
            ("anthropic", "claude-haiku-5-5", .omit), ("moonshot", "kimi-k2.6", .omit),
            ("together", "moonshotai/Kimi-K2.6", .greedy), ("azure", "gpt-5.4-mini", .omit),
        ]
    ) func `temperature is sent where the model takes it`(name: String, model: String, rule: Provider.Sampling) throws {
        #expect(try Self.presets.get()[name]?.provider.sampling(for: model) == rule)
    }

    @Test func `every price has a source and a date, and prices are found by a model's full name`() throws {
        let presets = try Self.presets.get()
        for entry in presets.entries {
            for price in entry.prices {
                #expect(price.source != nil && price.date != nil, "\(entry.provider.name) \(price.model)")
                #expect(
                    price.rates.rates.cachedInput ?? 0 <= price.rates.rates.input,
                    "\(entry.provider.name) \(price.model)"
                )
            }
        }
        #expect(presets["digitalocean"]?.price(of: "openai-gpt-oss-120b")?.rates.rates.output == 0.70)
        #expect(
            presets["fireworks"]?.price(of: "accounts/fireworks/models/gpt-oss-120b")?.rates.rates.cachedInput == 0.015
        )
        #expect(presets["together"]?.price(of: "deepseek-ai/DeepSeek-V3.1")?.rates.rates.input == 0.60)
        #expect(presets["together"]?.price(of: "somebody/else") == nil)
        #expect(presets.entries.count { !$0.prices.isEmpty } >= 15)
    }

    @Test func `reasoning is switched off as the model wants it`() throws {
        let presets = try Self.presets.get()
        func off(_ name: String, _ model: String) -> ProviderCatalogue.ReasoningSwitch? {
            presets[name]?.reasoningOff(for: model)
        }
        #expect(off("digitalocean", "kimi-k2.6") == .members([JSONMember(name: "reasoning_effort", json: "\"none\"")]))
        #expect(off("digitalocean", "openai-gpt-oss-120b") == .impossible)
        let betweenTools = JSONMember(name: "thinking", json: #"{"type":"between_tools"}"#)
        #expect(off("anthropic", "claude-sonnet-5-5") == .members([betweenTools]))
        #expect(off("anthropic", "claude-opus-5-5") == .impossible)
        #expect(off("anthropic", "claude-opus-4-7") == .members([]))
        #expect(off("xai", "grok-4.7") == .impossible)
        #expect(off("lmstudio", "any") == .unknown)
    }

    // MARK: layers

    private static let own = """
        together:
          base_url: https://gateway.example/v1
          prices:
            my/model: {input: 1, output: 2, source: contract, date: 2026-11-01}
            openai/gpt-oss-20b: {input: 0.04, output: 0.16}
        corp:
          extends: openai
          base_url: https://llm.corp.example/v1
          key_env: [CORP_KEY]
        """

    @Test func `a file of one's own overrides keys, adds prices and extends providers`() throws {
        let catalogue = try Self.presets.get().overlaid(text: Self.own, source: "own.yaml")
        let together = try #require(catalogue["together"])
        #expect(together.provider.baseURL == "https://gateway.example/v1")
        #expect(together.provider.keyVariables == ["TOGETHER_API_KEY"], "what is not given stays")
        #expect(together.price(of: "my/model")?.source == "contract")
        #expect(together.price(of: "openai/gpt-oss-20b")?.rates.rates.input == 0.04)
        #expect(together.price(of: "openai/gpt-oss-120b")?.rates.rates.output == 0.60)
        let corp = try #require(catalogue["corp"]?.provider)
        #expect(corp.name == "corp")
        #expect(corp.maxTokensField == "max_completion_tokens", "from openai")
        #expect(corp.keyVariables == ["CORP_KEY"])
        #expect(catalogue.changed == ["together", "corp"])
        #expect(catalogue.names.count == (try Self.presets.get().names.count) + 1)
    }

    @Test func `a profile lays its providers over all others, and its resolved form holds them`() throws {
        let text = """
            providers:
              mine: {extends: together, base_url: 'https://mine.example/v1', key_env: MINE}
              together: {max_tokens_field: max_completion_tokens}
            targets: [{provider: mine, model: openai/gpt-oss-120b}, {provider: together, model: x}]
            phases: [ramp: {concurrency: [1]}]
            """
        let profile = try read(text)
        #expect(profile.targets[0].provider.baseURL == "https://mine.example/v1")
        #expect(profile.targets[0].price.tokens?.rates.output == 0.60)
        #expect(profile.targets[0].price.source == "litellm 1.109.1, price table, 2026-11-20")
        #expect(profile.targets[1].provider.maxTokensField == "max_completion_tokens")
        #expect(profile.targets[1].price == Target.Price(), "an unknown price is not 0")
        #expect(profile.providers.map(\.name) == ["together", "mine"])
        #expect(try read(profile.resolvedYAML()) == profile)
    }

    @Test(
        arguments: [
            ("x: 5", "my.yaml:1: x: read \"5\"; allowed: a map of a provider's keys"),
            (
                "simulated: {key_optional: false}",
                "my.yaml:1: simulated: the simulated provider is spate's own and cannot be changed"
            ),
            (
                "x:\n  extends: togehter",
                "my.yaml:2: x.extends: read \"togehter\"; allowed: the name of a provider; did you mean together?"
            ),
            ("x:\n  base_url: word", "my.yaml:2: x.base_url: a word is no address; \(TargetAddress.form)"),
            ("x:\n  usage: never", "my.yaml:2: x.usage: read \"never\"; allowed: stream_options, unasked, unavailable"),
            ("x:\n  prices: {m: {input: 1}}", "my.yaml:2: x.prices.m.output: missing; \(Units.moneyForm)"),
            (
                "x:\n  model_rules: [{match: '(', sampling: omit}]",
                "my.yaml:2: x.model_rules.0.match: read \"(\"; allowed: a regular expression"
            ),
            (
                "x:\n  model_rules: [{match: a}]",
                "my.yaml:2: x.model_rules.0.sampling: missing; a rule says sampling or reasoning_off"
            ),
            (
                "x:\n  headers: {authorization: Bearer k}",
                "my.yaml:2: x.headers.authorization: a header that carries a secret; use key: {env: NAME}, {file: F} or {command: C}"
            ),
            ("- 5", "my.yaml:1: read a list of 1; allowed: a map of providers by name"),
        ]
    ) func `a faulty file says file, line and key`(text: String, message: String) throws {
        let presets = try Self.presets.get()
        let error = #expect(throws: ProfileError.self) { try presets.overlaid(text: text, source: "my.yaml") }
        #expect(error?.problems.map(\.description) == [message])
    }

    @Test func `an unknown key of a provider names the nearest`() throws {
        let presets = try Self.presets.get()
        let error = #expect(throws: ProfileError.self) {
            try presets.overlaid(text: "x:\n  base_ulr: https://a.example", source: "my.yaml")
        }
        let line = try #require(error?.problems.first?.description)
        #expect(line.hasPrefix("my.yaml:2: x.base_ulr: unknown key; allowed: api, base_url,"))
        #expect(line.hasSuffix("; did you mean base_url?"))
    }

    // MARK: names

    @Test(
        arguments: [
            ("chat", API.openAIChat), ("OpenAI-Chat", .openAIChat), ("chat_completions", .openAIChat),
            ("/v1/chat/completions", .openAIChat), ("vllm", .openAIChat), ("sglang-oai-chat", .openAIChat),
            ("completions", .openAICompletions), ("text_completions", .openAICompletions),
            ("responses", .openAIResponses), ("messages", .anthropic), ("claude", .anthropic), ("google", .gemini),
            ("gemini", .gemini), ("interactions", .geminiInteractions), ("ollama", .ollama),
            ("huggingface_generate", .textGenerationInference),
            ("tgi", .textGenerationInference), ("cohere", .cohere), ("/v1/embeddings", .openAIEmbeddings),
        ]
    ) func `words that other tools use name an API`(word: String, api: API) { #expect(APIName(word) == .known(api)) }

    @Test func `every API has a name of its own and no word two meanings`() {
        for api in API.allCases { #expect(APIName(api.rawValue) == .known(api)) }
        #expect(Set(APIName.words).count == APIName.words.count)
        #expect(APIName("cahts") == .unknown)
    }
}
