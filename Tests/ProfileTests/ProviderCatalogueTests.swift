import Profile
import Testing
import Wire

@Suite struct ProviderCatalogueTests {
    @Test func `the presets read, and every rule is a regular expression`() throws {
        let catalogue = try ProviderCatalogue.builtIn()
        #expect(
            catalogue.names == [
                "simulated", "openai-compatible", "digitalocean", "fireworks", "together", "openai", "anthropic",
                "google",
                "ollama",
            ]
        )
        for entry in catalogue.entries { #expect(entry.provider.modelRules.allSatisfy { $0.isWellFormed }) }
        #expect(catalogue["openai"]?.provider.sampling(for: "gpt-5-mini") == .omit)
        #expect(catalogue["openai"]?.provider.sampling(for: "gpt-4.1-mini") == .greedy)
        #expect(catalogue["nobody"] == nil)
    }

    @Test func `a broken catalogue says where`() {
        let error = #expect(throws: ProfileError.self) {
            try ProviderCatalogue(text: "x:\n  base_url: word\n  usage: never\n", source: "my.yaml")
        }
        #expect(
            error?.problems.map(\.description) == [
                "my.yaml:2: x.base_url: a word is no address; " + TargetAddress.form,
                "my.yaml:3: x.usage: read \"never\"; allowed: stream_options, unasked, unavailable",
            ]
        )
    }
}
