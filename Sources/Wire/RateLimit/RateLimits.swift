/// What one response's head says of the limits its sender is under: every provider's headers in one form.
///
///     x-ratelimit-{limit,remaining,reset}-WHAT      OpenAI, Azure, Groq, DigitalOcean, Fireworks, Cerebras
///     x-ratelimit-{limit,remaining,reset}           Together, OpenRouter: of requests
///     x-tokenlimit-{limit,remaining,reset}          Together: of tokens
///     anthropic-ratelimit-WHAT-{limit,remaining,reset}, anthropic-fast-WHAT-...: of fast mode, apart from the others
///     ratelimit-{limit,remaining,reset}, ratelimit  IETF drafts, DigitalOcean's platform
///     retry-after, retry-after-ms, x-should-retry
public struct RateLimits: Sendable, Hashable {
    public enum Resource: String, Sendable, Hashable, Codable {
        case requests, tokens, other
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
    }

    /// One limit; nil = the server did not say.
    public struct Limit: Sendable, Hashable {
        public var name: String  // the server's own, lower case: "requests", "tokens-per-minute"
        public var limit: Int64?
        public var remaining: Int64?
        public var resetSeconds: Double?  // until it is whole again, 0 or more

        public init(name: String, limit: Int64? = nil, remaining: Int64? = nil, resetSeconds: Double? = nil) {
            self.name = name
            self.limit = limit
            self.remaining = remaining
            self.resetSeconds = resetSeconds
        }

        public var resource: Resource { Resource(limitName: name) }
    }

    public var limits: [Limit] = []  // in the order of the headers
    /// How long the server asks to wait: `retry-after-ms` before `retry-after`; 0 or more.
    public var retryAfterSeconds: Double?
    public var shouldRetry: Bool?  // OpenAI's advice

    public init() {}

    public var isEmpty: Bool { self == RateLimits() }

    /// From the lines of a response's head. nil where none of them speaks of limits, which costs no allocation.
    /// - Parameter unixSeconds: the present, asked for only where a line tells an instant of the calendar.
    public init?(head: Span<UInt8>, unixSeconds: () -> Double) {
        self.init()
        var start = 0
        var position = 0
        while position < head.count {
            if head[position] == UInt8(ascii: "\n") {
                if HeaderLine.concernsLimits(head, start..<position) {
                    let line = HeaderLine(head, start..<position)
                    read(line.name, line.value, unixSeconds)
                }
                start = position + 1
            }
            position += 1
        }
        forgetUnknown()
        if isEmpty { return nil }
    }

    /// From headers, by name in any case.
    public init(headers: [Header], unixSeconds: Double) {
        self.init()
        for header in headers { read(header.name.lowercased(), header.value, { unixSeconds }) }
        forgetUnknown()
    }

    // MARK: one header

    private mutating func read(_ name: String, _ value: String, _ now: () -> Double) {
        switch name {
        case "retry-after-ms":
            if let milliseconds = WaitingTime.number(value), let wait = WaitingTime.believed(milliseconds / 1000) {
                retryAfterSeconds = wait
            }
        case "retry-after":
            if retryAfterSeconds == nil { retryAfterSeconds = WaitingTime.seconds(value, unixSeconds: now) }
        case "x-should-retry": shouldRetry = value == "true" ? true : value == "false" ? false : nil
        case "ratelimit": readStructured(value)
        default:
            guard let (part, what) = Self.part(of: name) else { return }
            set(part, of: what, to: value, now)
        }
    }

    private enum Part: String, CaseIterable { case limit, remaining, reset }

