import Engine
import Profile
import Synchronization
import Ticks
import Transport
import Wire

/// What of a target may change while a run of hours goes on: the addresses behind its name, and its key.
extension TargetPreparation {
    /// A name may be looked up again so often.
    private static let namePause: Int64 = 30_000_000_000
    /// And a key be asked for, after a refusal.
    private static let keyPause: Int64 = 1_000_000_000

    /// The addresses of a name, in whatever order the resolver gives them; nil where there is no name.
    static func following(_ endpoint: Endpoint) -> Renewable<[String]>? {
        guard !endpoint.addresses.isEmpty else { return nil }
        let (host, first) = (endpoint.connectedHost, endpoint.addresses)
        let now = MonotonicClock.now().nanoseconds
        let last = Mutex(first)
        return Renewable(first, at: now, pause: namePause) {
            guard let found = Resolver.addresses(of: host) else { return nil }
            return last.withLock { last in
                // A rotated list is the same one.
                if Set(found) != Set(last) { last = found }
                return last
            }
        }
    }

    /// The header of a key that may change; nil where the key cannot be asked for again.
    static func renewing(_ header: Header, from source: KeySource?, of provider: Provider) -> Renewable<Header>? {
        switch source {
        case .file, .command: break
        case .environment, nil: return nil
        }
        return Renewable(header, at: 0, pause: keyPause) {
            guard let source, let key = try? KeyRing.read(source, isFirst: false) else { return nil }
            return provider.authenticationHeader(key: key)
        }
    }
}
