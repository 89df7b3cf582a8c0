extension BodyTemplate {
    init(openAIChat request: ChatRequest) {
        self.init()
        let replaced = Set(request.extra.map(\.name))
        var writer = MemberWriter(replaced: replaced)
        writer.string("model", request.model)
        if writer.begin("messages") {
            writer.bytes.append(UInt8(ascii: "["))
            for (index, message) in request.messages.enumerated() {
                JSONText.append(index == 0 ? "{\"role\":" : ",{\"role\":", to: &writer.bytes)
                JSONText.appendString(message.role, to: &writer.bytes)
                JSONText.append(",\"content\":\"", to: &writer.bytes)
                if index == request.messages.count - 1 {
                    head = writer.bytes
                    hasPrompt = true
                    writer.bytes = []
                } else {
                    JSONText.appendEscaped(message.content, to: &writer.bytes)
                }
                JSONText.append("\"}", to: &writer.bytes)
            }
            writer.bytes.append(UInt8(ascii: "]"))
        }
        writer.raw("stream", request.streams ? "true" : "false")
        if request.streams, request.asksForUsage { writer.raw("stream_options", "{\"include_usage\":true}") }
        if let temperature = request.temperature, writer.begin("temperature") {
            JSONText.append(temperature, to: &writer.bytes)
        }
        if let seed = request.seed, writer.begin("seed") { JSONText.append(seed, to: &writer.bytes) }
        if request.ignoresEndOfSequence { writer.raw("ignore_eos", "true") }
        for (index, member) in request.extra.enumerated()
        where !request.extra[(index + 1)...].contains(where: { $0.name == member.name }) {
            writer.replacement(member)
        }
        if hasPrompt { middle = writer.bytes } else { head = writer.bytes }
        if !replaced.contains(request.maxTokensField) {
            JSONText.append(",", to: &capName)
            JSONText.appendString(request.maxTokensField, to: &capName)
            JSONText.append(":", to: &capName)
        }
        tail = [UInt8(ascii: "}")]
    }
}

/// Writes an object's members, leaving out those that an extra member replaces.
private struct MemberWriter {
    var bytes: [UInt8] = []
    private let replaced: Set<String>
    private var isFirst = true

    init(replaced: Set<String>) { self.replaced = replaced }

    /// Writes the member's name; false when it is replaced and its value must not be written.
    mutating func begin(_ name: String) -> Bool {
        if replaced.contains(name) { return false }
        write(name)
        return true
    }

    mutating func string(_ name: String, _ value: String) {
        if begin(name) { JSONText.appendString(value, to: &bytes) }
    }

    mutating func raw(_ name: String, _ json: StaticString) {
        if begin(name) { JSONText.append(json, to: &bytes) }
    }

    mutating func replacement(_ member: JSONMember) {
        write(member.name)
        bytes.append(contentsOf: member.json.utf8)
    }

    private mutating func write(_ name: String) {
        bytes.append(UInt8(ascii: isFirst ? "{" : ","))
        isFirst = false
        JSONText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
