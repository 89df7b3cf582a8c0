internal import Glibc
internal import Synchronization
internal import Transport

/// Writes bytes to a file from a thread of its own: a disk that syncs for somebody else must not make tokens late.
final class JournalWriter: Sendable {
    private final class Shared: Sendable {
        let waiting = Mutex<[UInt8]>([])
        let hasFailed = Mutex(false)
    }

    private let shared = Shared()
    private let bell: Int32  // a pipe; a byte means "there is something", its end means "finish"
    private let thread: LoopThread

    /// nil when the file cannot be made.
    init?(path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        var ends: [Int32] = [-1, -1]
        guard ProcessResources.pipe(&ends) else {
            close(file)
            return nil
        }
        bell = ends[1]
        let ear = ends[0]
        thread = LoopThread(name: "truth") { [shared] in
            var byte: UInt8 = 0
            while true {
                let count = read(ear, &byte, 1)
                if count < 0, errno == EINTR { continue }
                let bytes = shared.waiting.withLock { waiting in
                    defer { waiting = [] }
                    return waiting
                }
                if !Self.write(bytes, to: file) { shared.hasFailed.withLock { $0 = true } }
                if count <= 0 { break }
            }
            close(ear)
            close(file)
        }
    }

    /// Hands over what is in `bytes` and empties it.
    func take(_ bytes: inout [UInt8]) {
        if bytes.isEmpty { return }
        shared.waiting.withLock { waiting in
            if waiting.isEmpty { swap(&waiting, &bytes) } else { waiting += bytes }
        }
        bytes.removeAll(keepingCapacity: true)
        var byte: UInt8 = 1
        _ = Glibc.write(bell, &byte, 1)
    }

    /// Whether something could not be written: the journal has holes.
    var hasFailed: Bool { shared.hasFailed.withLock { $0 } }

    /// Returns when all is written and the file is closed. Once.
    func finish() {
        close(bell)
        thread.join()
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(file, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                offset += count
            }
            return true
        }
    }
}
