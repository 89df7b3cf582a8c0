/// The text of a reply, for those who asked for it to be kept: tests, and checks of answers.
public struct ReplyText: Sendable, Hashable {
    public struct ToolCall: Sendable, Hashable {
        public var id = ""
        public var name = ""
        public var arguments = ""

        public init() {}
    }

    public struct Choice: Sendable, Hashable {
        public var content = ""
        public var reasoning = ""
        public var refusal = ""
        public var toolCalls: [ToolCall] = []  // by their index
        public var contentPieces = 0  // non-empty ones
        public var reasoningPieces = 0

        public init() {}
    }

    public var choices: [Int: Choice] = [:]  // by their index

    public init() {}

    mutating func add(_ kind: ReplyTally.Kind, _ text: UnsafeRawBufferPointer, choice: Int) {
        let text = String(decoding: text, as: UTF8.self)
        switch kind {
        case .visible:
            choices[choice, default: Choice()].content += text
            choices[choice, default: Choice()].contentPieces += 1
        case .reasoning:
            choices[choice, default: Choice()].reasoning += text
            choices[choice, default: Choice()].reasoningPieces += 1
        case .refusal: choices[choice, default: Choice()].refusal += text
        }
    }

    mutating func addToolCall(
        _ index: Int,
        id: UnsafeRawBufferPointer?,
        name: UnsafeRawBufferPointer?,
        arguments: UnsafeRawBufferPointer?,
        choice: Int
    ) {
        var calls = choices[choice, default: Choice()].toolCalls
        while calls.count <= index { calls.append(ToolCall()) }
        if let id { calls[index].id = String(decoding: id, as: UTF8.self) }
        if let name { calls[index].name = String(decoding: name, as: UTF8.self) }
        if let arguments { calls[index].arguments += String(decoding: arguments, as: UTF8.self) }
        choices[choice, default: Choice()].toolCalls = calls
    }
}
