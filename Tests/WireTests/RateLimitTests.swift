import Testing

@testable import Wire

/// Headers as the providers' documentation shows them (WIRE_FORMATS, section 7).
@Suite struct RateLimitTests {
    typealias Limit = RateLimits.Limit

    struct Case: Sendable, CustomTestStringConvertible {
        var provider: String
        var head: String
        var limits: [Limit] = []
        var retryAfter: Double?
        var testDescription: String { provider }
    }

    /// 2026-11-21T12:00:00Z.
    private static let now = 1_795_262_400.0

    private func read(_ head: String) -> RateLimits? {
        let bytes = Array(head.utf8)
        return RateLimits(head: bytes.span) { Self.now }
    }

    @Test(arguments: [
        Case(
            provider: "OpenAI",
            head: """
                HTTP/1.1 200 OK\r
                content-type: text/event-stream\r
                x-ratelimit-limit-requests: 10000\r
                x-ratelimit-limit-tokens: 200000\r
                x-ratelimit-remaining-requests: 9999\r
                x-ratelimit-remaining-tokens: 199984\r
                x-ratelimit-reset-requests: 8.64s\r
                x-ratelimit-reset-tokens: 4ms\r
                \r

                """,
            limits: [
                Limit(name: "requests", limit: 10000, remaining: 9999, resetSeconds: 8.64),
                Limit(name: "tokens", limit: 200_000, remaining: 199_984, resetSeconds: 0.004),
            ]
        ),
        Case(
            provider: "OpenAI, throttled",
            head:
                "HTTP/1.1 429 Too Many Requests\r\nRetry-After-Ms: 1250\r\nRetry-After: 2\r\nx-ratelimit-reset-requests: 6m0s\r\n\r\n",
            limits: [Limit(name: "requests", resetSeconds: 360)],
            retryAfter: 1.25
        ),
        Case(
            provider: "Azure, plain seconds; -1 and 0 are not known",
            head:
                "x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 99\r\nx-ratelimit-reset-requests: 12\r\n"
                + "x-ratelimit-limit-tokens: -1\r\nx-ratelimit-remaining-tokens: 0\r\n",
            limits: [Limit(name: "requests", limit: 100, remaining: 99, resetSeconds: 12), Limit(name: "tokens")]
        ),
        Case(
            provider: "Groq",
            head: "retry-after: 2\r\nx-ratelimit-limit-requests: 14400\r\nx-ratelimit-limit-tokens: 18000\r\n"
                + "x-ratelimit-remaining-requests: 14370\r\nx-ratelimit-remaining-tokens: 17997\r\n"
                + "x-ratelimit-reset-requests: 2m59.56s\r\nx-ratelimit-reset-tokens: 7.66s\r\n",
            limits: [
                Limit(name: "requests", limit: 14400, remaining: 14370, resetSeconds: 179.56),
                Limit(name: "tokens", limit: 18000, remaining: 17997, resetSeconds: 7.66),
            ],
            retryAfter: 2
        ),
        Case(
            provider: "DigitalOcean, Unix seconds",
            head: "x-ratelimit-limit-tokens-per-minute: 30000\r\nx-ratelimit-remaining-tokens-per-minute: 29000\r\n"
                + "x-ratelimit-reset-tokens-per-minute: 1795262430\r\nx-ratelimit-reset-requests: 0\r\n"
                + "ratelimit-limit: 5000\r\nratelimit-remaining: 4999\r\nratelimit-reset: 1795266000\r\n",
            limits: [
                Limit(name: "tokens-per-minute", limit: 30000, remaining: 29000, resetSeconds: 30),
                Limit(name: "requests", limit: 5000, remaining: 4999, resetSeconds: 3600),
            ]
        ),
        Case(
            provider: "Fireworks",
            head: "x-ratelimit-limit-tokens-prompt: 60000\r\nx-ratelimit-remaining-tokens-prompt: 59990\r\n"
                + "x-ratelimit-limit-tokens-generated: 36000\r\n",
            limits: [
                Limit(name: "tokens-prompt", limit: 60000, remaining: 59990),
                Limit(name: "tokens-generated", limit: 36000),
            ]
        ),
        Case(
            provider: "Together",
            head:
                "x-ratelimit-limit: 10\r\nx-ratelimit-remaining: 9\r\nx-ratelimit-reset: 1\r\nx-tokenlimit-limit: 3000\r\n"
                + "x-tokenlimit-remaining: 2950\r\n",
            limits: [
                Limit(name: "requests", limit: 10, remaining: 9, resetSeconds: 1),
                Limit(name: "tokens", limit: 3000, remaining: 2950),
            ]
        ),
        Case(
            provider: "Anthropic, RFC 3339",
            head: "anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: 0\r\n"
                + "anthropic-ratelimit-requests-reset: 2026-11-21T12:00:42Z\r\n"
                + "anthropic-ratelimit-input-tokens-limit: 50000\r\nanthropic-ratelimit-input-tokens-remaining: 49000\r\n"
                + "anthropic-ratelimit-input-tokens-reset: 2026-11-21T13:00:30+01:00\r\nretry-after: 42\r\n",
            limits: [
                Limit(name: "requests", limit: 50, remaining: 0, resetSeconds: 42),
                Limit(name: "input-tokens", limit: 50000, remaining: 49000, resetSeconds: 30),
            ],
            retryAfter: 42
        ),
        Case(
            provider: "Anthropic's fast mode, which has limits of its own beside the others",
            head: "anthropic-ratelimit-output-tokens-limit: 8000\r\nanthropic-ratelimit-output-tokens-remaining: 7990\r\n"
                + "anthropic-fast-input-tokens-limit: 200000\r\nanthropic-fast-input-tokens-remaining: 199000\r\n"
                + "anthropic-fast-input-tokens-reset: 2026-11-21T12:00:42Z\r\n"
                + "Anthropic-Fast-Output-Tokens-Limit: 40000\r\nanthropic-fast-output-tokens-remaining: 0\r\n"
                + "anthropic-fast-output-tokens-reset: 2026-11-21T12:00:09Z\r\nanthropic-fast-mode: on\r\n",
            limits: [
                Limit(name: "output-tokens", limit: 8000, remaining: 7990),
                Limit(name: "fast-input-tokens", limit: 200_000, remaining: 199_000, resetSeconds: 42),
                Limit(name: "fast-output-tokens", limit: 40_000, remaining: 0, resetSeconds: 9),
            ]
        ),
        Case(
            provider: "Cerebras",
            head: "x-ratelimit-limit-requests-day: 14400\r\nx-ratelimit-remaining-requests-day: 14399\r\n"
                + "x-ratelimit-reset-requests-day: 33011.382867\r\nx-ratelimit-limit-tokens-minute: 60000\r\n",
            limits: [
                Limit(name: "requests-day", limit: 14400, remaining: 14399, resetSeconds: 33011.382867),
                Limit(name: "tokens-minute", limit: 60000),
            ]
        ),
        Case(
            provider: "OpenRouter, Unix milliseconds",
            head: "X-RateLimit-Limit: 20\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1795262460000\r\n",
            limits: [Limit(name: "requests", limit: 20, remaining: 0, resetSeconds: 60)]
        ),
        Case(
            provider: "IETF draft, one field",
            head: "RateLimit: \"default\";r=50;t=30\r\n",
            limits: [Limit(name: "requests", remaining: 50, resetSeconds: 30)]
        ),
        Case(
            provider: "IETF draft, three fields with policies",
            head: "RateLimit-Limit: 100, 100;w=60\r\nRateLimit-Remaining: 50\r\nRateLimit-Reset: 30\r\n",
            limits: [Limit(name: "requests", limit: 100, remaining: 50, resetSeconds: 30)]
        ),
        Case(provider: "HTTP date", head: "Retry-After: Sat, 21 Nov 2026 12:01:00 GMT\r\n", retryAfter: 60),
        Case(provider: "HTTP date behind us", head: "Retry-After: Sat, 21 Nov 2026 11:00:00 GMT\r\n", retryAfter: 0),
    ])
    func `the headers of a provider are read into the one form`(_ example: Case) throws {
        let read = try #require(self.read(example.head))
        #expect(read.limits.count == example.limits.count)
        for (found, expected) in zip(read.limits, example.limits) {
            #expect(found.name == expected.name)
            #expect(found.limit == expected.limit && found.remaining == expected.remaining, "\(found)")
            #expect(isNear(found.resetSeconds, expected.resetSeconds), "\(found)")
        }
        #expect(isNear(read.retryAfterSeconds, example.retryAfter))
    }

