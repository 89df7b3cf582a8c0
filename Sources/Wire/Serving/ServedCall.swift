/// Which API a request's path belongs to, and what the path itself says.
public struct ServedCall: Sendable, Hashable {
    public var api: API
    public var model: String?  // nil = the body says it
    public var streams: Bool?  // nil = the body says it

    /// - Parameter path: without its query. nil when no API is served there.
    public init?(path: String) {
        for api in API.allCases {
            guard let call = api.grammar.served.call(path) else { continue }
            self.api = api
            (model, streams) = call
            return
        }
        return nil
    }
}
