internal import Schedule
internal import Ticks
internal import Transport

/// Makes connections ready shortly before an edge: opens them, or carries a real, unbilled request over each.
///
/// As late as it can be without getting in the way, since servers close idle connections within seconds.
final class EdgePreparation {
    private let client: HTTPClient
    private let path: String
    private let connections: ClosedLoad.Connections
    private let count: Int
    private var timer: PreciseTimer?
    private var warmers: [Warmer] = []
    private var preopened = 0

    private final class Warmer: TransferHandler {
        var succeeded = false
        func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {}
        func transfer(_ transfer: Transfer, ended failure: TransferFailure?) { succeeded = failure == nil }
        var transfer: Transfer?
    }

    init(
        loop: EventLoop,
        client: HTTPClient,
        path: String,
        connections: ClosedLoad.Connections,
        count: Int,
        idleEnds: Instant
    ) {
        self.client = client
        self.path = path
        self.connections = connections
        self.count = count
        guard connections != .cold, count > 0 else { return }
        // 0.2 ms a connection and a quarter of a second to settle, but not before the idle time has begun.
        let lead = 250_000_000 + Int64(count) * 200_000
        let begin = max(MonotonicClock.now(), idleEnds.advanced(byNanoseconds: -lead))
        timer = PreciseTimer(loop: loop) { [weak self] _ in
            switch connections {
            case .cold: break
            case .preopened: self?.preopen()
            case .warm: self?.warm()
            }
        }
        timer?.arm(at: begin)
    }

    private func preopen() { client.preopen(count) { [weak self] opened in self?.preopened = opened } }

    private func warm() {
        // What a server that closes has left open is about to go.
        let kept = client.closesAfterAnswer == true ? 0 : client.idleConnections
        let missing = count - kept
        guard missing > 0 else { return }
        for number in 0..<missing {
            let warmer = Warmer()
            let transfer = client.transfer()
            transfer.handler = warmer
            transfer.prepare(get: path, requestID: "warm-\(number)")
            warmer.transfer = transfer
            warmers.append(warmer)
            client.start(transfer, connection: .cold)
        }
    }

    /// The edge comes: how many connections are ready. Warm-up requests that are not back yet are given up.
    func finish() -> Int {
        timer?.disarm()
        for warmer in warmers {
            guard let transfer = warmer.transfer else { continue }
            client.cancel(transfer)
            client.recycle(transfer)
        }
        switch connections {
        case .cold: return 0
        case .preopened: return preopened
        case .warm: return min(count, client.idleConnections)
        }
    }
}
