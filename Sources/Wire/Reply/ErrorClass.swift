/// What an error means, whoever says it: the finer class beside an outcome.
///
/// Providers use statuses loosely (429 for an empty purse, 403 for a prompt too long), so words that say what happened
/// go before the status.
public enum ErrorClass: String, Sendable, Hashable, CaseIterable {
    case auth, permission, billing
    case notFound = "not_found"
    case rateLimited = "rate_limited"
    case overloaded
    case coldLoading = "cold_loading"  // the model is being loaded, or a replica started
    case contextLength = "context_length"
    case contentFilter = "content_filter"
    case badRequest = "bad_request"
    case serverError = "server_error"
    case timeout
    case unknown

    /// `status` is HTTP's. An error inside a stream (status 2xx, or 0) counts by the status its code names, if any.
    public init(status: Int, error: ServerError?) {
        let inner = error?.code.flatMap { Int($0) }.flatMap { (400..<600).contains($0) ? $0 : nil } ?? 0
        let status = status >= 300 ? status : inner
        if let error {
            let words = Words(error)
            for rule in Self.rules where rule.applies(status: status, words: words) {
                self = rule.meaning
                return
            }
        }
        self = Self.byStatus(status)
    }

    private static func byStatus(_ status: Int) -> ErrorClass {
        switch status {
        case 401, 403: .auth
        case 402: .billing
        case 412: .permission
        case 404: .notFound
        case 408: .timeout
        case 429: .rateLimited
        case 498, 503, 529: .overloaded
        case 424, 500..<600: .serverError
        case 400..<500: .badRequest
        default: .unknown
        }
    }
}

/// The words of an error in lower case.
private struct Words {
    var names: [String]  // type and code
    var text: [UInt8]  // type, code and message

    init(_ error: ServerError) {
        names = [error.type, error.code].compactMap { $0?.lowercased() }
        text = Array((names + [error.message.lowercased()]).joined(separator: " ").utf8)
    }

    /// Whether the parts of `phrase`, separated by `*`, occur one behind the other.
    func contain(_ phrase: String) -> Bool {
        var rest = text[...]
        for part in phrase.utf8.split(separator: UInt8(ascii: "*")) {
            guard let end = Self.end(of: part, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func end(of part: Substring.UTF8View, in text: ArraySlice<UInt8>) -> Int? {
        let count = part.count
        guard text.count >= count, let first = part.first else { return nil }
        for start in text.startIndex...(text.endIndex - count)
        where text[start] == first && text[start..<start + count].elementsEqual(part) {
            return start + count
        }
        return nil
    }
}

private struct Rule {
    var meaning: ErrorClass
    var statuses: Set<Int>?  // nil = any; 0 = inside a stream, without a status
    var names: [String] = []  // type or code
    var phrases: [String] = []

    func applies(status: Int, words: Words) -> Bool {
        if let statuses, !statuses.contains(status) { return false }
        return names.contains(where: words.names.contains) || phrases.contains(where: words.contain)
    }
}

extension ErrorClass {
    /// In order; the first that applies wins.
    private static let rules = [
        Rule(
            meaning: .contextLength,
            statuses: [0, 400, 403, 413, 422, 500],
            names: ["context_length_exceeded", "exceed_context_size_error"],
            phrases: [
                "context_length_exceeded", "maximum context length", "exceeds the available context size",
                "prompt is too long", "maximum number of tokens", "longer than the model's context length",
                "token count*max_tokens", "tokens) is too large to process",
            ]
        ),
        Rule(
            meaning: .contentFilter,
            names: ["content_filter", "content_policy_violation", "safety", "prohibited_content"],
            phrases: ["content_policy_violation", "prohibited_content"]
        ),
        Rule(meaning: .contentFilter, statuses: [403], phrases: ["moderation"]),
        Rule(
            meaning: .billing,
            names: ["billing_error", "insufficient_quota", "enforced_spend_limit_reached"],
            phrases: [
                "insufficient_quota", "credit_balance_exhausted", "enforced_spend_limit_reached", "billing_",
            ]
        ),
        Rule(
            meaning: .notFound,
            statuses: [0, 400, 404],
            names: ["model_not_found", "not_found_error"],
            phrases: ["does not exist", "not deployed", "model_not_found"]
        ),
        Rule(
            meaning: .coldLoading,
            statuses: [0, 424, 425, 429, 503],
            phrases: [
                "loading*model", "load model", "model*loading", "model*warming", "model*starting", "model*not ready",
                "cold start", "scale*up", "scaling*up", "scale*zero", "scaling*zero", "no *replica", "modelnotready",
            ]
        ),
        Rule(
            meaning: .overloaded,
            names: [
                "overloaded", "overloaded_error", "server_is_overloaded", "unavailable", "capacity_exceeded",
                "provider_overloaded",
            ],
            phrases: ["engine overloaded", "engine is overloaded", "engine is currently overloaded", "server busy"]
        ),
        Rule(
            meaning: .rateLimited,
            names: [
                "rate_limit_error", "rate_limit_exceeded", "resource_exhausted", "dynamic_request_limited",
                "dynamic_token_limited", "too_many_requests",
            ]
        ),
        Rule(meaning: .rateLimited, statuses: [413], phrases: ["tokens per minute"]),
        Rule(
            meaning: .rateLimited,
            statuses: [0],
            phrases: ["rate limit", "ratelimit", "too many requests", "throttling"]
        ),
        Rule(meaning: .timeout, names: ["timeout_error", "deadline_exceeded", "timeout"]),
        Rule(
            meaning: .permission,
            names: ["permission_error", "permission_denied", "unsupported_country_region_territory"]
        ),
        Rule(meaning: .permission, statuses: [403], phrases: ["permission", "region", "country"]),
        Rule(
            meaning: .auth,
            names: [
                "invalid_api_key", "authentication_error", "unauthorized", "unauthenticated", "api_key_invalid",
            ],
            phrases: ["api_key_invalid"]
        ),
        Rule(meaning: .serverError, statuses: [0], names: ["server_error", "api_error", "internal", "internal_error"]),
        Rule(meaning: .badRequest, statuses: [0], names: ["invalid_request_error"]),
    ]
}
