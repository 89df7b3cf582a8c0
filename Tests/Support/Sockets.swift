public import Glibc

/// Addresses of this machine for plain socket calls.
public enum Loopback {
    /// Gives `body` the address of a port.
    public static func with<Result>(
        port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The port of the address that `body` fills in.
    public static func port(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &size) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Waits for a program of the test's that was just started; false when nothing listens after five seconds.
public func waitUntilAccepted(on port: Int) -> Bool {
    for _ in 0..<250 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        if Loopback.with(port: port, { connect(descriptor, $0, $1) }) == 0 { return true }
        pause(milliseconds: 20)
    }
    return false
}

/// A call that may wait, until nothing interrupts it: the remains of a closed ring do so once, on the thread that made it.
func uninterrupted<Count: SignedInteger>(_ call: () -> Count) -> Count {
    while true {
        let count = call()
        guard count < 0, errno == EINTR else { return count }
    }
}

/// False when the other end is gone.
func sendAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
        let count = bytes[offset...].withUnsafeBytes { rest in
            uninterrupted { Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL)) }
        }
        guard count > 0 else { return false }
        offset += count
    }
    return true
}

/// Makes closing it send RST instead of FIN.
func resetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
}