    /// `x-ratelimit-reset-tokens-per-day` is the reset of "tokens-per-day", `anthropic-ratelimit-tokens-reset` of "tokens".
    private static func part(of name: String) -> (Part, String)? {
        for (prefix, standard) in [
            ("x-ratelimit-", "requests"), ("x-tokenlimit-", "tokens"), ("ratelimit-", "requests"),
        ]
        where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            for part in Part.allCases where rest.hasPrefix(part.rawValue) {
                let what = rest.dropFirst(part.rawValue.count)
                if what.isEmpty { return (part, standard) }
                if what.first == "-", what.count > 1 { return (part, String(what.dropFirst().prefix(64))) }
            }
            return nil
        }
        for (prefix, kind) in [("anthropic-ratelimit-", ""), ("anthropic-fast-", "fast-")] where name.hasPrefix(prefix)
        {
            let rest = name.dropFirst(prefix.count)
            for part in Part.allCases where rest.hasSuffix("-" + part.rawValue) {
                let what = rest.dropLast(part.rawValue.count + 1)
                if !what.isEmpty { return (part, kind + what.prefix(64)) }
            }
        }
        return nil
    }

    private mutating func set(_ part: Part, of name: String, to value: String, _ now: () -> Double) {
        var index = limits.firstIndex { $0.name == name }
        if index == nil, limits.count < 16 {
            limits.append(Limit(name: name))
            index = limits.count - 1
        }
        guard let index else { return }
        switch part {
        case .limit: limits[index].limit = Self.count(value)
        case .remaining: limits[index].remaining = Self.count(value)
        case .reset: limits[index].resetSeconds = WaitingTime.seconds(value, unixSeconds: now)
        }
    }

    /// Azure says -1, or 0 of 0, where it does not know.
    private mutating func forgetUnknown() {
        for index in limits.indices {
            if let limit = limits[index].limit, limit <= 0 {
                (limits[index].limit, limits[index].remaining) = (nil, nil)
            }
            if let remaining = limits[index].remaining, remaining < 0 { limits[index].remaining = nil }
        }
    }

    /// The most that is believed of a limit; some servers write the greatest integer for none.
    static let mostCount: Int64 = 1_000_000_000_000_000

    /// The leading number ("100, 100;w=60" of the drafts is 100); nil where there is none or it is below 0, unless it is a
    /// limit's sign of not knowing, or above `mostCount`.
    private static func count(_ value: some StringProtocol) -> Int64? {
        let digits = value.prefix { $0.isASCII && ($0.isNumber || $0 == "-") }
        return Int64(digits).flatMap { (-1...mostCount).contains($0) ? $0 : nil }
    }

    /// `"default";r=50;t=30`, or the older `limit=100, remaining=50, reset=30`.
    private mutating func readStructured(_ value: String) {
        var limit = Limit(name: "requests")
        for piece in value.prefix(512).split(whereSeparator: { $0 == ";" || $0 == "," }) {
            let words = piece.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            guard words.count == 2, let number = Self.count(words[1]), number >= 0 else { continue }
            switch words[0] {
            case "limit": limit.limit = number
            case "remaining", "r": limit.remaining = number
            case "reset", "t": limit.resetSeconds = WaitingTime.believed(Double(number))
            default: break
            }
        }
        if limit != Limit(name: "requests"), !limits.contains(where: { $0.name == limit.name }) { limits.append(limit) }
    }
}

extension RateLimits.Resource {
    init(limitName name: String) {
        if name.contains("request") {
            self = .requests
        } else if name.contains("token") {
            self =
                name.contains("input") || name.contains("prompt")
                ? .inputTokens : name.contains("output") || name.contains("generated") ? .outputTokens : .tokens
        } else {
            self = .other
        }
    }
}

/// One line of a head, cut at its colon.
private struct HeaderLine {
    var name: String  // lower case
    var value: String  // without blanks around it

    init(_ head: Span<UInt8>, _ range: Range<Int>) {
        var name: [UInt8] = []
        var value: [UInt8] = []
        var hasColon = false
        for index in range.prefix(1024) {
            let byte = head[index]
            if !hasColon, byte == UInt8(ascii: ":") {
                hasColon = true
            } else if hasColon {
                value.append(byte)
            } else {
                name.append(Self.lower(byte))
            }
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
        while let last = value.last, isBlank(last) { value.removeLast() }
        self.name = String(decoding: name, as: UTF8.self)
        self.value = String(decoding: value.drop(while: isBlank), as: UTF8.self)
    }

    static func concernsLimits(_ head: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for prefix in [
            "x-ratelimit-", "x-tokenlimit-", "anthropic-ratelimit-", "anthropic-fast-", "ratelimit", "retry-after",
            "x-should-retry",
        ]
            as [StaticString] where begins(head, range, prefix)
        {
            return true
        }
        return false
    }

    private static func begins(_ head: Span<UInt8>, _ range: Range<Int>, _ prefix: StaticString) -> Bool {
        guard range.count > prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount
        where lower(head[range.lowerBound + offset]) != prefix.utf8Start[offset] {
            return false
        }
        return true
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
}
