import Profile
import Schedule
import Testing
import Ticks
import Wire

/// One price of whatever is served.
private func price(_ input: Double, _ output: Double) -> Target.Price {
    var price = Target.Price()
    price.tokens = ModelRates(TokenPrices(input: input, output: output))
    return price
}

@Suite struct TargetTests {
    private func target(_ yaml: String) throws -> Target {
        try #require(try read(ramp + "targets: [\(yaml)]\n").targets.first)
    }

    @Test func `without targets the simulated provider is the target`() throws {
        let targets = try read(ramp).targets
        #expect(targets.map(\.name) == ["simulated"])
        #expect(targets[0].isSimulated && targets[0].key == nil && targets[0].model == nil)
    }

    @Test func `a bare URL is any server of the chat API and assumes no key`() throws {
        let target = try target("{url: 'http://10.1.2.3:8000', model: m}")
        #expect(target.provider.name == "openai-compatible" && target.provider.keyIsOptional)
        #expect(target.provider.keyVariables.isEmpty && target.key == nil)
        #expect(target.name == "10.1.2.3:8000/m")
        guard case .remote(let address) = target.location else {
            Issue.record("not remote")
            return
        }
        #expect(address.url == "http://10.1.2.3:8000/v1")
    }

    @Test func `a preset brings address, key variables and token cap`() throws {
        let target = try target("{provider: digitalocean, model: kimi-k2.6}")
        #expect(target.name == "digitalocean/kimi-k2.6")
        #expect(target.provider.keyVariables.first == "MODEL_ACCESS_KEY")
        #expect(target.provider.maxTokensField == "max_completion_tokens")
        #expect(target.provider.sampling(for: "kimi-k2.6") == .omit)
        #expect(target.provider.sampling(for: "openai-gpt-oss-120b") == .greedy)
        guard case .remote(let address) = target.location else {
            Issue.record("not remote")
            return
        }
        #expect(address.url == "https://inference.do-ai.run:443/v1")
    }

    @Test func `a list of models is one target each`() throws {
        let targets = try read(ramp + "targets: [{name: do, provider: digitalocean, model: [a, b]}]\n").targets
        #expect(targets.map(\.name) == ["do/a", "do/b"])
        #expect(targets.map(\.model) == ["a", "b"])
    }

    @Test func `key, price, headers and insecure are read`() throws {
        let target = try target(
            "{url: 'https://h.example/x', model: m, key: {env: MY_KEY}, price: {input: 0.1, output: $0.4}, "
                + "headers: {X-Team: load}, insecure: true}"
        )
        #expect(target.key == .environment("MY_KEY"))
        #expect(target.price == price(0.1, 0.4))
        #expect(target.headers == [Header(name: "X-Team", value: "load")])
        #expect(target.provider.headers == target.headers)
        #expect(target.isInsecure)
    }

    @Test func `the HTTP version and source addresses are read, and written out again`() throws {
        let plain = try target("{url: 'https://h.example/x', model: m}")
        #expect(plain.connection == TargetConnection())
        let written =
            "{url: 'https://h.example/x', model: m, http: 2, source_addresses: [10.0.0.2, '10.0.0.3'], max_connection_age: 10m}"
        let profile = try read(ramp + "targets: [\(written)]\n")
        #expect(profile.targets[0].connection.http == .two)
        #expect(profile.targets[0].connection.sourceAddresses == ["10.0.0.2", "10.0.0.3"])
        #expect(profile.targets[0].connection.maxAge == .seconds(600))
        #expect(try read(profile.resolvedYAML()).targets[0].connection == profile.targets[0].connection)
    }

