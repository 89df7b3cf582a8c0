/// One member of a JSON object whose value is kept as JSON text: how users add what spate does not know.
public struct JSONMember: Sendable, Hashable {
    public var name: String  // unescaped
    public var json: String  // one JSON value

    /// `json` must be one valid JSON value; `JSONParser.members(of:)` gives such.
    public init(name: String, json: String) {
        self.name = name
        self.json = json
    }
}
