internal import Glibc

/// How long a thread has been ready to run while others had its core: field 2 of /proc/thread-self/schedstat.
///
/// A thread that is stopped by a signal is not ready to run, so that the two can be told apart.
public final class RunQueueWait {
    private let descriptor: Int32

    /// Of the thread that calls.
    public init() { descriptor = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC) }

    /// So far, nanoseconds; 0 where the kernel does not tell.
    public func nanoseconds() -> Int64 {
        var text: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
        return withUnsafeMutableBytes(of: &text) { bytes in
            let count = pread(descriptor, bytes.baseAddress, bytes.count, 0)
            guard count > 0 else { return 0 }
            var value: Int64 = 0
            var field = 0
            for byte in bytes[..<count] {
                if byte == UInt8(ascii: " ") { field += 1 }
                if field == 2 { break }
                if field == 1, byte >= 0x30, byte <= 0x39 { value = value &* 10 &+ Int64(byte - 0x30) }
            }
            return value
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

@available(*, unavailable) extension RunQueueWait: Sendable {}  // it tells of one thread