    @Test(arguments: [
        "", "soon", "-5", "1e9", "nan", "inf", "Sat, 99 Foo 2026", "12x", "ms", String(repeating: "9", count: 80),
    ])
    func `a wait that makes no sense is none`(value: String) {
        #expect(read("retry-after: \(value)\r\n") == nil)
    }

    @Test func `a head without limits says nothing`() {
        #expect(read("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: a\r\n\r\n") == nil)
        #expect(read("") == nil)
    }

    @Test func `a name tells what is limited`() {
        let expected: [(String, RateLimits.Resource)] = [
            ("requests", .requests), ("requests-day", .requests), ("tokens", .tokens), ("tokens-per-minute", .tokens),
            ("input-tokens", .inputTokens), ("tokens-prompt", .inputTokens), ("output-tokens", .outputTokens),
            ("tokens-generated", .outputTokens), ("images", .other),
        ]
        for (name, resource) in expected { #expect(Limit(name: name).resource == resource, "\(name)") }
    }

    @Test func `a hostile head makes no more than sixteen limits`() {
        let head = (0..<500).map { "x-ratelimit-limit-thing\($0): 1\r\n" }.joined()
        #expect(read(head)?.limits.count == 16)
    }

    @Test func `an empty purse is told from a busy minute`() {
        let purse = ServerError(message: "You exceeded your current quota", type: "insufficient_quota")
        #expect(purse.saysExhausted(status: 429, retryAfterSeconds: nil))
        #expect(ServerError(message: "Payment required").saysExhausted(status: 402, retryAfterSeconds: nil))
        let minute = ServerError(message: "Rate limit reached for requests", type: "rate_limit_error")
        #expect(!minute.saysExhausted(status: 429, retryAfterSeconds: nil))
        let day = ServerError(message: "Quota exceeded for metric: GenerateRequestsPerDayPerProject", code: "429")
        #expect(day.saysExhausted(status: 429, retryAfterSeconds: nil))
        #expect(!day.saysExhausted(status: 429, retryAfterSeconds: 42))  // a rolling day: it says when to come back
        #expect(!day.saysExhausted(status: 500, retryAfterSeconds: nil))
    }

    private func isNear(_ value: Double?, _ expected: Double?) -> Bool {
        guard let value, let expected else { return value == nil && expected == nil }
        return abs(value - expected) < 1e-6
    }
}
