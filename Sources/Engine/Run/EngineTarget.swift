public import Schedule
public import Transport
public import Wire

/// One endpoint and model, ready to be asked.
public struct EngineTarget: Sendable {
    /// What everything in a run names it by, and its row in the store (`TargetRecord.id`).
    public var id: Int
    public var name: String
    public var endpoint: Endpoint
    /// Path of the base URL, without the API's own: "/v1".
    public var basePath: String
    /// Behind the `?` of each request; nil = nothing.
    public var query: String?
    public var model: String
    public var provider: Provider
    /// Sent with each request, the key's among them.
    public var headers: [Header]
    /// The key among the headers, where its file or command can be asked again; nil = it stays what it is.
    public var key: Renewable<Header>?
    /// The addresses of the endpoint's name; nil = it is an address itself.
    public var addresses: Renewable<[String]>?
    public var price = Price()
    public var plan: RunPlan

    public init(
        id: Int,
        name: String,
        endpoint: Endpoint,
        basePath: String,
        model: String,
        provider: Provider,
        headers: [Header],
        plan: RunPlan
    ) {
        self.id = id
        self.name = name
        self.endpoint = endpoint
        self.basePath = basePath
        self.model = model
        self.provider = provider
        self.headers = headers
        self.plan = plan
    }

    public var modelsPath: String { withQuery(provider.api.modelsPath(base: basePath)) }
    var requestPath: String { requestPath(model: model) }

    func requestPath(model: String) -> String {
        withQuery(basePath + provider.api.path(model: model, streams: provider.streams))
    }

    /// An API's own path may have a query, too.
    private func withQuery(_ path: String) -> String {
        query.map { "\(path)\(path.contains("?") ? "&" : "?")\($0)" } ?? path
    }
}
