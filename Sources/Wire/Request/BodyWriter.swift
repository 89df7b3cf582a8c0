/// Writes the body of a request, member by member, into a template: what an extra member replaces is left out.
struct BodyWriter {
    private var template = BodyTemplate()
    private var bytes = [UInt8(ascii: "{")]
    private var extra: [JSONMember]
    private var replaced: Set<String>
    private var isFirst = true  // in the object being written

    init(extra: [JSONMember]) {
        self.extra = extra
        replaced = Set(extra.map(\.name))
    }

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

    mutating func value(_ name: String, _ json: [UInt8]) {
        if begin(name) { bytes.append(contentsOf: json) }
    }

    mutating func number(_ name: String, _ value: Double?) {
        if let value, begin(name) { JSONText.append(value, to: &bytes) }
    }

    mutating func number(_ name: String, _ value: Int64?) {
        if let value, begin(name) { JSONText.append(value, to: &bytes) }
    }

    /// `[{"role":...,"content":...},...]`; the last one's content is the prompt. Where a list may hold other things too,
    /// each says its type.
    mutating func messages(
        _ name: String,
        _ messages: some Collection<ChatRequest.Message>,
        itemType: String? = nil
    ) {
        array(name, messages) { message, writer in
            JSONText.append("{", to: &writer.bytes)
            if let itemType {
                JSONText.append("\"type\":", to: &writer.bytes)
                JSONText.appendString(itemType, to: &writer.bytes)
                JSONText.append(",", to: &writer.bytes)
            }
            JSONText.append("\"role\":", to: &writer.bytes)
            JSONText.appendString(message.role, to: &writer.bytes)
            JSONText.append(",\"content\":\"", to: &writer.bytes)
            return "\"}"
        }
    }

    /// `[{"role":...,"parts":[{"text":...}]},...]`, as Gemini wants it; the assistant is called "model".
    mutating func contents(_ name: String, _ messages: some Collection<ChatRequest.Message>) {
        array(name, messages) { message, writer in
            JSONText.append("{\"role\":", to: &writer.bytes)
            JSONText.appendString(message.role == "assistant" ? "model" : message.role, to: &writer.bytes)
            JSONText.append(",\"parts\":[{\"text\":\"", to: &writer.bytes)
            return "\"}]}"
        }
    }

    /// `[{"type":"user_input","content":[{"type":"text","text":...}]},...]`, as Gemini's Interactions want it.
    mutating func steps(_ name: String, _ messages: some Collection<ChatRequest.Message>) {
        array(name, messages) { message, writer in
            JSONText.append("{\"type\":", to: &writer.bytes)
            JSONText.appendString(message.role == "assistant" ? "model_output" : "user_input", to: &writer.bytes)
            JSONText.append(",\"content\":[{\"type\":\"text\",\"text\":\"", to: &writer.bytes)
            return "\"}]}"
        }
    }

    /// `["...",...]`, each message's content by itself; the last one's is the prompt.
    mutating func texts(_ name: String, _ messages: some Collection<ChatRequest.Message>) {
        array(name, messages) { _, writer in
            JSONText.append("\"", to: &writer.bytes)
            return "\""
        }
    }

    /// One text of all messages, with a blank line between them; the last one's content is the prompt.
    mutating func text(_ name: String, of messages: some Collection<ChatRequest.Message>) {
        guard begin(name) else { return }
        bytes.append(UInt8(ascii: "\""))
        for message in messages.dropLast() {
            JSONText.appendEscaped(message.content, to: &bytes)
            JSONText.append("\\n\\n", to: &bytes)
        }
        if !messages.isEmpty { prompt() }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The extra members and the cap, and with them the end of the body.
    mutating func finish(cap: String) -> BodyTemplate {
        writeExtra()
        return end(cap: replaced.contains(cap) ? nil : cap, closing: [UInt8(ascii: "}")])
    }

    /// The extra members, and the end of a body that has no cap.
    mutating func finishWithoutCap() -> BodyTemplate {
        writeExtra()
        return end(cap: nil, closing: [UInt8(ascii: "}")])
    }

    /// The end of a body whose cap is a member of the object `name`, besides those that `members` writes. The members
    /// of an extra member of that name go into it.
    mutating func finish(object name: String, cap: String, _ members: (inout BodyWriter) -> Void) -> BodyTemplate {
        let parser = JSONParser()
        let mine = extra.filter { $0.name == name }.map { parser.members(of: $0.json) }
        if mine.contains(nil) { return finish(cap: name) }  // replaced by something that is no object
        extra.removeAll { $0.name == name }
        writeExtra()
        write(name)
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        extra = mine.flatMap { $0 ?? [] }
        replaced = Set(extra.map(\.name))
        members(&self)
        writeExtra()
        return end(cap: replaced.contains(cap) ? nil : cap, closing: Array("}}".utf8))
    }

    /// - Parameter open: writes up to the inside of the content's quotes and gives what stands behind it.
    private mutating func array<Messages: Collection<ChatRequest.Message>>(
        _ name: String,
        _ messages: Messages,
        open: (ChatRequest.Message, inout BodyWriter) -> StaticString
    ) {
        guard begin(name) else { return }
        bytes.append(UInt8(ascii: "["))
        for (index, message) in messages.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let close = open(message, &self)
            if index == messages.count - 1 { prompt() } else { JSONText.appendEscaped(message.content, to: &bytes) }
            JSONText.append(close, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The place of the prompt is here.
    private mutating func prompt() {
        template.head = bytes
        template.hasPrompt = true
        bytes = []
    }

    private mutating func writeExtra() {
        for (index, member) in extra.enumerated()
        where !extra[(index + 1)...].contains(where: { $0.name == member.name }) {
            write(member.name)
            bytes.append(contentsOf: member.json.utf8)
        }
    }

    private mutating func end(cap: String?, closing: [UInt8]) -> BodyTemplate {
        if template.hasPrompt { template.middle = bytes } else { template.head = bytes }
        if let cap {
            if !isFirst { JSONText.append(",", to: &template.capName) }
            JSONText.appendString(cap, to: &template.capName)
            JSONText.append(":", to: &template.capName)
        }
        template.tail = closing
        return template
    }

    private mutating func write(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        JSONText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
