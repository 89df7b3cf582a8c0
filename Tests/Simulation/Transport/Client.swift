public import Ticks

public protocol TransferHandler: AnyObject {
    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp)
    func transfer(_ transfer: Transfer, ended failure: TransferFailure?)
}

public struct ReceiveStamp: Sendable, Hashable {
    public var instant: Instant
    public var readAt: Instant
    public var isKernel: Bool
    public var read: UInt64
    public var isExactAtEnd: Bool
}

public struct TransferFailure: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case resolve, connect, tls, reset, truncated, `protocol`, clientResource, cancelled
    }
    public var kind: Kind
    public var detail: String
    public var text: String

    public init(kind: Kind, detail: String, text: String) { (self.kind, self.detail, self.text) = (kind, detail, text) }
}

/// A request as the server sees it.
public struct Request {
    public var id: String
    public var path: String
    public var body: [UInt8]
    public var port: Int
    public var sent: Int64
    /// When it was over; nil while it is not.
    public var ended: Int64?
    /// Whether what the server meant to send was taken whole.
    public var isWhole = false
    public var script = Script([])
}

/// What becomes of a request: one after the other, each so many nanoseconds behind the one before.
public struct Script {
    public enum Step {
        case written
        case head(status: Int, headers: [String: String])
        /// One read, in pieces of so many bytes.
        case read([UInt8], pieces: [Int])
        case end
        case fail(TransferFailure.Kind, String)
    }

    public var steps: [(after: Int64, step: Step)]
    /// What its author meant: the name of a fault, empty for an answer as it should be.
    public var fault = ""
    public var tokens = 0
    /// Output tokens that its usage tells; nil where it tells none.
    public var told: Int64?

    public init(_ steps: [(after: Int64, step: Step)]) { self.steps = steps }
}

public final class Transfer {
    public struct Timing: Sendable, Hashable {
        public var dispatched = Instant.zero
        public var written: Instant?
        public var lateSend: Int64?
        public var firstByte: Instant?
        public var answered: Instant?
        public var ended: Instant?
        public var connect: Int64?
        public var tls: Int64?
        public var reused = false
        public var preopened = false
        public var http = 1
    }

    unowned let client: HTTPClient
    public weak var handler: (any TransferHandler)?
    public internal(set) var timing = Timing()
    public internal(set) var status = 0
    public private(set) var redirection: String?
    public private(set) var responseHead: [UInt8] = []
    public internal(set) var headIsComplete = false
    public var endIsNear = false
    var headers: [String: String] = [:]
    var isRunning = false
    var event: Happening?
    var place = 0  // in the journal
    var request = Request(id: "", path: "", body: [], port: 0, sent: 0)

    init(client: HTTPClient) { self.client = client }

    public func touches(_ first: AnyObject, bytes: Int, _ second: AnyObject, bytes more: Int) {}

    public func prepare(post path: String, body bytes: [UInt8], requestID: String, header: String? = nil) {
        precondition(!isRunning, "a transfer is prepared while it runs")
        request = Request(id: requestID, path: path, body: bytes, port: client.endpoint.port, sent: 0)
    }

    public func prepare(get path: String, requestID: String) { prepare(post: path, body: [], requestID: requestID) }

    public func responseHeader(_ name: String) -> String? { headers[name.lowercased()] }

    public func lateness(of stamp: ReceiveStamp) -> Int64 { World.current.draw(1_000) }
}

public final class HTTPClient {
    public let endpoint: Endpoint
    private let loop: EventLoop
    private var pool: [Transfer] = []
    private var all: [Transfer] = []
    public private(set) var running = 0
    public private(set) var connectionsOpened: Int64 = 0
    public private(set) var kernelStamps: Int64 = 0
    public private(set) var discardedStamps: Int64 = 0
    public private(set) var gatheredReads: Int64 = 0
    public private(set) var reads: UInt64 = 0
    public private(set) var idleConnections = 0

    public init(
        loop: EventLoop,
        endpoint: Endpoint,
        headers: [(name: String, value: String)],
        answers: Answers = .documents
    ) {
        (self.loop, self.endpoint) = (loop, endpoint)
    }

    public var closesAfterAnswer: Bool? { nil }

    public func replaceHeaders(_ headers: [(name: String, value: String)]) {}
    public func replaceAddresses(_ addresses: [String]) {}

