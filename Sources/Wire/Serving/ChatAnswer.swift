/// JSON bodies of a chat server: a whole answer, and an error.
public enum ChatAnswer {
    /// A complete answer to a request that did not ask for a stream.
    public static func append(
        id: String,
        model: String,
        created: Int64,
        content: String,
        finish: String,
        usage: Usage,
        serving: ServingFacts? = nil,
        tier: String? = nil,
        to buffer: inout [UInt8]
    ) {
        appendStart(id: id, object: "chat.completion", model: model, created: created, to: &buffer)
        JSONText.append("{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":", to: &buffer)
        JSONText.appendString(content, to: &buffer)
        JSONText.append("},\"finish_reason\":", to: &buffer)
        JSONText.appendString(finish, to: &buffer)
        JSONText.append("}]", to: &buffer)
        appendEnd(usage: usage, serving: serving, tier: tier, to: &buffer)
    }

    /// An error in OpenAI's shape: `{"error":{"message","type","param","code"}}`.
    public static func appendError(
        message: String,
        type: String,
        parameter: String? = nil,
        code: String?,
        to buffer: inout [UInt8]
    ) {
        JSONText.append("{\"error\":{\"message\":", to: &buffer)
        JSONText.appendString(message, to: &buffer)
        JSONText.append(",\"type\":", to: &buffer)
        JSONText.appendString(type, to: &buffer)
        JSONText.append(",\"param\":", to: &buffer)
        appendOptional(parameter, to: &buffer)
        JSONText.append(",\"code\":", to: &buffer)
        appendOptional(code, to: &buffer)
        JSONText.append("}}", to: &buffer)
    }

    /// Up to and including `"choices":[`.
    static func appendStart(
        id: String,
        object: StaticString,
        model: String,
        created: Int64,
        to buffer: inout [UInt8]
    ) {
        JSONText.append("{\"id\":", to: &buffer)
        JSONText.appendString(id, to: &buffer)
        JSONText.append(",\"object\":\"", to: &buffer)
        JSONText.append(object, to: &buffer)
        JSONText.append("\",\"created\":", to: &buffer)
        JSONText.append(created, to: &buffer)
        JSONText.append(",\"model\":", to: &buffer)
        JSONText.appendString(model, to: &buffer)
        JSONText.append(",\"choices\":[", to: &buffer)
    }

    /// From behind the choices to the closing brace.
    static func appendEnd(usage: Usage?, serving: ServingFacts?, tier: String?, to buffer: inout [UInt8]) {
        if let tier {
            JSONText.append(",\"service_tier\":", to: &buffer)
            JSONText.appendString(tier, to: &buffer)
        }
        if let usage {
            JSONText.append(",\"usage\":", to: &buffer)
            usage.append(to: &buffer)
        }
        if let serving {
            JSONText.append(",\"spate\":", to: &buffer)
            serving.append(to: &buffer)
        }
        JSONText.append("}", to: &buffer)
    }

    private static func appendOptional(_ text: String?, to buffer: inout [UInt8]) {
        if let text { JSONText.appendString(text, to: &buffer) } else { JSONText.append("null", to: &buffer) }
    }
}
