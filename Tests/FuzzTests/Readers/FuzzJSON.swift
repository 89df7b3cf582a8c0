@testable import Wire

/// A JSON document, and the bodies of requests as the simulated provider reads them.
///
/// Held: a document says the same with room behind it and without; what it is written as reads back as the same; a walk ends.
enum FuzzJSON {
    nonisolated(unsafe) private static let parser = JSONParser()
    private static let paths = [
        "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/api/chat",
        "/v1beta/models/m:streamGenerateContent", "/generate_stream", "/v2/chat",
    ]
    private static let calls = paths.compactMap { ServedCall(path: $0) }

    static func read(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let call = input.pick(calls)
        let body = Array(input.rest)

        let tight = text(body, readable: body.count)
        let roomy = text(
            body + [UInt8](repeating: UInt8(ascii: "\""), count: 64),
            of: body.count,
            readable: body.count + 64
        )
        precondition(tight == roomy, "the room behind a document changes it")
        if let tight {
            let again = Array(tight.utf8)
            precondition(
                text(again, readable: again.count) == tight,
                "what was written reads back as another: \(tight)"
            )
        }
        if let facts = try? ChatRequestFacts(body: body.span, call: call, servedModel: "m", parser: parser) {
            precondition(facts.promptBytes >= 0 && facts.messages >= 0 && (facts.maxTokens ?? 0) >= 0)
        }
        _ = ChatRequestFacts.prefixes(of: body.span, parser: parser)
        _ = ModelList.ids(in: body.span, parser: parser)
        for member in parser.members(of: String(decoding: body, as: UTF8.self)) ?? [] {
            precondition(parser.isDocument(member.json), "a member's text is no JSON")
        }
    }

    private static func text(_ bytes: [UInt8], of count: Int? = nil, readable: Int) -> String? {
        bytes.withUnsafeBytes { bytes in
            let document = UnsafeRawBufferPointer(rebasing: bytes[..<(count ?? bytes.count)])
            guard let root = parser.parse(document, readable: readable) else { return nil }
            walk(root, depth: 0)
            return root.json(by: parser)
        }
    }

    private static func walk(_ value: JSONValue, depth: Int) {
        precondition(depth <= 1024)
        _ = (value.utf8, value.int, value.double, value.bool)
        for element in value.elements { walk(element, depth: depth + 1) }
        for member in value.members { walk(member.value, depth: depth + 1) }
    }
}
