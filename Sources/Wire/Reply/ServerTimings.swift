/// What a server says about its own times, where it says something; nil = it did not.
public struct ServerTimings: Sendable, Hashable {
    public var queueMilliseconds: Double?
    public var prefillMilliseconds: Double?
    public var generationMilliseconds: Double?
    public var firstTokenMilliseconds: Double?  // from its receipt of the request

    public init() {}
}
