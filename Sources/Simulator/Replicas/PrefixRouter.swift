internal import Schedule
internal import Ticks
internal import Wire

/// Sends each request to one of the replicas, which each remember the beginnings of the prompts that they have read.
///
///     request ─► session's replica, else one at random ─► a beginning that it has read before costs no prefill
struct PrefixRouter {
    /// Where a request goes, and what is known of it there.
    struct Route {
        var replica: Int
        var cachedBytes = 0  // of the prompt's text
        var headers: [(String, String)] = []  // of the answer
    }

    private let rule: ServingRules.Router
    private let replicas: Int
    private var generator: SplitMix64
    /// By replica: hashes of beginnings.
    private var known: [Set<UInt64>]
    private static let mostPrefixes = 500_000

    init(_ rule: ServingRules.Router, replicas: Int, seed: UInt64) {
        self.rule = rule
        self.replicas = max(1, replicas)
        generator = SplitMix64(seed: seed, stream: "router")
        known = Array(repeating: [], count: self.replicas)
    }

    /// - Parameters:
    ///   - header: the value of a request's header
    ///   - member: the JSON of a body's member
    ///   - prefixes: of the prompt, each from its beginning to the end of a message or of a block
    mutating func route(
        header: (String) -> String?,
        member: (String) -> String?,
        prefixes: [ChatRequestFacts.Prefix]
    ) -> Route {
        let random = min(replicas - 1, Int(generator.unit() * Double(replicas)))
        var route = Route(replica: random, headers: [("X-Served-By", "")])
        switch rule.key {
        case nil: break
        case .header(let name): route.replica = header(name.lowercased()).map(place) ?? random
        case .body(let name): route.replica = member(name).map(place) ?? random
        case .echo(let name):
            let number = header(name.lowercased()).flatMap { $0.hasPrefix("replica-") ? Int($0.dropFirst(8)) : nil }
            if let number, known.indices.contains(number) { route.replica = number }
            route.headers.append((name, "replica-\(route.replica)"))
        }
        route.headers[0].1 = "replica-\(route.replica)"
        for prefix in prefixes where known[route.replica].contains(prefix.hash) {
            route.cachedBytes = max(route.cachedBytes, prefix.bytes)
        }
        if known[route.replica].count + prefixes.count > Self.mostPrefixes { known[route.replica].removeAll() }
        known[route.replica].formUnion(prefixes.map(\.hash))
        return route
    }

    /// A session's replica, always the same.
    private func place(of session: String) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        for byte in session.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int((hash ^ hash >> 32) % UInt64(replicas))
    }
}
