internal import CCurl

/// Local addresses that new connections leave from in turn, so that each has the whole range of ports.
struct SourceAddresses {
    private let addresses: [SocketAddress]
    private var next = 0

    /// What is no numeric address is left out.
    init(_ texts: [String]) { addresses = texts.compactMap { SocketAddress($0, port: 0) } }

    /// Binds a new socket to the next one, true where there is none; its port is chosen when it connects.
    mutating func bind(_ descriptor: Int32) -> Bool {
        guard !addresses.isEmpty else { return true }
        next = (next + 1) % addresses.count
        spate_bind_late(descriptor)
        return addresses[next].bind(descriptor) == 0
    }
}
