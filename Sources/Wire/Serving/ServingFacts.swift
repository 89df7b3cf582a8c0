/// What spate's simulated provider says about the serving of a request, in the last chunk of its answer:
/// `"spate":{"cold":true,"replica":2}`.
public struct ServingFacts: Sendable, Hashable {
    public var cold: Bool  // the request waited for a replica to start
    public var replica: Int  // that served it

    public init(cold: Bool, replica: Int) {
        self.cold = cold
        self.replica = replica
    }

    init?(_ value: JSONValue) {
        guard let cold = value["cold"].bool else { return nil }
        self.init(cold: cold, replica: value["replica"].int.flatMap { Int(exactly: $0) } ?? 0)
    }

    func append(to buffer: inout [UInt8]) {
        JSONText.append(cold ? "{\"cold\":true,\"replica\":" : "{\"cold\":false,\"replica\":", to: &buffer)
        JSONText.append(Int64(replica), to: &buffer)
        JSONText.append("}", to: &buffer)
    }
}