    static let refused: [(String, String)] = [
        (
            "{url: 'https://h', model: m, max_connection_age: 500ms}",
            "targets.0.max_connection_age: read \"500ms\"; allowed: 1s or more"
        ),
        ("{url: 'https://h', model: m, http: 3}", "targets.0.http: read \"3\"; allowed: 1.1, 2, auto"),
        (
            "{url: 'http://h:1', model: m, http: 2}",
            "targets.0.http: http: 2 needs https: libcurl breaks HTTP/2 without TLS when it reuses a connection (curl issue 10634)"
        ),
        ("{model: m}", "targets.0: neither provider nor url; a target needs one of them"),
        (
            "{provider: togehter}",
            "targets.0.provider: read \"togehter\"; allowed: a name that `spate providers` lists; "
                + "did you mean together?"
        ),
        (
            "{url: myserver}",
            "targets.0.url: read \"myserver\": a word is no address; allowed: a URL such as https://api.example.com/v1 or host:port"
        ),
        (
            "{provider: openai-compatible}",
            "targets.0.url: missing; the provider openai-compatible has no address of its own"
        ),
        (
            "{provider: simulated, url: 'http://h:1'}",
            "targets.0.url: the simulated provider is started by spate and takes no url"
        ),
        ("{url: 'h:1', scenario: steady}", "targets.0.scenario: only the simulated provider plays a scenario"),
        (
            "{provider: simulated, scenario: serverles}",
            "targets.0.scenario: read \"serverles\": no scenario of that name is known; allowed: serverless, steady, slots16, keepwarm, "
                + "keepwarm-random, the path of a .yaml file; "
                + "did you mean serverless?"
        ),
        (
            "{url: 'h:1', price: {input: 1}}",
            "targets.0.price: read one of input and output; allowed: both (0 where it is free)"
        ),
        (
            "{url: 'h:1', api: triton}",
            "targets.0.api: \"triton\" is not built yet; this version speaks openai-chat, openai-completions, "
                + "openai-responses, anthropic, gemini, gemini-interactions, ollama, tgi, cohere-v2, openai-embeddings"
        ),
        (
            "{url: 'h:1', api: openai-chta}",
            "targets.0.api: read \"openai-chta\"; allowed: openai-chat, openai-completions, openai-responses, anthropic, gemini, gemini-interactions, ollama, tgi, cohere-v2, openai-embeddings; did you mean openai-chat?"
        ),
    ]

    @Test(arguments: refused)
    func `an impossible target is refused with what is allowed`(yaml: String, message: String) {
        #expect(problems(ramp + "targets: [\(yaml)]\n") == ["p.yaml:2: " + message])
    }

    static let secret = "sk-do-0123456789abcdef0123456789abcdef"

    @Test(arguments: [
        "{url: 'h:1', key: \(secret)}", "{url: 'h:1', key: {value: \(secret)}}", "{url: 'h:1', key: {env: \(secret)}}",
        "{url: 'h:1', key: [\(secret)]}", "{url: 'h:1', headers: {Authorization: Bearer \(secret)}}",
        "{url: 'https://user:\(secret)@h/v1'}", "{url: 'h:1', headers: {api-key: \(secret)}}",
    ])
    func `a secret in the profile is refused and never repeated`(yaml: String) {
        let found = problems(ramp + "targets: [\(yaml)]\n")
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { !$0.contains(Self.secret) && !$0.contains("0123456789abcdef") })
        #expect(found.contains { $0.contains("env") })
    }

    @Test func `two targets of one name are refused, and so are more in parallel than may be in flight`() {
        #expect(
            problems(ramp + "targets:\n  - {name: a, url: 'h:1'}\n  - {name: a, url: 'h:2'}\n")
                == ["p.yaml:4: targets.1.name: \"a\" appears twice; each target needs a name of its own"]
        )
        #expect(
            problems(ramp + "order: sideways\ntargets: [{url: 'h:1'}, {url: 'h:2'}]\n")
                == ["p.yaml:2: order: read \"sideways\"; allowed: interleaved, sequential, parallel"]
        )
        let two = "targets: [{url: 'h:1'}, {url: 'h:2'}]\nlimits: {max_in_flight: 3}\n"
        #expect(problems(ramp + "order: sequential\n" + two) == [])
        #expect(
            problems(ramp + "order: parallel\n" + two)
                == ["p.yaml:2: order: parallel: 2 targets come to 4 in flight, and limits.max_in_flight is 3"]
        )
    }

    @Test func `the reasoning switch becomes what the provider knows, and the user's members come last`() throws {
        let text = ramp + "workload: {reasoning: off, extra_body: {top_p: 0.5, stop: [a]}}\n"
        let together = try read(text + "targets: [{provider: together, model: m}]\n").targets[0].provider
        #expect(
            together.extraMembers == [
                JSONMember(name: "reasoning", json: #"{"enabled":false}"#), JSONMember(name: "top_p", json: "0.5"),
                JSONMember(name: "stop", json: #"["a"]"#),
            ]
        )
        #expect(
            problems(text + "targets: [{url: 'h:1'}]\n")
                == [
                    "p.yaml:3: targets.0: workload.reasoning is off: openai-compatible has no known switch for "
                        + "reasoning; set it in workload.extra_body"
                ]
        )
        let low = try read(ramp + "workload: {reasoning: low}\ntargets: [{url: 'h:1'}]\n").targets[0].provider
        #expect(low.extraMembers == [JSONMember(name: "reasoning_effort", json: "\"low\"")])
    }

    // MARK: flags

    private let one = ramp + "targets: [{provider: openai, model: m, key: {env: K}, price: {input: 1, output: 2}}]\n"
    private let two = ramp + "targets: [{name: a, url: 'h:1'}, {name: b, url: 'h:2', model: [x, y]}]\n"

    @Test func `--url puts another target in place, which gets no key meant for the old one`() throws {
        let target = try read(one) { $0.target.url = "http://127.0.0.1:8080" }.targets[0]
        #expect(target.name == "127.0.0.1:8080")
        #expect(target.key == nil && target.model == nil && target.price == .init())
        #expect(target.provider.keyVariables.isEmpty)
    }

    @Test func `--model and --key-env change the target that is there`() throws {
        let target = try read(one) {
            $0.target.model = "other"
            $0.target.key = .environment("OTHER_KEY")
        }.targets[0]
        #expect(target.name == "openai/other" && target.model == "other")
        #expect(target.key == .environment("OTHER_KEY"))
        #expect(target.price == price(1, 2))
    }

    @Test func `with several targets a flag needs --target`() throws {
        #expect(
            problems(two) { $0.target.url = "h:3" }
                == ["--url: targets: the profile has several targets (a, b/x, b/y); say which with --target NAME"]
        )
        let chosen = try read(two) {
            $0.target.name = "b/y"
            $0.target.model = "z"
        }.targets
        #expect(chosen.map(\.model) == ["z"])
        #expect(try read(two) { $0.target.name = "a" }.targets.map(\.name) == ["a"])
        #expect(
            problems(two) { $0.target.name = "c" }
                == ["--target: targets: read \"c\"; allowed: a, b/x, b/y; did you mean a?"]
        )
    }

    @Test func `a bad flag is named as such`() {
        #expect(
            problems(ramp) { $0.target.provider = "opanai" } == [
                "--provider: targets.0.provider: read \"opanai\"; allowed: a name that `spate providers` "
                    + "lists; did you mean openai?"
            ]
        )
    }
}

