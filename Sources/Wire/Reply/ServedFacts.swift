/// What an answer itself says of who gave it. Each is told once a reply, however often a stream repeats it.
public struct ServedFacts: Sendable, Hashable {
    /// UTF-8 bytes of a fact at most; the rest is cut off.
    static let longest = 128

    public var model: String?  // that answered, which a router may have chosen
    public var tier: String?  // of service, in lower case: what was billed, not what was asked for
    public var by: String?  // the replica, worker or region, where the target says how to tell

    public init(model: String? = nil, tier: String? = nil, by: String? = nil) {
        self.model = model
        self.tier = tier
        self.by = by
    }
}

/// Where an answer says which replica, worker or upstream gave it.
public enum ServedBySource: Sendable, Hashable {
    case header(String)  // of the response
    case json(JSONPointer)  // into the first event, or the one document, that has it

    var pointer: JSONPointer? { if case .json(let pointer) = self { pointer } else { nil } }
}

/// A place in a JSON document (RFC 6901): `/choices/0/message`.
public struct JSONPointer: Sendable, Hashable {
    public let text: String
    let tokens: [[UInt8]]

    /// nil unless it begins with a slash and names a place below the root.
    public init?(_ text: String) {
        guard text.hasPrefix("/"), text.utf8.count <= 512 else { return nil }
        self.text = text
        tokens = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { token in
            Array(token.replacing("~1", with: "/").replacing("~0", with: "~").utf8)
        }
    }

    /// What stands there; absent where nothing does. Allocates nothing.
    func value(in root: JSONValue) -> JSONValue {
        var value = root
        for token in tokens {
            switch value.kind {
            case .object: value = value.member(token)
            case .array:
                guard let index = Int(String(decoding: token, as: UTF8.self)), index >= 0 else { return .absent }
                value = value.elements.dropFirst(index).first { _ in true } ?? .absent
            case .absent, .null, .bool, .number, .string: return .absent
            }
        }
        return value
    }
}

/// Words that come with nearly every reply, each held once: a reply that repeats an earlier one's costs no allocation.
struct WordPool {
    private static let capacity = 32
    private var words: [String] = []
    private var next = 0

    /// The text without control characters and blanks around it, at most `ServedFacts.longest` bytes of it; nil where
    /// nothing is left. What is no UTF-8 becomes U+FFFD.
    mutating func word(_ bytes: UnsafeRawBufferPointer) -> String? {
        if let known = words.first(where: { $0.utf8.elementsEqual(bytes) }) { return known }
        let text = String(decoding: bytes.prefix(2 * ServedFacts.longest), as: UTF8.self)
        let clean = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
            default: true
            }
        }
        let word = String(String.UnicodeScalarView(clean)).trimmingBlanks.prefix(utf8: ServedFacts.longest)
        guard !word.isEmpty else { return nil }
        if words.count < Self.capacity {
            words.append(word)
        } else {
            words[next] = word
            next = (next + 1) % Self.capacity
        }
        return word
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        guard let first = firstIndex(where: { $0 != " " }), let last = lastIndex(where: { $0 != " " }) else {
            return ""
        }
        return String(self[first...last])
    }
}

extension ReplyTally {
    /// The model that answers: the first name given counts.
    mutating func served(model: UnsafeRawBufferPointer?) {
        guard let model, !model.isEmpty, facts.served.model == nil else { return }
        facts.served.model = words.word(model)
    }

    /// The tier that serves: the last one told counts, for a stream may begin with what was asked for. `auto` is no tier.
    mutating func served(tier: UnsafeRawBufferPointer?) {
        guard let tier, !tier.isEmpty, let word = words.word(tier)?.lowercased(), word != "auto" else { return }
        facts.served.tier = word
    }

    /// Looks in an event, or in the one document, for who answered.
    mutating func lookForServer(in root: JSONValue, by parser: JSONParser) {
        guard let servedBy, facts.served.by == nil else { return }
        let value = servedBy.value(in: root)
        switch value.kind {
        case .string: facts.served.by = value.utf8.flatMap { words.word($0) }
        case .number, .bool: facts.served.by = value.jsonBytes(by: parser).flatMap { words.word($0) }
        case .absent, .null, .array, .object: break
        }
    }
}

extension ReplyDecoder {
    /// The head of the response has come: what it says of who answers.
    /// - Parameter header: the value of a header by its name.
    public func takeHead(_ header: (String) -> String?) {
        if let name = tierHeader, let tier = header(name) { takeHeader(tier) { $0.served(tier: $1) } }
        if case .header(let name) = servedBy, let by = header(name) {
            takeHeader(by) { $0.facts.served.by = $0.words.word($1) }
        }
    }
}
