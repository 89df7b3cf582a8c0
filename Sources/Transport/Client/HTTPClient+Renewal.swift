internal import CLibcurl

/// What may change while a client is in use: its headers, since keys are renewed, and the addresses of its endpoint.
extension HTTPClient {
    static func list(_ headers: [(name: String, value: String)]) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        // An empty Expect: keeps libcurl from waiting for a 100 before bodies above 1 MB.
        for (name, value) in unique([("Accept-Encoding", "identity")] + headers) {
            list = curl_slist_append(list, "\(name): \(value)")
        }
        return curl_slist_append(list, "Expect:")
    }

    /// Requests that start from now on are sent with these instead.
    public func replaceHeaders(_ headers: [(name: String, value: String)]) {
        if let headerList { formerLists.append(headerList) }
        headerList = HTTPClient.list(headers)
    }

    /// Connections that are opened from now on go to these addresses of the same name.
    public func replaceAddresses(_ addresses: [String]) {
        endpoint.addresses = addresses
        for (number, shard) in shards.enumerated() { shard.resolve(turn: number) }
    }
}