@Suite struct TargetAddressTests {
    @Test(arguments: [
        ("https://api.example.com", "https://api.example.com:443/v1"),
        ("https://api.example.com/", "https://api.example.com:443/v1"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        ("https://api.example.com/openai/v1/chat/completions", "https://api.example.com:443/openai/v1"),
        ("https://api.example.com/chat/completions", "https://api.example.com:443/v1"),
        ("HTTPS://API.Example.com:8443/Base", "https://api.example.com:8443/Base"),
        ("localhost:8000", "http://localhost:8000/v1"), ("127.0.0.9:1", "http://127.0.0.9:1/v1"),
        ("10.0.0.1:8000", "http://10.0.0.1:8000/v1"), ("172.31.0.1:80", "http://172.31.0.1:80/v1"),
        ("172.32.0.1:80", "https://172.32.0.1:80/v1"), ("192.168.1.2:9", "http://192.168.1.2:9/v1"),
        ("8.8.8.8:9", "https://8.8.8.8:9/v1"), ("gpu:8000", "https://gpu:8000/v1"),
        ("api.example.com", "https://api.example.com:443/v1"), ("[::1]:8000", "http://[::1]:8000/v1"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]:80/x"), ("[fd00::1]:5/v1", "http://[fd00::1]:5/v1"),
    ])
    func `a URL means what it says, and what it leaves out`(text: String, url: String) throws {
        #expect(try TargetAddress(parsing: text).url == url)
        #expect(try TargetAddress(parsing: url).url == url)
    }

    @Test(arguments: [
        "", "word", "localhost", "http://", "http://:80", "ftp://h/v1", "https://h:0", "https://h:65536", "https://h:x",
        "https://a b", "https://h/v1?key=x", "https://h/#x", "https://user@h", "https://[::1", "https://[x]:1", "h:1:2",
        "http:/h", "//h", "https://ü.example",
    ])
    func `what is no URL is refused`(text: String) {
        #expect(throws: TargetAddress.Refusal.self) { try TargetAddress(parsing: text) }
    }

    @Test func `loopback is this machine and nothing else`() throws {
        for (text, expected) in [
            ("127.1.2.3:1", true), ("localhost:1", true), ("[::1]:1", true), ("10.0.0.1:1", false), ("a.b:1", false),
        ] {
            #expect(try TargetAddress(parsing: text).isLoopback == expected, "\(text)")
        }
    }
}
