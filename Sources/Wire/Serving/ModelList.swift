/// The answer to GET /models: `{"object":"list","data":[{"id":...,"object":"model"}]}`.
public enum ModelList {
    /// What follows the base URL.
    public static let path = "/models"

    public static func append(ids: [String], created: Int64, owner: String, to buffer: inout [UInt8]) {
        JSONText.append("{\"object\":\"list\",\"data\":[", to: &buffer)
        for (index, id) in ids.enumerated() {
            JSONText.append(index == 0 ? "{\"id\":" : ",{\"id\":", to: &buffer)
            JSONText.appendString(id, to: &buffer)
            JSONText.append(",\"object\":\"model\",\"created\":", to: &buffer)
            JSONText.append(created, to: &buffer)
            JSONText.append(",\"owned_by\":", to: &buffer)
            JSONText.appendString(owner, to: &buffer)
            JSONText.append("}", to: &buffer)
        }
        JSONText.append("]}", to: &buffer)
    }

    /// The ids in a server's answer, in its order; nil when it is no list of models. Some servers send the bare array,
    /// Ollama's own list is called `models`.
    public static func ids(in body: Span<UInt8>, parser: JSONParser) -> [String]? {
        body.withUnsafeBytes { bytes in
            guard let root = parser.parse(bytes) else { return nil }
            let list = root.kind == .array ? root : root["data"].kind == .array ? root["data"] : root["models"]
            guard list.kind == .array else { return nil }
            return list.elements.compactMap { $0["id"].text ?? $0["name"].text.map(withoutFolder) }
        }
    }

    /// Gemini lists "models/NAME".
    private static func withoutFolder(_ name: String) -> String {
        name.hasPrefix("models/") ? String(name.dropFirst("models/".count)) : name
    }
}
