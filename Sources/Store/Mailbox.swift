import Dispatch
import Measurement
import Synchronization

/// Where the loops leave their batches and the writer's thread finds them: one short lock, no waiting.
final class Mailbox: Sendable {
    struct State {
        var batches: [RecordBatch] = []
        var bytes = 0  // of `batches`, estimated
        var peakBytes = 0
        var run: RunRecord?  // newer facts of the run than are stored
        var ending: Ending?
        var waiters: [DispatchSemaphore] = []  // of `flush`, told after the next commit
        var failure: StoreError?  // the first
        var lastFailure: StoreError?  // of the latest transaction; nil when it went well
        var committed = 0  // requests
        var lost = 0  // requests given up for want of memory after a failure, or too late
        var closing: Result<Bool, StoreError>?  // how it ended: whether one plain file is left
    }

    enum Ending { case finish, abandon }

    /// What the writer does next.
    struct Order {
        var batches: [RecordBatch]
        var run: RunRecord?
        var ending: Ending?
        var waiters: [DispatchSemaphore]
        var peakBytes: Int
    }

    /// Past this the writer is woken before its time, so that no transaction gets long.
    static let wakeBytes = 8 << 20

    let state = Mutex(State())
    let bell = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)  // one signal for each end of the writer's thread

    func post(_ batch: RecordBatch) {
        let size = batch.estimatedBytes
        let ring = state.withLock { state in
            guard state.closing == nil else {
                state.lost += batch.requests.count
                return false
            }
            let before = state.bytes
            state.batches.append(batch)
            state.bytes += size
            state.peakBytes = max(state.peakBytes, state.bytes)
            return before < Self.wakeBytes && state.bytes >= Self.wakeBytes
        }
        if ring { bell.signal() }
    }

    func committed(requests: Int) {
        state.withLock { state in
            state.committed += requests
            state.lastFailure = nil
        }
    }

    /// Something went wrong although nothing is left to be written again.
    func fail(_ failure: StoreError) {
        state.withLock { state in
            if state.failure == nil { state.failure = failure }
            state.lastFailure = failure
        }
    }

    /// Waits until it is time, and takes what is there.
    func wait(until deadline: DispatchTime) -> Order {
        _ = bell.wait(timeout: deadline)
        return state.withLock { state in
            defer {
                state.batches = []
                state.bytes = 0
                state.run = nil
                state.waiters = []
            }
            return Order(
                batches: state.batches,
                run: state.run,
                ending: state.ending,
                waiters: state.waiters,
                peakBytes: state.peakBytes
            )
        }
    }

    /// Puts back what could not be written, before what came since; gives up the oldest beyond `limit` bytes.
    func giveBack(_ order: Order, because failure: StoreError, limit: Int) {
        let sizes = order.batches.map(\.estimatedBytes)
        state.withLock { state in
            if state.failure == nil { state.failure = failure }
            state.lastFailure = failure
            state.batches.insert(contentsOf: order.batches, at: 0)
            state.bytes += sizes.reduce(0, +)
            state.peakBytes = max(state.peakBytes, state.bytes)
            if state.run == nil { state.run = order.run }
            var dropped = 0
            while state.bytes > limit, dropped < sizes.count {
                state.bytes -= sizes[dropped]
                state.lost += state.batches[dropped].requests.count
                dropped += 1
            }
            state.batches.removeFirst(dropped)
        }
    }
}

extension RecordBatch {
    /// Memory it holds, roughly, bytes.
    var estimatedBytes: Int {
        var bytes = 256
        for request in requests {
            bytes += RequestRecord.bytes + request.arrivals.count + (request.error?.utf8.count ?? 0)
        }
        for answer in answers { bytes += MemoryLayout<AnswerRecord>.stride + answer.line.utf8.count }
        bytes += bins.count * MemoryLayout<BinRecord>.stride
        bytes += histograms.count * Self.histogramBytes
        bytes += health.count * MemoryLayout<HealthRecord>.stride
        bytes += serverReadings.count * 512 + serverTexts.reduce(0) { $0 + $1.text.utf8.count }
        bytes += (incidents.count + targets.count + phases.count + steps.count) * 512
        return bytes
    }

    /// A histogram's storage: 128 cells of 8 bytes for each of some 40 octaves.
    private static let histogramBytes = 40_960
}
