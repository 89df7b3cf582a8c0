import Glibc

/// A file in memory that readers of files are given: one of this process, written anew for each input.
enum FuzzFile {
    static let path = "/dev/shm/spate-fuzz-\(getpid())"

    /// - Parameter suffix: tells apart those of threads that read at the same time.
    static func with<R>(_ bytes: [UInt8], suffix: String, _ body: (String) -> R) -> R {
        let path = path + suffix
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "cannot write \(path): errno \(errno)")
        defer { unlink(path) }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        precondition(count == bytes.count)
        return body(path)
    }
}
