import Testing
import Wire

@Suite struct ProviderTests {
    @Test(arguments: [
        (Provider.Authentication.none, nil),
        (.bearer, Header(name: "Authorization", value: "Bearer k")),
        (.header(name: "api-key"), Header(name: "api-key", value: "k")),
    ])
    func `the key travels as the provider wants it`(style: Provider.Authentication, expected: Header?) {
        #expect(Provider(name: "p", authentication: style).authenticationHeader(key: "k") == expected)
    }

    @Test(arguments: [
        ("kimi-k2.6", Provider.Sampling.omit), ("openai-gpt-5", .omit), ("openai-gpt-oss-120b", .greedy),
        ("openai-o3", .omit), ("not-kimi", .greedy),
    ])
    func `the first rule that applies decides about temperature`(model: String, expected: Provider.Sampling) {
        let rules: [Provider.ModelRule] = [
            .init(pattern: "^kimi", sampling: .omit), .init(pattern: "^openai-gpt-(5|6)|^openai-o", sampling: .omit),
            .init(pattern: "(", sampling: .omit),
        ]
        #expect(Provider(name: "p", modelRules: rules).sampling(for: model) == expected)
        #expect(rules.map(\.isWellFormed) == [true, true, false])
    }
}
