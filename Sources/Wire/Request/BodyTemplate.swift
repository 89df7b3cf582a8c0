/// Many request bodies that differ only in the prompt and the cap: everything else is encoded once.
///
///     {"model":"m","messages":[...,{"role":"user","content":" PROMPT "}],"stream":true,...,"max_tokens": CAP }
///     └──────────────────────── head ──────────────────────┘        └── middle ──┘└─ capName ─┘     └ tail
///
/// The prompt takes the place of the last message's content. Without messages, or when an extra member replaces them,
/// there is no such place and the prompt is not sent; the same holds for the cap.
public struct BodyTemplate: Sendable, Hashable {
    var head: [UInt8] = []
    var hasPrompt = false
    var middle: [UInt8] = []
    var capName: [UInt8] = []  // with the comma before and the colon behind; empty = no cap is sent
    var tail: [UInt8] = []

    init() {}

    public init(_ request: ChatRequest, api: API = .openAIChat) { self = api.grammar.template(request) }

    /// As `append(prompt:)`, for a prompt of about so many bytes that needs no escaping: `prompt` appends it itself.
    public func append(
        plainBytes: Int,
        maxTokens: Int?,
        to buffer: inout [UInt8],
        prompt: (inout [UInt8]) -> Void
    ) {
        let fixed = head.count + middle.count + capName.count + tail.count
        buffer.reserveCapacity(buffer.count + fixed + plainBytes + 24)
        buffer.append(contentsOf: head)
        if hasPrompt { prompt(&buffer) }
        appendRest(maxTokens, to: &buffer)
    }

    /// Appends one body. `maxTokens` nil = no cap is sent.
    public func append(prompt: String, maxTokens: Int?, to buffer: inout [UInt8]) {
        let fixed = head.count + middle.count + capName.count + tail.count
        buffer.reserveCapacity(buffer.count + fixed + prompt.utf8.count + 24)
        buffer.append(contentsOf: head)
        if hasPrompt { JSONText.appendEscaped(prompt, to: &buffer) }
        appendRest(maxTokens, to: &buffer)
    }

    private func appendRest(_ maxTokens: Int?, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: middle)
        if let maxTokens, !capName.isEmpty {
            buffer.append(contentsOf: capName)
            JSONText.append(Int64(maxTokens), to: &buffer)
        }
        buffer.append(contentsOf: tail)
    }
}
