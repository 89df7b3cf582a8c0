import Testing

@testable import Profile

@Suite struct ProxyTests {
    private func proxy(_ url: String, _ variables: [String: String]) throws -> String? {
        try Proxy(for: try TargetAddress(parsing: url)) { variables[$0] }?.url
    }

    @Test(
        arguments: [
            (["HTTPS_PROXY": "http://p:3128"], "https://api.example.com", "http://p:3128"),
            (["https_proxy": "p:3128", "HTTPS_PROXY": "http://q:1"], "https://api.example.com", "http://p:3128"),
            (["HTTP_PROXY": "http://p:3128"], "https://api.example.com", nil),
            (["HTTP_PROXY": "http://p:3128/"], "http://10.0.0.1:8000", "http://p:3128"),
            (["ALL_PROXY": "http://u:pw@[::1]:3128"], "https://api.example.com", "http://[::1]:3128"),
            (["HTTPS_PROXY": ""], "https://api.example.com", nil),
            (["HTTPS_PROXY": "http://p:3128"], "https://localhost:8443", nil),
            (["HTTPS_PROXY": "http://p:3128", "NO_PROXY": "*"], "https://api.example.com", nil),
            (["HTTPS_PROXY": "http://p:3128", "NO_PROXY": "a.com, example.com"], "https://api.example.com", nil),
            (["HTTPS_PROXY": "http://p:3128", "no_proxy": ".example.com:443"], "https://api.example.com", nil),
            (["HTTPS_PROXY": "http://p:3128", "NO_PROXY": "ample.com"], "https://api.example.com", "http://p:3128"),
            (["HTTP_PROXY": "http://p:3128", "NO_PROXY": "10.0.0.0/8"], "http://10.1.2.3:8000", nil),
            (["HTTP_PROXY": "http://p:3128", "NO_PROXY": "10.0.0.0/16"], "http://10.1.2.3:8000", "http://p:3128"),
        ] as [([String: String], String, String?)]
    )
    func `the environment's proxy goes before a target as it does elsewhere`(
        variables: [String: String],
        url: String,
        expected: String?
    ) throws {
        #expect(try proxy(url, variables) == expected)
    }

    @Test(arguments: ["socks5://p:1080", "http://", "http://a b:1"])
    func `a proxy that is not spoken is refused, and not passed over`(text: String) {
        #expect(throws: TargetAddress.Refusal.self) { try proxy("https://api.example.com", ["HTTPS_PROXY": text]) }
    }

    @Test func `a query of the URL goes behind each call, and a key in it is refused`() throws {
        let url = "http://127.0.0.1:8099/openai/deployments/d/chat/completions?api-version=2024-10-21"
        let address = try TargetAddress(parsing: url)
        #expect(address.path == "/openai/deployments/d")
        #expect(address.query == "api-version=2024-10-21")
        #expect(try TargetAddress(parsing: "http://a.b/v1?").query == nil)
        #expect(throws: TargetAddress.Refusal.self) { try TargetAddress(parsing: "http://a.b/v1?key=abc") }
        #expect(throws: TargetAddress.Refusal.self) { try TargetAddress(parsing: "http://a.b/v1?api_key=abc") }
        #expect(throws: TargetAddress.Refusal.self) { try TargetAddress(parsing: "http://a.b/v1#x") }
    }
}
