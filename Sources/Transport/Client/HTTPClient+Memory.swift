internal import CCurl

/// What is held for a transfer, and what the allocator is told of it.
extension HTTPClient {
    /// Bytes that libcurl reads at once, and holds for each transfer. Of HTTP/2 what one record of TLS holds: what does not
    /// fit takes further calls for all streams of the connection.
    var readSize: Int { answers == .streams && !endpoint.multiplexes ? 1_024 : 16_384 }

    /// OpenSSL frees the 21 KB that each handshake took; held by the allocator, they would stay ours for every connection.
    static let returnsHandshakeBuffers: Bool = spate_return_memory_from(20_000)

    /// Makes memory ready for so many transfers on new connections, so that a burst does not wait for the system to find it.
    public func reserveMemory(forTransfers count: Int) {
        spate_reserve_memory(min(count, Self.mostReserved), Self.connectionBytes)
    }

    /// What libcurl and libuv allocate for a plain connection, once its handle is there.
    private static let connectionBytes = 10_240
    private static let mostReserved = 6_000  // a heap of a thread holds 64 MB
}
