import Glibc
import Synchronization

@testable import Transport

/// Bytes of bodies that the client's handler has been given, for a server that goes on only then.
final class SeenBytes: Sendable {
    private let total = Mutex(0)

    func add(_ count: Int) { total.withLock { $0 += count } }

    /// Waits until there are so many; ten seconds at most.
    func wait(for count: Int) {
        for _ in 0..<50_000 where total.withLock({ $0 }) < count { usleep(200) }
    }
}

/// What one transfer gave.
final class Collected: TransferHandler {
    var seen: SeenBytes?
    var body: [UInt8] = []
    var stamps: [ReceiveStamp] = []
    var ends: [Int] = []  // of the body, after each of them
    var latenesses: [Int64] = []  // by how much what has bytes behind it may have come before each of them
    var failure: TransferFailure?
    var status = 0
    var timing = Transfer.Timing()
    var isDone = false
    var onEnd: (Collected) -> Void = { _ in }
    /// Keeps its loop busy for so long when the first bytes come.
    var busyMilliseconds: UInt32 = 0

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        for index in bytes.indices { body.append(bytes[index]) }
        if stamps.isEmpty, busyMilliseconds > 0 { usleep(busyMilliseconds * 1000) }
        stamps.append(stamp)
        ends.append(body.count)
        latenesses.append(transfer.lateness(of: stamp))
        seen?.add(bytes.count)
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) {
        self.failure = failure
        status = transfer.status
        timing = transfer.timing
        isDone = true
        onEnd(self)
    }

    var text: String { String(decoding: body, as: UTF8.self) }
}
