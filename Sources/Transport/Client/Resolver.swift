internal import CCurl
internal import CLibuv
internal import Glibc
internal import Ticks

/// Looks a name up once, off the loop's thread, timed.
///
/// libcurl would start a thread for each transfer to a name it does not know; 300 transfers made 276 threads.
public final class Resolver {
    public struct Answer: Sendable, Hashable {
        /// Numeric, in the system's order of preference; empty when the name is unknown.
        public var addresses: [String]
        /// How long the look-up took; 0 for a numeric host.
        public var nanoseconds: Int64
        /// The system's words when it failed.
        public var problem: String?
    }

    private let request: UnsafeMutablePointer<uv_getaddrinfo_t>
    private let began = MonotonicClock.now()
    private let done: (Answer) -> Void

    private init(done: @escaping (Answer) -> Void) {
        self.done = done
        request = .allocate(capacity: 1)
    }

    /// Calls `done` on the loop's thread; at once when `host` is an address.
    public static func resolve(_ host: String, loop: EventLoop, done: @escaping (Answer) -> Void) {
        if SocketAddress(host, port: 0) != nil {
            done(Answer(addresses: [], nanoseconds: 0, problem: nil))
            return
        }
        let resolver = Resolver(done: done)
        resolver.request.pointee.data = Unmanaged.passRetained(resolver).toOpaque()
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let code = uv_getaddrinfo(
            loop.raw,
            resolver.request,
            { request, status, list in
                guard let data = request?.pointee.data else { return }
                let resolver = Unmanaged<Resolver>.fromOpaque(data).takeRetainedValue()
                resolver.finish(status: status, list: list)
                uv_freeaddrinfo(list)
            },
            host,
            nil,
            &hints
        )
        if code != 0 {
            Unmanaged.passUnretained(resolver).release()
            done(Answer(addresses: [], nanoseconds: 0, problem: String(cString: uv_strerror(code))))
        }
    }

    /// Looks it up on this thread; nil where the name is not known now.
    public static func addresses(of host: String) -> [String]? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        let found = addresses(in: list)
        return found.isEmpty ? nil : found
    }

    private static func addresses(in list: UnsafeMutablePointer<addrinfo>?) -> [String] {
        var addresses: [String] = []
        var entry = list
        while let current = entry {
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let address = current.pointee
            if getnameinfo(address.ai_addr, address.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
                == 0
            {
                let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if !addresses.contains(text) { addresses.append(text) }
            }
            entry = address.ai_next
        }
        return addresses
    }

    private func finish(status: Int32, list: UnsafeMutablePointer<addrinfo>?) {
        let addresses = Self.addresses(in: list)
        let took = MonotonicClock.now().nanoseconds(since: began)
        let problem = status == 0 ? nil : String(cString: uv_strerror(status))
        done(Answer(addresses: addresses, nanoseconds: took, problem: problem))
    }

    deinit { request.deallocate() }
}