    public func transfer() -> Transfer {
        if let transfer = pool.popLast() { return transfer }
        let transfer = Transfer(client: self)
        all.append(transfer)
        return transfer
    }

    public func recycle(_ transfer: Transfer) {
        precondition(!transfer.isRunning, "a running transfer is recycled")
        transfer.handler = nil
        pool.append(transfer)
    }

    @discardableResult
    public func start(_ transfer: Transfer, connection: Connection) -> Bool {
        precondition(!transfer.isRunning, "a transfer is started twice")
        let world = World.current
        let now = MonotonicClock.now()
        let reuses = connection == .any && idleConnections > 0
        transfer.timing = Transfer.Timing()
        transfer.timing.dispatched = now
        transfer.timing.reused = reuses
        transfer.status = 0
        transfer.headers = [:]
        transfer.headIsComplete = false
        transfer.isRunning = true
        if reuses { idleConnections -= 1 } else { connectionsOpened += 1 }
        running += 1
        transfer.request.sent = now.nanoseconds
        transfer.request.script = world.serve(transfer.request)
        transfer.place = world.journal.count
        world.journal.append(transfer.request)
        go(on: transfer, at: 0)
        return reuses
    }

    private func go(on transfer: Transfer, at index: Int) {
        let steps = transfer.request.script.steps
        guard index < steps.count else { return }  // it stays open
        let world = World.current
        let sent = world.now + steps[index].after
        let place = transfer.place
        transfer.event = world.at(sent, on: loop) { [unowned self, unowned transfer] in
            take(steps[index].step, sent: sent, transfer)
            // What it carries by now may be another request.
            if transfer.isRunning, transfer.place == place { go(on: transfer, at: index + 1) }
        }
    }

    private func take(_ step: Script.Step, sent: Int64, _ transfer: Transfer) {
        let now = MonotonicClock.now()
        switch step {
        case .written:
            transfer.timing.written = now
            transfer.timing.lateSend = 0
            if !transfer.timing.reused { transfer.timing.connect = now.nanoseconds(since: transfer.timing.dispatched) }
        case .head(let status, let headers):
            transfer.timing.firstByte = transfer.timing.firstByte ?? now
            transfer.status = status
            transfer.headers = headers
            transfer.headIsComplete = true
        case .read(let bytes, let pieces):
            let world = World.current
            reads += 1
            let isKernel = world.chance(0.9)
            if isKernel { kernelStamps += 1 }
            let instant = Instant(
                nanoseconds: isKernel ? max(sent, transfer.timing.firstByte?.nanoseconds ?? sent) : now.nanoseconds
            )
            var from = 0
            let request = transfer.place
            for (place, size) in pieces.enumerated() where transfer.isRunning && transfer.place == request {
                let stamp = ReceiveStamp(
                    instant: instant,
                    readAt: now,
                    isKernel: isKernel,
                    read: reads,
                    isExactAtEnd: isKernel && place == pieces.count - 1
                )
                let piece = Array(bytes[from..<from + size])
                from += size
                transfer.handler?.transfer(transfer, received: piece.span, at: stamp)
            }
        case .end:
            World.current.journal[transfer.place].isWhole = true
            transfer.timing.answered = now
            finish(transfer)
            idleConnections += 1
            transfer.handler?.transfer(transfer, ended: nil)
        case .fail(let kind, let detail):
            finish(transfer)
            transfer.handler?.transfer(transfer, ended: TransferFailure(kind: kind, detail: detail, text: detail))
        }
    }

    public func cancel(_ transfer: Transfer) {
        guard transfer.isRunning else { return }
        finish(transfer)
        transfer.timing.answered = nil
    }

    private func finish(_ transfer: Transfer) {
        transfer.isRunning = false
        transfer.event?.isCancelled = true
        transfer.event = nil
        transfer.timing.ended = MonotonicClock.now()
        World.current.journal[transfer.place].ended = World.current.now
        running -= 1
    }

    public func preopen(_ count: Int, done: @escaping (Int) -> Void) {
        World.current.at(World.current.now + World.current.draw(5_000_000), on: loop) { done(count) }
    }

    public func closeIdle() { idleConnections = 0 }
    public func reserveMemory(forTransfers count: Int) {}
}
